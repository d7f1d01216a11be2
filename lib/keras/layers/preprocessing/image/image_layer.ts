/** What layers on images have in common: batches and single images, with labels and segmentation masks. */
import { InvalidArgumentError, UnimplementedError } from '../../../../core/errors';
import { isPlainObject } from '../../../../core/nest';
import { describe, showShape } from '../../../../core/shape';
import { shapeOf, Tensor } from '../../../../core/tensor';
import { cast } from '../../../../ops/array/cast';
import { transpose } from '../../../../ops/array/movement';
import { expandDims, squeeze } from '../../../../ops/array/views';
import type { Config } from '../../../base/keras_object';
import { SeedGenerator } from '../../../base/seed';
import type { KerasShape } from '../../../base/shapes';
import { uniform } from '../../../random';
import { KerasTensor } from '../../../symbolic/keras_tensor';
import { Layer } from '../../layer';
import type { CallOptions, LayerOptions } from '../../options';

export interface ImageLayerOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** 'channels_last' (default): [batch, height, width, channels]; 'channels_first': [batch, channels, height, width]. */
  dataFormat?: 'channels_last' | 'channels_first' | null;
}

export interface RandomImageOptions extends ImageLayerOptions {
  /** An integer from which the layer draws; each call draws other numbers. Default: drawn when the layer is made. */
  seed?: number | null;
}

/** Images with what belongs to them: labels stay as they are, segmentation masks move as the images do. */
export interface ImageData {
  images: Tensor;
  labels?: Tensor;
  segmentationMasks?: Tensor;
}

/** A layer on images, [batch, height, width, channels] or [height, width, channels]. */
export abstract class ImageLayer extends Layer {
  readonly dataFormat: 'channels_last' | 'channels_first';

  constructor({ dataFormat = null, ...others }: ImageLayerOptions) {
    super(others);
    if (![null, 'channels_last', 'channels_first'].includes(dataFormat))
      throw new InvalidArgumentError(
        `[${this.name}] The \`dataFormat\` argument must be one of 'channels_first', 'channels_last'. Received: ` +
          `dataFormat=${describe(dataFormat)}`,
      );
    this.dataFormat = dataFormat ?? 'channels_last';
  }

  /** What it makes of a batch with the channels last. `plan` is what `planFor` gave; `isMask`: of segmentation masks. */
  protected abstract transform(images: Tensor, plan: unknown, isMask: boolean): Tensor;

  /** What all tensors of one call share, such as what was drawn; [batch, height, width] are the images' sizes. */
  protected planFor(_batch: number, _height: number, _width: number): unknown {
    return null;
  }

  /** Whether it changes its inputs in training only. */
  protected get trainsOnly(): boolean {
    return false;
  }

  /** Whether masks change as images do; otherwise they stay as they are. */
  protected get movesPixels(): boolean {
    return true;
  }

  /** Whether results have the dtype of the layer; otherwise that of the images. */
  protected get convertsImages(): boolean {
    return true;
  }

  protected override get defaultTraining(): boolean {
    return true;
  }

  call(data: Tensor | ImageData, { training = true }: CallOptions = {}): unknown {
    if (!isPlainObject(data))
      return this.transformed(data as Tensor, this.planOf(data as Tensor, training), false);
    const {
      images,
      segmentationMasks: masks = null,
      ...others
    } = data as ImageData & { boundingBoxes?: unknown };
    if (!(images instanceof Tensor))
      throw new InvalidArgumentError(
        `[${this.name}] the inputs need 'images'; got ${describe(Object.keys(data))}`,
      );
    if (others.boundingBoxes !== undefined)
      throw new UnimplementedError(`[${this.name}] bounding boxes are not supported`);
    const plan = this.planOf(images, training);
    return {
      ...others,
      images: this.transformed(images, plan, false),
      ...(masks === null
        ? {}
        : { segmentationMasks: this.movesPixels ? this.transformed(masks, plan, true) : masks }),
    };
  }

