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
import { imageDataFormat } from '../../../base/settings';

export interface ImageLayerOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** 'channels_last' (default): [batch, height, width, channels]; 'channels_first': [batch, channels, height, width]. */
  dataFormat?: 'channels_last' | 'channels_first' | null;
  /** How bounding boxes say where they are, such as 'xyxy'; inputs with bounding boxes need it. */
  boundingBoxFormat?: string | null;
}

export interface RandomImageOptions extends ImageLayerOptions {
  /** An integer from which the layer draws; each call draws other numbers. Default: drawn when the layer is made. */
  seed?: number | null;
}

/** Boxes [batch, boxes, 4] and their labels [batch, boxes]. */
export interface BoundingBoxes {
  boxes: Tensor;
  labels: Tensor;
}

/** Images with what belongs to them: segmentation masks move as the images do, labels are mixed where images are. */
export interface ImageData {
  images: Tensor;
  labels?: Tensor;
  segmentationMasks?: Tensor;
  boundingBoxes?: BoundingBoxes;
}

/** What a plan is made for: images [batch, height, width, channels]; a single image is a batch of one. */
export interface ImageSizes {
  readonly channels: number;
  readonly isSingle: boolean;
}

/** A layer on images, [batch, height, width, channels] or [height, width, channels]. */
export abstract class ImageLayer extends Layer {
  readonly dataFormat: 'channels_last' | 'channels_first';
  readonly boundingBoxFormat: string | null;

  constructor({ dataFormat = null, boundingBoxFormat = null, ...others }: ImageLayerOptions) {
    super(others);
    if (boundingBoxFormat !== null && typeof boundingBoxFormat !== 'string')
      throw new TypeError(
        `[${this.name}] boundingBoxFormat must be a string such as 'xyxy'; got ${describe(boundingBoxFormat)}`,
      );
    this.boundingBoxFormat = boundingBoxFormat;
    if (![null, 'channels_last', 'channels_first'].includes(dataFormat))
      throw new InvalidArgumentError(
        `[${this.name}] The \`dataFormat\` argument must be one of 'channels_first', 'channels_last'. Received: ` +
          `dataFormat=${describe(dataFormat)}`,
      );
    this.dataFormat = dataFormat ?? imageDataFormat();
  }

  /** What it makes of a batch with the channels last. `plan` is what `planFor` gave; `isMask`: of segmentation masks. */
  protected abstract transform(images: Tensor, plan: unknown, isMask: boolean): Tensor;

  /** What all tensors of one call share, such as what was drawn; [batch, height, width] are the images' sizes. */
  protected planFor(_batch: number, _height: number, _width: number, _sizes: ImageSizes): unknown {
    return null;
  }

  /** The labels that belong to the transformed images. */
  protected transformLabels(labels: Tensor, _plan: unknown): Tensor {
    return labels;
  }

  /** The bounding boxes of a batch that belong to the transformed images. */
  protected transformBoxes(boxes: BoundingBoxes, _plan: unknown): BoundingBoxes {
    return boxes;
  }

  /** @internal What it makes of a batch in the dtype of the layer with the channels last, as a part of another layer. */
  applyTo(images: Tensor, plan: unknown, isMask = false): Tensor {
    if (isMask && !this.movesPixels) return images;
    return this.transform(images, plan, isMask);
  }

  /** @internal Its plan as a part of another layer, whose generator random numbers are drawn from. */
  planWith(_generator: SeedGenerator, size: readonly [number, number, number], sizes: ImageSizes): unknown {
    return this.planFor(...size, sizes);
  }

  /** Whether it changes its inputs in training only. */
  protected get trainsOnly(): boolean {
    return false;
  }

  /** Whether masks change as images do; otherwise they stay as they are. */
  protected get movesPixels(): boolean {
    return true;
  }

