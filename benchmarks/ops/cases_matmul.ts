/** Matrix products and norms, in sizes limited by the time of the loops. */
import { ctcLoss } from '../loops/ctc';
import { matmul } from '../loops/matmul';
import * as rows from '../loops/rows';
import type { MakeCase } from './case';
import * as tf from 'gradtape';
import { floats, integers, side } from './data';

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

export const matmulCases: Readonly<Record<string, MakeCase>> = {
  matmul: product,
  matvec,
  fusedMatmul: product,
  layerNorm: (n) => {
    const s = side(n);
    const [x, gamma, beta] = [floats([s, s]), floats([s], 0.5, 1.5), floats([s])];
    return {
      args: [x.tensor, gamma.tensor, beta.tensor, { epsilon: 1e-5 }],
      loop: () => rows.layerNorm(x.array, gamma.array, beta.array, 1e-5),
    };
  },
  fusedBatchNorm: (n) => {
    const shape = n < 4096 ? [1, 4, 4, 4] : [8, 56, 56, 32];
    const c = shape[3];
    const [x, gamma, beta] = [floats(shape), floats([c], 0.5, 1.5), floats([c])];
    return {
      args: [x.tensor, gamma.tensor, beta.tensor, { epsilon: 1e-3 }],
      loop: () => rows.batchNorm(x.array, gamma.array, beta.array, 1e-3),
    };
  },
  batchNormalization: (n) => {
    const s = side(n);
    const [x, mean, variance] = [floats([s, s]), floats([s]), floats([s], 0.5, 1.5)];
    const [offset, scale] = [floats([s]), floats([s], 0.5, 1.5)];
    return {
      args: [x.tensor, mean.tensor, variance.tensor, offset.tensor, scale.tensor, 1e-3],
      loop: () => rows.normalize(x.array, mean.array, variance.array, offset.array, scale.array, 1e-3),
    };
  },
  moments: (n) => {
    const s = side(n);
    const x = floats([s, s]);
    return { args: [x.tensor, [1]], loop: () => rows.moments(x.array, s, s).mean };
  },
  l2Normalize: (n) => {
    const s = side(n);
    const x = floats([s, s]);
    return { args: [x.tensor, { axis: -1 }], loop: () => rows.l2Normalize(x.array, s, s, 1e-12) };
  },
  localResponseNormalization: (n) => {
    const shape = n < 4096 ? [1, 2, 2, 16] : [8, 32, 32, 128];
    const x = floats(shape);
    const options = { depthRadius: 2, bias: 2, alpha: 1e-4, beta: 0.75 };
    return { args: [x.tensor, options], loop: () => rows.localResponse(x.array, shape[3], options) };
  },
  ctcLoss: (n) => {
    const [steps, length, classes] = [12, 3, 16];
    const examples = Math.max(1, Math.floor(n / (steps * classes)));
    const [labels, logits] = [integers([examples, length], 1, classes), floats([steps, examples, classes])];
    const sizes = [tf.fill([examples], length), tf.fill([examples], steps)].map((t) => tf.cast(t, 'int32'));
    return {
      args: [labels.tensor, logits.tensor, ...sizes],
      loop: () => ctcLoss(labels.array, logits.array, steps, examples, classes),
    };
  },
  biasAdd: (n) => {
    const s = side(n);
    const [x, bias] = [floats([s, s]), floats([s])];
    return { args: [x.tensor, bias.tensor], loop: () => rows.biasAdd(x.array, bias.array) };
  },
  glu: (n) => {
    const s = side(n);
    const x = floats([s, s]);
    return { args: [x.tensor], loop: () => rows.glu(x.array, s, s) };
  },
  crelu: (n) => {
    const s = side(n);
    const x = floats([s, s]);
    return { args: [x.tensor], loop: () => rows.crelu(x.array, s, s) };
  },
};
