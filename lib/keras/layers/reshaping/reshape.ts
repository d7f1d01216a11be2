/** Layers that give their inputs other shapes. */
import type { DType } from '../../../core/dtype';
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { repeat } from '../../../ops/array/sequences';
import { transpose } from '../../../ops/array/movement';
import { expandDims, reshape } from '../../../ops/array/views';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import { checkReshape, reshapedShape } from '../../ops/reshape';
import type { KerasTensor } from '../../symbolic/keras_tensor';
import type { LayerOptions } from '../options';
import { dataFormatName, positiveInteger, type DataFormat } from '../window_arguments';
import { ShapeLayer } from './shape_layer';

/** A list of integers. */
function integers(value: unknown, name: string, where: string): readonly number[] {
  if (!Array.isArray(value) || !value.every((n) => Number.isInteger(n)))
    throw new TypeError(`[${where}] \`${name}\` must be an array of integers; got ${describe(value)}`);
  return value as readonly number[];
}

export interface FlattenOptions extends LayerOptions {
  /** Where the channels are: with 'channels_first', they become the last in the order of the elements. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
}

/** All dimensions but that of the batch in one: [batch, …] → [batch, n]. @tf tf.keras.layers.Flatten */
export class Flatten extends ShapeLayer {
  readonly dataFormat: DataFormat;

  constructor(options: FlattenOptions = {}) {
    const { dataFormat = null, ...others } = namedOptions(options, 'Flatten');
    super(others);
    this.dataFormat = dataFormatName(dataFormat, 'Flatten');
    this.inputSpec = { minNdim: 1 };
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    const [batch = null, ...rest] = inputShape;
    const size = rest.reduce<number | null>((n, d) => (n === null || d === null ? null : n * d), 1);
    return [batch, size];
  }

  protected override specDtype(x: KerasTensor): DType {
    return x.dtype;
  }

  call(x: Tensor): Tensor {
    const { rank } = x;
    const last =
      this.dataFormat === 'channels_first' && rank > 2
        ? transpose(x, { perm: [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1] })
        : x;
    return reshape(last, this.computeOutputShape(x.shape) as number[]);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), dataFormat: this.dataFormat };
  }
}

/** Another shape, in which the batch stays first: [batch, …] → [batch, ...targetShape]. @tf tf.keras.layers.Reshape */
export class Reshape extends ShapeLayer {
  static override readonly positional = ['targetShape'];
  readonly targetShape: readonly number[];

  /** @param targetShape The shape without the batch; −1 stands for what remains. */
  constructor(targetShape: readonly number[], options: LayerOptions = {}) {
    super(namedOptions(options, 'Reshape'));
    this.targetShape = integers(targetShape, 'targetShape', 'Reshape');
    checkReshape(this.targetShape, 'Reshape', 'target_shape');
    this.built = true;
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    const [batch = null, ...rest] = inputShape;
    return [batch, ...reshapedShape(rest, this.targetShape, this.name, 'target_shape')];
  }

  protected override specDtype(x: KerasTensor): DType {
    return x.dtype;
  }

  call(x: Tensor): Tensor {
    return reshape(x, this.computeOutputShape(x.shape) as number[]);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), targetShape: this.targetShape };
  }
}

/** The dimensions after that of the batch in another order. @tf tf.keras.layers.Permute */
export class Permute extends ShapeLayer {
  static override readonly positional = ['dims'];
  readonly dims: readonly number[];

  /** @param dims The order, as a permutation of 1 to n: [2, 1] exchanges the two dimensions after the batch. */
  constructor(dims: readonly number[], options: LayerOptions = {}) {
    super(namedOptions(options, 'Permute'));
    this.dims = integers(dims, 'dims', 'Permute');
    if ([...this.dims].sort((a, b) => a - b).some((d, i) => d !== i + 1))
      throw new InvalidArgumentError(
        `[Permute] Invalid permutation argument \`dims\` for Permute Layer. The set of indices in \`dims\` must be ` +
          `consecutive and start from 1. Received dims=${describe(dims)}`,
      );
    this.inputSpec = { ndim: this.dims.length + 1 };
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    return [0, ...this.dims].map((axis) => inputShape[axis]);
  }

  protected override specDtype(x: KerasTensor): DType {
    return x.dtype;
  }

  call(x: Tensor): Tensor {
    return transpose(x, { perm: [0, ...this.dims] });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), dims: this.dims };
  }
}

/** The inputs n times: [batch, features] → [batch, n, features]. @tf tf.keras.layers.RepeatVector */
export class RepeatVector extends ShapeLayer {
  static override readonly positional = ['n'];
  readonly n: number;

  /** @param n How often. */
  constructor(n: number, options: LayerOptions = {}) {
    super(namedOptions(options, 'RepeatVector'));
    this.n = positiveInteger(n, 'n', 'RepeatVector');
    this.inputSpec = { ndim: 2 };
  }

  override computeOutputShape([batch, features]: KerasShape): KerasShape {
    return [batch, this.n, features];
  }

  call(x: Tensor): Tensor {
    return repeat(expandDims(x, 1), this.n, { axis: 1 });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), n: this.n };
  }
}
