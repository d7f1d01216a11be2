/** Arguments behind the options, as Python's keywords would be, are refused: they would be ignored. */
import { join } from 'node:path';
import * as tf from 'gradtape';
import ts from 'typescript';
import { root } from '../helpers/child';

const x = tf.ones([2, 2]);
const compiled = tf.function((t: tf.Tensor) => tf.square(t));
const call = (f: (...args: never[]) => unknown, ...args: unknown[]): (() => unknown) => {
  return () => f(...(args as never[]));
};

test.each([
  ['reduceMean', call(tf.reduceMean, x, -1, { keepdims: true }), '{ axis: -1, keepdims: true }'],
  [
    'reduceMean',
    () => (x as never as { mean: (...a: unknown[]) => unknown }).mean(-1, true),
    '{ axis: -1, keepdims: true }',
  ],
  ['reduceStd', call(tf.math.reduceStd, x, [0, 1], true), '{ axis: [0, 1], keepdims: true }'],
  ['softmax', call(tf.nn.softmax, x, -1, 'name'), '{ axis: -1 }'],
  ['cumsum', call(tf.cumsum, x, 0, true, true), '{ axis: 0, exclusive: true, reverse: true }'],
  ['matmul', call(tf.matmul, x, x, false, true), '{ transposeA: false, transposeB: true }'],
  ['gather', call(tf.gather, x, [0], 1, { batchDims: 0 }), '{ axis: 1, batchDims: 0 }'],
  ['argmax', call(tf.math.argmax, x, 0, 'int64'), "{ axis: 0, outputType: 'int64' }"],
  ['transpose', call(tf.transpose, x, { perm: [1, 0] }, 'name'), '{ perm: [1, 0] }'],
  ['random.normal', call(tf.random.normal, [2], 0, 1), '{ mean: 0, stddev: 1 }'],
  [
    'random.uniform',
    call(tf.random.uniform, [2], 1, 2, 'float64'),
    "{ minval: 1, maxval: 2, dtype: 'float64' }",
  ],
  ['stack', call(tf.stack, [x, x], 0, { axis: 1 }), '{ axis: 1 }'],
  ['shape', call(tf.shape, x, 'int64', 'name'), "{ outType: 'int64' }"],
  [
    'function',
    call(tf.function, tf.square, null, { reduceRetracing: true }),
    '{ inputSignature: null, reduceRetracing: true }',
  ],
  ['function.profile', () => (compiled.profile as (...a: unknown[]) => unknown)([x], 1, 2), '{ runs: 1 }'],
  ['random.foldIn', call(tf.random.foldIn, [1, 2], 3, 'philox', 4), "{ alg: 'philox' }"],
  [
    'debugging.assertLess',
    call(tf.debugging.assertLess, 1, 2, 'less', 3),
    "{ message: 'less', summarize: 3 }",
  ],
])('%s', (name, f, options) => {
  // The first time it is found out which options there are.
  for (let i = 0; i < 2; i++) {
    expect(f).toThrow(tf.errors.InvalidArgumentError);
    expect(f).toThrow(`[${name}] takes`);
    expect(f).toThrow(options);
  }
  expect(() => tf.function(() => f())()).toThrow(options);
});

test('what has no options may be called with more, as arrays do', () => {
  const list = [x, tf.fill([2, 2], 2), tf.fill([2, 2], 3)];
  expect((list as unknown[]).reduce(tf.add as never)).toMatchObject({ shape: [2, 2] });
  expect(list.map(tf.square).map((t) => t.at(0, 0).item())).toEqual([1, 4, 9]);
  expect(list.map(tf.math.logSigmoid).length).toBe(3);
  expect(call(tf.concat, list, 0, 'name')()).toMatchObject({ shape: [6, 2] });
  expect(call(tf.reshape, x, [4], 'name')()).toMatchObject({ shape: [4] });
});

/** A public function whose last argument is its options, and the most arguments that it takes. */
interface Taker {
  readonly name: string;
  readonly most: number;
  /** Calls it. */
  readonly f: (...args: unknown[]) => unknown;
}

