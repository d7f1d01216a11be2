/** Elementwise operations of one tensor. Those whose results are not whole numbers make float32 of integers. */
import type { TensorLike } from '../../core/convert';
import { toTensor } from '../../core/convert';
import { dtypeInfo, type DType } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import { cast as convert } from '../../ops/array/cast';
import { multiply } from '../../ops/math/binary';
import { greater } from '../../ops/math/compare';
import { clipByValue, select } from '../../ops/math/select';
import * as unary from '../../ops/math/unary';
import * as math from '../../ops/math/unary_math';
import * as nn from '../../ops/nn/activations';
import * as more from '../../ops/nn/activations_keras';
import { logSoftmax as logSoftmaxOp } from '../../ops/nn/softmax';
import { sparsemax as sparsemaxOp } from '../../ops/nn/sparsemax';
import { threshold as thresholdOp } from '../../ops/nn/thresholds';
import { floating } from './dtypes';
import { axes, number, operation, type OperationModule } from './operation';
import { overAxes, softmaxOver } from './softmax';
import type { Axes, AxisOption, Unary } from './types';

const exact = (className: string, f: (x: Tensor) => Tensor): Unary =>
  operation<Unary>({
    module: 'numpy',
    className,
    tensors: ['x'],
    run: ([x]) => f(toTensor(x, null, className, 'x')),
  });
const real = (className: string, f: (x: Tensor) => Tensor, module: OperationModule = 'numpy'): Unary =>
  operation<Unary>({
    module,
    className,
    tensors: ['x'],
    run: ([x]) => f(floating(x as TensorLike, className)),
  });
const predicate = (className: string, f: (x: Tensor) => Tensor): Unary => real(className, f);

/** −x. @tf tf.keras.ops.negative */
export const negative = exact('Negative', unary.negative);
const magnitude = (x: Tensor): Tensor => (x.dtype === 'bool' ? x : unary.abs(x));
/** |x|. @tf tf.keras.ops.absolute */
export const absolute = exact('Absolute', magnitude);
/** |x|. @tf tf.keras.ops.abs */
export const abs = absolute;
exact('Abs', magnitude);
/** −1, 0 or 1. @tf tf.keras.ops.sign */
export const sign = exact('Sign', unary.sign);
/** x². @tf tf.keras.ops.square */
export const square = exact('Square', (x) => unary.square(x.dtype === 'bool' ? convert(x, 'int32') : x));
/** Not x. @tf tf.keras.ops.logical_not */
export const logicalNot = exact('LogicalNot', (x) =>
  unary.logicalNot(x.dtype === 'bool' ? x : convert(x, 'bool')),
);
/** √x. @tf tf.keras.ops.sqrt */
export const sqrt = real('Sqrt', unary.sqrt);
/** 1 / x. @tf tf.keras.ops.reciprocal */
export const reciprocal = real('Reciprocal', unary.reciprocal);
/** The largest whole number that is not above x. @tf tf.keras.ops.floor */
export const floor = real('Floor', unary.floor);
/** The smallest whole number that is not below x. @tf tf.keras.ops.ceil */
export const ceil = real('Ceil', unary.ceil);
/** eˣ. @tf tf.keras.ops.exp */
export const exp = real('Exp', math.exp);
/** eˣ − 1. @tf tf.keras.ops.expm1 */
export const expm1 = real('Expm1', math.expm1);
/** 2ˣ. @tf tf.keras.ops.exp2 */
export const exp2 = real('Exp2', (x) => math.exp(multiply(x, Math.LN2)));
/** ln x. @tf tf.keras.ops.log */
export const log = real('Log', math.log);
/** ln(1 + x). @tf tf.keras.ops.log1p */
export const log1p = real('Log1p', math.log1p);
/** log₂ x. @tf tf.keras.ops.log2 */
export const log2 = real('Log2', (x) => multiply(math.log(x), 1 / Math.LN2));
/** log₁₀ x. @tf tf.keras.ops.log10 */
export const log10 = real('Log10', (x) => multiply(math.log(x), 1 / Math.LN10));
/** sin x. @tf tf.keras.ops.sin */
export const sin = real('Sin', math.sin);
/** cos x. @tf tf.keras.ops.cos */
export const cos = real('Cos', math.cos);
/** tan x. @tf tf.keras.ops.tan */
export const tan = real('Tan', math.tan);
/** arcsin x. @tf tf.keras.ops.arcsin */
export const arcsin = real('Arcsin', math.asin);
/** arccos x. @tf tf.keras.ops.arccos */
export const arccos = real('Arccos', math.acos);
/** arctan x. @tf tf.keras.ops.arctan */
export const arctan = real('Arctan', math.atan);
/** sinh x. @tf tf.keras.ops.sinh */
export const sinh = real('Sinh', math.sinh);
/** cosh x. @tf tf.keras.ops.cosh */
export const cosh = real('Cosh', math.cosh);
/** tanh x. @tf tf.keras.ops.tanh */
export const tanh = real('Tanh', math.tanh);
/** arsinh x. @tf tf.keras.ops.arcsinh */
export const arcsinh = real('Arcsinh', math.asinh);
/** arcosh x. @tf tf.keras.ops.arccosh */
export const arccosh = real('Arccosh', math.acosh);
/** artanh x. @tf tf.keras.ops.arctanh */
export const arctanh = real('Arctanh', math.atanh);
/** Whether x is NaN. @tf tf.keras.ops.isnan */
export const isnan = predicate('Isnan', unary.isNan);
/** Whether x is infinite. @tf tf.keras.ops.isinf */
export const isinf = predicate('Isinf', unary.isInf);
/** Whether x is neither infinite nor NaN. @tf tf.keras.ops.isfinite */
export const isfinite = predicate('Isfinite', unary.isFinite);
/** 1 / √x. @tf tf.keras.ops.rsqrt */
export const rsqrt = real('Rsqrt', unary.rsqrt, 'math');
/** The error function. @tf tf.keras.ops.erf */
export const erf = real('Erf', math.erf, 'math');
/** 1 − erf(x). @tf tf.keras.ops.erfc */
export const erfc = real('Erfc', math.erfc, 'math');

