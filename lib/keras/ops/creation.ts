/** Tensors of constants, of evenly spaced numbers, and window functions. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypeInfo, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { options as readOptions } from '../../core/options';
import { checkElements } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import { linspace as linspaceOp, ones as onesOp, range, zeros as zerosOp } from '../../ops/array/creation';
import { broadcastTo } from '../../ops/array/movement';
import { eye as eyeOp } from '../../ops/array/patterns';
import { meshgrid as meshgridOp } from '../../ops/array/sequences';
import { identity as same } from '../../ops/array/views';
import { band } from '../../ops/linalg/structure';
import * as binary from '../../ops/math/binary';
import { abs, floor, sign } from '../../ops/math/unary';
import { log } from '../../ops/math/unary_math';
import { floatx as getFloatx } from '../base/settings';
import { windowValues } from '../base/window_values';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { as, dtypeOrNull, likes, only, oneOf } from './define';
import { floating, promoted } from './dtypes';
import { applyOperation, flag, integer, number, operation, type OperationDefinition } from './operation';
import type { Binary, Operand, Unary } from './types';

type Shape = readonly number[] | number;
type DTypeOption = { dtype?: DType | null } | DType | null;
const sizes = (shape: Shape): readonly number[] => (typeof shape === 'number' ? [shape] : shape);

/** The dtype of an option; default: the one of layers. */
function chosen(options: DTypeOption | undefined, op: string): DType {
  const { dtype } = readOptions(options, 'dtype', { dtype: null as DType | null }, op);
  return dtypeOrNull(dtype, op) ?? getFloatx();
}

/** Zeros. @tf tf.keras.ops.zeros */
export const zeros = (shape: Shape, options?: DTypeOption): Tensor =>
  zerosOp(sizes(shape), { dtype: chosen(options, 'zeros') });
/** Ones. @tf tf.keras.ops.ones */
export const ones = (shape: Shape, options?: DTypeOption): Tensor =>
  onesOp(sizes(shape), { dtype: chosen(options, 'ones') });
/** Zeros, as there is no uninitialized memory. @tf tf.keras.ops.empty */
export const empty = (shape: Shape, options?: DTypeOption): Tensor =>
  zerosOp(sizes(shape), { dtype: chosen(options, 'empty') });

const fullDefinition: OperationDefinition = {
  module: 'numpy',
  className: 'Full',
  tensors: ['fillValue'],
  required: ['shape'],
  optional: { dtype: null },
  run: ([value], { shape, dtype }) => filled(value as TensorLike, shape as Shape, dtype as DType | null),
};
operation(fullDefinition);

function filled(value: TensorLike, shape: Shape, dtype: DType | null): Tensor {
  const to = dtypeInfo(dtype ?? getFloatx(), '[full] dtype');
  const t = value instanceof Tensor ? as(value, to.name) : toTensor(value, to, 'full', 'fillValue');
  return broadcastTo(t, sizes(shape));
}

/** A tensor of one value, which is broadcast to the shape. @tf tf.keras.ops.full */
export function full(shape: Shape, fillValue: KerasTensor, options?: DTypeOption): KerasTensor;
export function full(shape: Shape, fillValue: TensorLike, options?: DTypeOption): Tensor;
export function full(shape: Shape, fillValue: Operand, options?: DTypeOption): Tensor | KerasTensor {
  const { dtype } = readOptions(options, 'dtype', { dtype: null as DType | null }, 'full');
  const config = { shape: sizes(shape), dtype: dtypeOrNull(dtype, 'full') };
  return applyOperation(fullDefinition, [fillValue], config) as Tensor;
}

/** A value in the shape of x. @tf tf.keras.ops.full_like */
export const fullLike = operation<Binary<[options?: DTypeOption]>>({
  module: 'numpy',
  className: 'FullLike',
  tensors: ['x', 'fillValue'],
  optional: { dtype: null },
  check: ({ dtype }) => ({ dtype: dtypeOrNull(dtype, 'fullLike') }),
  run: ([x, value], { dtype }) => {
    const like = toTensor(x, null, 'fullLike', 'x');
    return filled(value as TensorLike, like.shape, (dtype as DType | null) ?? like.dtype);
  },
});
/** Zeros in the shape of x. @tf tf.keras.ops.empty_like */
export const emptyLike = operation<Unary<[options?: DTypeOption]>>({
  module: 'numpy',
  className: 'EmptyLike',
  tensors: ['x'],
  optional: { dtype: null },
  check: ({ dtype }) => ({ dtype: dtypeOrNull(dtype, 'emptyLike') }),
  run: (args, { dtype }) => {
    const x = only(args, 'emptyLike');
    return zerosOp(x.shape, { dtype: (dtype as DType | null) ?? x.dtype });
  },
});
/** A new tensor of the elements. @tf tf.keras.ops.array */
export const array = operation<Unary<[options?: DTypeOption]>>({
  module: 'numpy',
  className: 'Array',
  tensors: ['x'],
  optional: { dtype: null },
  check: ({ dtype }) => ({ dtype: dtypeOrNull(dtype, 'array') }),
  run: ([x], { dtype }) => {
    const to = dtype === null ? null : dtypeInfo(dtype, '[array] dtype');
    const t = x instanceof Tensor ? x : toTensor(x, to, 'array', 'x');
    return same(to === null ? t : as(t, to.name));
  },
});

