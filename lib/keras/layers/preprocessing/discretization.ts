/** Bins of numbers. */
import { toTensor } from '../../../core/convert';
import { dtypes, type DType } from '../../../core/dtype';
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { constant } from '../../../ops/array/convert';
import { reshape } from '../../../ops/array/views';
import { searchsorted } from '../../../ops/index/search';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import type { LayerOptions } from '../options';
import { forEachBatch, type AdaptOptions } from './adapt';
import { encodeCategories, encodedShape, outputModeOf, refuseSparse } from './encoding';
import { boundariesOf, emptySummary, extendSummary } from './quantiles';

const modes = ['int', 'one_hot', 'multi_hot', 'count'] as const;
type DiscretizationMode = (typeof modes)[number];

export interface DiscretizationOptions extends Pick<LayerOptions, 'name' | 'dtype'> {
  /** Ascending: bin i has the numbers from boundary i − 1 up to but not boundary i. Or give `numBins`. */
  binBoundaries?: readonly number[] | null;
  /** The number of bins of equally many elements that `adapt` finds. */
  numBins?: number | null;
  /** How exact `adapt` is: a fraction of the elements. Default 0.01. */
  epsilon?: number;
  /** 'int' (default): the numbers of the bins, int32; or encoded. */
  outputMode?: DiscretizationMode;
  /** Sparse results, which are not supported. */
  sparse?: boolean;
}

/**
 * The numbers of the bins in which numbers lie; bins are given by their boundaries, or found by `adapt`. Inputs of any shape; results
 * int32 of that shape, or encoded. @tf tf.keras.layers.Discretization
 */
export class Discretization extends Layer {
  readonly numBins: number | null;
  readonly epsilon: number;
  readonly outputMode: DiscretizationMode;
  binBoundaries: readonly number[] | null;
  private summary = emptySummary;

  constructor(options: DiscretizationOptions = {}) {
    const chosen = namedOptions(options, 'Discretization');
    const { binBoundaries = null, numBins = null, epsilon = 0.01, outputMode = 'int', sparse } = chosen;
    const {
      binBoundaries: _,
      numBins: __,
      epsilon: ___,
      outputMode: ____,
      sparse: _____,
      ...others
    } = chosen;
    super(others);
    refuseSparse(sparse, 'Discretization');
    this.outputMode = outputModeOf(outputMode, modes, 'Discretization');
    if (numBins !== null && !(Number.isInteger(numBins) && numBins >= 0))
      throw new InvalidArgumentError(
        `[Discretization] \`numBins\` must be an integer greater than or equal to 0. Received: numBins=${describe(numBins)}`,
      );
    if (numBins !== null && binBoundaries !== null)
      throw new InvalidArgumentError(
        `[Discretization] Both \`numBins\` and \`binBoundaries\` should not be set. Received: numBins=${numBins} and ` +
          `binBoundaries=${describe(binBoundaries)}`,
      );
    if (numBins === null && binBoundaries === null)
      throw new InvalidArgumentError('[Discretization] You need to set either `numBins` or `binBoundaries`.');
    if (!(typeof epsilon === 'number' && epsilon >= 1e-6 && epsilon <= 1))
      throw new InvalidArgumentError(
        `[Discretization] epsilon must be a number from 1e-6 to 1; got ${describe(epsilon)}`,
      );
    this.numBins = numBins;
    this.epsilon = epsilon;
    this.binBoundaries = binBoundaries === null ? null : checkBoundaries(binBoundaries);
  }

  /** Finds the boundaries from data: an array or a tensor, or an iterable of batches, of which it takes `steps`. */
  adapt(data: unknown, options: AdaptOptions = {}): void {
    if (this.numBins === null)
      throw new InvalidArgumentError(
        '[Discretization] Cannot adapt a Discretization layer that has been initialized with `binBoundaries`, use ' +
          '`numBins` instead.',
      );
    this.summary = emptySummary;
    forEachBatch(data, options, 'Discretization', (batch) => {
      const x = cast(toTensor(batch, dtypes.float32, 'Discretization', 'data'), 'float32');
      this.summary = extendSummary(this.summary, x.data(), this.epsilon);
    });
    if (this.summary.values.length === 0)
      throw new InvalidArgumentError('[Discretization] adapt() received no data');
    this.binBoundaries = boundariesOf(this.summary, Math.max(1, this.numBins));
  }

  private get resultType(): DType {
    return this.outputMode === 'int' ? 'int32' : this.computeDtype;
  }

  call(inputs: Tensor): Tensor {
    if (this.binBoundaries === null)
      throw new InvalidArgumentError(
        '[Discretization] You need to either pass the `binBoundaries` argument at construction time or call ' +
          '`adapt(dataset)` before you can start using the `Discretization` layer.',
      );
    const x = inputs.dt.kind === 'float' ? inputs : cast(inputs, 'float32');
    const boundaries = cast(constant(Float32Array.from(this.binBoundaries)), x.dtype);
    const flat = searchsorted(boundaries, reshape(x, [x.size]), { side: 'right' });
    const bins = reshape(flat, [...shapeOf(x)]);
    return encodeCategories(bins, this.outputMode, this.binBoundaries.length + 1, this.resultType);
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    const depth = this.binBoundaries === null ? this.numBins : this.binBoundaries.length + 1;
    if (this.outputMode === 'int' || this.outputMode === 'one_hot')
      return encodedShape(inputShape, this.outputMode, depth);
    return inputShape.length >= 2 ? [inputShape[0], ...inputShape.slice(2), depth] : [depth];
  }

  override computeOutputSpec(x: KerasTensor): KerasTensor {
    return new KerasTensor(this.computeOutputShape(x.shape), this.resultType);
  }

  override getConfig(): Config {
    const { binBoundaries, numBins, epsilon, outputMode, name, dtype } = this;
    return { binBoundaries, numBins, epsilon, outputMode, sparse: false, name, dtype };
  }

  static override fromConfig<T>(this: unknown, config: Config): T {
    const { binBoundaries = null, ...others } = namedOptions(
      config as DiscretizationOptions,
      'Discretization.fromConfig',
    );
    const adapted = (others.numBins ?? null) !== null;
    const layer = new Discretization(adapted ? others : { ...others, binBoundaries });
    if (adapted && binBoundaries !== null) layer.binBoundaries = checkBoundaries(binBoundaries);
    return layer as T;
  }
}

function checkBoundaries(given: unknown): number[] {
  const list: unknown = ArrayBuffer.isView(given) ? Array.from(given as never) : given;
  if (!Array.isArray(list) || !list.every((b) => typeof b === 'number'))
    throw new TypeError(`[Discretization] binBoundaries must be an array of numbers; got ${describe(given)}`);
  const numbers = list;
  if (numbers.some((b, i) => i > 0 && !(numbers[i - 1] <= b)))
    throw new InvalidArgumentError(
      `[Discretization] binBoundaries must be in ascending order; got ${describe(given)}`,
    );
  return [...numbers];
}
