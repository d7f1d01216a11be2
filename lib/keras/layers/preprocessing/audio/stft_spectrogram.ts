/** Spectrograms by convolution with the kernels of Fourier transforms, which can be trained. */
import type { TensorLike } from '../../../../core/convert';
import { InvalidArgumentError } from '../../../../core/errors';
import { describe } from '../../../../core/shape';
import type { Tensor } from '../../../../core/tensor';
import { cast } from '../../../../ops/array/cast';
import { concat } from '../../../../ops/array/joining';
import { transpose } from '../../../../ops/array/movement';
import { pad } from '../../../../ops/array/padding';
import { slice } from '../../../../ops/array/slicing';
import { reshape } from '../../../../ops/array/views';
import { add, atan2, maximum } from '../../../../ops/math/binary';
import { sqrt, square } from '../../../../ops/math/unary';
import { log } from '../../../../ops/math/unary_math';
import { conv1d } from '../../../../ops/nn/conv';
import type { Config } from '../../../base/keras_object';
import { namedOptions } from '../../../base/named_options';
import type { KerasShape } from '../../../base/shapes';
import type { Weight } from '../../../base/weight';
import { STFT } from '../../../initializers/stft';
import { Layer } from '../../layer';
import type { LayerOptions } from '../../options';
import {
  channelsOf,
  dataFormatName,
  paddingName,
  positiveInteger,
  spatialPart,
  shapeWith,
  windowCounts,
  type DataFormat,
  type LayerPadding,
} from '../../window_arguments';
import { epsilon } from '../../../base/settings';

const modes = ['log', 'magnitude', 'psd', 'real', 'imag', 'angle', 'stft'] as const;
export type SpectrogramMode = (typeof modes)[number];

export interface STFTSpectrogramOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /**
   * With X the transform: 'log' (default), ln |X|; 'magnitude', |X|; 'psd', the one-sided |X|²; 'real', 'imag', 'angle'; or 'stft',
   * the real parts before the imaginary ones.
   */
  mode?: SpectrogramMode;
  /** Samples of a frame. Default 256. */
  frameLength?: number;
  /** Samples from a frame to the next. Default: half the frame. */
  frameStep?: number | null;
  /** Samples of the transform, at least frameLength. Default: the next power of two. */
  fftLength?: number | null;
  /** The name of a window, its values, or null for none. Default 'hann'. */
  window?: string | TensorLike | null;
  /** Whether the named window is periodic. Default false. */
  periodic?: boolean;
  /** How the window is scaled. Default 'density'. */
  scaling?: 'density' | 'spectrum' | null;
  /** Default 'valid'. */
  padding?: LayerPadding;
  /** Separates frequencies and channels, as images. Default false. */
  expandDims?: boolean;
  /** Default 'channels_last'. */
  dataFormat?: DataFormat | null;
}

function checkLengths(frameLength: number, frameStep: unknown, fftLength: unknown): void {
  const where = 'STFTSpectrogram';
  if (
    frameStep !== null &&
    !(Number.isInteger(frameStep) && Number(frameStep) >= 1 && Number(frameStep) <= frameLength)
  )
    throw new InvalidArgumentError(
      `[${where}] \`frameStep\` should be a positive integer not greater than \`frameLength\`. Received ` +
        `frameStep=${describe(frameStep)}, frameLength=${frameLength}`,
    );
  if (fftLength !== null && !(Number.isInteger(fftLength) && Number(fftLength) >= frameLength))
    throw new InvalidArgumentError(
      `[${where}] \`fftLength\` should be not less than \`frameLength\`. Received fftLength=${describe(fftLength)}, ` +
        `frameLength=${frameLength}`,
    );
}

/**
 * Spectrograms of signals [batch, time, channels], [batch, channels, time] for 'channels_first': the same convolutions of each channel,
 * whose kernels start as short-time Fourier transforms and are trained unless `trainable` is false. The result has shape
 * [batch, frames, channels·frequencies] (channels_first: [batch, channels·frequencies, frames]); with `expandDims`
 * [batch, frames, frequencies, channels] ([batch, channels, frames, frequencies]), of fftLength/2 + 1 frequencies.
 * Signals are float16, float32 or float64. @tf tf.keras.layers.STFTSpectrogram
 */
export class STFTSpectrogram extends Layer {
  readonly mode: SpectrogramMode;
  readonly frameLength: number;
  readonly frameStep: number | null;
  readonly fftLength: number | null;
  readonly window: string | TensorLike | null;
  readonly periodic: boolean;
  readonly scaling: 'density' | 'spectrum' | null;
  readonly padding: LayerPadding;
  readonly expandDims: boolean;
  readonly dataFormat: DataFormat;
  declare realKernel: Weight;
  declare imagKernel: Weight;

