/** What the layers that change their inputs at random in training have in common. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { SeedGenerator } from '../../base/seed';
import type { CallOptions, LayerOptions } from '../options';
import { SameShapeLayer } from '../same_shape_layer';

export interface RandomLayerOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** An integer from which the layer draws; each call draws other numbers. Default: drawn when the layer is made. */
  seed?: number | null;
}

/** A number in [0, 1]. */
export function checkFraction(value: unknown, name: string, layer: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  const Class = typeof value === 'number' ? InvalidArgumentError : TypeError;
  throw new Class(
    `[${layer}] Invalid value received for argument \`${name}\`. Expected a float value between 0 and 1. ` +
      `Received: ${name}=${describe(value)}`,
  );
}

/** A layer that passes its inputs on outside of training, and changes them at random in training. */
export abstract class RandomLayer extends SameShapeLayer {
  readonly seed: number | null;
  /** From which it draws; null if it changes nothing. */
  readonly seedGenerator: SeedGenerator | null;

  /** @param amount How much it changes: nothing if 0. */
  protected constructor(amount: number, { seed = null, ...others }: RandomLayerOptions) {
    super(others);
    if (seed !== null && typeof seed !== 'number')
      throw new TypeError(`[${this.name}] \`seed\` must be an integer or null; got ${describe(seed)}`);
    this.seed = seed;
    this.seedGenerator = amount > 0 ? new SeedGenerator(seed) : null;
    this.supportsMasking = true;
    this.built = true;
  }

  /** What it makes of its inputs in training. `seed` is that of one draw. */
  protected abstract disturb(x: Tensor, seed: () => Tensor): Tensor;

  call(x: Tensor, { training = false }: CallOptions = {}): Tensor {
    const { seedGenerator } = this;
    return training && seedGenerator !== null ? this.disturb(x, () => seedGenerator.next()) : x;
  }
}

/** The shape of a mask: sizes, where null stands for the size of the inputs' dimension. */
export type MaskShape = readonly (number | null)[];

/** Checks the option `noiseShape`. */
export function checkNoiseShape(shape: unknown, layer: string): MaskShape | null {
  if (shape === null) return null;
  const invalid = `[${layer}] Invalid value received for argument \`noiseShape\`.`;
  if (!Array.isArray(shape))
    throw new TypeError(
      `${invalid} Expected an array of integers and nulls. Received: noiseShape=${describe(shape)}`,
    );
  for (let i = 0; i < shape.length; i++) {
    const size: unknown = shape[i];
    if (size === null) continue;
    if (!Number.isSafeInteger(size))
      throw new InvalidArgumentError(
        `${invalid} Expected all elements to be integers or null. Received element at index ${i}: ${describe(size)}`,
      );
    if ((size as number) <= 0)
      throw new InvalidArgumentError(
        `${invalid} Expected all dimensions to be positive integers or null. Received negative or zero value at ` +
          `index ${i}: ${size as number}`,
      );
  }
  return [...(shape as MaskShape)];
}

/** The sizes of a mask for these inputs. */
export const concreteShape = (shape: MaskShape | null, x: Tensor): readonly number[] =>
  shape === null ? shapeOf(x) : shape.map((size, i) => size ?? x.shape[i]);
