/** Spectrograms on the mel scale. */
import type { TensorLike } from '../../../../core/convert';
import { InvalidArgumentError } from '../../../../core/errors';
import { describe, showShape } from '../../../../core/shape';
import { viewOf, type Tensor } from '../../../../core/tensor';
import { cast } from '../../../../ops/array/cast';
import { constant, convertToTensor } from '../../../../ops/array/convert';
import { transpose } from '../../../../ops/array/movement';
import { pad } from '../../../../ops/array/padding';
import { slice } from '../../../../ops/array/slicing';
import { expandDims, reshape, squeeze } from '../../../../ops/array/views';
import { matmul } from '../../../../ops/linalg/matmul';
import { add, maximum, multiply, pow, subtract } from '../../../../ops/math/binary';
import { sqrt, square } from '../../../../ops/math/unary';
import { log } from '../../../../ops/math/unary_math';
import { conv1d } from '../../../../ops/nn/conv';
import { reduceMax } from '../../../../ops/reduce/reduce';
import type { Config } from '../../../base/keras_object';
import { namedOptions } from '../../../base/named_options';
import { showKerasShape, type KerasShape } from '../../../base/shapes';
import { Layer } from '../../layer';
import type { LayerOptions } from '../../options';
import { positiveInteger } from '../../window_arguments';

export interface MelSpectrogramOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** Samples of the transform. Default 2048. */
  fftLength?: number;
  /** Samples from a frame to the next. Default 512. */
  sequenceStride?: number;
  /** Samples of the window, at most fftLength. Default fftLength. */
  sequenceLength?: number | null;
  /** 'hann' (default), 'hamming', the values of a window, or null for none. */
  window?: 'hann' | 'hamming' | TensorLike | null;
  /** Samples of the signal in a second. Default 16000. */
  samplingRate?: number;
  /** Default 128. */
  numMelBins?: number;
  /** The lowest frequency of the bins. Default 20. */
  minFreq?: number;
  /** The highest one. Default: half the sampling rate. */
  maxFreq?: number | null;
  /** Results in decibels. Default true. */
  powerToDb?: boolean;
  /** How far below the largest result of the call decibels may be. Default 80. */
  topDb?: number;
  /** The exponent of magnitudes: 2 (default) for power. */
  magExp?: number;
  /** The least power of decibels. Default 1e-10. */
  minPower?: number;
  /** The power of 0 decibels. Default 1. */
  refPower?: number;
}

const defaults = {
  ...{ fftLength: 2048, sequenceStride: 512, sequenceLength: null, window: 'hann', samplingRate: 16000 },
  ...{ numMelBins: 128, minFreq: 20, maxFreq: null, powerToDb: true, topDb: 80, magExp: 2 },
  ...{ minPower: 1e-10, refPower: 1 },
};

/** TensorFlow's windows, of which only those of an even size are periodic. */
function namedWindow(name: 'hann' | 'hamming', size: number): number[] {
  const a = name === 'hann' ? 0.5 : 0.54;
  const n = size - (size % 2);
  return Array.from({ length: size }, (_, i) =>
    size === 1 ? 1 : a - (1 - a) * Math.cos((2 * Math.PI * i) / n),
  );
}

const f32 = Math.fround;
/** The mel scale, 1127·ln(1 + f/700), rounded to float32 as Keras does. */
const mel = (frequency: number): number => f32(1127 * f32(Math.log(f32(1 + f32(frequency / 700)))));
const between = (start: number, stop: number, count: number): number[] => {
  const step = f32(f32(stop - start) / f32(count - 1));
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? stop : f32(start + f32(step * i))));
};

/**
 * Mel spectrograms of signals [batch, samples] or [samples]: magnitudes of short-time Fourier transforms of frames that are centered at
 * multiples of sequenceStride, to the power magExp, times the triangles of `linearToMelWeightMatrix`; in decibels unless
 * `powerToDb` is false. The result is [batch, numMelBins, frames] or [numMelBins, frames]. InvalidArgumentError for signals too short to
 * mirror fftLength/2 of their samples. @tf tf.keras.layers.MelSpectrogram
 */
export class MelSpectrogram extends Layer {
  readonly fftLength: number;
  readonly sequenceStride: number;
  readonly sequenceLength: number;
  readonly window: TensorLike | string | null;
  readonly samplingRate: number;
  readonly numMelBins: number;
  readonly minFreq: number;
  readonly maxFreq: number;
  readonly powerToDb: boolean;
  readonly topDb: number;
  readonly magExp: number;
  readonly minPower: number;
  readonly refPower: number;
  readonly #windowValues: ArrayLike<number> | null;

