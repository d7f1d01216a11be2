/** Images of another size. */
import { InvalidArgumentError } from '../../../../core/errors';
import { describe } from '../../../../core/shape';
import { shapeOf, type Tensor } from '../../../../core/tensor';
import { add } from '../../../../ops/math/binary';
import { cast } from '../../../../ops/array/cast';
import { range } from '../../../../ops/array/creation';
import { resize } from '../../../../ops/image/resize';
import type { ResizeMethod } from '../../../../ops/image/resampling';
import { gather } from '../../../../ops/index/indexing';
import type { Config } from '../../../base/keras_object';
import { namedOptions } from '../../../base/named_options';
import { defaultSeed } from '../../../base/seed';
import type { KerasShape } from '../../../base/shapes';
import { interpolations } from '../../../ops/image/color';
import { aspectWindow, crop, resizeImages, type ResizeImagesOptions } from './aspect';
import {
  checkPixels,
  ImageLayer,
  RandomImageLayer,
  type ImageLayerOptions,
  type RandomImageOptions,
} from './image_layer';

export interface ResizingOptions extends ImageLayerOptions {
  /** 'nearest', 'bilinear' (default), 'bicubic', 'lanczos3', 'lanczos5' or 'area'. */
  interpolation?: ResizeMethod;
  /** Whether what does not fit the aspect ratio is cut off first. Default false. */
  cropToAspectRatio?: boolean;
  /** Whether images are padded to the aspect ratio first. Default false. */
  padToAspectRatio?: boolean;
  /** Only 'constant'. */
  fillMode?: 'constant';
  /** What images are padded with. Default 0. */
  fillValue?: number;
  /** Whether the kernel is widened where images shrink. Default false. */
  antialias?: boolean;
}

/** Resizes images to [height, width]; results have the dtype of the images. @tf tf.keras.layers.Resizing */
export class Resizing extends ImageLayer {
  static override readonly positional = ['height', 'width'];
  readonly height: number;
  readonly width: number;
  readonly interpolation: ResizeMethod;
  readonly cropToAspectRatio: boolean;
  readonly padToAspectRatio: boolean;
  readonly fillMode: 'constant';
  readonly fillValue: number;
  readonly antialias: boolean;

  constructor(height: number, width: number, options: ResizingOptions = {}) {
    const {
      interpolation = 'bilinear',
      cropToAspectRatio = false,
      padToAspectRatio = false,
      fillMode = 'constant',
      fillValue = 0,
      antialias = false,
      ...others
    } = namedOptions(options, 'Resizing');
    super(others);
    this.height = checkPixels(height, 'height', 'Resizing');
    this.width = checkPixels(width, 'width', 'Resizing');
    if (!interpolations.includes(interpolation))
      throw new InvalidArgumentError(
        `[Resizing] Invalid value for argument \`interpolation\`. Expected one of ${interpolations.join(', ')}. Received: ` +
          `interpolation=${describe(interpolation)}`,
      );
    if ((fillMode as unknown) !== 'constant')
      throw new InvalidArgumentError(
        `[Resizing] Invalid value for argument \`fillMode\`. Only \`'constant'\` is supported. Received: fillMode=${describe(fillMode)}`,
      );
    if (padToAspectRatio && cropToAspectRatio)
      throw new InvalidArgumentError(
        '[Resizing] Only one of `padToAspectRatio` & `cropToAspectRatio` can be `true`.',
      );
    if (typeof fillValue !== 'number')
      throw new TypeError(`[Resizing] fillValue must be a number; got ${describe(fillValue)}`);
    this.interpolation = interpolation;
    this.cropToAspectRatio = cropToAspectRatio;
    this.padToAspectRatio = padToAspectRatio;
    this.fillMode = fillMode;
    this.fillValue = fillValue;
    this.antialias = Boolean(antialias);
  }

  protected override get convertsImages(): boolean {
    return false;
  }

  protected transform(images: Tensor, _plan: unknown, isMask: boolean): Tensor {
    const method = isMask ? 'nearest' : this.interpolation;
    return resizeImages(images, [this.height, this.width], { ...this.options, method });
  }