interface PatternOptions {
  /** The number of columns; null (default): that of the rows. */
  M?: number | null;
  /** The diagonal. Default 0, the main one. */
  k?: number;
  /** Default: the dtype of layers. */
  dtype?: DType | null;
}
const patternDefaults: Required<PatternOptions> = { M: null, k: 0, dtype: null };

/** A matrix of ones, cut to a band of diagonals. */
function pattern(
  N: number,
  options: PatternOptions | number | null | undefined,
  op: string,
  bounds: (k: number, rows: number) => readonly [number, number],
): Tensor {
  const { M, k, dtype } = readOptions(options, 'M', patternDefaults, op);
  const rows = integer(N, 'N', op);
  const columns = M === null ? rows : integer(M, 'M', op);
  const x = onesOp([rows, columns], { dtype: dtypeOrNull(dtype, op) ?? getFloatx() });
  return band(x, ...bounds(integer(k, 'k', op), rows));
}

/** A matrix with ones on the diagonal k. @tf tf.keras.ops.eye */
export const eye = (N: number, options?: PatternOptions | number | null): Tensor =>
  pattern(N, options, 'eye', (k) => [k, k]);
/** A matrix with ones at and below the diagonal k. @tf tf.keras.ops.tri */
export const tri = (N: number, options?: PatternOptions | number | null): Tensor =>
  pattern(N, options, 'tri', (k, rows) => [-rows, k]);
/** The identity matrix. @tf tf.keras.ops.identity */
export const identity = (n: number, options?: DTypeOption): Tensor =>
  eyeOp(integer(n, 'n', 'identity'), { dtype: chosen(options, 'identity') });

interface ArangeOptions {
  /** Where it ends, exclusive; null (default): at `start`, from 0. */
  stop?: number | null;
  /** Default 1. */
  step?: number | null;
  /** Default: int32 if all are whole numbers, else float32. */
  dtype?: DType | null;
}

/** Numbers from `start`, or 0, to below `stop`: `arange(5)`, `arange(1, { stop: 7, step: 2 })`. @tf tf.keras.ops.arange */
export function arange(start: number, options?: ArangeOptions | number | null): Tensor {
  const defaults: Required<ArangeOptions> = { stop: null, step: null, dtype: null };
  const { stop, step, dtype } = readOptions(options, 'stop', defaults, 'arange');
  const [from, to, by] = [stop === null ? 0 : start, stop ?? start, step ?? 1];
  [from, to, by].forEach((n, i) => number(n, ['start', 'stop', 'step'][i], 'arange'));
  const isWhole = [from, to, by].every((n) => Number.isInteger(n));
  const result = dtypeOrNull(dtype, 'arange') ?? (isWhole ? 'int32' : 'float32');
  const computed = isWhole && result !== 'bool' ? 'int32' : 'float32';
  return as(range(from, to, by, { dtype: result.startsWith('float') ? result : computed }), result);
}

interface SpacedOptions {
  /** How many. Default 50. */
  num?: number;
  /** Whether `stop` is the last one. Default true. */
  endpoint?: boolean;
  /** Default: that of start and stop; float32 for integers. */
  dtype?: DType | null;
  /** The position of the new dimension, if start and stop are not scalars. Default 0. */
  axis?: number;
}
type Spacing = Required<SpacedOptions>;

function spaced(args: readonly TensorLike[], options: Spacing): { y: Tensor; step: Tensor } {
  const { num, endpoint, axis } = options;
  const dtype = options.dtype ?? null;
  const count = integer(num, 'num', 'linspace');
  if (count < 0) throw new InvalidArgumentError(`[linspace] num must not be negative; got ${count}`);
  const operands = promoted(args, 'linspace').map((x) =>
    floating(dtype === null ? x : as(x, dtype), 'linspace'),
  );
  const { shape } = binary.add(operands[0], operands[1]);
  const [start, stop] = operands.map((x) => broadcastTo(x, shape));
  const parts = flag(endpoint, 'endpoint', 'linspace') ? count - 1 : count;
  const step = binary.divide(binary.subtract(stop, start), parts > 0 ? parts : NaN);
  const last = endpoint || count <= 1 ? stop : binary.subtract(stop, step);
  const y = linspaceOp(start, last, count, { axis: integer(axis, 'axis', 'linspace') });
  const isWhole = dtype !== null && dtypeInfo(dtype, '[linspace] dtype').kind !== 'float';
  return { y: dtype === null ? y : as(isWhole ? floor(y) : y, dtype), step };
}

type Spaced = Binary<[options?: SpacedOptions | number]>;