  /** Null outside of training, for a layer that changes its inputs in training only. */
  private planOf(images: Tensor, training: boolean): { plan: unknown } | null {
    if (!training && this.trainsOnly) return null;
    const shape = shapeOf(images);
    if (shape.length !== 3 && shape.length !== 4)
      throw new InvalidArgumentError(
        `[${this.name}] Expected image tensor to have rank 3 (single image) or 4 (batch of images). Received: ` +
          `data.shape=${showShape(shape)}`,
      );
    const [height, width] = this.dataFormat === 'channels_last' ? shape.slice(-3) : shape.slice(-2);
    return { plan: this.planFor(shape.length === 4 ? shape[0] : 1, height, width) };
  }

  private transformed(images: Tensor, plan: { plan: unknown } | null, isMask: boolean): Tensor {
    const x = this.convertsImages && !isMask ? cast(images, this.computeDtype) : images;
    if (plan === null) return x;
    const single = x.rank === 3;
    const batch = single ? expandDims(x, 0) : x;
    const first = this.dataFormat === 'channels_first';
    const y = this.transform(first ? transpose(batch, [0, 2, 3, 1]) : batch, plan.plan, isMask);
    const result = first ? transpose(y, [0, 3, 1, 2]) : y;
    return single ? squeeze(result, 0) : result;
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    return inputShape;
  }

  /** A shape with another height and width. */
  protected resizedShape(shape: KerasShape, height: number, width: number): KerasShape {
    const at = shape.length - (this.dataFormat === 'channels_last' ? 3 : 2);
    return [...shape.slice(0, at), height, width, ...shape.slice(at + 2)];
  }

  override computeOutputSpec(data: KerasTensor | Record<string, KerasTensor>): unknown {
    if (data instanceof KerasTensor)
      return new KerasTensor(this.computeOutputShape(data.shape), this.computeDtype);
    return {
      ...data,
      images: new KerasTensor(this.computeOutputShape(data.images.shape), this.computeDtype),
    };
  }

  override getConfig(): Config {
    return { ...super.getConfig(), dataFormat: this.dataFormat };
  }
}

/** A layer that changes images at random, in training. */
export abstract class RandomImageLayer extends ImageLayer {
  readonly seed: number | null;
  readonly generator: SeedGenerator;

  constructor({ seed = null, ...others }: RandomImageOptions) {
    super(others);
    if (seed !== null && typeof seed !== 'number')
      throw new TypeError(`[${this.name}] \`seed\` must be an integer or null; got ${describe(seed)}`);
    this.seed = seed;
    this.generator = new SeedGenerator(seed);
  }

  protected override get trainsOnly(): boolean {
    return true;
  }

  /** Random numbers in [low, high). */
  protected draw(shape: readonly number[], low: number, high: number): Tensor {
    return uniform([...shape], { minval: low, maxval: high, seed: this.generator });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), seed: this.seed };
  }
}

/** A number, or a lower and an upper one. */
export type Factor = number | readonly [number, number] | readonly number[];

/** The bounds of a factor in [least, most]: a number stands for itself and its negative. */
export function boundsOf(
  factor: unknown,
  [least, most]: readonly [number, number],
  layer: string,
  name = 'factor',
): readonly [number, number] {
  const list: unknown[] = Array.isArray(factor) ? (factor as unknown[]) : [factor];
  // Of two numbers, one may lie outside, as in Keras, where nothing depends on it.
  const [from, to] = list;
  const ok =
    typeof from === 'number' &&
    (Array.isArray(factor)
      ? list.length === 2 && typeof to === 'number' && from <= most && to >= least
      : from >= least && from <= most);
  if (!ok)
    throw new InvalidArgumentError(
      `[${layer}] The \`${name}\` argument should be a number (or a list of two numbers) in the range [${least}, ${most}]. ` +
        `Received: ${name}=${describe(factor)}`,
    );
  const numbers = list as number[];
  if (numbers.length === 2) return [Math.min(...numbers), Math.max(...numbers)];
  const f = Math.abs(numbers[0]);
  return [Math.max(-f, least), f];
}

/** A positive whole number of pixels. */
export function checkPixels(value: unknown, name: string, layer: string): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new InvalidArgumentError(`[${layer}] ${name} must be a positive integer; got ${describe(value)}`);
}
