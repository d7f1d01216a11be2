/** Walks over storages: whatever is disposed, shared, kept and in flight, every tensor alive has its elements. */
import type { Part } from '../part';
import { Shrinkable } from '../shrinkable';
import { drawWalk, smallerWalks, type Walk } from './walk';
import { World } from './world';

const head = `import * as tf from 'gradtape';
function numbers(type: 'float32' | 'float64' | 'int32', shape: number[], seed: number): tf.Tensor {
  const table = [1, -1, 0, 2, -3, 0.5, 7, -2, 4, -0, 1.5, 3];
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => table[(seed + i) % 12]);
  return tf.reshape(tf.cast(tf.constant(values), type), shape);
}
const [t, v, tapes, p]: [tf.Tensor[], tf.Variable[], tf.GradientTape[], Promise<tf.Tensor>[]] = [[], [], [], []];
const optimizers = new Map<string, tf.keras.optimizers.Optimizer>();
const optimizer = (name: string, make: () => tf.keras.optimizers.Optimizer): tf.keras.optimizers.Optimizer => {
  const known = optimizers.get(name) ?? make();
  optimizers.set(name, known);
  return known;
};
const sgd = (i: number) => optimizer('sgd ' + i, () => new tf.keras.optimizers.SGD(0.5));
const adam = (i: number) => optimizer('adam ' + i, () => new tf.keras.optimizers.Adam(0.5));
const twice = tf.function((x: tf.Tensor) => tf.add(x, x));
const reshaped = tf.function((x: tf.Tensor) => tf.reshape(x, x.shape));
const same = tf.function((x: tf.Tensor) => x);
const step = (v: tf.Variable, f: 'assign' | 'assignAdd' | 'assignSub') =>
  tf.function((x: tf.Tensor) => {
    v[f](x);
    return v.read();
  });
const stepsOf = (v: tf.Variable) => ({
  assign: step(v, 'assign'),
  assignAdd: step(v, 'assignAdd'),
  assignSub: step(v, 'assignSub'),
});
const steps: ReturnType<typeof stepsOf>[] = [];
async function walk(): Promise<void> {`;

export const storages: Part<Walk> = {
  name: 'storages',
  arbitrary: new Shrinkable(drawWalk, smallerWalks),
  check: (walk) => new World().run(walk),
  async print(walk) {
    const world = new World();
    await world.run(walk).catch(() => undefined);
    return [head, ...world.lines.map((line) => `  ${line}`), '}', 'void walk();'].join('\n');
  },
};
