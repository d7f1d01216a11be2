/** Activations that Keras has and tf.nn has not: `tf.keras.activations`. */
import { native } from '../../binding';
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { asShape, describe, showShape, sizeBetween } from '../../core/shape';
import { makeTensor, shapeOf, type Tensor } from '../../core/tensor';
import { axisArgument, type OneAxis } from '../../op/axis';
import { runFusedKernel, relu6Grad } from './activations';
import { add, maximum, minimum, multiply, realDivide, subtract } from '../math/binary';
import { greater, less } from '../math/compare';
import { badDType, kernelNumber } from '../../op/checks';
import { binary, runBinary } from '../../op/define/binary';
import { composite } from '../../op/define/composite';
import { options } from '../../core/options';
import { runUnary, unary, type UnaryOp } from '../../op/define/unary';
import { split } from '../array/joining';
import { fitsFusedKernel } from '../../op/define/reduction';
import { sample, type Example } from '../../op/registry';
import { select } from '../math/select';
import { notRecorded } from '../../op/not_recorded';
import { copyParts } from '../../op/strided';
import { abs, negative, rsqrt, sign, square } from '../math/unary';
import { exp, expm1, sigmoid, softplus, tanh } from '../math/unary_math';
import type { DTypeOf } from '../../core/dtype_of';

const gluDefaults = { axis: -1 } as const;

const six = 1 / 6;

/** Hard sigmoid, elementwise. y = x/6 + 1/2 within [0, 1]. The gradient is 0 at −3 and at 3. @tf tf.keras.activations.hard_sigmoid */
export const hardSigmoid = unary('hardSigmoid', {
  tf: 'tf.keras.activations.hard_sigmoid',
  dtypes: floating,
  saves: 'output',
  domain: [-5, 5],
  ulp: 1.5,
  js: (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1),
  gradient: (dy, { y }) => multiply(relu6Grad(dy, multiply(y, 6)), six),
});

/** Hard swish, elementwise. y = x·hardSigmoid(x). @tf tf.keras.activations.hard_silu */
export const hardSilu = unary('hardSilu', {
  tf: 'tf.keras.activations.hard_silu',
  dtypes: floating,
  domain: [-5, 5],
  ulp: 2.5,
  js: (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1),
  gradient: (dy, { x }) => {
    const h = hardSigmoid(x);
    return add(multiply(dy, h), multiply(relu6Grad(multiply(dy, x), multiply(h, 6)), six));
  },
});

/** Mish, elementwise. y = x·tanh(softplus(x)); 0 at −∞. @tf tf.keras.activations.mish */
export const mish = unary('mish', {
  tf: 'tf.keras.activations.mish',
  dtypes: floating,
  domain: [-4, 4],
  ulp: 4.5,
  js: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  gradient: (dy, { x }) => {
    // With q = sigmoid(−x), 1 − tanh² is (2·q / (1 + q²))².
    const q = sigmoid(negative(x));
    const slope = square(realDivide(multiply(q, 2), add(square(q), 1)));
    return multiply(dy, add(tanh(softplus(x)), multiply(multiply(x, sigmoid(x)), slope)));
  },
});

const plain: readonly Example[] = [
  { args: [sample([2, 3])] },
  { args: [sample([])] },
  { args: [sample([2, 0])] },
];

/** An elementwise composite of a floating operand. */
function elementwise(name: string, f: (x: Tensor) => Tensor, domain: [number, number]): UnaryOp {
  const tf = `tf.keras.activations.${name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}`;
  return composite(name, { tf, dtypes: floating, domain, ulp: 4, examples: plain }, (x: TensorLike) =>
    f(operand(x, name)),
  );
}

