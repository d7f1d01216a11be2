/** `sizes`: time by number of elements, from 1 to 10⁸. It should be the cost of a call plus n/rate, without jumps. */
import * as tf from 'gradtape';
import { measure } from '../measure';
import type { Benchmark, Result, Settings, SizePoint } from '../suite';
import { floats } from './data';

/** 1, 2, 5, 10, 20, 50 … up to `most`; only powers of ten where `coarse`. */
export function steps(most: number, coarse: boolean): number[] {
  const list: number[] = [];
  for (let ten = 1; ten <= most; ten *= 10) {
    for (const digit of coarse ? [1] : [1, 2, 5]) if (ten * digit <= most) list.push(ten * digit);
  }
  return list;
}

function sweep(
  name: string,
  sizes: readonly number[],
  make: (n: number) => () => unknown,
  seconds: number,
): Result {
  const points: SizePoint[] = sizes.map((n) => {
    const [timing] = measure([{ name, run: make(n) }], seconds, { rounds: 7, warmUp: seconds });
    return { n, timing };
  });
  return { name: `sizes/${name}`, timings: [], sizes: points };
}

/** As many elements as the largest size needs; a smaller size uses the first ones. */
function source(most: number): (n: number) => tf.Tensor {
  const { tensor } = floats([most]);
  return (n) => (n === most ? tensor : tf.add(tf.slice(tensor, [0], [n]), 0));
}

export function sizesBenchmarks({ seconds, full }: Settings): Benchmark[] {
  const each = full ? seconds / 5 : seconds / 25;
  const sizes = steps(full ? 1e8 : 1e6, !full);
  const products = full
    ? [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048]
    : [1, 4, 16, 64, 256];
  const ofVectors = (name: string, f: (x: tf.Tensor) => unknown): Benchmark => ({
    name: `sizes/${name}`,
    run: () => {
      const take = source(sizes[sizes.length - 1]);
      return sweep(
        name,
        sizes,
        (n) => {
          const x = take(n);
          return () => f(x);
        },
        each,
      );
    },
  });
  return [
    ofVectors('add', (x) => tf.add(x, x)),
    ofVectors('exp', (x) => tf.exp(x)),
    ofVectors('sum', (x) => tf.reduceSum(x)),
    {
      name: 'sizes/matmul',
      run: () =>
        sweep(
          'matmul',
          products,
          (n) => {
            const [a, b] = [floats([n, n]).tensor, floats([n, n]).tensor];
            return () => tf.matmul(a, b);
          },
          each,
        ),
    },
  ];
}
