/** The activation functions of tf.nn. Those that only Keras has are in activations_keras.ts. */
import { notRecorded } from '../../core/context';
import { native } from '../../binding';
import { toTensor, type TensorLike } from '../../core/convert';
import { floating, numeric, signed } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { asShape, describe, sizeBetween } from '../../core/shape';
import { scalarTensor } from '../../core/scalar_tensor';
import { makeTensor, shapeOf, type Tensor } from '../../core/tensor';
import { axisArgument, type OneAxis } from '../../op/axis';
import { add, multiply, realDivide, subtract } from '../math/binary';
import { cast } from '../array/cast';
import { greater, less } from '../math/compare';
import { badDType, kernelNumber } from '../../op/checks';
import { activationGradient, binary } from '../../op/define/binary';
import { composite } from '../../op/define/composite';
import { options } from '../../core/options';
import { runUnary, unary } from '../../op/define/unary';
import { concat } from '../array/joining';
import { sample, symbolicZero } from '../../op/registry';
import { select } from '../math/select';
import { copySegments } from '../../op/strided';
import { abs, negative, relu, square } from '../math/unary';
import { exp, sigmoid } from '../math/unary_math';
import type { DTypeOf } from '../../core/dtype_of';

const geluDefaults = { approximate: false } as const;
const siluDefaults = { beta: 1 } as const;
const leakyReluDefaults = { alpha: 0.2 } as const;
const creluDefaults = { axis: -1 } as const;

/** Gradient of relu6: dy where 0 < y < 6, else 0. */
export const relu6Grad = activationGradient('relu6Grad', {
  dtypes: numeric,
  saves: ['b'],
  domain: [-10, 10],
  ulp: 0,
  second: () => symbolicZero,
});

/** Clipped rectified linear unit, elementwise. y = min(max(x, 0), 6); NaN stays NaN. The gradient is 0 at 0 and 6. @tf tf.nn.relu6 */
export const relu6 = unary('relu6', {
  tf: 'tf.nn.relu6',
  dtypes: numeric,
  saves: 'output',
  domain: [-10, 10],
  ulp: 0,
  js: (x) => Math.min(Math.max(x, 0), 6),
  gradient: (dy, { y }) => relu6Grad(dy, y),
});

/** Gradient of elu: dy·(y + 1) where y < 0, else dy. */
const eluGrad = activationGradient('eluGrad', {
  dtypes: floating,
  domain: [-1, 1],
  ulp: 1,
  second: (dy, { a, b }) => select(less(b, 0), multiply(dy, a), 0),
});

/** Exponential linear unit, elementwise. y = x where x ≥ 0, else eˣ − 1. @tf tf.nn.elu */
export const elu = unary('elu', {
  tf: 'tf.nn.elu',
  dtypes: floating,
  saves: 'output',
  domain: [-10, 10],
  ulp: 1.5,
  js: (x) => (x < 0 ? Math.expm1(x) : x),
  gradient: (dy, { y }) => eluGrad(dy, y),
});

/** Gradient of selu: dy·(y + λα) where y < 0, else dy·λ. */
const seluGrad = activationGradient('seluGrad', {
  dtypes: floating,
  domain: [-1, 1],
  ulp: 2,
  second: (dy, { a, b }) => select(less(b, 0), multiply(dy, a), 0),
});

/**
 * Scaled exponential linear unit, elementwise. y = λ·x where x ≥ 0, else λ·α·(eˣ − 1), with λ = 1.05070098 and
 * α = 1.67326324. @tf tf.nn.selu
 */
export const selu = unary('selu', {
  tf: 'tf.nn.selu',
  dtypes: floating,
  saves: 'output',
  domain: [-10, 10],
  ulp: 2.5,
  js: (x) => (x < 0 ? 1.7580993408473766 * Math.expm1(x) : 1.0507009873554805 * x),
  gradient: (dy, { y }) => seluGrad(dy, y),
});

/** Softsign, elementwise. y = x / (1 + |x|). @tf tf.nn.softsign */
export const softsign = unary('softsign', {
  tf: 'tf.nn.softsign',
  dtypes: floating,
  domain: [-10, 10],
  ulp: 1.5,
  js: (x) => x / (1 + Math.abs(x)),
  gradient: (dy, { x }) => realDivide(dy, square(add(abs(x), 1))),
});

const invSqrt2Pi = 1 / Math.sqrt(2 * Math.PI);

/** Gradient of gelu: dy·(Φ(x) + x·φ(x)). */
const geluGrad = activationGradient('geluGrad', {
  dtypes: floating,
  domain: [-5, 5],
  ulp: 4,
  second: (dy, { a, b }) => {
    const s = square(b);
    const density = multiply(exp(multiply(s, -0.5)), invSqrt2Pi);
    return multiply(multiply(dy, a), multiply(density, subtract(2, s)));
  },
});

/** x·Φ(x), elementwise, where Φ is the cumulative distribution function of the standard normal distribution. */
const geluErf = unary('geluErf', {
  tf: '',
  dtypes: floating,
  domain: [-8, 8],
  ulp: 8,
  gradient: (dy, { x }) => geluGrad(dy, x),
});