  constructor(options: STFTSpectrogramOptions = {}) {
    const where = 'STFTSpectrogram';
    const {
      mode = 'log',
      frameLength = 256,
      frameStep = null,
      fftLength = null,
      window = 'hann',
      periodic = false,
      scaling = 'density',
      padding = 'valid',
      expandDims = false,
      dataFormat = null,
      ...others
    } = namedOptions(options, where);
    super(others);
    this.frameLength = positiveInteger(frameLength, 'frameLength', where);
    checkLengths(frameLength, frameStep, fftLength);
    if (!modes.includes(mode))
      throw new InvalidArgumentError(
        `[${where}] Output mode is invalid, it must be one of ${modes.join(', ')}. Received: mode=${describe(mode)}`,
      );
    if (typeof expandDims !== 'boolean')
      throw new TypeError(`[${where}] expandDims must be true or false; got ${describe(expandDims)}`);
    // The initializer checks what it takes.
    new STFT({ window, scaling, periodic });
    this.mode = mode;
    this.frameStep = frameStep;
    this.fftLength = fftLength;
    this.window = window;
    this.periodic = periodic;
    this.scaling = scaling;
    this.padding = paddingName(padding, ['valid', 'same'] as const, where);
    this.expandDims = expandDims;
    this.dataFormat = dataFormatName(dataFormat, where);
    this.inputSpec = { ndim: 3 };
  }

  private get stride(): number {
    // A frame of one sample has no half.
    return this.frameStep ?? Math.max(1, Math.floor(this.frameLength / 2));
  }

  private get frequencies(): number {
    const n = this.fftLength ?? 2 ** Math.ceil(Math.log2(this.frameLength));
    return Math.floor(n / 2) + 1;
  }

  override build(_inputShape: KerasShape): void {
    const { mode, window, scaling, periodic } = this;
    const kernel = (side: 'real' | 'imag'): Weight =>
      this.addWeight({
        name: `${side}_kernel`,
        shape: [this.frameLength, 1, this.frequencies],
        initializer: new STFT({ side, window, scaling, periodic }),
      });
    if (mode !== 'imag') this.realKernel = kernel('real');
    if (mode !== 'real') this.imagKernel = kernel('imag');
    this.built = true;
  }

  /** The convolution of each channel, [batch, channels, frames, frequencies]. */
  private transformed(channels: Tensor, kernel: Weight): Tensor {
    const [batch, count, time] = channels.shape;
    const y = conv1d(
      reshape(channels, [batch * count, time, 1]),
      cast(kernel.read(), channels.dtype),
      this.stride,
      this.padding,
    );
    return reshape(y, [batch, count, y.shape[1], y.shape[2]]);
  }

  /** From [batch, channels, frames, frequencies] to the layout of results. */
  private arranged(y: Tensor): Tensor {
    const [batch, channels, frames, frequencies] = y.shape;
    if (this.dataFormat === 'channels_last')
      return this.expandDims
        ? transpose(y, [0, 2, 3, 1])
        : reshape(transpose(y, [0, 2, 1, 3]), [batch, frames, channels * frequencies]);
    if (this.expandDims) return y;
    return reshape(transpose(y, [0, 1, 3, 2]), [batch, channels * frequencies, frames]);
  }

  call(inputs: Tensor): Tensor {
    if (!['float16', 'float32', 'float64'].includes(inputs.dtype))
      throw new TypeError(
        `[${this.name}] Invalid input type. Expected \`float16\`, \`float32\` or \`float64\`. Received: input type=${inputs.dtype}`,
      );
    const { mode } = this;
    const channels = this.dataFormat === 'channels_last' ? transpose(inputs, [0, 2, 1]) : inputs;
    const part = (kernel: Weight): Tensor => this.transformed(channels, kernel);
    if (mode === 'real') return this.arranged(part(this.realKernel));
    if (mode === 'imag') return this.arranged(part(this.imagKernel));
    const [real, imag] = [part(this.realKernel), part(this.imagKernel)];
    if (mode === 'angle') return this.arranged(atan2(imag, real));
    if (mode === 'stft') return this.arranged(concat([real, imag], 3));
    const power = add(square(real), square(imag));
    if (mode === 'psd') {
      // One side has the power of both, but for the constant and the highest frequency.
      const inner = slice(
        power,
        [0, 0, 0, 1],
        [...power.shape.slice(0, 3), Math.max(0, this.frequencies - 2)],
      );
      return this.arranged(
        this.frequencies < 3
          ? power
          : add(
              power,
              pad(inner, [
                [0, 0],
                [0, 0],
                [0, 0],
                [1, 1],
              ]),
            ),
      );
    }
    const magnitude = this.arranged(sqrt(maximum(power, epsilon())));
    return mode === 'magnitude' ? magnitude : log(maximum(magnitude, epsilon()));
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    const { dataFormat: format, padding } = this;
    const [frames] = windowCounts(
      spatialPart(inputShape, format),
      { sizes: [this.frameLength], strides: [this.stride], dilations: [1], padding },
      this.name,
    );
    const channels = channelsOf(inputShape, format);
    const frequencies = this.frequencies * (this.mode === 'stft' ? 2 : 1);
    const [batch] = inputShape;
    if (!this.expandDims)
      return shapeWith(batch, [frames], channels === null ? null : channels * frequencies, format);
    return format === 'channels_last'
      ? [batch, frames, frequencies, channels]
      : [batch, channels, frames, frequencies];
  }

  override getConfig(): Config {
    const { mode, frameLength, frameStep, fftLength, window, periodic, scaling, padding } = this;
    const { dataFormat, expandDims } = this;
    return {
      ...super.getConfig(),
      ...{
        mode,
        frameLength,
        frameStep,
        fftLength,
        window,
        periodic,
        scaling,
        padding,
        dataFormat,
        expandDims,
      },
    };
  }
}
