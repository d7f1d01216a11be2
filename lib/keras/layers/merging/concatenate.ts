/** A layer that joins its inputs. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { concat } from '../../../ops/array/joining';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import { logicalOr } from '../../ops/arithmetic';
import { concatenate as join, expandDims, onesLike, zerosLike } from '../../ops/movement';
import { any } from '../../ops/reductions';
import type { KerasTensor } from '../../symbolic/keras_tensor';
import type { LayerOptions } from '../options';
import { Merge, shapesOfList } from './merge';

export interface ConcatenateOptions extends LayerOptions {
  /** The axis along which the inputs are joined. Default −1: the last. */
  axis?: number;
}

/** Joins a list of inputs along an axis; their other dimensions are equal. @tf tf.keras.layers.Concatenate */
export class Concatenate extends Merge {
  readonly axis: number;

  constructor(options: ConcatenateOptions = {}) {
    const { axis = -1, ...others } = namedOptions(options, 'Concatenate');
    super(others, 'Concatenate');
    if (!Number.isInteger(axis))
      throw new TypeError(`[Concatenate] axis must be an integer; got ${describe(axis)}`);
    this.axis = axis;
  }

  override build(inputShape: KerasShape): void {
    this.mergedShape(shapesOfList(inputShape, this.name));
    this.built = true;
  }

  protected override mergedShape(shapes: readonly KerasShape[]): KerasShape {
    const rank = shapes[0].length;
    const at = this.axis < 0 ? this.axis + rank : this.axis;
    const fits = (a: number | null, b: number | null): boolean => a === null || b === null || a === b;
    if (
      at < 0 ||
      at >= rank ||
      shapes.some((s) => s.length !== rank || s.some((n, i) => i !== at && !fits(n, shapes[0][i])))
    )
      throw new InvalidArgumentError(
        `[${this.name}] A \`Concatenate\` layer requires inputs with matching shapes except for the concatenation axis. ` +
          `Received: input_shape=[${shapes.map(showKerasShape).join(', ')}], axis=${this.axis}`,
      );
    const size = shapes.reduce<number | null>((n, s) => (n === null || s[at] === null ? null : n + s[at]), 0);
    return shapes[0].map((n, i) => (i === at ? size : n));
  }

  override call(inputs: readonly Tensor[]): Tensor {
    if (!Array.isArray(inputs)) return super.call(inputs);
    return this.merge(inputs);
  }

  protected merge(inputs: readonly Tensor[]): Tensor {
    return concat(inputs, this.axis);
  }

  /** The masks, joined; an input without one counts everywhere. */
  override computeMask(inputs: unknown, mask: unknown): unknown {
    const masks = this.masksFor(inputs, mask);
    if (masks === null || masks.every((m) => m === null)) return null;
    const wide = masks.map((m, i) => {
      const x = (inputs as (Tensor | KerasTensor)[])[i] as Tensor;
      if (m === null) return onesLike(x, 'bool');
      return m.shape.length < x.shape.length
        ? logicalOr(expandDims(m as Tensor, -1), zerosLike(x, 'bool'))
        : (m as Tensor);
    });
    return any(join(wide, { axis: this.axis }), { axis: -1 });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}
