/** Buckets of categories: their hashes. */
import { stringType } from '../../../core/dtype';
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { shapeOf, Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { constant } from '../../../ops/array/convert';
import { unstack } from '../../../ops/array/joining';
import { reshape, squeeze } from '../../../ops/array/views';
import { add } from '../../../ops/math/binary';
import { equal } from '../../../ops/math/compare';
import { select } from '../../../ops/math/select';
import { crossBuckets, hashBuckets } from '../../../ops/strings/hashing';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import type { LayerOptions } from '../options';
import { encodeCategories, encodedShape, outputModeOf, refuseSparse } from './encoding';
import { saltOf } from './lookup_arguments';

const modes = ['int', 'one_hot', 'multi_hot', 'count'] as const;

export interface HashingOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** Counts as no category: it gets bucket 0, and others buckets from 1 on. Default: none. */
  maskValue?: string | number | null;
  /** A key: values are hashed by SipHash with it. One integer or two. Default: FarmHash. */
  salt?: number | readonly number[] | null;
  /** 'int' (default): the numbers of the buckets; or encoded. */
  outputMode?: (typeof modes)[number];
  /** Sparse results, which are not supported. */
  sparse?: boolean;
}

function checkBins(numBins: unknown, layer: string): number {
  if (Number.isSafeInteger(numBins) && (numBins as number) > 0) return numBins as number;
  throw new InvalidArgumentError(
    `[${layer}] The \`numBins\` for \`${layer}\` cannot be \`None\` or non-positive values. Received: numBins=${describe(numBins)}.`,
  );
}

/**
 * The bucket of each string or integer, its hash modulo `numBins`: int64 of the shape of the inputs, or encoded.
 * @tf tf.keras.layers.Hashing
 */
export class Hashing extends Layer {
  static override readonly positional = ['numBins'];
  readonly numBins: number;
  readonly maskValue: string | number | null;
  readonly salt: readonly [number, number] | null;
  readonly outputMode: (typeof modes)[number];

  constructor(numBins: number, options: HashingOptions = {}) {
    const {
      maskValue = null,
      salt = null,
      outputMode = 'int',
      sparse,
      dtype = null,
      ...others
    } = namedOptions(options, 'Hashing');
    super({ ...others, dtype: dtype ?? (outputMode === 'int' ? 'int64' : 'float32') });
    this.numBins = checkBins(numBins, 'Hashing');
    this.outputMode = outputModeOf(outputMode, modes, 'Hashing');
    if (outputMode === 'int' && !['int32', 'int64'].includes(this.dtypePolicy.name))
      throw new InvalidArgumentError(
        `[Hashing] When \`outputMode='int'\`, \`dtype\` should be an integer type, 'int32' or 'int64'. Received: ` +
          `dtype=${this.dtypePolicy.name}`,
      );
    refuseSparse(sparse, 'Hashing');
    this.salt = saltOf(salt, 'Hashing');
    if (maskValue !== null && typeof maskValue !== 'string' && !Number.isSafeInteger(maskValue))
      throw new TypeError(`[Hashing] maskValue must be a string or an integer; got ${describe(maskValue)}`);
    this.maskValue = maskValue;
  }

  protected override get convertsFloats(): boolean {
    return false;
  }

  call(inputs: Tensor): Tensor {
    const shape = shapeOf(inputs);
    const x = this.outputMode === 'one_hot' && shape[shape.length - 1] === 1 ? squeeze(inputs, -1) : inputs;
    return encodeCategories(this.bucketsOf(x), this.outputMode, this.numBins, this.dtype);
  }

  private bucketsOf(x: Tensor): Tensor {
    const masks = this.maskValue !== null && this.numBins > 1;
    const bins = BigInt(masks ? this.numBins - 1 : this.numBins);
    const [a, b] = this.salt ?? [0, 0];
    const key = this.salt === null ? null : ([BigInt(a), BigInt(b)] as const);
    const isNumber = x.dt !== stringType && x.dt.kind !== 'int';
    const buckets: Tensor = hashBuckets(isNumber ? cast(x, 'int64') : x, { buckets: bins, key });
    if (!masks) return buckets;
    if ((typeof this.maskValue === 'string') !== (x.dt === stringType))
      throw new InvalidArgumentError(
        `[Hashing] maskValue is ${describe(this.maskValue)}, and the inputs have dtype ${x.dtype}`,
      );
    const mask = constant(this.maskValue as never, { dtype: x.dtype as never });
    return select(equal(x, mask as never), 0, add(buckets, 1));
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    if (this.outputMode === 'int') return inputShape;
    return [...inputShape.slice(0, -1), this.numBins];
  }