  private get options(): ResizeImagesOptions {
    const { antialias, cropToAspectRatio, padToAspectRatio, fillValue, interpolation: method } = this;
    return { method, antialias, cropToAspectRatio, padToAspectRatio, fillValue };
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    return this.resizedShape(inputShape, this.height, this.width);
  }

  override getConfig(): Config {
    const { height, width, interpolation, cropToAspectRatio, padToAspectRatio } = this;
    const { fillMode, fillValue, antialias } = this;
    return {
      ...super.getConfig(),
      ...{
        height,
        width,
        interpolation,
        cropToAspectRatio,
        padToAspectRatio,
        fillMode,
        fillValue,
        antialias,
      },
    };
  }
}

/**
 * The middle of images, [height, width]; of smaller images the largest part of that aspect ratio, resized.
 * @tf tf.keras.layers.CenterCrop
 */
export class CenterCrop extends ImageLayer {
  static override readonly positional = ['height', 'width'];
  readonly height: number;
  readonly width: number;

  constructor(height: number, width: number, options: ImageLayerOptions = {}) {
    super(namedOptions(options, 'CenterCrop'));
    this.height = checkPixels(height, 'height', 'CenterCrop');
    this.width = checkPixels(width, 'width', 'CenterCrop');
  }

  protected transform(images: Tensor, _plan: unknown, isMask: boolean): Tensor {
    const [, h, w] = shapeOf(images);
    const { height, width } = this;
    if (h >= height && w >= width)
      return crop(images, Math.floor((h - height) / 2), Math.floor((w - width) / 2), height, width);
    const { rows, columns, top, left } = aspectWindow(h, w, height, width);
    const method = isMask ? 'nearest' : 'bilinear';
    return cast(resize(crop(images, top, left, rows, columns), [height, width], { method }), images.dtype);
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    if (inputShape.length !== 3 && inputShape.length !== 4)
      throw new InvalidArgumentError(
        '[CenterCrop] the inputs must have 3 (unbatched) or 4 (batched) dimensions',
      );
    return this.resizedShape(inputShape, this.height, this.width);
  }

  override getConfig(): Config {
    const { height, width } = this;
    return { ...super.getConfig(), height, width };
  }
}

/**
 * In training, a part of the images at a random place, [height, width], the same for all images of a batch; of smaller images the middle,
 * resized. @tf tf.keras.layers.RandomCrop
 */
export class RandomCrop extends RandomImageLayer {
  static override readonly positional = ['height', 'width'];
  readonly height: number;
  readonly width: number;

  constructor(height: number, width: number, options: RandomImageOptions = {}) {
    const { seed = null, ...others } = namedOptions(options, 'RandomCrop');
    super({ ...others, seed: seed ?? defaultSeed() });
    this.height = checkPixels(height, 'height', 'RandomCrop');
    this.width = checkPixels(width, 'width', 'RandomCrop');
  }

  protected override planFor(_batch: number, h: number, w: number): readonly [Tensor, Tensor] | null {
    if (h <= this.height || w <= this.width) return null;
    const top = cast(this.draw([], 0, h - this.height + 1), 'int32');
    return [top, cast(this.draw([], 0, w - this.width + 1), 'int32')];
  }

  protected transform(images: Tensor, plan: readonly [Tensor, Tensor] | null, isMask: boolean): Tensor {
    const { height, width } = this;
    if (plan !== null) {
      const rows = gather(images, add(range(0, height, 1, { dtype: 'int32' }), plan[0]), { axis: 1 });
      return gather(rows, add(range(0, width, 1, { dtype: 'int32' }), plan[1]), { axis: 2 });
    }
    const [, h, w] = shapeOf(images);
    const { top, left } = aspectWindow(h, w, height, width);
    const part = crop(images, top, left, height, width);
    if (shapeOf(part)[1] === height && shapeOf(part)[2] === width) return part;
    return cast(resize(part, [height, width], { method: isMask ? 'nearest' : 'bilinear' }), images.dtype);
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    return this.resizedShape(inputShape, this.height, this.width);
  }

  override getConfig(): Config {
    const { height, width } = this;
    return { ...super.getConfig(), height, width };
  }
}
