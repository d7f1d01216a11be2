/** `@tf.function` as a decorator of TypeScript's `experimentalDecorators`, which calls it with a property descriptor. */
import * as path from 'node:path';
import * as tf from 'gradtape';
import ts from 'typescript';

const root = path.join(__dirname, '..', '..');
const name = path.join(__dirname, 'legacy_model.ts');
const text = `
import * as tf from 'gradtape';

export class Model {
  readonly w: tf.Variable<'float32'>;
  constructor(w: number) {
    this.w = new tf.Variable(w);
  }
  @tf.function
  call(x: tf.Tensor): tf.Tensor<'float32'> {
    return tf.multiply(x, this.w);
  }
  @tf.function({ reduceRetracing: true })
  sum(x: tf.Tensor): tf.Tensor<'float32'> {
    return tf.reduceSum(this.call(x));
  }
  @tf.function
  static twice(x: tf.Tensor): tf.Tensor {
    return x.mul(2);
  }
}
export class Negative extends Model {
  override call(x: tf.Tensor): tf.Tensor<'float32'> {
    return super.call(x).neg();
  }
}
const n: number = new Model(2).call(tf.constant(1)).item();
`;

interface Instance {
  readonly w: tf.Variable;
  call: tf.CompiledFunction<[tf.Tensor], tf.Tensor>;
  sum(x: tf.Tensor): tf.Tensor;
}
interface Compiled {
  Model: { new (w: number): Instance; twice(x: tf.Tensor): tf.Tensor; prototype: Instance };
  Negative: new (w: number) => Instance;
}

const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file));
const { options: base } = ts.parseJsonConfigFileContent(config, ts.sys, root);

test.each([true, false])('the decorator has a type, experimentalDecorators: %s', (experimentalDecorators) => {
  const options = { ...base, experimentalDecorators, types: ['node'], noUnusedLocals: false };
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (file, ...rest) =>
    file === name ? ts.createSourceFile(file, text, ts.ScriptTarget.ES2022) : getSourceFile(file, ...rest);
  const program = ts.createProgram([name], options, host);
  const messages = program.getSemanticDiagnostics(program.getSourceFile(name));
  expect(messages.map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n'))).toEqual([]);
});

test('it binds the method to each object', async () => {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      experimentalDecorators: true,
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
    },
  });
  const exports = {} as Compiled;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- what tsc wrote
  new Function('exports', 'require', outputText)(exports, () => tf);
  const { Model, Negative } = exports;
  const [two, three] = [new Model(2), new Model(3)];
  const x = tf.constant([1, 2]);
  expect([two.call(x).array(), three.call(x).array(), two.sum(x).item()]).toEqual([[2, 4], [3, 6], 6]);
  expect((await three.call.async(x)).array()).toEqual([3, 6]);

  const { call } = two;
  expect(call(x).array()).toEqual([2, 4]);
  const negative = new Negative(2);
  for (let k = 0; k < 2; k++)
    expect([negative.call(x).array(), negative.sum(x).item()]).toEqual([[-2, -4], -6]);
  expect(Model.twice(x).array()).toEqual([2, 4]);
  expect(Object.keys(two)).toEqual(['w']);
  expect(Model.prototype.call.jsFunction).toBeInstanceOf(Function);
  // As any method, it can be replaced.
  two.call = three.call;
  expect(two.call(x).array()).toEqual([3, 6]);
});

test('it is for methods', () => {
  const accessor = { get: () => 1, configurable: true };
  expect(() => tf.function({}, 'x', accessor as never)).toThrow(/as a decorator it is for methods/);
  expect(() => tf.function({ reduceRetracing: true })({}, 'x', accessor as never)).toThrow(TypeError);
});