  /** Whether bounding boxes are transformed, though pixels move. */
  protected get takesBoxes(): boolean {
    return false;
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
    const { images, segmentationMasks: masks = null, boundingBoxes, labels, ...others } = data as ImageData;
    if (!(images instanceof Tensor))
      throw new InvalidArgumentError(
        `[${this.name}] the inputs need 'images'; got ${describe(Object.keys(data))}`,
      );
    const plan = this.planOf(images, training);
    const isSingle = images.rank === 3;
    return {
      ...others,
      images: this.transformed(images, plan, false),
      ...(boundingBoxes === undefined ? {} : { boundingBoxes: this.boxesOf(boundingBoxes, plan, isSingle) }),
      ...(labels === undefined
        ? {}
        : { labels: plan === null ? labels : this.labelsOf(labels, plan, isSingle) }),
      ...(masks === null
        ? {}
        : { segmentationMasks: this.movesPixels ? this.transformed(masks, plan, true) : masks }),
    };
  }

  private labelsOf(labels: Tensor, { plan }: { plan: unknown }, isSingle: boolean): Tensor {
    if (!isSingle) return this.transformLabels(labels, plan);
    return squeeze(this.transformLabels(expandDims(labels, 0), plan), 0);
  }

  private boxesOf(given: BoundingBoxes, plan: { plan: unknown } | null, isSingle: boolean): BoundingBoxes {
    if (this.movesPixels && !this.takesBoxes)
      throw new UnimplementedError(`[${this.name}] bounding boxes are not supported`);
    if (this.boundingBoxFormat === null)
      throw new InvalidArgumentError(
        `[${this.name}] the inputs have 'boundingBoxes', but the layer has no format of bounding boxes. Pass the option ` +
          "`boundingBoxFormat`, such as 'xyxy'",
      );
    if (!isPlainObject(given) || !(given.boxes instanceof Tensor) || !(given.labels instanceof Tensor))
      throw new InvalidArgumentError(
        `[${this.name}] 'boundingBoxes' must be { boxes, labels }, two tensors; got ${describe(given)}`,
      );
    if (plan === null) return given;
    if (!isSingle) return this.transformBoxes(given, plan.plan);
    const { boxes, labels, ...others } = given;
    const result = this.transformBoxes(
      { ...others, boxes: expandDims(boxes, 0), labels: expandDims(labels, 0) },
      plan.plan,
    );
    return { ...result, boxes: squeeze(result.boxes, 0), labels: squeeze(result.labels, 0) };
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
    const isSingle = shape.length === 3;
    const [a, b, c] = shape.slice(-3);
    const [height, width, channels] = this.dataFormat === 'channels_last' ? [a, b, c] : [b, c, a];
    return { plan: this.planFor(isSingle ? 1 : shape[0], height, width, { channels, isSingle }) };
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
    const { dataFormat, boundingBoxFormat } = this;
    return {
      ...super.getConfig(),
      dataFormat,
      ...(boundingBoxFormat === null ? {} : { boundingBoxFormat }),
    };
  }
}

/** A layer that changes images at random, in training. */
export abstract class RandomImageLayer extends ImageLayer {
  readonly seed: number | null;
  readonly generator: SeedGenerator;
  /** What `draw` draws from: the generator, or that of the layer of which this one is a part. */
  #source: SeedGenerator;

  constructor({ seed = null, ...others }: RandomImageOptions) {
    super(others);
    if (seed !== null && typeof seed !== 'number')
      throw new TypeError(`[${this.name}] \`seed\` must be an integer or null; got ${describe(seed)}`);
    this.seed = seed;
    this.generator = new SeedGenerator(seed);
    this.#source = this.generator;
  }

  /** What random numbers are drawn from. */
  protected get source(): SeedGenerator {
    return this.#source;
  }

  /** @internal */
  override planWith(
    generator: SeedGenerator,
    size: readonly [number, number, number],
    sizes: ImageSizes,
  ): unknown {
    this.#source = generator;
    try {
      return this.planFor(...size, sizes);
    } finally {
      this.#source = this.generator;
    }
  }

  protected override get trainsOnly(): boolean {
    return true;
  }

  /** Random numbers in [low, high). */
  protected draw(shape: readonly number[], low: number, high: number): Tensor {
    return uniform([...shape], { minval: low, maxval: high, seed: this.#source });
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
