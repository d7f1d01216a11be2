/** Sparse rows of a tensor: the gradient of a gather. */
import { toValue, type TensorLike } from './convert';
import { markClass } from './copies';
import { dtypes, type DType, type DTypeInfo } from './dtype';
import { InternalError, InvalidArgumentError } from './errors';
import { options, refuseSurplus } from './options';
import { Readable } from './readable';
import { checkShape, type Dims, frozen } from './shape';
import { tensorFrom, Tensor } from './tensor';

let densify: (slices: IndexedSlices) => Tensor = () => {
  throw new InternalError('[IndexedSlices] the ops are not loaded');
};
/** What sums the rows into a whole tensor; ops/slices.ts hands it in. */
export function setDensifier(f: typeof densify): void {
  densify = f;
}

export interface IndexedSlicesOptions {
  /** The shape of the whole: numbers or an integer vector. Default null: not known. */
  denseShape?: Dims | Tensor | null;
}

const defaults: Required<IndexedSlicesOptions> = { denseShape: null };

/**
 * A tensor of shape `denseShape` that is zero but for some rows: row `indices[i]` has `values[i]` added. Indices may
 * repeat. Wherever a tensor is wanted, it is the whole tensor. @tf tf.IndexedSlices
 */
export class IndexedSlices extends Readable {
  /** The rows: the shape of `indices`, then that of a row. */
  readonly values: Tensor;
  /** int32 or int64: where they belong. */
  readonly indices: Tensor;
  /** The shape of the whole, or null where it is not known. */
  readonly denseShape: Dims | null;

  constructor(
    values: TensorLike,
    indices: TensorLike,
    given?: IndexedSlicesOptions | IndexedSlicesOptions['denseShape'],
  ) {
    super();
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 3) refuseSurplus('IndexedSlices', 3, arguments, defaults);
    this.values = toValue(values, null, 'IndexedSlices', 'values');
    this.indices = toValue(indices, dtypes.int32, 'IndexedSlices', 'indices');
    if (this.indices.dt !== dtypes.int32 && this.indices.dt !== dtypes.int64) {
      throw new InvalidArgumentError(
        `[IndexedSlices] indices must be int32 or int64; got a ${this.indices.dtype} tensor`,
      );
    }
    const { denseShape } = Array.isArray(given)
      ? { denseShape: given as Dims }
      : options<Required<IndexedSlicesOptions>>(given, 'denseShape', defaults, 'IndexedSlices');
    const shape = denseShape instanceof Tensor ? denseShape.data() : denseShape;
    this.denseShape = shape === null ? null : frozen(checkShape(shape, '[IndexedSlices] denseShape'));
  }

  get dtype(): DType {
    return this.values.dtype;
  }

  /** @internal */
  override get dt(): DTypeInfo {
    return this.values.dt;
  }

  get shape(): Dims | null {
    return this.denseShape;
  }

  /** @internal */
  override operand(): Tensor {
    return densify(this);
  }

  /** @internal */
  override read(): Tensor {
    return densify(this);
  }

  override toString(): string {
    const shape = this.denseShape;
    const dense =
      shape === null ? '' : `, dense_shape=${String(tensorFrom(dtypes.int32, [shape.length], shape))}`;
    return `IndexedSlices(indices=${String(this.indices)}, values=${String(this.values)}${dense})`;
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

markClass(IndexedSlices.prototype, 'IndexedSlices');
