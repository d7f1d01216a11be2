/** tf.TensorSpec: the dtype and shape that a declared signature requires of a tensor argument. */
import { dtypeInfo, type DType, type DTypeInfo } from '../core/dtype';
import { shapeToString } from '../core/format';
import { options as parseOptions, throwExtraArguments } from '../core/options';
import { checkPartialShape, describe } from '../core/shape';
import { Tensor } from '../core/tensor';
import { Variable, type PartialShape } from '../core/variable';

const tensorSpecDefaults = { dtype: 'float32', name: null } as const;

export interface TensorSpecOptions {
  /** Default float32. */
  dtype?: DType;
  name?: string | null;
}

/**
 * Dtype and shape of a tensor. A `null` dimension matches any size, a `null` shape any shape.
 * @tf tf.TensorSpec
 */
export class TensorSpec {
  readonly shape: PartialShape | null;
  readonly name: string | null;
  /** @internal */
  readonly dt: DTypeInfo;

  constructor(shape: PartialShape | null, options?: TensorSpecOptions | DType) {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 2) throwExtraArguments('TensorSpec', 2, arguments, tensorSpecDefaults);
    const o = parseOptions<Required<TensorSpecOptions>>(options, 'dtype', tensorSpecDefaults, 'TensorSpec');
    this.dt = dtypeInfo(o.dtype, '[TensorSpec] dtype');
    this.name = o.name;
    this.shape = shape === null ? null : checkPartialShape(shape, '[TensorSpec] shape');
  }

  get dtype(): DType {
    return this.dt.name;
  }

  /** @tf tf.TensorSpec.from_tensor */
  static fromTensor(tensor: Tensor | Variable, name: string | null = null): TensorSpec {
    if (!(tensor instanceof Tensor || tensor instanceof Variable))
      throw new TypeError(`[TensorSpec.fromTensor] needs a tensor or a variable; got ${describe(tensor)}`);
    return new TensorSpec(tensor.shape, { dtype: tensor.dtype, name });
  }

  /** Whether the tensor, or every tensor of the other spec, matches this spec. @tf tf.TensorSpec.is_compatible_with */
  isCompatibleWith(other: Tensor | Variable | TensorSpec): boolean {
    const hasType = other instanceof Tensor || other instanceof Variable || other instanceof TensorSpec;
    if (!hasType || this.dtype !== other.dtype) return false;
    const { shape } = other;
    if (this.shape === null || shape === null) return true;
    if (this.shape.length !== shape.length) return false;
    return this.shape.every((d, i) => d === null || shape[i] === null || d === shape[i]);
  }

  /** Whether every dimension is known. */
  get isFullyDefined(): boolean {
    return this.shape !== null && !this.shape.includes(null);
  }

  toString(): string {
    const name = this.name === null ? 'None' : `'${this.name}'`;
    return `TensorSpec(shape=${shapeToString(this.shape)}, dtype=tf.${this.dtype}, name=${name})`;
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** The most specific spec that both match; null if their dtypes differ. */
export function generalize(a: TensorSpec, b: TensorSpec): TensorSpec | null {
  if (a.dt !== b.dt) return null;
  const options = { dtype: a.dtype, name: a.name };
  const other = b.shape;
  if (a.shape === null || other === null || a.shape.length !== other.length)
    return new TensorSpec(null, options);
  return new TensorSpec(
    a.shape.map((d, i) => (d === other[i] ? d : null)),
    options,
  );
}
