/** Tensors of another copy of the library: errors say so, with both versions and files. */
import * as tf from 'gradtape';

/** Another copy, as jest.resetModules() leaves one. */
let other!: typeof tf;
beforeAll(() => {
  jest.isolateModules(() => {
    other = jest.requireActual<typeof tf>('gradtape');
  });
});

const loadedTwice = (kind: string): RegExp =>
  new RegExp(
    `${kind} of another copy of gradtape: .*copies\\.ts, version ${tf.version}, was loaded twice ` +
      `\\(jest\\.resetModules\\(\\) and the like do that\\), and this copy is the other one`,
  );

test('ops', () => {
  expect(other.Tensor).not.toBe(tf.Tensor);
  const t = other.constant([1, 2]);
  expect(() => tf.add(tf.constant([1, 2]), t)).toThrow(TypeError);
  expect(() => tf.add(tf.constant([1, 2]), t)).toThrow(loadedTwice('got a Tensor'));
  expect(() => tf.constant([1, 2]).mul(t)).toThrow(loadedTwice('got a Tensor'));
  expect(() => t.mul(tf.constant([1, 2]))).toThrow(loadedTwice('got a Tensor'));
  expect(() => tf.function((x: tf.Tensor) => tf.square(x))(t)).toThrow(loadedTwice('got a Tensor'));
});

test('variables and sparse rows', () => {
  const v = new other.Variable([1, 2]);
  const slices = new other.IndexedSlices([[1]], [0], [3, 1]);
  const mine = new tf.Variable([1, 2]);
  const tape = new tf.GradientTape();
  const y = tape.run(() => tf.square(mine));
  expect(() => tape.gradient(y, v)).toThrow(loadedTwice('got a Variable'));
  expect(() => new tf.keras.optimizers.SGD(0.1).applyGradients([[y, v]])).toThrow(
    loadedTwice('got a Variable'),
  );
  expect(() => mine.assign(v)).toThrow(loadedTwice('got a Variable'));
  expect(() => tf.add(slices, 1)).toThrow(loadedTwice('got an IndexedSlices'));
});

test('two installed versions name themselves and their files', () => {
  class Tensor {}
  const copy = { version: '0.0.9', file: '/app/node_modules/a/node_modules/gradtape/dist/library.js' };
  Object.defineProperty(Tensor.prototype, Symbol.for('gradtape.copy'), { value: { kind: 'Tensor', copy } });
  expect(() => tf.square(new Tensor() as tf.Tensor)).toThrow(
    `got a Tensor of another copy of gradtape: version 0.0.9 in ${copy.file}, while this copy is version ${tf.version} in `,
  );
  // A bundle that is an ES module does not know its file.
  const bundled = { version: '0.0.9', file: undefined };
  class Bundled {}
  Object.defineProperty(Bundled.prototype, Symbol.for('gradtape.copy'), {
    value: { kind: 'Tensor', copy: bundled },
  });
  expect(() => tf.square(new Bundled() as tf.Tensor)).toThrow(
    'version 0.0.9 in a bundle that is an ES module',
  );
});

test('values of this copy are described as before', () => {
  expect(() => tf.keep(new tf.Variable(1) as unknown as tf.Tensor)).toThrow(/got a Variable$/);
});
