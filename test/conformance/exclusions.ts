/**
 * Where TensorFlow is odd and we are not, one entry to a case, each with its reason. What users can notice stands in
 * docs/differences.md too. Nothing here loosens a tolerance.
 */
import type { DType } from '../../lib/core/dtype';
import type { GoldenCase } from './fixtures';
import { isRecorded, toNumber } from './fixtures';

export interface Exclusion {
  /** Op definitions, or all. */
  ops: readonly string[] | 'all';
  /** Which cases. */
  when: (c: GoldenCase) => boolean;
  what: 'outputs' | 'gradients' | 'error' | 'both';
  /** Single elements only; the others are compared. */
  element?: (c: GoldenCase, index: number) => boolean;
  why: string;
}

const firstValue = (c: GoldenCase, index: number): number => {
  const a = c.args[0];
  return isRecorded(a) ? toNumber(a.values[index]) : 0;
};
const dtypeOf = (c: GoldenCase): string => {
  const a = c.args[0];
  return isRecorded(a) ? a.dtype : '';
};
/** float16 is computed as float32, where its denormals are none. */
const leastNormal = (c: GoldenCase): number => {
  const a = c.args[0];
  if (!isRecorded(a)) return 0;
  return { float16: 0, float64: 2 ** -1022 }[a.dtype] ?? 2 ** -126;
};

export const exclusions: readonly Exclusion[] = [
  {
    ops: 'all',
    when: (c) => c.note === 'special values',
    what: 'both',
    element: (c, i) => {
      const x = firstValue(c, i);
      return x !== 0 && Math.abs(x) < leastNormal(c);
    },
    why: 'Eigen flushes denormal operands to zero, IEEE 754 does not: 1 / 1.5e-39 is inf there',
  },
  {
    ops: ['linspace'],
    when: (c) => c.args[2] === 1 || c.args[2] === 0,
    what: 'gradients',
    why: 'one step does not depend on stop, none on nothing: the gradient is null here, zeros in TensorFlow',
  },
  {
    ops: ['adaptiveMaxPool'],
    when: (c) => c.args[1] === 1,
    what: 'gradients',
    why: 'Keras also pools with windows of n + 1 elements; of none of them, TensorFlow leaves the gradient as memory held it',
  },
  {
    ops: ['cumprod'],
    when: (c) =>
      isRecorded(c.args[0]) && c.args[0].values.some((v) => v === 0 || !Number.isFinite(toNumber(v))),
    what: 'gradients',
    why: 'TensorFlow divides by the elements and gives 0 where one is 0; here the gradient is right there too',
  },
  {
    ops: ['pad'],
    when: (c) => isRecorded(c.args[0]) && c.args[0].shape.length === 0,
    what: 'error',
    why: 'an empty list of paddings is of shape [0] to TensorFlow and refused; here it pads a scalar by nothing',
  },
  {
    ops: ['nonzero'],
    when: (c) => isRecorded(c.args[0]) && c.args[0].shape.length === 0,
    what: 'error',
    why: "TensorFlow's kernel has no case for scalars; the coordinates of one are a row of none",
  },
  {
    ops: ['elu', 'selu'],
    when: (c) => c.note === 'special values',
    what: 'both',
    element: (c, i) => {
      const x = firstValue(c, i);
      return x === -leastNormal(c) || Math.fround(x) === -leastNormal(c);
    },
    why: 'Eigen flushes eˣ − 1 of the least normal number to zero, so that selu has the slope of 0⁺ there',
  },
  {
    ops: ['elu', 'selu'],
    when: (c) => c.note === 'special values' && dtypeOf(c) === 'float16',
    what: 'both',
    element: (c, i) => Math.abs(firstValue(c, i)) <= 2 ** -14,
    why: 'TensorFlow rounds eˣ to float16 before it subtracts 1; eˣ − 1 is right about 0 here',
  },
  {
    ops: ['relu', 'relu6'],
    when: (c) => ['float16', 'bfloat16'].includes(dtypeOf(c)),
    what: 'outputs',
    element: (c, i) => Object.is(firstValue(c, i), -0),
    why: 'the maximum of −0 and 0 is either; it is −0 in TensorFlow where floats have 16 bits, 0 where they have more',
  },
  {
    ops: ['sparsePlus', 'sparseSigmoid'],
    when: (c) => c.note === 'special values',
    what: 'gradients',
    element: (c, i) => !Number.isFinite(firstValue(c, i)),
    why: 'the functions are made of branches in Keras, whose gradients multiply infinities by 0 and know no NaN',
  },
  {
    ops: ['maxPool3d'],
    when: (c) => dtypeOf(c) === 'bfloat16',
    what: 'gradients',
    why: 'elements of windows tie; TensorFlow gives the gradient to all of them, in three dimensions only',
  },
  {
    ops: ['siluUnit', 'mish', 'hardSilu'],
    when: (c) => c.note === 'special values',
    what: 'both',
    element: (c, i) => Math.abs(firstValue(c, i)) === Infinity,
    why: 'TensorFlow multiplies infinities by 0; ours are the limits, of the functions and of their derivatives',
  },
  {
    ops: ['leakyRelu'],
    when: (c) => {
      const alpha = Number(c.options?.alpha ?? 0.2);
      return isRecorded(c.args[0]) && c.args[0].dtype === 'float64' && Math.fround(alpha) !== alpha;
    },
    what: 'both',
    why: "TensorFlow's leaky_relu has its slope in float32, for float64 tensors too",
  },
  {
    ops: ['gelu'],
    when: (c) => isRecorded(c.args[0]) && c.args[0].dtype === 'float64',
    what: 'both',
    why: "TensorFlow's float64 gelu has its constants in float32: right to 1e-8 only",
  },
  {
    ops: ['conv2d'],
    when: (c) => c.outputs?.every((o) => o.shape.slice(1).includes(0)) === true,
    what: 'gradients',
    why: 'no output depends on the filter: its gradient is 0 here, whatever the memory held in TensorFlow',
  },
  {
    ops: ['erf'],
    when: (c) => c.note === 'special values',
    what: 'outputs',
    element: (c, i) =>
      isRecorded(c.args[0]) && c.args[0].dtype === 'float64' && Math.abs(firstValue(c, i)) > 1e300,
    why: 'float64 erf of ±inf and of ±1.8e308 is NaN in TensorFlow; it is ±1 here, as it is there in float32',
  },
  {
    ops: ['resize', 'cropAndResize', 'perImageStandardization'],
    when: (c) => dtypeOf(c) === 'float64',
    what: 'gradients',
    why: 'results are float32 and TensorFlow computes the gradients in float32; they are compared there',
  },
  {
    ops: ['rgbToGrayscale'],
    when: (c) => dtypeOf(c) === 'float64',
    what: 'both',
    why: 'TensorFlow computes images of float64 in float32; they stay float64 here',
  },
  {
    ops: ['hsvToRgb'],
    when: () => true,
    what: 'gradients',
    why: 'TensorFlow has no gradient of hsv_to_rgb',
  },
  {
    ops: ['fusedBatchNorm'],
    when: () => true,
    what: 'gradients',
    why: 'TensorFlow leaves out what flows through the mean and variance that come back, and to those given',
  },
  {
    ops: ['besselI0', 'besselI1'],
    when: (c) => c.note === 'special values',
    what: 'both',
    element: (c, i) => Math.abs(firstValue(c, i)) === Infinity,
    why: 'TensorFlow has NaN at infinities; the limits are infinite',
  },
  {
    ops: ['besselI1'],
    when: (c) => c.note === 'special values',
    what: 'gradients',
    element: (c, i) => Math.abs(firstValue(c, i)) <= 2 * leastNormal(c),
    why: "TensorFlow's derivative of I₁ is 1 at 0, where it is ½",
  },
];

