/** IndexedSlices: a sparse tensor given by some of its rows, such as the gradient of a gather. */
import { toValue, type TensorLike } from './convert';
import { markClass } from './copies';
import { dtypes, type DType, type DTypeInfo, type DTypeTable } from './dtype';
import { InternalError, InvalidArgumentError } from './errors';
import { options as parseOptions, throwExtraArguments } from './options';
import { TensorConvertible } from './tensor_convertible';
import { checkShape, type Dims, frozen } from './shape';
import { type NestedArray, tensorFrom, Tensor } from './tensor';

/**
 * What `tape.gradient` returns for a source: IndexedSlices if the source was only read by `tf.gather` or
 * `tf.nn.embeddingLookup`, else a tensor. Both have the methods of tensors; `toTensor()` returns a tensor in either case.
 */
export type Gradient<D extends DType = DType> = Tensor<D> | IndexedSlices<D>;

let densify: (slices: IndexedSlices) => Tensor = () => {
  throw new InternalError('[IndexedSlices] the ops are not loaded');
};
/** Sets the conversion to a dense tensor, which is written in ops (ops/index/slices.ts). */
export function setDensifier(f: typeof densify): void {
  densify = f;
}

export interface IndexedSlicesOptions {
  /** The shape of the dense tensor: numbers or an integer vector. Default null: not known. */
  denseShape?: Dims | Tensor | null;
}

const defaults: Required<IndexedSlicesOptions> = { denseShape: null };

/**
 * A tensor of shape `denseShape` in which most rows are zero: `values[i]` is added to row `indices[i]`. Indices may
 * repeat. An op that takes a tensor converts it to the dense tensor. @tf tf.IndexedSlices
 */
export class IndexedSlices<out D extends DType = DType> extends TensorConvertible<D> {
  /** The type to which `x instanceof tf.IndexedSlices` narrows an unknown x. */
  declare static readonly [Symbol.hasInstance]: (value: unknown) => value is IndexedSlices;
  /** The rows. Their shape is that of `indices`, followed by that of a row. */
  readonly values: Tensor<D>;
  /** The position of each row, int32 or int64. */
  readonly indices: Tensor;
  /** The shape of the dense tensor; null if it is not known. */
  readonly denseShape: Dims | null;

  constructor(
    values: TensorLike,
    indices: TensorLike,
    options?: IndexedSlicesOptions | IndexedSlicesOptions['denseShape'],
  ) {
    super();
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 3) throwExtraArguments('IndexedSlices', 3, arguments, defaults);
    this.values = toValue(values, null, 'IndexedSlices', 'values') as Tensor<D>;
    this.indices = toValue(indices, dtypes.int32, 'IndexedSlices', 'indices');
    if (this.indices.dt !== dtypes.int32 && this.indices.dt !== dtypes.int64) {
      throw new InvalidArgumentError(
        `[IndexedSlices] indices must be int32 or int64; got a ${this.indices.dtype} tensor`,
      );
    }
    const { denseShape } = Array.isArray(options)
      ? { denseShape: options as Dims }
      : parseOptions<Required<IndexedSlicesOptions>>(options, 'denseShape', defaults, 'IndexedSlices');
    const shape = denseShape instanceof Tensor ? denseShape.data() : denseShape;
    this.denseShape = shape === null ? null : frozen(checkShape(shape, '[IndexedSlices] denseShape'));
  }

  get dtype(): D {
    return this.values.dtype;
  }

  /** @internal */
  override get dt(): DTypeInfo {
    return this.values.dt;
  }

  get shape(): Dims | null {
    return this.denseShape;
  }

  /** The dense tensor: rows with the same index are summed. */
  toTensor(): Tensor<D> {
    return this.read();
  }

  /** The elements of the dense tensor, as `Tensor.data` returns them. */
  data(): DTypeTable[D]['array'] {
    return this.read().data();
  }

  /** The elements of the dense tensor, as `Tensor.array` returns them. */
  array(): NestedArray<DTypeTable[D]['element']> {
    return this.read().array();
  }

  /** The element of a dense tensor of one element. */
  item(): DTypeTable[D]['element'] {
    return this.read().item();
  }

  /** @internal */
  override operand(): Tensor {
    return densify(this);
  }

  /** @internal */
  override read(): Tensor<D> {
    return densify(this) as Tensor<D>;
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