/** All of them, as their types say. */
function takers(): Taker[] {
  const file = join(root, 'lib', 'index.ts');
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([file], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file) as ts.SourceFile;
  const found: Taker[] = [];

  const mayBeOptions = (type: ts.Type): boolean => {
    if (type.isUnion()) return type.types.some(mayBeOptions);
    const properties = type.getProperties();
    return (
      (type.flags & ts.TypeFlags.Object) !== 0 &&
      properties.length > 0 &&
      properties.every((p) => (p.flags & ts.SymbolFlags.Optional) !== 0)
    );
  };
  /** The most arguments that a signature takes where the last are options. */
  const mostOf = (signature: ts.Signature): number | null => {
    const last = signature.parameters.at(-1);
    if (last === undefined) return null;
    const type = checker.getTypeOfSymbolAtLocation(last, source);
    const before = signature.parameters.length - 1;
    if (checker.isTupleType(type)) {
      // (...args: [x: TensorLike, options?: Options]) => …
      const elements = checker.getTypeArguments(type as ts.TypeReference);
      const { elementFlags } = (type as ts.TypeReference).target as ts.TupleType;
      const optional = elementFlags.at(-1) === ts.ElementFlags.Optional;
      return optional && mayBeOptions(elements.at(-1) as ts.Type) ? before + elements.length : null;
    }
    const declared = last.valueDeclaration;
    if (declared === undefined || !ts.isParameter(declared) || declared.dotDotDotToken !== undefined)
      return null;
    return checker.isOptionalParameter(declared) && mayBeOptions(type) ? before + 1 : null;
  };
  const note = (name: string, signatures: readonly ts.Signature[], f: Taker['f']): void => {
    const longest = Math.max(0, ...signatures.map((signature) => signature.parameters.length));
    // Of overloads some require the options, or take something else in their place.
    for (const signature of signatures.filter((s) => s.parameters.length === longest)) {
      const most = mostOf(signature);
      if (most === null) continue;
      found.push({ name, most, f });
      return;
    }
  };
  const instances: Record<string, object> = {
    GradientTape: new tf.GradientTape({ persistent: true }),
    Generator: tf.random.Generator.fromSeed(1),
    SGD: new tf.keras.optimizers.SGD(),
    Adam: new tf.keras.optimizers.Adam(),
    Tensor: x,
    Variable: new tf.Variable(x),
  };
  const visit = (symbol: ts.Symbol, value: unknown, name: string): void => {
    const own = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
    if (own.flags & ts.SymbolFlags.ValueModule) {
      for (const s of checker.getExportsOfModule(own))
        visit(s, (value as Record<string, unknown>)[s.name], name === '' ? s.name : `${name}.${s.name}`);
      return;
    }
    // JavaScript knows the options of its errors.
    if (typeof value !== 'function' || name.startsWith('errors.')) return;
    const type = checker.getTypeOfSymbolAtLocation(own, source);
    const made = value as (new (...args: unknown[]) => object) & Taker['f'];
    note(name, type.getConstructSignatures(), (...args) => new made(...args));
    note(name, type.getCallSignatures(), made);
    const constructors = type.getConstructSignatures();
    if (constructors.length === 0 && (own.flags & ts.SymbolFlags.Class) === 0) return;
    const method = (of: object, s: ts.Symbol, full: string): void => {
      const m = (of as Record<string, unknown>)[s.name];
      if (typeof m !== 'function') return;
      const signatures = checker.getTypeOfSymbolAtLocation(s, source).getCallSignatures();
      note(full, signatures, (...args) => Reflect.apply(m, of, args) as unknown);
    };
    for (const s of type.getProperties()) method(made, s, `${name}.${s.name}`);
    const instance = instances[own.name] as object | undefined;
    if (instance === undefined) return;
    // A class, or (Variable) a value that is declared as its constructor.
    const instanceType =
      constructors.length > 0 ? constructors[0].getReturnType() : checker.getDeclaredTypeOfSymbol(own);
    for (const s of instanceType.getProperties()) method(instance, s, `${name}#${s.name}`);
  };
  visit(checker.getSymbolAtLocation(source) as ts.Symbol, tf, '');
  return found;
}

/** An argument of an example, its tensors made. */
function made(arg: unknown): unknown {
  if (Array.isArray(arg)) return arg.map(made);
  if (typeof arg !== 'object' || arg === null || !('tensor' in arg)) return arg;
  const { shape, dtype } = (arg as { tensor: { shape: number[]; dtype?: tf.DType } }).tensor;
  return tf.ones(shape, dtype ?? 'float32');
}

test('every public function whose last argument is its options refuses more', async () => {
  const examples = new Map(
    [...tf.registry().values()].map((definition) => [
      definition.call as unknown,
      definition.examples.map(({ args }) => args.map(made)),
    ]),
  );
  const all = takers();
  expect(all.length).toBeGreaterThan(200);
  const silent: string[] = [];
  for (const { name, most, f } of all) {
    // Keras's constructors and functions check the names of options, and not yet the number of arguments.
    if (/^keras\.(?!optimizers\.[A-Z])/.test(name)) continue;
    const first = (examples.get(f)?.[0] ?? []).slice(0, most - 1);
    // Without arguments that fit, an op definition does not know its options.
    const said: string[] = [];
    for (const operand of [x, tf.cast(x, 'int32'), tf.constant(['a', 'b']), 2]) {
      const rest = Array<unknown>(most - 1 - first.length).fill(operand);
      try {
        await f(...first, ...rest, {}, {});
        said.push('nothing');
      } catch (error) {
        said.push(String(error));
      }
    }
    if (!said.some((text) => /takes .*options/.test(text))) silent.push(`${name}: ${said[0]}`);
  }
  expect(silent).toEqual([]);
});
