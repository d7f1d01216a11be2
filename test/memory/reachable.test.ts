/** What users can reach without knowing the library: no storage, and no list that the library trusts. */
import * as tf from 'gradtape';
import { native } from '../../lib/binding';
import { bufferOf, Tensor as InnerTensor } from '../../lib/core/tensor';

/** All that can be reached by names and getters, and as the roots' methods without arguments give it. */
function reachable(roots: Readonly<Record<string, unknown>>): Map<object, string> {
  const found = new Map<object, string>();
  const queue: object[] = [];
  const visit = (value: unknown, path: string): void => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || found.has(value))
      return;
    found.set(value, path);
    queue.push(value);
  };
  for (const [name, value] of Object.entries(roots)) visit(value, name);
  const own = new Set(Object.values(roots));
  // What JavaScript itself and the tests have is not looked through.
  const foreign = new Set<unknown>([
    globalThis,
    process,
    Object.prototype,
    Function.prototype,
    require.cache,
  ]);
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const value = (globalThis as Record<string, unknown>)[name];
    if (typeof value !== 'function') continue;
    foreign.add(value).add(value.prototype);
  }
  const harmful = new Set<PropertyKey>([
    'dispose',
    Symbol.dispose,
    'constructor',
    'caller',
    'callee',
    'arguments',
  ]);
  for (let object = queue.pop(); object !== undefined; object = queue.pop()) {
    if (foreign.has(object) || ArrayBuffer.isView(object)) continue;
    const path = found.get(object) as string;
    if (object instanceof Map || object instanceof Set)
      [...object].flat().forEach((x, i) => visit(x, `${path}[${i}]`));
    for (
      let at: object | null = object;
      at !== null && !foreign.has(at);
      at = Object.getPrototypeOf(at) as object | null
    ) {
      for (const key of Reflect.ownKeys(at)) {
        if (harmful.has(key)) continue;
        let value: unknown;
        try {
          value = Reflect.get(at, key, object);
          visit(value, `${path}.${String(key)}`);
          // A result of each would have methods again, and so on for ever.
          const method = typeof value === 'function' && at !== object && value.length === 0;
          if (method && own.has(object))
            visit((value as () => unknown).call(object), `${path}.${String(key)}()`);
        } catch {
          // It needs arguments, or another state.
        }
      }
    }
  }
  return found;
}

/** Everything that has to do with storages. */
function specimens() {
  const small = tf.constant([1, 2, 3, 4]);
  const large = tf.fill([1000], 2);
  const view = tf.reshape(large, [10, 100]);
  const v = new tf.Variable(tf.ones([600]));
  const w = new tf.Variable([1, 2]);
  const tape = new tf.GradientTape({ persistent: true });
  const loss = tape.run(() => tf.reduceSum(tf.square(tf.multiply(v, 3))));
  const disposed = tf.fill([500], 3);
  const held = tape.run(() => tf.square(tf.multiply(v, 2)));
  disposed.dispose();
  const f = tf.function((x: tf.Tensor) => tf.reduceSum(tf.exp(tf.multiply(x, 2))));
  f(large);
  const leaked: tf.Tensor[] = [];
  const g = tf.function((x: tf.Tensor) => {
    leaked.push(x, tf.exp(x));
    return tf.add(x, small);
  });
  g(small);
  const optimizer = new tf.keras.optimizers.Adam();
  optimizer.applyGradients([[tf.ones([2]), w]]);
  return {
    small,
    large,
    view,
    v,
    w,
    tape,
    loss,
    held,
    disposed,
    f,
    g,
    leaked,
    optimizer,
    program: f.program(large),
    slices: new tf.IndexedSlices(tf.ones([1, 2]), [1], [3, 2]),
    spec: new tf.TensorSpec([null, 2]),
    generator: tf.random.Generator.fromSeed(1),
    literal: tf.multiply(small, 7),
  };
}

test('no storage and no scratch memory of the library can be reached', () => {
  const all = specimens();
  const found = reachable({ tf, ...all });
  const storages = new Set<ArrayBufferLike>([native.argumentBuffer]);
  for (const object of found.keys()) if (object instanceof InnerTensor) storages.add(bufferOf(object));
  expect(storages.size).toBeGreaterThan(5);
  const paths: string[] = [];
  for (const [object, path] of found) {
    const buffer = ArrayBuffer.isView(object) ? object.buffer : object;
    if (storages.has(buffer as ArrayBufferLike)) paths.push(path);
  }
  expect(paths).toEqual([]);
});

test('shapes cannot be written to', () => {
  const { small, large, view, v, w, loss, literal, leaked, slices } = specimens();
  const [given, traced] = leaked;
  const all = { small, large, view, v, w, loss, literal, given, traced, slices };
  for (const [name, { shape }] of Object.entries(all)) {
    expect([name, Object.isFrozen(shape)]).toEqual([name, true]);
    expect(() => {
      (shape as number[])[0] = 1000;
    }).toThrow(TypeError);
  }
  const dims = [2, 3];
  const t = tf.zeros(dims);
  dims[0] = 1000;
  expect(t.shape).toEqual([2, 3]);
  expect(() => t.at(500)).toThrow(tf.errors.InvalidArgumentError);
  expect(() => Object.assign(t, { shape: [1000] })).toThrow(TypeError);
});