/** max(x, 0). @tf tf.keras.ops.relu */
export const relu = real('Relu', unary.relu, 'nn');
/** min(max(x, 0), 6). @tf tf.keras.ops.relu6 */
export const relu6 = real('Relu6', nn.relu6, 'nn');
/** 1 / (1 + e⁻ˣ). @tf tf.keras.ops.sigmoid */
export const sigmoid = real('Sigmoid', math.sigmoid, 'nn');
/** ln(1 + eˣ). @tf tf.keras.ops.softplus */
export const softplus = real('Softplus', math.softplus, 'nn');
/** x / (1 + |x|). @tf tf.keras.ops.softsign */
export const softsign = real('Softsign', nn.softsign, 'nn');
/** x·sigmoid(x). @tf tf.keras.ops.silu */
export const silu = real('Silu', (x) => nn.silu(x), 'nn');
/** ln(sigmoid(x)). @tf tf.keras.ops.log_sigmoid */
export const logSigmoid = real('LogSigmoid', nn.logSigmoid, 'nn');
/** max(0, min(1, x/6 + 1/2)). @tf tf.keras.ops.hard_sigmoid */
export const hardSigmoid = real('HardSigmoid', more.hardSigmoid, 'nn');
/** x·hardSigmoid(x). @tf tf.keras.ops.hard_silu */
export const hardSilu = real('HardSilu', more.hardSilu, 'nn');
/** The scaled exponential linear unit. @tf tf.keras.ops.selu */
export const selu = real('Selu', nn.selu, 'nn');

/** An activation with one option. */
const parametric = <O>(
  className: string,
  name: string,
  value: unknown,
  f: (x: Tensor, option: never) => Tensor,
): Unary<[options?: O]> =>
  operation<Unary<[options?: O]>>({
    module: 'nn',
    className,
    tensors: ['x'],
    optional: { [name]: value },
    run: ([x], config) => f(floating(x as TensorLike, className), config[name] as never),
  });

/** x where it is positive, else slope·x (default 0.2). @tf tf.keras.ops.leaky_relu */
export const leakyRelu = parametric<{ negativeSlope?: number } | number>(
  'LeakyRelu',
  'negativeSlope',
  0.2,
  (x, slope) => nn.leakyRelu(x, slope),
);
/** x where it is positive, else alpha·(eˣ − 1). @tf tf.keras.ops.elu */
export const elu = parametric<{ alpha?: number } | number>('Elu', 'alpha', 1, (x, alpha: number) =>
  alpha === 1 ? nn.elu(x) : scaledElu(x, alpha),
);
/** The Gaussian error linear unit, by default its approximation with tanh. @tf tf.keras.ops.gelu */
export const gelu = parametric<{ approximate?: boolean } | boolean>(
  'Gelu',
  'approximate',
  true,
  (x, approximate) => nn.gelu(x, approximate),
);