/** The same with one number as its option. */
function withNumber<K extends string>(
  name: string,
  option: K,
  standard: number,
  f: (x: TensorLike, value: TensorLike) => Tensor,
): <X extends TensorLike>(x: X, options?: Partial<Record<K, number>> | number) => Tensor<DTypeOf<X>> {
  const tf = `tf.keras.activations.${name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}`;
  const examples = [...plain, { args: [sample([7])], options: { [option]: standard * 1.5 } }];
  const defaults = { [option]: standard };
  return composite(
    name,
    { tf, dtypes: floating, domain: [-4, 4], ulp: 4, examples },
    (x: TensorLike, given?: Partial<Record<K, number>> | number): Tensor => {
      const t = operand(x, name);
      const value = options<Record<string, unknown>>(given, option, defaults, name)[option];
      if (typeof value !== 'number')
        throw new TypeError(`[${name}] ${option} must be a number; got ${describe(value)}`);
      return f(t, value);
    },
  );
}

function operand(x: TensorLike, op: string): Tensor {
  const t = toTensor(x, null, op, 'x');
  if (t.dt.kind !== 'float') throw badDType(op, 'x', t.dt, floating);
  return t;
}

/** Clipping to [−1, 1], elementwise. @tf tf.keras.activations.hard_tanh */
export const hardTanh = elementwise('hardTanh', (x) => maximum(minimum(x, 1), -1), [-3, 3]);

/** x − tanh(x), elementwise. @tf tf.keras.activations.tanh_shrink */
export const tanhShrink = elementwise('tanhShrink', (x) => subtract(x, tanh(x)), [-4, 4]);

/** 0 up to −1, x from 1 on, (x + 1)²/4 between, elementwise. @tf tf.keras.activations.sparse_plus */
export const sparsePlus = unary('sparsePlus', {
  tf: 'tf.keras.activations.sparse_plus',
  dtypes: floating,
  domain: [-3, 3],
  ulp: 2,
  js: (x) => (x <= -1 ? 0 : x >= 1 ? x : (x + 1) ** 2 / 4),
  gradient: (dy, { x }) => multiply(dy, sparseSigmoid(x)),
});

/** 0 up to −1, 1 from 1 on, (x + 1)/2 between, elementwise. @tf tf.keras.activations.sparse_sigmoid */
export const sparseSigmoid = unary('sparseSigmoid', {
  tf: 'tf.keras.activations.sparse_sigmoid',
  dtypes: floating,
  domain: [-3, 3],
  ulp: 0.5,
  js: (x) => Math.min(Math.max((x + 1) / 2, 0), 1),
  gradient: (dy, { x }) => select(less(abs(x), 1), multiply(dy, 0.5), 0),
});

/** eˣ. @tf tf.keras.activations.exponential */
export const exponential = elementwise('exponential', (x) => exp(x), [-10, 10]);

/** x where |x| > b, else 0. */
const hardShrinkThreshold = binary('hardShrinkThreshold', {
  tf: '',
  dtypes: floating,
  domain: [-3, 3],
  ulp: 0,
  gradient: [(dy, { a, b }) => select(greater(abs(a), b), dy, 0), (dy) => multiply(dy, 0)],
});

/** x where |x| > threshold, else 0. @tf tf.keras.activations.hard_shrink */
export const hardShrink = withNumber('hardShrink', 'threshold', 0.5, hardShrinkThreshold);

/** x − b·sign(x) where |x| > b, else 0. */
const softShrinkThreshold = binary('softShrinkThreshold', {
  tf: '',
  dtypes: floating,
  domain: [-3, 3],
  ulp: 0.5,
  gradient: [
    (dy, { a, b }) => select(greater(abs(a), b), dy, 0),
    (dy, { a, b }) => select(greater(abs(a), b), negative(multiply(dy, sign(a))), 0),
  ],
});

/** x − threshold·sign(x) where |x| > threshold, else 0. @tf tf.keras.activations.soft_shrink */
export const softShrink = withNumber('softShrink', 'threshold', 0.5, softShrinkThreshold);

