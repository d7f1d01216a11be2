/** Matrix products, convolutions, pools and norms: much arithmetic, so that their sizes stop where a loop takes too long. */
import * as conv from '../loops/conv';
import { matmul } from '../loops/matmul';
import { batchNorm, layerNorm } from '../loops/rows';
import type { MakeCase } from './case';
import { floats, side } from './data';

const product: MakeCase = (n) => {
  const s = Math.min(256, side(n));
  const [a, b] = [floats([s, s]), floats([s, s])];
  const shape = { batch: 1, m: s, k: s, n: s, transposeA: false, transposeB: false };
  return {
    args: [a.tensor, b.tensor],
    loop: () => matmul(a.array, b.array, shape),
  };
};

const matvec: MakeCase = (n) => {
  const s = side(n);
  const [a, x] = [floats([s, s]), floats([s])];
  return {
    args: [a.tensor, x.tensor],
    loop: () => {
      const y = new Float32Array(s);
      for (let i = 0; i < s; i++) {
        let sum = 0;
        for (let j = 0; j < s; j++) sum += a.array[i * s + j] * x.array[j];
        y[i] = sum;
      }
      return y;
    },
  };
};

/** Images of 16 channels, small enough for the loop. */
function image(n: number): number[] {
  return n < 4096 ? [1, 4, 4, 16] : [4, 28, 28, 16];
}

function convolution(groups: boolean): MakeCase {
  return (n) => {
    const [b, h, w, c] = image(n);
    const x = floats([b, h, w, c]);
    const filter = floats(groups ? [3, 3, c, 1] : [3, 3, c, c]);
    const shape: conv.ConvShape = {
      ...{ stride: 1, dilation: 1, groups: groups ? c : 1, before: 1 },
      x: [b, h, w, c],
      w: groups ? [3, 3, 1, c] : [3, 3, c, c],
      y: [b, h, w, c],
    };
    return {
      args: [x.tensor, filter.tensor, groups ? [1, 1, 1, 1] : 1, 'SAME'],
      loop: () => conv.conv2d(x.array, filter.array, shape),
    };
  };
}

function pool(f: 'max' | 'avg'): MakeCase {
  return (n) => {
    const shape = n < 4096 ? [1, 4, 4, 16] : [8, 56, 56, 32];
    const x = floats(shape);
    return { args: [x.tensor, 2, 2, 'VALID'], loop: () => conv.pool2x2(x.array, shape, f) };
  };
}

export const heavyCases: Readonly<Record<string, MakeCase>> = {
  matmul: product,
  matvec,
  fusedMatmul: product,
  conv2d: convolution(false),
  depthwiseConv2d: convolution(true),
  maxPool2d: pool('max'),
  avgPool2d: pool('avg'),
  layerNorm: (n) => {
    const s = side(n);
    const [x, gamma, beta] = [floats([s, s]), floats([s], 0.5, 1.5), floats([s])];
    return {
      args: [x.tensor, gamma.tensor, beta.tensor, { epsilon: 1e-5 }],
      loop: () => layerNorm(x.array, gamma.array, beta.array, 1e-5),
    };
  },
  fusedBatchNorm: (n) => {
    const shape = n < 4096 ? [1, 4, 4, 16] : [8, 56, 56, 32];
    const c = shape[3];
    const [x, gamma, beta] = [floats(shape), floats([c], 0.5, 1.5), floats([c])];
    return {
      args: [x.tensor, gamma.tensor, beta.tensor, { epsilon: 1e-3 }],
      loop: () => batchNorm(x.array, gamma.array, beta.array, 1e-3),
    };
  },
};