const tanhScale = 2 * Math.sqrt(2 / Math.PI);
const tanhCubic = 0.044715;

/** Gradient of geluTanh. */
const geluTanhGrad = activationGradient('geluTanhGrad', {
  dtypes: floating,
  domain: [-5, 5],
  ulp: 4,
  second: (dy, { a, b }) => {
    // With s = sigmoid(t): y = x·s, y″ = s·(1 − s)·(2·t′ + x·((1 − 2·s)·t′² + t″)).
    const s2 = square(b);
    const s = sigmoid(multiply(b, multiply(add(multiply(s2, tanhCubic), 1), tanhScale)));
    const t1 = multiply(add(multiply(s2, 3 * tanhCubic), 1), tanhScale);
    const t2 = multiply(b, 6 * tanhCubic * tanhScale);
    const inner = add(multiply(multiply(subtract(1, multiply(s, 2)), t1), t1), t2);
    const second = multiply(multiply(s, subtract(1, s)), add(multiply(t1, 2), multiply(b, inner)));
    return multiply(multiply(dy, a), second);
  },
});

/** The tanh approximation of gelu, written with the sigmoid: y = x·sigmoid(2·√(2/π)·(x + 0.044715·x³)). */
const geluTanh = unary('geluTanh', {
  tf: '',
  dtypes: floating,
  domain: [-8, 8],
  ulp: 4,
  js: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  gradient: (dy, { x }) => geluTanhGrad(dy, x),
});

export interface GeluOptions {
  /** Use the tanh approximation, 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))). Default false. */
  approximate?: boolean;
}

/**
 * Gaussian error linear unit, elementwise. y = x·Φ(x) = 0.5·x·(1 + erf(x/√2)); 0 at −∞. It is accurate in the left tail too,
 * where the second formula cancels. Floating dtypes. @tf tf.nn.gelu
 */
export const gelu: <X extends TensorLike>(
  features: X,
  options?: GeluOptions | boolean,
) => Tensor<DTypeOf<X>> = composite(
  'gelu',
  {
    tf: 'tf.nn.gelu',
    dtypes: floating,
    domain: [-3, 3],
    ulp: 8,
    examples: [
      { args: [sample([2, 3])] },
      { args: [sample([2, 3])], options: { approximate: true } },
      { args: [sample([])], options: { approximate: true } },
      { args: [sample([0, 3])], options: { approximate: true } },
    ],
  },
  (features: TensorLike, given?: GeluOptions | boolean): Tensor => {
    const { approximate } = options<{ approximate: unknown }>(given, 'approximate', geluDefaults, 'gelu');
    if (typeof approximate !== 'boolean')
      throw new TypeError(`[gelu] approximate must be a boolean; got ${describe(approximate)}`);
    return approximate ? geluTanh(features) : geluErf(features);
  },
);

/** Gradient of silu: dy·s·(1 + x·(1 − s)), s = sigmoid(x). */
const siluGrad = activationGradient('siluGrad', {
  dtypes: floating,
  domain: [-8, 8],
  ulp: 4,
  second: (dy, { a, b }) => {
    const s = sigmoid(b);
    const second = multiply(multiply(s, subtract(1, s)), add(multiply(b, subtract(1, multiply(s, 2))), 2));
    return multiply(multiply(dy, a), second);
  },
});

const siluUnit = unary('siluUnit', {
  tf: 'tf.nn.silu',
  dtypes: floating,
  domain: [-15, 15],
  ulp: 3.5,
  js: (x) => x / (1 + Math.exp(-x)),
  gradient: (dy, { x }) => siluGrad(dy, x),
});

export interface SiluOptions {
  /** The slope of the sigmoid: a number, or a tensor that broadcasts and receives a gradient. Default 1. */
  beta?: TensorLike;
}

/** Sigmoid linear unit (swish), elementwise. y = x·sigmoid(beta·x); 0 at −∞ for beta = 1. Floating dtypes. @tf tf.nn.silu */
export const silu: <X extends TensorLike>(
  features: X,
  options?: SiluOptions | TensorLike,
) => Tensor<DTypeOf<X>> = composite(
  'silu',
  {
    tf: 'tf.nn.silu',
    dtypes: floating,
    domain: [-5, 5],
    ulp: 8,
    examples: [
      { args: [sample([2, 3])] },
      { args: [sample([2, 3])], options: { beta: 0.5 } },
      { args: [sample([2, 0])], options: { beta: 2 } },
    ],
  },
  (features: TensorLike, given?: SiluOptions | TensorLike): Tensor => {
    const x = toTensor(features, null, 'silu', 'features');
    const { beta } = options<{ beta: unknown }>(given, 'beta', siluDefaults, 'silu');
    if (beta === 1) return siluUnit(x);
    const slope = toTensor(beta, x.dt, 'silu', 'beta');
    return multiply(x, sigmoid(multiply(x, slope)));
  },
);