/**
 * Op definitions whose results have another dtype than TensorFlow's, by design (docs/differences.md); the values are compared.
 * Positions and counts are int32 unless asked for as int64; numbers in JavaScript are float32 where Python's are int32.
 */
export const otherDTypes: Readonly<Record<string, { theirs: string; ours: DType }>> = {
  argmax: { theirs: 'int64', ours: 'int32' },
  argmin: { theirs: 'int64', ours: 'int32' },
  nonzero: { theirs: 'int64', ours: 'int32' },
  constant: { theirs: 'int32', ours: 'float32' },
  maxPoolWithArgmax: { theirs: 'int64', ours: 'int32' },
  oneHot: { theirs: 'int32', ours: 'float32' },
};

/** Op definitions whose derivative does not exist at some of their examples: NaN there, here as in TensorFlow. */
export const singularGradients: readonly string[] = ['reduceStd'];

/** Op definitions where a tie of 0 and −0 gives either: TensorFlow's depends on the vector instruction, IEEE 754 allows both. */
export const anyZero: readonly string[] = ['maximum', 'minimum'];

/** TensorFlow refused for want of a kernel of this dtype: it says nothing about what the op should do. */
export function lacksKernel(error: string): boolean {
  return /is not in the list of allowed values|Could not find device|No OpKernel|could not find.*kernel|no kernel|input data type is not supported/i.test(
    error,
  );
}

export function excluded(
  op: string,
  c: GoldenCase,
  what: 'outputs' | 'gradients' | 'error',
): { all: boolean; element: (index: number) => boolean } {
  const hits = exclusions.filter(
    (e) => (e.ops === 'all' || e.ops.includes(op)) && (e.what === 'both' || e.what === what) && e.when(c),
  );
  return {
    all: hits.some((e) => e.element === undefined),
    element: (index) => hits.some((e) => e.element?.(c, index) === true),
  };
}