/** max(−1, min(1, x)). @tf tf.keras.ops.hard_tanh */
export const hardTanh = real('HardTanh', (x) => more.hardTanh(x), 'nn');
/** x − tanh x. @tf tf.keras.ops.tanh_shrink */
export const tanhShrink = real('TanhShrink', (x) => more.tanhShrink(x), 'nn');
/** 0 below −1, x above 1, (x + 1)² / 4 between. @tf tf.keras.ops.sparse_plus */
export const sparsePlus = real('SparsePlus', more.sparsePlus, 'nn');
/** 0 below −1, 1 above 1, (x + 1) / 2 between. @tf tf.keras.ops.sparse_sigmoid */
export const sparseSigmoid = real('SparseSigmoid', more.sparseSigmoid, 'nn');
/** x where |x| is above the threshold (default 0.5), else 0. @tf tf.keras.ops.hard_shrink */
export const hardShrink = parametric<{ threshold?: number } | number>(
  'HardShrink',
  'threshold',
  0.5,
  (x, threshold) => more.hardShrink(x, threshold),
);
/** x moved by the threshold (default 0.5) towards 0, and 0 between. @tf tf.keras.ops.soft_shrink */
export const softShrink = parametric<{ threshold?: number } | number>(
  'SoftShrink',
  'threshold',
  0.5,
  (x, threshold) => more.softShrink(x, threshold),
);
/** (x + √(x² + b)) / 2, where b is 4 by default. @tf tf.keras.ops.squareplus */
export const squareplus = parametric<{ b?: number } | number>('Squareplus', 'b', 4, (x, b) =>
  more.squareplus(x, b),
);
/** x where it is positive, else alpha·(e^(x/alpha) − 1). @tf tf.keras.ops.celu */
export const celu = parametric<{ alpha?: number } | number>('Celu', 'alpha', 1, (x, alpha) =>
  more.celu(x, alpha),
);
/** a·sigmoid(b) of the halves a and b of x along an axis. @tf tf.keras.ops.glu */
export const glu = parametric<{ axis?: number } | number>('Glu', 'axis', -1, (x, axis) => more.glu(x, axis));
/** The projection of x onto probabilities, many of them 0, along an axis. @tf tf.keras.ops.sparsemax */
export const sparsemax = parametric<{ axis?: number } | number>('Sparsemax', 'axis', -1, (x, axis) =>
  sparsemaxOp(x, axis),
);
/** x where it is above the threshold, else the default value. @tf tf.keras.ops.threshold */
export const threshold = operation<Unary<[threshold: number, defaultValue: number]>>({
  module: 'nn',
  className: 'Threshold',
  tensors: ['x'],
  required: ['threshold', 'defaultValue'],
  check: (config) => ({
    threshold: number(config.threshold, 'threshold', 'threshold'),
    defaultValue: number(config.defaultValue, 'defaultValue', 'threshold'),
  }),
  run: ([x], config) =>
    thresholdOp(
      toTensor(x, null, 'threshold', 'x'),
      config.threshold as number,
      config.defaultValue as number,
    ),
});
/** x·sigmoid(x). @tf tf.keras.ops.swish */
export const swish = silu;
/** x·hardSigmoid(x). @tf tf.keras.ops.hard_swish */
export const hardSwish = hardSilu;

function scaledElu(x: Tensor, alpha: number): Tensor {
  const y = nn.elu(x);
  return select(greater(x, 0), y, multiply(y, alpha));
}

type AxisArgument = AxisOption<Axes> | Axes;
const overAxis = (className: string, f: (x: Tensor, axis: Axes) => Tensor): Unary<[options?: AxisArgument]> =>
  operation<Unary<[options?: AxisArgument]>>({
    module: 'nn',
    className,
    tensors: ['x'],
    optional: { axis: -1 },
    check: ({ axis }) => ({ axis: axes(axis, 'axis', className) }),
    run: ([x], { axis }) => f(floating(x as TensorLike, className), axis as Axes),
  });

/** eˣ / Σeˣ along an axis, by default the last. @tf tf.keras.ops.softmax */
export const softmax = overAxis('Softmax', softmaxOver);
/** x − ln Σeˣ along an axis, by default the last. @tf tf.keras.ops.log_softmax */
export const logSoftmax = overAxis('LogSoftmax', (x, axis) =>
  overAxes(x, axis, (t, along) => logSoftmaxOp(t, along), 'logSoftmax'),
);

/** x as a tensor of another dtype. @tf tf.keras.ops.cast */
export const cast = operation<Unary<[dtype: DType]>>({
  module: 'core',
  className: 'Cast',
  tensors: ['x'],
  required: ['dtype'],
  check: ({ dtype }) => ({ dtype: dtypeInfo(dtype, '[cast] dtype').name }),
  run: ([x], { dtype }) => convert(x as TensorLike, dtype as DType),
});

/** x, limited to an interval. @tf tf.keras.ops.clip */
export const clip = operation<Unary<[xMin: number, xMax: number]>>({
  module: 'numpy',
  className: 'Clip',
  tensors: ['x'],
  required: ['xMin', 'xMax'],
  run: ([x], { xMin, xMax }) => clipByValue(toTensor(x, null, 'clip', 'x'), xMin as number, xMax as number),
});