/** (x + √(x² + b)) / 2, b a tensor. */
const squareplusB = binary('squareplusB', {
  tf: '',
  dtypes: floating,
  domain: [0.5, 4],
  ulp: 2,
  gradient: [
    (dy, { a, b }) => multiply(dy, multiply(add(multiply(a, rsqrt(add(square(a), b))), 1), 0.5)),
    (dy, { a, b }) => multiply(dy, multiply(rsqrt(add(square(a), b)), 0.25)),
  ],
});

/** (x + √(x² + b)) / 2. @tf tf.keras.activations.squareplus */
export const squareplus = withNumber('squareplus', 'b', 4, squareplusB);

/** x where x ≥ 0, else alpha·(e^(x/alpha) − 1); alpha is a tensor. */
const celuAlpha = binary('celuAlpha', {
  tf: '',
  dtypes: floating,
  domain: [0.5, 4],
  ulp: 3,
  gradient: [
    (dy, { a, b }) => multiply(dy, exp(minimum(realDivide(a, b), 0))),
    // The slope towards alpha is e^q·(1 − q) − 1, q = x/alpha.
    (dy, { a, b }) => {
      const q = minimum(realDivide(a, b), 0);
      return multiply(dy, subtract(expm1(q), multiply(q, exp(q))));
    },
  ],
});

/** max(0, x) + min(0, alpha·(e^(x/alpha) − 1)): a smooth elu. @tf tf.keras.activations.celu */
export const celu = withNumber('celu', 'alpha', 1, celuAlpha);

export interface GluOptions {
  /** The axis that is halved. Default: the last. */
  axis?: OneAxis;
}

/**
 * Gated linear unit: the first half along `axis` times the sigmoid of the second. InvalidArgumentError where the axis has an odd
 * number of elements. @tf tf.keras.activations.glu
 */
export const glu: <X extends TensorLike>(x: X, options?: GluOptions | OneAxis) => Tensor<DTypeOf<X>> =
  composite(
    'glu',
    {
      tf: 'tf.keras.activations.glu',
      dtypes: floating,
      domain: [-4, 4],
      ulp: 4,
      examples: [
        { args: [sample([2, 4])] },
        { args: [sample([2, 3])], options: { axis: 0 } },
        { args: [sample([0, 6])] },
      ],
    },
    (x: TensorLike, given?: GluOptions | OneAxis): Tensor => {
      const t = operand(x, 'glu');
      const { axis } = options<{ axis: OneAxis }>(given, 'axis', gluDefaults, 'glu');
      const along = axisArgument(axis, shapeOf(t).length, 'glu');
      if (shapeOf(t)[along] % 2 !== 0) {
        throw new InvalidArgumentError(
          `[glu] axis ${along} must have an even number of elements to be halved; the shape is ${showShape(shapeOf(t))}`,
        );
      }
      if (notRecorded()) return fusedGlu(t, along);
      const [value, gate] = split(t, 2, along);
      return multiply(value, sigmoid(gate));
    },
  );

const sigmoidKernel = kernelNumber(native.unaryNames, 'sigmoid');
const multiplyKernel = kernelNumber(native.binaryNames, 'multiply');

/** The same kernels, each over what the one before has written; of few elements in one call. */
function fusedGlu(t: Tensor, along: number): Tensor {
  const dims = shapeOf(t).slice();
  dims[along] /= 2;
  const shape = asShape(dims);
  if (fitsFusedKernel(t)) return runFusedKernel('glu', t, shape, along, sigmoidKernel, multiplyKernel);
  t.assertAlive('glu');
  const [value, gate] = [makeTensor(t.dt, shape, t.size / 2), makeTensor(t.dt, shape, t.size / 2)];
  copyParts(t, [value, gate], sizeBetween(shapeOf(t), 0, along), true);
  runUnary(sigmoidKernel, gate, gate);
  runBinary(multiplyKernel, value, gate, value);
  return value;
}
