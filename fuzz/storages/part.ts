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
}`;

export const storages: Part<Walk> = {
  name: 'storages',
  arbitrary: new Shrinkable(drawWalk, smallerWalks),
  check: (walk) => new World().run(walk),
  async print(walk) {
    const world = new World();
    await world.run(walk).catch(() => undefined);
    return [head, ...world.lines].join('\n');
  },
};
