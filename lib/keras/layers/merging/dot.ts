/** Products of two inputs, example by example. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { expandDims } from '../../../ops/array/views';
import { einsum } from '../../../ops/linalg/einsum';
import { minimum, multiply } from '../../../ops/math/binary';
import { rsqrt, square } from '../../../ops/math/unary';
import { reduceSum } from '../../../ops/reduce/reduce';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import type { LayerOptions } from '../options';
import { Merge, shapesOfList } from './merge';
import { epsilon } from '../../base/settings';

export interface DotOptions extends LayerOptions {
  /** Whether the inputs are divided by their norms along the axes first, so that the results are cosines. Default false. */
  normalize?: boolean;
}

const fail = (layer: string, message: string): never => {
  throw new InvalidArgumentError(`[${layer}] ${message}`);
};

/** The letters of n dimensions, from a letter on. */
const letters = (n: number, from: number): string[] =>
  Array.from({ length: n }, (_, i) => String.fromCharCode('a'.charCodeAt(0) + from + i));

const normalized = (x: Tensor, axis: number): Tensor =>
  multiply(x, minimum(rsqrt(reduceSum(square(x), { axis, keepdims: true })), 1 / epsilon()));

/**
 * Sums of products of two inputs along an axis of each, for each example of the batch: [batch, n] and [batch, n] → [batch, 1];
 * [batch, a, n] and [batch, n, b] → [batch, a, b] with the axes [2, 1]. @tf tf.keras.layers.Dot
 */
export class Dot extends Merge {
  static override readonly positional = ['axes'];
  readonly axes: number | readonly number[];
  readonly normalize: boolean;

  /** @param axes The axis of both inputs, or one of each; the batch, 0, is none. */
  constructor(axes: number | readonly number[], options: DotOptions = {}) {
    const { normalize = false, ...others } = namedOptions(options, 'Dot');
    super(others, 'Dot');
    if (typeof axes !== 'number' && !Array.isArray(axes))
      throw new TypeError(
        `[Dot] Invalid type for argument \`axes\`: it should be a list or an int. Received: axes=${describe(axes)}`,
      );
    const list = typeof axes === 'number' ? [axes, axes] : axes;
    if (list.length !== 2 || !list.every((axis) => Number.isInteger(axis)))
      fail(
        'Dot',
        `Invalid format for argument \`axes\`: it should contain two integers. Received: axes=${describe(axes)}`,
      );
    if (typeof normalize !== 'boolean')
      throw new TypeError(`[Dot] normalize must be true or false; got ${describe(normalize)}`);
    this.axes = axes;
    this.normalize = normalize;
  }

  override build(inputShape: KerasShape): void {
    this.mergedShape(shapesOfList(inputShape, this.name));
    this.built = true;
  }

  /** The axes for inputs of these shapes, from 1 on. */
  private axesFor(shapes: readonly KerasShape[]): readonly [number, number] {
    if (shapes.length !== 2)
      fail(this.name, `A \`Dot\` layer should be called on a list of 2 inputs. Received: ${shapes.length}`);
    const given = typeof this.axes === 'number' ? [this.axes, this.axes] : this.axes;
    const [a, b] = given.map((axis, i) => {
      const rank = shapes[i].length;
      const at = axis < 0 ? axis + rank : axis;
      if (at <= 0 || at >= rank)
        fail(
          this.name,
          `axis ${axis} must be one after the batch of an input of shape ${showKerasShape(shapes[i])}`,
        );
      return at;
    });
    const [n, m] = [shapes[0][a], shapes[1][b]];
    if (n !== m && n !== null && m !== null)
      fail(
        this.name,
        `Incompatible input shapes: axis values ${n} (at axis ${a}) != ${m} (at axis ${b}). Full input shapes: ` +
          shapes.map(showKerasShape).join(', '),
      );
    return [a, b];
  }

  protected override mergedShape(shapes: readonly KerasShape[]): KerasShape {
    const [a, b] = this.axesFor(shapes);
    const kept = shapes[1].slice(1).filter((_, i) => i + 1 !== b);
    const result = [...shapes[0].filter((_, i) => i !== a), ...kept];
    return result.length === 1 ? [...result, 1] : result;
  }

  override call(inputs: readonly Tensor[]): Tensor {
    if (!Array.isArray(inputs)) return super.call(inputs);
    return this.merge(inputs);
  }

  protected merge(inputs: readonly Tensor[]): Tensor {
    const [a, b] = this.axesFor(inputs.map(({ shape }) => shape));
    const [x, y] = this.normalize ? [normalized(inputs[0], a), normalized(inputs[1], b)] : inputs;
    const left = letters(x.rank, 0);
    const right = [left[0], ...letters(y.rank - 1, x.rank)];
    right[b] = left[a];
    const result = [...left.filter((_, i) => i !== a), ...right.filter((_, i) => i !== 0 && i !== b)];
    const product = einsum(`${left.join('')},${right.join('')}->${result.join('')}`, x, y);
    return product.rank === 1 ? expandDims(product, 1) : product;
  }

  /** The result has no mask. */
  override computeMask(): unknown {
    return null;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axes: this.axes, normalize: this.normalize };
  }
}