/** The slope of leakyRelu: 1 where x > 0, else alpha. */
const leakyReluSlope = binary('leakyReluSlope', {
  tf: '',
  dtypes: floating,
  saves: ['a'],
  domain: [-10, 10],
  ulp: 0,
  gradient: [(dy) => multiply(dy, 0), (dy, { a }) => select(greater(a, 0), 0, dy)],
});
/** leakyRelu with alpha as an operand. */
const leakyReluAlpha = binary('leakyReluAlpha', {
  tf: '',
  dtypes: floating,
  domain: [-10, 10],
  ulp: 0.5,
  gradient: [
    (dy, { a, b }) => multiply(dy, leakyReluSlope(a, b)),
    (dy, { a }) => select(greater(a, 0), 0, multiply(dy, a)),
  ],
});

export interface LeakyReluOptions {
  /** The slope for x ≤ 0: a number, or a tensor that broadcasts and receives a gradient. Default 0.2. */
  alpha?: TensorLike;
}

/** Leaky rectified linear unit, elementwise. y = x where x > 0, else alpha·x. Integers become float32. @tf tf.nn.leaky_relu */
export const leakyRelu: <X extends TensorLike>(
  features: X,
  options?: LeakyReluOptions | TensorLike,
) => Tensor<DTypeOf<X>> = composite(
  'leakyRelu',
  {
    tf: 'tf.nn.leaky_relu',
    dtypes: numeric,
    domain: [-10, 10],
    ulp: 0.5,
    examples: [
      { args: [sample([7])] },
      { args: [sample([2, 3])], options: { alpha: 0.25 } },
      { args: [sample([])], options: { alpha: 0 } },
      { args: [sample([2, 0])] },
    ],
  },
  (features: TensorLike, given?: LeakyReluOptions | TensorLike): Tensor => {
    let x = toTensor(features, null, 'leakyRelu', 'features');
    if (x.dt.kind === 'int') x = cast(x, 'float32');
    const { alpha } = options<{ alpha: unknown }>(given, 'alpha', leakyReluDefaults, 'leakyRelu');
    if (typeof alpha === 'number') {
      return leakyReluAlpha(x, x.dt.kind === 'float' ? scalarTensor(x.dt, alpha) : alpha);
    }
    return leakyReluAlpha(x, toTensor(alpha, x.dt, 'leakyRelu', 'alpha'));
  },
);

export interface CreluOptions {
  /** The axis of the concatenation. Default: the last. */
  axis?: OneAxis;
}

/** Concatenated rectified linear unit. y = concat([relu(x), relu(−x)], axis). @tf tf.nn.crelu */
export const crelu: <X extends TensorLike>(
  features: X,
  options?: CreluOptions | OneAxis,
) => Tensor<DTypeOf<X>> = composite(
  'crelu',
  {
    tf: 'tf.nn.crelu',
    dtypes: signed,
    domain: [-10, 10],
    ulp: 0,
    examples: [
      { args: [sample([2, 3])] },
      { args: [sample([2, 3])], options: { axis: 0 } },
      { args: [sample([2, 0, 3])], options: { axis: -2 } },
    ],
  },
  (features: TensorLike, given?: CreluOptions | OneAxis): Tensor => {
    const x = toTensor(features, null, 'crelu', 'features');
    if (!signed.includes(x.dtype)) throw badDType('crelu', 'features', x.dt, signed);
    const { axis } = options<{ axis: OneAxis }>(given, 'axis', creluDefaults, 'crelu');
    if (shapeOf(x).length === 0) {
      throw new InvalidArgumentError('[crelu] features must have at least one dimension; got a scalar');
    }
    const at = axisArgument(axis, shapeOf(x).length, 'crelu');
    return notRecorded() ? fusedCrelu(x, at) : concat([relu(x), relu(negative(x))], at);
  },
);

const reluKernel = kernelNumber(native.unaryNames, 'relu');
const negativeKernel = kernelNumber(native.unaryNames, 'negative');

/** Eager path of crelu without recording: computes in place. */
function fusedCrelu(x: Tensor, at: number): Tensor {
  const dims = shapeOf(x).slice();
  dims[at] *= 2;
  const shape = asShape(dims);
  x.assertAlive('crelu');
  const [positive, negated] = [makeTensor(x.dt, shapeOf(x), x.size), makeTensor(x.dt, shapeOf(x), x.size)];
  runUnary(reluKernel, x, positive);
  runUnary(negativeKernel, x, negated);
  runUnary(reluKernel, negated, negated);
  const y = makeTensor(x.dt, shape, 2 * x.size);
  copySegments(y, [positive, negated], sizeBetween(shape, 0, at), false);
  return y;
}

/** Log-sigmoid, elementwise. y = ln(1 / (1 + e⁻ˣ)) = −softplus(−x). Floating dtypes. @tf tf.math.log_sigmoid */
export const logSigmoid = unary('logSigmoid', {
  tf: 'tf.math.log_sigmoid',
  dtypes: floating,
  domain: [-15, 15],
  ulp: 2,
  js: (x) => -Math.max(-x, 0) - Math.log1p(Math.exp(-Math.abs(x))),
  gradient: (dy, { x }) => multiply(dy, sigmoid(negative(x))),
});
