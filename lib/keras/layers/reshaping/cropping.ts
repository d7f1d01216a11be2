/** Layers that cut off the margins of their inputs. */
import { InvalidArgumentError } from '../../../core/errors';
import type { Tensor } from '../../../core/tensor';
import { slice } from '../../../ops/array/slicing';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import type { LayerOptions } from '../options';
import { dataFormatName, integerTuple, type DataFormat } from '../window_arguments';
import { firstSpatial, marginPairs, ShapeLayer, type Margins } from './shape_layer';

export interface CroppingOptions extends LayerOptions {
  /** Where the channels are. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
}

abstract class Cropping extends ShapeLayer {
  protected abstract readonly margins: readonly (readonly number[])[];
  protected abstract readonly first: number;

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    const { margins, first } = this;
    return inputShape.map((n, axis) => {
      if (n === null || axis < first || axis >= first + margins.length) return n;
      const [before, after] = margins[axis - first];
      if (before + after >= n)
        throw new InvalidArgumentError(
          `[${this.name}] Values in \`cropping\` argument should be smaller than the corresponding spatial dimension of ` +
            `the input. Received: input_shape=${showKerasShape(inputShape)}, cropping=${JSON.stringify(margins)}`,
        );
      return n - before - after;
    });
  }

  call(x: Tensor): Tensor {
    const size = this.computeOutputShape(x.shape) as number[];
    const { first, margins } = this;
    return slice(
      x,
      size.map((_, axis) => (axis < first ? 0 : (margins[axis - first]?.[0] ?? 0))),
      size,
    );
  }
}

/**
 * Removes steps from the beginning and the end: [batch, steps, channels] → [batch, steps − before − after, channels].
 * InvalidArgumentError if nothing would be left. @tf tf.keras.layers.Cropping1D
 */
export class Cropping1D extends Cropping {
  static override readonly positional = ['cropping'];
  readonly cropping: readonly number[];
  protected readonly margins: readonly (readonly number[])[];
  protected readonly first = 1;

  /** @param cropping How many steps: a pair, or one number for both ends. Default [1, 1]. */
  constructor(cropping: number | readonly number[] = [1, 1], options: LayerOptions = {}) {
    super(namedOptions(options, 'Cropping1D'));
    this.cropping = integerTuple(cropping, 2, 'cropping', 'Cropping1D', 0);
    this.margins = [this.cropping];
    this.inputSpec = { ndim: 3 };
  }

  override getConfig(): Config {
    return { ...super.getConfig(), cropping: this.cropping };
  }
}

abstract class SpatialCropping extends Cropping {
  static override readonly positional = ['cropping'];
  readonly cropping: readonly (readonly number[])[];
  readonly dataFormat: DataFormat;
  protected readonly margins: readonly (readonly number[])[];
  protected readonly first: number;

  constructor(cropping: Margins, n: number, options: CroppingOptions, where: string) {
    const { dataFormat = null, ...others } = namedOptions(options, where);
    super(others);
    this.dataFormat = dataFormatName(dataFormat, where);
    this.cropping = marginPairs(cropping, n, 'cropping', where);
    this.margins = this.cropping;
    this.first = firstSpatial(this.dataFormat);
    this.inputSpec = { ndim: n + 2 };
  }

  override getConfig(): Config {
    return { ...super.getConfig(), cropping: this.cropping, dataFormat: this.dataFormat };
  }
}

/**
 * Cuts off the margins of images [batch, height, width, channels]. InvalidArgumentError if nothing would be left.
 * @tf tf.keras.layers.Cropping2D
 */
export class Cropping2D extends SpatialCropping {
  /** @param cropping [[top, bottom], [left, right]], [vertical, horizontal], or one number. Default 0. */
  constructor(
    cropping: Margins = [
      [0, 0],
      [0, 0],
    ],
    options: CroppingOptions = {},
  ) {
    super(cropping, 2, options, 'Cropping2D');
  }
}

/**
 * Cuts off the margins of volumes [batch, depth, height, width, channels]. InvalidArgumentError if nothing would be left.
 * @tf tf.keras.layers.Cropping3D
 */
export class Cropping3D extends SpatialCropping {
  /** @param cropping A pair for each dimension, a number for each, or one number. Default 1. */
  constructor(cropping: Margins = 1, options: CroppingOptions = {}) {
    super(cropping, 3, options, 'Cropping3D');
  }
}
