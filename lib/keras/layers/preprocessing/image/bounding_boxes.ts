/** Bounding boxes of images. */
import { InvalidArgumentError } from '../../../../core/errors';
import { isPlainObject } from '../../../../core/nest';
import { describe } from '../../../../core/shape';
import { shapeOf, type Tensor } from '../../../../core/tensor';
import { pad } from '../../../../ops/array/padding';
import { slice } from '../../../../ops/array/slicing';
import type { Config } from '../../../base/keras_object';
import { namedOptions } from '../../../base/named_options';
import type { KerasShape } from '../../../base/shapes';
import { checkPixels, ImageLayer, type BoundingBoxes, type ImageLayerOptions } from './image_layer';

export interface MaxNumBoundingBoxesOptions extends ImageLayerOptions {
  /** The value of boxes and labels that are added. Default −1. */
  fillValue?: number;
}

/**
 * Drops the bounding boxes of each image from number `maxNumber` on, and fills up to that number. Images, labels and masks stay as they
 * are. @tf tf.keras.layers.MaxNumBoundingBoxes
 */
export class MaxNumBoundingBoxes extends ImageLayer {
  static override readonly positional = ['maxNumber'];
  readonly maxNumber: number;
  readonly fillValue: number;

  constructor(maxNumber: number, options: MaxNumBoundingBoxesOptions = {}) {
    const { fillValue = -1, ...others } = namedOptions(options, 'MaxNumBoundingBoxes');
    super(others);
    this.maxNumber = checkPixels(maxNumber, 'maxNumber', 'MaxNumBoundingBoxes');
    if (!Number.isSafeInteger(fillValue))
      throw new InvalidArgumentError(
        `[MaxNumBoundingBoxes] fillValue must be an integer; got ${describe(fillValue)}`,
      );
    this.fillValue = fillValue;
  }

  protected override get movesPixels(): boolean {
    return false;
  }

  protected override get convertsImages(): boolean {
    return false;
  }

  protected transform(images: Tensor): Tensor {
    return images;
  }

  protected override transformBoxes(items: BoundingBoxes): BoundingBoxes {
    return { ...items, boxes: this.filled(items.boxes), labels: this.filled(items.labels) };
  }

  private filled(x: Tensor): Tensor {
    const [batch, number, ...rest] = shapeOf(x);
    const kept = Math.min(number, this.maxNumber);
    const margins = [[0, 0], [0, this.maxNumber - kept], ...rest.map(() => [0, 0])];
    const first = slice(x, [0, 0, ...rest.map(() => 0)], [batch, kept, ...rest]);
    return pad(first, margins, { constantValues: this.fillValue });
  }

  /** The shapes of images, or of an object with `boundingBoxes`, whose number is `maxNumber`. */
  override computeOutputShape<S>(inputShape: S): S & KerasShape {
    if (!isPlainObject(inputShape) || !('boundingBoxes' in inputShape)) return inputShape as S & KerasShape;
    const { boundingBoxes } = inputShape as unknown as { boundingBoxes: Record<string, KerasShape> };
    const extra = Object.keys(boundingBoxes).filter((key) => key !== 'boxes' && key !== 'labels');
    if (extra.length > 0)
      throw new InvalidArgumentError(
        `[MaxNumBoundingBoxes] There are unsupported keys in \`boundingBoxes\`: ${extra.join(', ')}. Only \`boxes\` and ` +
          '`labels` are supported.',
      );
    const shapes = Object.entries(boundingBoxes).map(([key, shape]) => [
      key,
      [shape[0], this.maxNumber, ...shape.slice(2)],
    ]);
    return { ...inputShape, boundingBoxes: Object.fromEntries(shapes) as unknown } as unknown as S &
      KerasShape;
  }

  /** As Keras's; with the value of boxes that are added where it is not −1. */
  override getConfig(): Config {
    const { maxNumber, fillValue } = this;
    return { ...super.getConfig(), maxNumber, ...(fillValue === -1 ? {} : { fillValue }) };
  }
}
