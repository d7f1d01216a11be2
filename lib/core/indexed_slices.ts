/** Sparse rows of a tensor: the gradient of a gather. */
import type { DType, DTypeInfo } from './dtype';
import { InvalidArgumentError } from './errors';
import { showShape, type Shape } from './shape';
import type { Tensor } from './tensor';

/**
 * A tensor of shape `denseShape` that is zero but for some rows: row `indices[i]` has `values[i]` added. Indices may
 * repeat. @tf tf.IndexedSlices
 */
export class IndexedSlices {
  constructor(
    /** [n, ...] the rows. */
    readonly values: Tensor,
    /** [n] int32 or int64, where they belong. */
    readonly indices: Tensor,
    /** The shape of the whole, or null where it is not known. */
    readonly denseShape: Shape | null = null,
  ) {
    if (indices.shape.length !== 1 || values.shape[0] !== indices.shape[0]) {
      throw new InvalidArgumentError(
        `[IndexedSlices] indices must be a vector with one entry per row of values; got indices of shape ` +
          `${showShape(indices.shape)} and values of shape ${showShape(values.shape)}`,
      );
    }
  }

  get dtype(): DType {
    return this.values.dtype;
  }

  /** @internal */
  get dt(): DTypeInfo {
    return this.values.dt;
  }

  get shape(): Shape | null {
    return this.denseShape;
  }

  toString(): string {
    return `IndexedSlices(indices=${this.indices.repr()}, values=${this.values.repr()}, dense_shape=${
      this.denseShape === null ? 'None' : `(${this.denseShape.join(', ')})`
    })`;
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