  constructor(options: MelSpectrogramOptions = {}) {
    const where = 'MelSpectrogram';
    const all = { ...defaults, ...namedOptions(options, where) };
    const { fftLength, sequenceStride, sequenceLength, window, samplingRate, numMelBins, ...rest } = all;
    const { minFreq, maxFreq, powerToDb, topDb, magExp, minPower, refPower, ...others } = rest;
    super(others);
    this.fftLength = positiveInteger(fftLength, 'fftLength', where);
    this.sequenceStride = positiveInteger(sequenceStride, 'sequenceStride', where);
    this.sequenceLength = positiveInteger(sequenceLength ?? fftLength, 'sequenceLength', where);
    if (fftLength < this.sequenceLength)
      throw new InvalidArgumentError(
        `[${where}] \`fftLength\` must be greater than or equal to \`sequenceLength\`. Received: ` +
          `\`sequenceLength\`=${this.sequenceLength}, \`fftLength\`=${fftLength}.`,
      );
    this.numMelBins = positiveInteger(numMelBins, 'numMelBins', where);
    for (const [name, value] of Object.entries({ samplingRate, minFreq, topDb, magExp, minPower, refPower }))
      if (typeof value !== 'number')
        throw new TypeError(`[${where}] ${name} must be a number; got ${describe(value)}`);
    if (maxFreq !== null && typeof maxFreq !== 'number')
      throw new TypeError(`[${where}] maxFreq must be a number or null; got ${describe(maxFreq)}`);
    if (typeof powerToDb !== 'boolean')
      throw new TypeError(`[${where}] powerToDb must be true or false; got ${describe(powerToDb)}`);
    this.window = window;
    this.#windowValues = this.valuesOfWindow();
    this.samplingRate = samplingRate;
    this.minFreq = minFreq;
    this.maxFreq = maxFreq ?? Math.floor(samplingRate / 2);
    this.powerToDb = powerToDb;
    this.topDb = topDb;
    this.magExp = magExp;
    this.minPower = minPower;
    this.refPower = refPower;
  }

  private valuesOfWindow(): ArrayLike<number> | null {
    const { window, sequenceLength } = this;
    if (window === null) return null;
    if (window === 'hann' || window === 'hamming') return namedWindow(window, sequenceLength);
    if (typeof window === 'string')
      throw new InvalidArgumentError(
        '[MelSpectrogram] If a string is passed to `window`, it must be one of "hann", "hamming". Received: ' +
          `window=${window}`,
      );
    const t = convertToTensor(window, { dtypeHint: 'float64' });
    if (t.rank !== 1 || t.size !== sequenceLength)
      throw new InvalidArgumentError(
        `[MelSpectrogram] The shape of \`window\` must be equal to [sequenceLength], here [${sequenceLength}]. Received: ` +
          `window shape=${showShape(t.shape)}`,
      );
    return viewOf(cast(t, 'float64')) as Float64Array;
  }

  /** The windowed cosines, then sines of all frequencies: [fftLength, 1, 2·(fftLength/2 + 1)]. */
  private kernel(dtype: 'float32' | 'float64'): Tensor {
    const { fftLength: n, sequenceLength } = this;
    const values = this.#windowValues;
    const frequencies = Math.floor(n / 2) + 1;
    const left = Math.floor((n - sequenceLength) / 2);
    const kernel = new Float64Array(n * 2 * frequencies);
    for (let t = 0; t < n; t++) {
      const at = t - left;
      const weight = values === null ? 1 : at < 0 || at >= sequenceLength ? 0 : values[at];
      for (let f = 0; f < frequencies; f++) {
        // The phase is reduced exactly, before rounding.
        const phase = (-2 * Math.PI * ((t * f) % n)) / n;
        kernel[t * 2 * frequencies + f] = weight * Math.cos(phase);
        kernel[(t * 2 + 1) * frequencies + f] = weight * Math.sin(phase);
      }
    }
    return cast(reshape(constant(kernel), [n, 1, 2 * frequencies]), dtype);
  }

