/** The activation functions of `tf.keras.activations` that tf.nn does not have. */
import { notRecorded } from '../../core/context';
import { native } from '../../binding';
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { asShape, describe, showShape, sizeBetween } from '../../core/shape';
import { makeTensor, shapeOf, type Tensor } from '../../core/tensor';
import { axisArgument, type OneAxis } from '../../op/axis';
import { relu6Grad } from './activations';
import { add, maximum, minimum, multiply, realDivide, subtract } from '../math/binary';
import { greater, less } from '../math/compare';
import { badDType, kernelNumber } from '../../op/checks';
import { binary, runBinary } from '../../op/define/binary';
import { composite } from '../../op/define/composite';
import { options } from '../../core/options';
import { runUnary, unary, type UnaryOp } from '../../op/define/unary';
import { split } from '../array/joining';
import { sample, type Example } from '../../op/registry';
import { select } from '../math/select';
import { copySegments } from '../../op/strided';
import { abs, negative, rsqrt, sign, square } from '../math/unary';
import { exp, expm1, sigmoid, softplus, tanh } from '../math/unary_math';
import type { DTypeOf } from '../../core/dtype_of';

const gluDefaults = { axis: -1 } as const;

const oneSixth = 1 / 6;

/** Hard sigmoid, elementwise. y = x/6 + 1/2 within [0, 1]. The gradient is 0 at −3 and at 3. @tf tf.keras.activations.hard_sigmoid */
export const hardSigmoid = unary('hardSigmoid', {
  tf: 'tf.keras.activations.hard_sigmoid',
  dtypes: floating,
  saves: 'output',
  domain: [-5, 5],
  ulp: 1.5,
  js: (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1),
  gradient: (dy, { y }) => multiply(relu6Grad(dy, multiply(y, 6)), oneSixth),
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
    return add(multiply(dy, h), multiply(relu6Grad(multiply(dy, x), multiply(h, 6)), oneSixth));
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

const elementwiseExamples: readonly Example[] = [
  { args: [sample([2, 3])] },
  { args: [sample([])] },
  { args: [sample([2, 0])] },
];

/** Defines an elementwise composite of a floating-point operand. */
function elementwise(name: string, f: (x: Tensor) => Tensor, domain: [number, number]): UnaryOp {
  const tf = `tf.keras.activations.${name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}`;
  return composite(
    name,
    { tf, dtypes: floating, domain, ulp: 4, examples: elementwiseExamples },
    (x: TensorLike) => f(operand(x, name)),
  );
}

/** Defines an elementwise composite with one number as its option. */
function withParameter<K extends string>(
  name: string,
  option: K,
  defaultValue: number,
  f: (x: TensorLike, value: TensorLike) => Tensor,
): <X extends TensorLike>(x: X, options?: Partial<Record<K, number>> | number) => Tensor<DTypeOf<X>> {
  const tf = `tf.keras.activations.${name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}`;
  const examples = [
    ...elementwiseExamples,
    { args: [sample([7])], options: { [option]: defaultValue * 1.5 } },
  ];
  const defaults = { [option]: defaultValue };
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

/** Hard tanh, elementwise: x clipped to [−1, 1]. @tf tf.keras.activations.hard_tanh */
export const hardTanh = elementwise('hardTanh', (x) => maximum(minimum(x, 1), -1), [-3, 3]);

/** Tanh shrink, elementwise. y = x − tanh(x). @tf tf.keras.activations.tanh_shrink */
export const tanhShrink = elementwise('tanhShrink', (x) => subtract(x, tanh(x)), [-4, 4]);

/** Sparse plus, elementwise: 0 for x ≤ −1, x for x ≥ 1, (x + 1)²/4 in between. @tf tf.keras.activations.sparse_plus */
export const sparsePlus = unary('sparsePlus', {
  tf: 'tf.keras.activations.sparse_plus',
  dtypes: floating,
  domain: [-3, 3],
  ulp: 2,
  js: (x) => (x <= -1 ? 0 : x >= 1 ? x : (x + 1) ** 2 / 4),
  gradient: (dy, { x }) => multiply(dy, sparseSigmoid(x)),
});

/** Sparse sigmoid, elementwise: 0 for x ≤ −1, 1 for x ≥ 1, (x + 1)/2 in between. @tf tf.keras.activations.sparse_sigmoid */
export const sparseSigmoid = unary('sparseSigmoid', {
  tf: 'tf.keras.activations.sparse_sigmoid',
  dtypes: floating,
  domain: [-3, 3],
  ulp: 0.5,
  js: (x) => Math.min(Math.max((x + 1) / 2, 0), 1),
  gradient: (dy, { x }) => select(less(abs(x), 1), multiply(dy, 0.5), 0),
});

/** Exponential, elementwise. y = eˣ. @tf tf.keras.activations.exponential */
export const exponential = elementwise('exponential', (x) => exp(x), [-10, 10]);

/** hardShrink with the threshold as an operand. */
const hardShrinkThreshold = binary('hardShrinkThreshold', {
  tf: '',
  dtypes: floating,
  domain: [-3, 3],
  ulp: 0,
  gradient: [(dy, { a, b }) => select(greater(abs(a), b), dy, 0), (dy) => multiply(dy, 0)],
});

/** Hard shrink, elementwise. y = x where |x| > threshold, else 0. @tf tf.keras.activations.hard_shrink */
export const hardShrink = withParameter('hardShrink', 'threshold', 0.5, hardShrinkThreshold);

/** softShrink with the threshold as an operand. */
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

/** Soft shrink, elementwise. y = x − threshold·sign(x) where |x| > threshold, else 0. @tf tf.keras.activations.soft_shrink */
export const softShrink = withParameter('softShrink', 'threshold', 0.5, softShrinkThreshold);

/** squareplus with b as an operand. */
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

/** Squareplus, elementwise. y = (x + √(x² + b)) / 2. @tf tf.keras.activations.squareplus */
export const squareplus = withParameter('squareplus', 'b', 4, squareplusB);

/** celu with alpha as an operand. */
const celuAlpha = binary('celuAlpha', {
  tf: '',
  dtypes: floating,
  domain: [0.5, 4],
  ulp: 3,
  gradient: [
    (dy, { a, b }) => multiply(dy, exp(minimum(realDivide(a, b), 0))),
    // The derivative with respect to alpha is e^q·(1 − q) − 1, where q = x/alpha.
    (dy, { a, b }) => {
      const q = minimum(realDivide(a, b), 0);
      return multiply(dy, subtract(expm1(q), multiply(q, exp(q))));
    },
  ],
});

/** Continuously differentiable elu, elementwise. y = max(0, x) + min(0, alpha·(e^(x/alpha) − 1)). @tf tf.keras.activations.celu */
export const celu = withParameter('celu', 'alpha', 1, celuAlpha);

export interface GluOptions {
  /** The axis to split in half. Default: the last. */
  axis?: OneAxis;
}

/**
 * Gated linear unit: the first half along `axis` times the sigmoid of the second half. InvalidArgumentError for an axis of odd
 * size. @tf tf.keras.activations.glu
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

/** Eager path of glu without recording: computes in place. */
function fusedGlu(t: Tensor, along: number): Tensor {
  const dims = shapeOf(t).slice();
  dims[along] /= 2;
  const shape = asShape(dims);
  t.assertAlive('glu');
  const [value, gate] = [makeTensor(t.dt, shape, t.size / 2), makeTensor(t.dt, shape, t.size / 2)];
  copySegments(t, [value, gate], sizeBetween(shapeOf(t), 0, along), true);
  runUnary(sigmoidKernel, gate, gate);
  runBinary(multiplyKernel, value, gate, value);
  return value;
}
