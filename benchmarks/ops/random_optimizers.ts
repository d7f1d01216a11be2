/** Public functions that are not op definitions: random numbers and optimizers. */
import * as tf from 'gradtape';
import { Adam } from '../loops/train';
import { normal, uniform } from '../loops/movement';
import { measure } from '../measure';
import type { Benchmark, Result, Settings } from '../suite';
import { floats } from './data';
import { sizes } from './definitions';

function compare(name: string, ours: () => unknown, loop: () => unknown, seconds: number): Result {
  const names = ['gradtape', 'plain JS loop'];
  const timings = measure(
    [ours, loop].map((run, i) => ({ name: names[i], run })),
    seconds,
    {
      rounds: 11,
      warmUp: seconds / 2,
    },
  );
  return { name, timings: timings.map((timing, i) => ({ name: names[i], timing })) };
}

function random(seconds: number): Benchmark[] {
  const pairs = [
    ['normal', (n: number) => tf.random.normal([n]), normal],
    ['uniform', (n: number) => tf.random.uniform([n]), uniform],
  ] as const;
  return pairs.map(([name, ours, loop]) => ({
    name: `random/${name}`,
    run: () =>
      (['small', 'large'] as const).map((size) => {
        const n = sizes[size];
        return compare(
          `random/${name} ${size}`,
          () => ours(n),
          () => loop(n),
          seconds,
        );
      }),
  }));
}

/** On one parameter of 100,000 elements. */
function optimizers(seconds: number): Benchmark[] {
  const n = 100_000;
  const sgd = (w: Float32Array, g: Float32Array) => () => {
    for (let i = 0; i < n; i++) w[i] -= 0.01 * g[i];
  };
  const adam = (w: Float32Array, g: Float32Array) => {
    const own = new Adam([w], 0.001, 1e-7);
    return () => own.apply([g]);
  };
  const pairs = [
    ['SGD', () => new tf.keras.optimizers.SGD(0.01), sgd],
    ['Adam', () => new tf.keras.optimizers.Adam(0.001), adam],
  ] as const;
  return pairs.map(([name, make, loop]) => ({
    name: `optimizer/${name} 100k`,
    run: () => {
      const [w, g] = [floats([n]), floats([n])];
      const variable = new tf.Variable(w.tensor);
      const optimizer = make();
      const ours = (): void => void optimizer.applyGradients([[g.tensor, variable]]);
      return compare(`optimizer/${name} 100k`, ours, loop(w.array.slice(), g.array), seconds);
    },
  }));
}

export function randomAndOptimizerBenchmarks({ seconds }: Settings): Benchmark[] {
  return [...random(seconds / 5), ...optimizers(seconds / 5)];
}
