/** Variables: a tensor that can be exchanged. Methods that compute join the class in ops/variable_ops.ts. */
import { convertLike, toTensor, type TensorLike } from './convert';
import { dtypeInfo, type DType, type DTypeInfo, type TypedArray } from './dtype';
import { InvalidArgumentError } from './errors';
import { variableRepr } from './format';
import { rejectPromise } from './nest';
import { Readable } from './readable';
import { scope } from './scope';
import { describe, type Shape } from './shape';
import { aliasTensor, pin, unpin, type NestedArray, type Tensor } from './tensor';

/** A shape in which `null` stands for a dimension that may vary. */
export type PartialShape = readonly (number | null)[];

export interface VariableOptions {
  /** Whether tapes watch it by themselves. Default true. */
  trainable?: boolean;
  /** Default 'Variable'. */
  name?: string;
  /** Default: that of the initial value. */
  dtype?: DType;
  /** The shapes that may be assigned; `null` dimensions may vary. Default: the shape of the initial value. */
  shape?: PartialShape;
  /** Applied to the new value by optimizers after each update (`(value) => projected`). */
  constraint?: ((value: Tensor) => Tensor) | null;
}

let nextVariable = 1;

/**
 * A value that persists and can be assigned. Reading gives the tensor held now; tensors read earlier never change.
 * `initialValue` may be anything a tensor can be made of, or a function that returns such.
 * @tf tf.Variable
 */
export class Variable extends Readable {
  /** @internal */
  readonly ref: number = nextVariable++;
  readonly name: string;
  readonly trainable: boolean;
  readonly constraint: ((value: Tensor) => Tensor) | null;
  /** @internal */
  readonly dt: DTypeInfo;
  /** @internal The shapes that may be assigned. */
  readonly declaredShape: PartialShape;
  /** @internal The tensor held: its own object, so that its id stands for this variable and no other value. */
  held: Tensor;

  constructor(initialValue: TensorLike | (() => TensorLike), options: VariableOptions | boolean = {}) {
    super();
    const o: VariableOptions = typeof options === 'boolean' ? { trainable: options } : options;
    const given = typeof initialValue === 'function' ? initialValue() : initialValue;
    rejectPromise(given, 'tf.Variable');
    if (given === undefined || given === null) {
      throw new TypeError(
        `[Variable] initialValue must be a number, array, tensor or function; got ${describe(given)}`,
      );
    }
    const hint = o.dtype === undefined ? null : dtypeInfo(o.dtype, '[Variable] dtype');
    const value = toTensor(given, hint, 'Variable', 'initialValue');
    if (hint !== null && value.dt !== hint) {
      throw new InvalidArgumentError(
        `[Variable] dtype ${hint.name} was asked for, but the initial value is a ${value.dtype} tensor; use tf.cast`,
      );
    }
    this.name = o.name ?? 'Variable';
    this.trainable = o.trainable ?? true;
    this.constraint = o.constraint ?? null;
    this.dt = value.dt;
    this.declaredShape = o.shape === undefined ? value.shape : [...o.shape];
    if (!fits(value.shape, this.declaredShape)) {
      throw new InvalidArgumentError(
        `[Variable] the initial value's shape (${tuple(value.shape)}) is not compatible with the explicitly supplied ` +
          `shape argument (${tuple(this.declaredShape)})`,
      );
    }
    this.held = own(value);
    pin(this.held);
  }

  get dtype(): DType {
    return this.dt.name;
  }

  /** The shape; `null` where it was declared to vary. */
  get shape(): Shape {
    return this.held.shape;
  }

  get rank(): number {
    return this.held.shape.length;
  }

  get size(): number {
    return this.held.size;
  }

  /** The tensor held now; tapes see the read. @tf tf.Variable.read_value */
  override read(): Tensor {
    const value = this.held;
    if (scope.recorder !== null) scope.recorder.readVariable(this, value);
    return value;
  }

  /** The same as `read()`, for those who like a method in TensorFlow's words. */
  value(): Tensor {
    return this.read();
  }

  readValue(): Tensor {
    return this.read();
  }

  data(): TypedArray {
    return this.held.data();
  }

  array(): NestedArray {
    return this.held.array();
  }

  item(): number | bigint | boolean {
    return this.held.item();
  }

  /** Exchanges the value. Shapes must be compatible; nothing is broadcast. Returns the variable. @tf tf.Variable.assign */
  assign(value: TensorLike): this {
    this.assignTensor(convertLike(value, this.dt, 'assign', 'value'));
    return this;
  }

  /** @internal Takes over a tensor of the right dtype, after the shape check. */
  assignTensor(value: Tensor): void {
    if (!fits(value.shape, this.declaredShape)) {
      throw new InvalidArgumentError(
        `[assign] Cannot assign value to variable '${this.name}:0': Shape mismatch. The variable shape ` +
          `(${tuple(this.declaredShape)}), and the assigned value shape (${tuple(value.shape)}) are incompatible.`,
      );
    }
    const old = this.held;
    this.held = own(value);
    pin(this.held);
    unpin(old);
  }

  override toString(): string {
    return variableRepr(`${this.name}:0`, this.held.view(), this.held.shape, this.dt.name);
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  toJSON(): unknown {
    return this.held.toJSON();
  }

  [Symbol.toPrimitive](hint: string): string | number | bigint {
    return this.read()[Symbol.toPrimitive](hint);
  }
}

/** A tensor object of the variable's own over the same elements. */
function own(value: Tensor): Tensor {
  const tidy = scope.tidy;
  scope.tidy = null;
  try {
    return aliasTensor(value, value.shape, 'assign');
  } finally {
    scope.tidy = tidy;
  }
}

function fits(shape: Shape, declared: PartialShape): boolean {
  return shape.length === declared.length && shape.every((d, i) => declared[i] === null || declared[i] === d);
}

function tuple(shape: PartialShape): string {
  const dims = shape.map((d) => d ?? 'None');
  return dims.length === 1 ? `${dims[0]},` : dims.join(', ');
}