/** `num` evenly spaced values from start to stop; with `retstep`, a pair of these and their distance. @tf tf.keras.ops.linspace */
export const linspace = operation<Binary<[options?: (SpacedOptions & { retstep?: boolean }) | number]>>({
  module: 'numpy',
  className: 'Linspace',
  tensors: ['start', 'stop'],
  optional: { num: 50, endpoint: true, retstep: false, dtype: null, axis: 0 },
  run: (args, config) => {
    const { y, step } = spaced(likes(args), config as unknown as Spacing);
    return config.retstep === true ? [y, step] : y;
  },
});
/** Powers of `base` (default 10) with evenly spaced exponents. @tf tf.keras.ops.logspace */
export const logspace = operation<Binary<[options?: (SpacedOptions & { base?: number }) | number]>>({
  module: 'numpy',
  className: 'Logspace',
  tensors: ['start', 'stop'],
  optional: { num: 50, endpoint: true, base: 10, dtype: null, axis: 0 },
  run: (args, config) => {
    const { y } = spaced(likes(args), config as unknown as Spacing);
    return binary.pow(toTensor(config.base as number, y.dt, 'logspace', 'base'), y);
  },
});
/** `num` values from start to stop, each a multiple of the one before. @tf tf.keras.ops.geomspace */
export const geomspace: Spaced = operation<Spaced>({
  module: 'numpy',
  className: 'Geomspace',
  tensors: ['start', 'stop'],
  optional: { num: 50, endpoint: true, dtype: null, axis: 0 },
  run: (args, config) => {
    const [start, stop] = promoted(likes(args), 'geomspace').map((x) => floating(x, 'geomspace'));
    const exponent = (x: Tensor): Tensor => binary.multiply(log(abs(x)), 1 / Math.LN10);
    const { y } = spaced([exponent(start), exponent(stop)], config as unknown as Spacing);
    const powers = binary.pow(toTensor(10, y.dt, 'geomspace', 'base'), y);
    return binary.multiply(powers, as(sign(start), powers.dtype));
  },
});

const meshgridDefinition: OperationDefinition = {
  module: 'numpy',
  className: 'Meshgrid',
  tensors: ['x'],
  optional: { indexing: 'xy' },
  run: (vectors, { indexing }) =>
    meshgridOp(
      ...vectors.map((x) => toTensor(x as TensorLike, null, 'meshgrid', 'x')),
      ...([{ indexing }] as never[]),
    ),
};
operation(meshgridDefinition);

/** Coordinate grids of vectors: `meshgrid([x, y], 'ij')`. Indexing 'xy' (default) exchanges the first two axes. @tf tf.keras.ops.meshgrid */
export function meshgrid(
  x: readonly KerasTensor[],
  options?: { indexing?: 'xy' | 'ij' } | 'xy' | 'ij',
): KerasTensor[];
export function meshgrid(
  x: readonly TensorLike[],
  options?: { indexing?: 'xy' | 'ij' } | 'xy' | 'ij',
): Tensor[];
export function meshgrid(
  x: readonly Operand[],
  options?: { indexing?: 'xy' | 'ij' } | 'xy' | 'ij',
): Tensor[] | KerasTensor[] {
  if (!Array.isArray(x)) throw new TypeError('[meshgrid] x must be an array of tensors');
  const { indexing } = readOptions(options, 'indexing', { indexing: 'xy' as const }, 'meshgrid');
  const config = { indexing: oneOf(indexing, ['xy', 'ij'], 'indexing', 'meshgrid') };
  return applyOperation(meshgridDefinition, x as readonly Operand[], config) as Tensor[];
}

/** InvalidArgumentError unless a tensor may have so many elements; a negative number is none. */
function windowSize(size: number, op: string): number {
  const n = Math.max(0, integer(size, 'x', op));
  checkElements(n, [n], `[${op}]`);
  return n;
}
const namedWindow = (name: string, op: string, size: number): Tensor =>
  toTensor(new Float32Array(windowValues(name, windowSize(size, op), false)), null, op, 'x');

/** A triangular window of x points, float32. @tf tf.keras.ops.bartlett */
export const bartlett = (x: number): Tensor => namedWindow('bartlett', 'bartlett', x);
/** The Hamming window of x points, float32. @tf tf.keras.ops.hamming */
export const hamming = (x: number): Tensor => namedWindow('hamming', 'hamming', x);
/** The Hann window of x points, float32. @tf tf.keras.ops.hanning */
export const hanning = (x: number): Tensor => namedWindow('hann', 'hanning', x);
/** The Blackman window of x points, float32. @tf tf.keras.ops.blackman */
export const blackman = (x: number): Tensor => namedWindow('blackman', 'blackman', x);

/** The modified Bessel function I₀ of a number, by its power series. */
function bessel0(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-17; k++) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}

/** The Kaiser window of x points, float32; a larger beta makes it narrower. @tf tf.keras.ops.kaiser */
export function kaiser(x: number, beta: number): Tensor {
  const n = windowSize(x, 'kaiser');
  const most = bessel0(number(beta, 'beta', 'kaiser'));
  const at = (i: number): number =>
    n === 1 ? 1 : bessel0(beta * Math.sqrt(1 - (2 * (i / (n - 1)) - 1) ** 2)) / most;
  const values = new Float32Array(n).map((_, i) => at(i));
  return toTensor(values, null, 'kaiser', 'x');
}
