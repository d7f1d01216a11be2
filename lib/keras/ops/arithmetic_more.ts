/** More operations of two tensors: remainders, logarithms of sums, common divisors, closeness, membership. */
import { toTensor, type TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { whileLoop } from '../../function/control/while_loop';
import { onesLike, zeros, zerosLike } from '../../ops/array/creation';
import { broadcastTo } from '../../ops/array/movement';
import { expandDims, reshape } from '../../ops/array/views';
import * as binary from '../../ops/math/binary';
import * as compare from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import * as unary from '../../ops/math/unary';
import * as math from '../../ops/math/unary_math';
import { reduceAll, reduceAny, reduceMean } from '../../ops/reduce/reduce';
import { options as readOptions } from '../../core/options';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { as, both, floats, likes, wideFloats } from './define';
import { floating, promoted } from './dtypes';
import { applyOperation, flag, number, operation, type OperationDefinition } from './operation';
import type { Binary, Operand } from './types';

const { add, multiply, subtract } = binary;

/** The remainder of x1 / x2 with the sign of x1, elementwise. @tf tf.keras.ops.fmod */
export const fmod = both(
  'Fmod',
  (a, b) => multiply(unary.sign(a), binary.floormod(unary.abs(a), unary.abs(b))),
  (args, op) => promoted(args, op).map((x) => (x.dtype === 'bool' ? as(x, 'int32') : x)),
);

/** One of two numbers; the other one where one is NaN. */
const ignoringNan =
  (f: (a: Tensor, b: Tensor) => Tensor) =>
  (a: Tensor, b: Tensor): Tensor => {
    if (a.dt.kind !== 'float') return f(a, b);
    const [noA, noB] = [unary.isNan(a), unary.isNan(b)];
    return f(select(noA, b, a), select(noB, a, b));
  };
/** The larger one, elementwise, and the other one where one is NaN. @tf tf.keras.ops.fmax */
export const fmax = both('Fmax', ignoringNan(binary.maximum));
/** The smaller one, elementwise, and the other one where one is NaN. @tf tf.keras.ops.fmin */
export const fmin = both('Fmin', ignoringNan(binary.minimum));
/** √(x1² + x2²), elementwise, without overflow. @tf tf.keras.ops.hypot */
export const hypot = both(
  'Hypot',
  (a, b) => {
    const [x, y] = [unary.abs(a), unary.abs(b)];
    const most = binary.maximum(x, y);
    return multiply(most, unary.sqrt(add(unary.square(binary.divideNoNan(binary.minimum(x, y), most)), 1)));
  },
  wideFloats,
);
/** 0 where x1 is negative, 1 where it is positive, x2 where it is 0. @tf tf.keras.ops.heaviside */
export const heaviside = both(
  'Heaviside',
  (a, b) => select(compare.less(a, 0), zerosLike(a), select(compare.greater(a, 0), onesLike(a), b)),
  wideFloats,
);

/** The logarithm of a sum of powers to a base whose natural logarithm is `ln`. */
const logOfSum =
  (ln: number) =>
  (a: Tensor, b: Tensor): Tensor => {
    const delta = subtract(a, b);
    const small = math.log1p(math.exp(multiply(unary.negative(unary.abs(delta)), ln)));
    const sum = add(binary.maximum(a, b), ln === 1 ? small : multiply(small, 1 / ln));
    return select(unary.isNan(delta), add(a, b), sum);
  };
/** ln(e^x1 + e^x2), elementwise. @tf tf.keras.ops.logaddexp */
export const logaddexp = both('Logaddexp', logOfSum(1), floats);
/** log₂(2^x1 + 2^x2), elementwise. @tf tf.keras.ops.logaddexp2 */
export const logaddexp2 = both('Logaddexp2', logOfSum(Math.LN2), floats);

/** x1·2^x2, elementwise; x2 has an integer dtype. @tf tf.keras.ops.ldexp */
export const ldexp = operation<Binary>({
  module: 'numpy',
  className: 'Ldexp',
  tensors: ['x1', 'x2'],
  run: ([x1, x2]) => {
    const a = floating(x1 as TensorLike, 'ldexp');
    const exponent =
      typeof x2 === 'number' && Number.isInteger(x2)
        ? toTensor(x2, null, 'ldexp', 'x2')
        : integers(x2 as TensorLike, 'ldexp', 'x2');
    const y = multiply(a, binary.pow(toTensor(2, a.dt, 'ldexp', 'x1'), as(exponent, a.dtype)));
    return select(compare.logicalOr(unary.isInf(a), compare.equal(a, 0)), a, y);
  },
});

/** InvalidArgumentError unless a tensor has integers. */
function integers(x: TensorLike, op: string, argument: string): Tensor {
  const t = toTensor(x, null, op, argument);
  if (t.dt.kind === 'float' || t.dt.kind === 'bool')
    throw new InvalidArgumentError(`[${op}] ${argument} must have an integer dtype; got ${t.dtype}`);
  return t;
}

const integerPair = (args: readonly TensorLike[], op: string): Tensor[] => {
  const pair = promoted(args, op).map((x) => integers(x, op, 'x1 and x2'));
  const shape = add(pair[0], pair[1]).shape;
  return pair.map((x) => broadcastTo(x.dtype.startsWith('u') ? x : unary.abs(x), shape));
};

/** Euclid's algorithm for all elements together. */
function divisor(a: Tensor, b: Tensor): Tensor {
  const [result] = whileLoop(
    (_: Tensor, y: Tensor) => reduceAny(compare.notEqual(y, 0)),
    (x: Tensor, y: Tensor) => {
      const going = compare.notEqual(y, 0);
      const rest = binary.floormod(x, select(going, y, onesLike(y)));
      return [select(going, y, x), select(going, rest, zerosLike(y))];
    },
    [a, b],
  );
  return result;
}

/** The greatest common divisor, elementwise, of integers. @tf tf.keras.ops.gcd */
export const gcd = both('Gcd', divisor, integerPair);
/** The least common multiple, elementwise, of integers. @tf tf.keras.ops.lcm */
export const lcm = both(
  'Lcm',
  (a, b) => {
    const common = divisor(a, b);
    return multiply(a, binary.floordiv(b, select(compare.equal(common, 0), onesLike(common), common)));
  },
  integerPair,
);

export interface IscloseOptions {
  /** The relative tolerance. Default 1e-5. */
  rtol?: number;
  /** The absolute tolerance. Default 1e-8. */
  atol?: number;
  /** Whether two NaN are close. Default false. */
  equalNan?: boolean;
}
const closeDefaults: Required<IscloseOptions> = { rtol: 1e-5, atol: 1e-8, equalNan: false };

function close(pair: readonly TensorLike[], rtol: number, atol: number, equalNan: boolean): Tensor {
  const [a, b] = promoted(pair, 'isclose');
  if (a.dt.kind !== 'float') return compare.equal(a, b);
  const limit = add(multiply(unary.abs(b), rtol), atol);
  const near = compare.lessEqual(unary.abs(subtract(a, b)), limit);
  return equalNan ? compare.logicalOr(near, compare.logicalAnd(unary.isNan(a), unary.isNan(b))) : near;
}

const iscloseDefinition: OperationDefinition = {
  module: 'numpy',
  className: 'Isclose',
  tensors: ['x1', 'x2'],
  named: ['rtol', 'atol'],
  namedBy: 'position',
  optional: { equalNan: false },
  run: ([x1, x2, rtol, atol], { equalNan }) =>
    close(
      likes([x1, x2]),
      (rtol as number | null) ?? closeDefaults.rtol,
      (atol as number | null) ?? closeDefaults.atol,
      equalNan as boolean,
    ),
};
operation(iscloseDefinition);

/** Whether |x1 − x2| ≤ atol + rtol·|x2|, elementwise. @tf tf.keras.ops.isclose */
export function isclose(x1: KerasTensor, x2: Operand, options?: IscloseOptions): KerasTensor;
export function isclose(x1: Operand, x2: KerasTensor, options?: IscloseOptions): KerasTensor;
export function isclose(x1: TensorLike, x2: TensorLike, options?: IscloseOptions): Tensor;
export function isclose(x1: Operand, x2: Operand, options?: IscloseOptions): Tensor | KerasTensor {
  const { rtol, atol, equalNan } = readOptions(options, 'rtol', closeDefaults, 'isclose');
  const config = { equalNan: flag(equalNan, 'equalNan', 'isclose') };
  const tolerances = [number(rtol, 'rtol', 'isclose'), number(atol, 'atol', 'isclose')];
  return applyOperation(iscloseDefinition, [x1, x2, ...tolerances], config) as Tensor;
}

/** Whether all elements are close, as in `isclose`: a scalar. @tf tf.keras.ops.allclose */
export const allclose = operation<Binary<[options?: IscloseOptions | number]>>({
  module: 'numpy',
  className: 'AllClose',
  functionName: 'allclose',
  tensors: ['x1', 'x2'],
  optional: { ...closeDefaults },
  run: (args, { rtol, atol, equalNan }) =>
    reduceAll(close(likes(args), rtol as number, atol as number, equalNan as boolean)),
});

interface IsinOptions {
  /** Without effect on the result. */
  assumeUnique?: boolean;
  /** Whether to say which are not in x2. Default false. */
  invert?: boolean;
}

/** Whether each element of x1 is among those of x2. @tf tf.keras.ops.isin */
export const isin = operation<Binary<[options?: IsinOptions | boolean]>>({
  module: 'numpy',
  className: 'IsIn',
  functionName: 'isin',
  tensors: ['x1', 'x2'],
  optional: { assumeUnique: false, invert: false },
  run: (args, { invert }) => {
    const [a, b] = promoted(likes(args), 'isin');
    const found =
      b.size === 0
        ? zeros(a.shape, { dtype: 'bool' })
        : reduceAny(compare.equal(expandDims(a, -1), reshape(b, [-1])), { axis: -1 });
    return invert === true ? unary.logicalNot(found) : found;
  },
});

/** 20·log₁₀(maxVal) − 10·log₁₀(mean((x1 − x2)²)), of all elements. @tf tf.keras.ops.psnr */
export const psnr = operation<Binary<[maxVal: number]>>({
  module: 'nn',
  className: 'PSNR',
  functionName: 'psnr',
  tensors: ['x1', 'x2'],
  required: ['maxVal'],
  check: ({ maxVal }) => ({ maxVal: number(maxVal, 'maxVal', 'psnr') }),
  run: (args, { maxVal }) => {
    const [a, b] = floats(likes(args), 'psnr');
    if (a.shape.length !== b.shape.length || a.shape.some((n, i) => n !== b.shape[i]))
      throw new InvalidArgumentError(
        `[psnr] x1 and x2 must have the same shape; got [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`,
      );
    const error = multiply(math.log(reduceMean(unary.square(subtract(a, b)))), 10 / Math.LN10);
    return subtract(20 * Math.log10(maxVal as number), error);
  },
});