  call(inputs: Tensor): Tensor {
    const dtype = this.computeDtype === 'float64' ? 'float64' : 'float32';
    const { rank } = inputs;
    if (rank !== 1 && rank !== 2)
      throw new InvalidArgumentError(
        `[${this.name}] the input must have shape [batch, samples] or [samples]; got ${showShape(inputs.shape)}`,
      );
    const signal = cast(rank === 1 ? expandDims(inputs, 0) : inputs, dtype);
    const half = Math.floor(this.fftLength / 2);
    if (signal.shape[1] <= half)
      throw new InvalidArgumentError(
        `[${this.name}] fftLength=${this.fftLength} mirrors ${half} samples at each end, so signals must have more than that; ` +
          `got the shape ${showShape(inputs.shape)}`,
      );
    const centered = pad(
      signal,
      [
        [0, 0],
        [half, half],
      ],
      { mode: 'REFLECT' },
    );
    const y = conv1d(expandDims(centered, 2), this.kernel(dtype), this.sequenceStride, 'VALID');
    const [batch, frames, twice] = y.shape;
    const parts = reshape(y, [batch, frames, 2, twice / 2]);
    const squares = square(parts);
    const [re, im] = [0, 1].map((part) => gatherPart(squares, part));
    const spectrum = pow(sqrt(add(re, im)), this.magExp);
    const matrix = this.linearToMelWeightMatrix({
      numMelBins: this.numMelBins,
      numSpectrogramBins: twice / 2,
      samplingRate: this.samplingRate,
      lowerEdgeHertz: this.minFreq,
      upperEdgeHertz: this.maxFreq,
    });
    const bins = matmul(spectrum, cast(matrix, dtype));
    const scaled = transpose(this.powerToDb ? this.decibels(bins) : bins, [0, 2, 1]);
    return cast(rank === 1 ? squeeze(scaled, { axis: 0 }) : scaled, this.computeDtype);
  }

  private decibels(power: Tensor): Tensor {
    const { minPower, refPower, topDb } = this;
    const level = multiply(log(maximum(power, minPower)), 10 / Math.LN10);
    const relative = subtract(level, 10 * Math.log10(Math.max(Math.abs(refPower), minPower)));
    return maximum(relative, subtract(reduceMax(relative), topDb));
  }

  /**
   * The matrix [numSpectrogramBins, numMelBins] by which linear spectrograms become mel spectrograms: triangles of height 1 between
   * frequencies that are equally spaced on the mel scale. @tf tf.keras.layers.MelSpectrogram.linear_to_mel_weight_matrix
   */
  linearToMelWeightMatrix(
    options: {
      numMelBins?: number;
      numSpectrogramBins?: number;
      samplingRate?: number;
      lowerEdgeHertz?: number;
      upperEdgeHertz?: number;
    } = {},
  ): Tensor<'float32'> {
    const { numMelBins = 20, numSpectrogramBins: rows = 129, samplingRate = 8000, ...edges } = options;
    const { lowerEdgeHertz = 125, upperEdgeHertz = 3800 } = edges;
    const frequencies = between(0, f32(f32(samplingRate) / 2), rows);
    const at = between(mel(f32(lowerEdgeHertz)), mel(f32(upperEdgeHertz)), numMelBins + 2);
    const matrix = new Float32Array(rows * numMelBins);
    // The constant has no part in any bin.
    for (let i = 1; i < rows; i++) {
      const x = mel(frequencies[i]);
      for (let j = 0; j < numMelBins; j++) {
        const [low, center, high] = [at[j], at[j + 1], at[j + 2]];
        const rising = f32(f32(x - low) / f32(center - low));
        const falling = f32(f32(high - x) / f32(high - center));
        matrix[i * numMelBins + j] = Math.max(0, Math.min(rising, falling));
      }
    }
    return reshape(constant(matrix, { dtype: 'float32' }), [rows, numMelBins]);
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    if (inputShape.length !== 1 && inputShape.length !== 2)
      throw new InvalidArgumentError(
        `[${this.name}] the input must have shape [batch, samples] or [samples]; got ${showKerasShape(inputShape)}`,
      );
    const samples = inputShape[inputShape.length - 1];
    const frames =
      samples === null ? null : Math.floor((samples - (this.fftLength % 2)) / this.sequenceStride) + 1;
    return [...inputShape.slice(0, -1), this.numMelBins, frames];
  }

  override getConfig(): Config {
    const { fftLength, sequenceStride, sequenceLength, window, samplingRate, numMelBins } = this;
    const { minFreq, maxFreq, powerToDb, topDb, magExp, minPower, refPower } = this;
    return {
      ...super.getConfig(),
      ...{ fftLength, sequenceStride, sequenceLength, window, samplingRate, numMelBins, minFreq, maxFreq },
      ...{ powerToDb, topDb, magExp, minPower, refPower },
    };
  }
}

/** The real or the imaginary parts of [batch, frames, 2, frequencies]. */
const gatherPart = (parts: Tensor, which: number): Tensor => {
  const [batch, frames, , frequencies] = parts.shape;
  return squeeze(slice(parts, [0, 0, which, 0], [batch, frames, 1, frequencies]), { axis: 2 });
};