  override computeOutputSpec(x: KerasTensor): KerasTensor {
    return new KerasTensor(this.computeOutputShape(x.shape), this.dtype);
  }

  override getConfig(): Config {
    const { numBins, salt, maskValue, outputMode } = this;
    return { ...super.getConfig(), numBins, salt, maskValue, outputMode, sparse: false };
  }
}

const crossingModes = ['int', 'one_hot'] as const;

export interface HashedCrossingOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** 'int' (default): the numbers of the buckets; 'one_hot': encoded. */
  outputMode?: (typeof crossingModes)[number];
  /** Sparse results, which are not supported. */
  sparse?: boolean;
}

/**
 * The bucket of what several features, strings or integers, are together: its hash modulo `numBins`. Inputs: a list of tensors of one
 * shape, [], [batch] or [batch, 1]; results int64 of that shape, or encoded. @tf tf.keras.layers.HashedCrossing
 */
export class HashedCrossing extends Layer {
  static override readonly positional = ['numBins'];
  readonly numBins: number;
  readonly outputMode: (typeof crossingModes)[number];

  constructor(numBins: number, options: HashedCrossingOptions = {}) {
    const {
      outputMode = 'int',
      sparse,
      name,
      dtype = null,
      ...others
    } = namedOptions(options, 'HashedCrossing');
    super({ ...others, name, dtype: dtype ?? (outputMode === 'int' ? 'int64' : null) });
    this.numBins = checkBins(numBins, 'HashedCrossing');
    this.outputMode = outputModeOf(outputMode, crossingModes, 'HashedCrossing');
    refuseSparse(sparse, 'HashedCrossing');
  }

  protected override get convertsFloats(): boolean {
    return false;
  }

  call(inputs: Tensor | readonly Tensor[]): Tensor {
    const list: readonly Tensor[] =
      inputs instanceof Tensor ? (inputs.rank > 0 ? unstack(inputs) : []) : inputs;
    if (list.length < 2)
      throw new InvalidArgumentError(
        `[HashedCrossing] \`HashedCrossing\` should be called on a list of at least two inputs. Received: ${describe(inputs)}`,
      );
    const shape = shapeOf(list[0]);
    if (shape.length > 2 || (shape.length === 2 && shape[1] !== 1))
      throw new InvalidArgumentError(
        `[HashedCrossing] All \`HashedCrossing\` inputs should have shape \`()\`, \`(batchSize)\` or \`(batchSize, 1)\`. ` +
          `Received: ${showKerasShape(shape)}`,
      );
    if (list.some((x) => shapeOf(x).join() !== shape.join()))
      throw new InvalidArgumentError(
        `[HashedCrossing] All \`HashedCrossing\` inputs should have equal shape. Received: ` +
          list.map((x) => showKerasShape(shapeOf(x))).join(', '),
      );
    const other = list.find((x) => x.dt !== stringType && x.dt.kind !== 'int');
    if (other !== undefined)
      throw new InvalidArgumentError(
        `[HashedCrossing] All \`HashedCrossing\` inputs should have an integer or string dtype. Received: ${other.dtype}`,
      );
    const buckets: Tensor = crossBuckets(list, BigInt(this.numBins));
    const encoded = encodeCategories(buckets, this.outputMode, this.numBins, this.computeDtype);
    return shape.length === 0 && this.outputMode === 'int' ? reshape(encoded, []) : encoded;
  }

  override computeOutputShape(inputShape: KerasShape | readonly KerasShape[]): KerasShape {
    const first = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as KerasShape;
    return first.length === 0 && this.outputMode === 'one_hot'
      ? [this.numBins]
      : encodedShape(first, this.outputMode, this.numBins);
  }

  override computeOutputSpec(inputs: KerasTensor | readonly KerasTensor[]): KerasTensor {
    const list = Array.isArray(inputs) ? (inputs as KerasTensor[]) : [inputs as KerasTensor];
    return new KerasTensor(this.computeOutputShape(list.map(({ shape }) => shape)), this.dtype);
  }

  override getConfig(): Config {
    const { numBins, outputMode, name, dtype } = this;
    return { numBins, outputMode, sparse: false, name, dtype };
  }
}
