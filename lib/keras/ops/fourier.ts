/** Fourier transforms of keras.ops. Complex numbers are pairs of tensors, [real, imaginary]. */
import { toTensor, type TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { describe, sameShape, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { badDType } from '../../op/checks';
import { cast } from '../../ops/array/cast';
import { constant } from '../../ops/array/convert';
import { concat } from '../../ops/array/joining';
import { reverse, tile, transpose } from '../../ops/array/movement';
import { pad } from '../../ops/array/padding';
import { slice } from '../../ops/array/slicing';
import { reshape } from '../../ops/array/views';
import { gather } from '../../ops/index/indexing';
import { scatterNd } from '../../ops/index/scatter';
import { swapped } from '../../ops/linalg/structure';
import { divide, multiply } from '../../ops/math/binary';
import { negative, square } from '../../ops/math/unary';
import { reduceSum } from '../../ops/reduce/reduce';
import { windowValues } from '../base/window_values';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { dft, fitted, inverseDft, type Complex } from './dft';
import { only } from './define';
import { flag, operation, positive } from './operation';
import type { Operand, Unary } from './types';

const math = 'math';
/** A complex tensor: its real and imaginary parts. */
export type ComplexPair<T = Tensor> = readonly [real: T, imag: T];
type OfPair<Rest extends readonly unknown[], Y, S> = {
  (x: ComplexPair<KerasTensor>, ...rest: Rest): S;
  (x: ComplexPair<TensorLike>, ...rest: Rest): Y;
  (x: ComplexPair<Operand>, ...rest: Rest): Y | S;
};
type ToPair<Rest extends readonly unknown[] = []> = OfPair<Rest, Tensor[], KerasTensor[]>;

/** A floating tensor of a rank; float32 and float64 have transforms. */
function signal(value: unknown, op: string, argument: string, rank: number): Tensor {
  const x = toTensor(value, null, op, argument);
  if (x.dtype !== 'float32' && x.dtype !== 'float64')
    throw badDType(op, argument, x.dt, ['float32', 'float64']);
  if (x.rank < rank)
    throw new InvalidArgumentError(
      `[${op}] ${argument} must have at least ${rank} dimensions; got shape ${showShape(shapeOf(x))}`,
    );
  return x;
}

/** Both parts of a complex tensor, of one shape. */
function pairOf(value: unknown, op: string, rank: number): Complex & { readonly im: Tensor } {
  if (!Array.isArray(value) || value.length !== 2)
    throw new TypeError(
      `[${op}] x must be a list of two tensors, the real and the imaginary part; got ${describe(value)}`,
    );
  const [re, im] = (value as unknown[]).map((part, i) => signal(part, op, `x[${i}]`, rank));
  if (!sameShape(shapeOf(re), shapeOf(im)) || re.dtype !== im.dtype)
    throw new InvalidArgumentError(
      `[${op}] the real and the imaginary part must have the same shape and dtype; got ${re.dtype} ` +
        `${showShape(shapeOf(re))} and ${im.dtype} ${showShape(shapeOf(im))}`,
    );
  return { re, im };
}

const lengthOrNull = (value: unknown, name: string, op: string): number | null =>
  value === null ? null : positive(value, name, op);

const asList = ({ re, im }: { re: Tensor; im: Tensor }): Tensor[] => [re, im];
/** A function along both of the last two axes. */
function alongTwo(
  x: { re: Tensor; im: Tensor },
  f: (x: { re: Tensor; im: Tensor }) => { re: Tensor; im: Tensor },
): { re: Tensor; im: Tensor } {
  const rows = f(x);
  const columns = f({ re: swapped(rows.re), im: swapped(rows.im) });
  return { re: swapped(columns.re), im: swapped(columns.im) };
}

/** The discrete Fourier transform along the last axis, of a pair [real, imaginary]. @tf tf.keras.ops.fft */
export const fft = operation<ToPair>({
  module: math,
  className: 'FFT',
  functionName: 'fft',
  tensors: ['x'],
  run: ([x]) => asList(dft(pairOf(x, 'fft', 1))),
});

/** The transform along the last two axes, of a pair [real, imaginary]. @tf tf.keras.ops.fft2 */
export const fft2 = operation<ToPair>({
  module: math,
  className: 'FFT2',
  functionName: 'fft2',
  tensors: ['x'],
  run: ([x]) => asList(alongTwo(pairOf(x, 'fft2', 2), dft)),
});

/** The inverse of `fft2`. @tf tf.keras.ops.ifft2 */
export const ifft2 = operation<ToPair>({
  module: math,
  className: 'IFFT2',
  functionName: 'ifft2',
  tensors: ['x'],
  run: ([x]) => asList(alongTwo(pairOf(x, 'ifft2', 2), inverseDft)),
});

/** The first half of the transform of a real tensor: n / 2 + 1 coefficients. */
function realTransform(x: Tensor, n: number): Tensor[] {
  const { re, im } = dft({ re: fitted(x, n), im: null });
  const half = Math.floor(n / 2) + 1;
  return [fitted(re, half), fitted(im, half)];
}

type Length = { fftLength?: number | null } | number | null;

/**
 * The transform of real tensors along the last axis: [real, imaginary] of the first fftLength / 2 + 1 coefficients. The axis is cut off or
 * padded with zeros to `fftLength` (default: its own length). @tf tf.keras.ops.rfft
 */
export const rfft = operation<Unary<[options?: Length], Tensor[], KerasTensor[]>>({
  module: math,
  className: 'RFFT',
  functionName: 'rfft',
  tensors: ['x'],
  optional: { fftLength: null },
  check: ({ fftLength }) => ({ fftLength: lengthOrNull(fftLength, 'fftLength', 'rfft') }),
  run: ([value], { fftLength }) => {
    const x = signal(value, 'rfft', 'x', 1);
    const n = (fftLength as number | null) ?? shapeOf(x)[x.rank - 1];
    if (n === 0) throw new InvalidArgumentError('[rfft] the last dimension of x must not be empty');
    return realTransform(x, n);
  },
});

/** The real tensor of length n that has this half of a transform; imaginary parts at 0 and n / 2 have no effect. */
function realInverse({ re, im }: { re: Tensor; im: Tensor }, n: number): Tensor {
  const half = Math.floor(n / 2) + 1;
  const [a, b] = [fitted(re, half), fitted(im, half)];
  const last = a.rank - 1;
  const start = shapeOf(a).map((_, d) => (d === last ? 1 : 0));
  const mirrored = (x: Tensor): Tensor =>
    reverse(slice(x, start, [...shapeOf(x).slice(0, -1), n - half]), [last]);
  const whole = {
    re: concat([a, mirrored(a)], last),
    im: concat([b, negative(mirrored(b))], last),
  };
  return inverseDft(whole).re;
}

/** The inverse of `rfft`, for an even length twice the coefficients but the first (default) or `fftLength`. @tf tf.keras.ops.irfft */
export const irfft = operation<OfPair<[options?: Length], Tensor, KerasTensor>>({
  module: math,
  className: 'IRFFT',
  functionName: 'irfft',
  tensors: ['x'],
  optional: { fftLength: null },
  check: ({ fftLength }) => ({ fftLength: lengthOrNull(fftLength, 'fftLength', 'irfft') }),
  run: ([x], { fftLength }) => {
    const pair = pairOf(x, 'irfft', 1);
    const n = (fftLength as number | null) ?? 2 * (shapeOf(pair.re)[pair.re.rank - 1] - 1);
    if (n < 1)
      throw new InvalidArgumentError('[irfft] x must have 2 coefficients or more, or fftLength be named');
    return realInverse(pair, n);
  },
});

type Window = 'hann' | 'hamming' | TensorLike | null;
interface StftOptions {
  /** 'hann' (default), 'hamming', the values of a window of `sequenceLength`, or null for none. */
  window?: Window;
  /** Whether the t-th window is centered at t·sequenceStride, which x is mirrored at its ends for. Default true. */
  center?: boolean;
}
interface IstftOptions extends StftOptions {
  /** The length of the result; null (default): all. */
  length?: number | null;
}

/** The values of a window, with zeros around it to `size`; null for none. */
function windowOf(value: unknown, n: number, size: number, like: Tensor, op: string): Tensor | null {
  if (value === null) return null;
  const before = Math.floor((size - n) / 2);
  let values: Tensor;
  if (typeof value === 'string') {
    if (value !== 'hann' && value !== 'hamming')
      throw new InvalidArgumentError(
        `[${op}] window must be 'hann', 'hamming', a tensor or null; got '${value}'`,
      );
    // Windows of an odd length are symmetric, as TensorFlow's are.
    values = constant(windowValues(value, n, n % 2 === 0), { dtype: like.dtype });
  } else {
    values = cast(toTensor(value, null, op, 'window'), like.dtype);
    if (values.rank !== 1 || values.size !== n)
      throw new InvalidArgumentError(
        `[${op}] The shape of window must be equal to [sequenceLength], [${n}]; got ${showShape(shapeOf(values))}`,
      );
  }
  return pad(values, [[before, size - n - before]]);
}

interface Frames {
  readonly sequenceLength: number;
  readonly sequenceStride: number;
  readonly fftLength: number;
  readonly center: boolean;
  readonly window: unknown;
}

function checkFrames(config: Readonly<Record<string, unknown>>, op: string): Frames {
  const [sequenceLength, sequenceStride, fftLength] = ['sequenceLength', 'sequenceStride', 'fftLength'].map(
    (name) => positive(config[name], name, op),
  );
  if (fftLength < sequenceLength)
    throw new InvalidArgumentError(
      `[${op}] fftLength must equal or be larger than sequenceLength; got ${fftLength} and ${sequenceLength}`,
    );
  const { window } = config;
  const center = flag(config.center, 'center', op);
  return { sequenceLength, sequenceStride, fftLength, window, center };
}

/** The positions of the elements of frames: [count, size]. */
function framePositions(count: number, size: number, stride: number): Tensor {
  const values = new Int32Array(count * size).map((_, i) => Math.floor(i / size) * stride + (i % size));
  return constant(values, { shape: [count, size] });
}

/**
 * The short-time Fourier transform along the last axis: [real, imaginary] of shape […, windows, fftLength / 2 + 1].
 * @tf tf.keras.ops.stft
 */
export const stft = operation<
  Unary<
    [sequenceLength: number, sequenceStride: number, fftLength: number, options?: StftOptions | Window],
    Tensor[],
    KerasTensor[]
  >
>({
  module: math,
  className: 'STFT',
  functionName: 'stft',
  tensors: ['x'],
  required: ['sequenceLength', 'sequenceStride', 'fftLength'],
  optional: { window: 'hann', center: true },
  check: (config) => ({ ...checkFrames(config, 'stft') }),
  run: (args, config) => {
    const { sequenceLength, sequenceStride, fftLength, center, window } = config as unknown as Frames;
    const x = signal(only(args, 'stft'), 'stft', 'x', 1);
    const half = Math.floor(fftLength / 2);
    const own = shapeOf(x)[x.rank - 1];
    if (center && own <= half)
      throw new InvalidArgumentError(
        `[stft] x must be longer than half of fftLength, ${half}, to be mirrored there; its last dimension is ${own}`,
      );
    const sides = shapeOf(x).map((_, d) => (d === x.rank - 1 && center ? [half, half] : [0, 0]));
    const padded = pad(x, sides, { mode: 'REFLECT' });
    const total = own + (center ? 2 * half : 0);
    const count = Math.max(0, 1 + Math.floor((total - fftLength) / sequenceStride));
    const values = windowOf(window, sequenceLength, fftLength, x, 'stft');
    const frames = gather(padded, framePositions(count, fftLength, sequenceStride), { axis: -1 });
    return realTransform(values === null ? frames : multiply(frames, values), fftLength);
  },
});

/** The window by which frames are multiplied so that those of `stft` are undone where they overlap. */
function inverseWindow(window: Tensor, size: number, stride: number): Tensor {
  const parts = Math.ceil(size / stride);
  const squares = reshape(fitted(square(window), parts * stride), [parts, stride]);
  const sums = tile(reduceSum(squares, { axis: 0 }), [parts]);
  return divide(window, fitted(sums, size));
}

/** Frames […, count, size], added at their places `stride` apart. */
function overlapAdd(frames: Tensor, stride: number): Tensor {
  const shape = shapeOf(frames);
  const [count, size] = shape.slice(-2);
  const batch = shape.slice(0, -2);
  const rows = batch.reduce((a, b) => a * b, 1);
  const total = count === 0 ? 0 : (count - 1) * stride + size;
  const positions = reshape(framePositions(count, size, stride), [count * size, 1]);
  const sums = scatterNd(positions, transpose(reshape(frames, [rows, count * size])), [total, rows]);
  return reshape(transpose(sums), [...batch, total]);
}

/** The signal whose short-time Fourier transform, with the same options, is the pair x. @tf tf.keras.ops.istft */
export const istft = operation<
  OfPair<
    [
      sequenceLength: number,
      sequenceStride: number,
      fftLength: number,
      options?: IstftOptions | number | null,
    ],
    Tensor,
    KerasTensor
  >
>({
  module: math,
  className: 'ISTFT',
  functionName: 'istft',
  tensors: ['x'],
  required: ['sequenceLength', 'sequenceStride', 'fftLength'],
  optional: { length: null, window: 'hann', center: true },
  check: (config) => {
    const frames = checkFrames(config, 'istft');
    return { ...frames, length: lengthOrNull(config.length, 'length', 'istft') };
  },
  run: ([value], config) => {
    const { sequenceLength, sequenceStride, fftLength, center, window } = config as unknown as Frames;
    const pair = pairOf(value, 'istft', 2);
    const values = windowOf(window, sequenceLength, fftLength, pair.re, 'istft');
    const frames = realInverse(pair, fftLength);
    const scaled =
      values === null ? frames : multiply(frames, inverseWindow(values, fftLength, sequenceStride));
    const y = overlapAdd(scaled, sequenceStride);
    const total = shapeOf(y)[y.rank - 1];
    const half = center ? Math.floor(fftLength / 2) : 0;
    const wanted = config.length === null ? total - 2 * half : (config.length as number);
    const size = Math.max(0, Math.min(wanted, total - half));
    const begin = shapeOf(y).map((_, d) => (d === y.rank - 1 ? half : 0));
    return slice(y, begin, [...shapeOf(y).slice(0, -1), size]);
  },
});
