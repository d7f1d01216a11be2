/** Operations on the bits of integers, and of other tensors. */
import { mapLoop, zipLoop } from '../loops/elementwise';
import type { Case, MakeCase } from './case';
import { floats, integers } from './data';

function pairs(f: (x: number, y: number) => number, most = 1000): MakeCase {
  return (n): Case => {
    const [x, y] = [integers([n], 0, 1000), integers([n], 0, most)];
    const loop = zipLoop(f, Int32Array);
    return { args: [x.tensor, y.tensor], loop: () => loop(x.array, y.array) };
  };
}

export const bitCases: Readonly<Record<string, MakeCase>> = {
  bitwiseAnd: pairs((x, y) => x & y),
  bitwiseOr: pairs((x, y) => x | y),
  bitwiseXor: pairs((x, y) => x ^ y),
  leftShift: pairs((x, y) => x << y, 16),
  rightShift: pairs((x, y) => x >> y, 16),
  invert: (n) => {
    const x = integers([n], 0, 1000);
    const loop = mapLoop((v) => ~v, Int32Array);
    return { args: [x.tensor], loop: () => loop(x.array) };
  },
  bitcast: (n) => {
    const x = floats([n]);
    return { args: [x.tensor, 'int32'], loop: () => new Int32Array(x.array.slice().buffer) };
  },
};
