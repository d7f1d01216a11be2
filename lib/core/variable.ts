/** Variables: mutable references to immutable tensors. ops/state/variable_ops.ts adds the methods that call ops. */
import { native } from '../binding';
import { convertLike, toTensor, type TensorLike } from './convert';
import { markClass } from './copies';
import { dtypeInfo, type DType, type DTypeInfo, type DTypeTable } from './dtype';
import { FailedPreconditionError, InvalidArgumentError } from './errors';
import { shapeToString, variableRepr } from './format';
import { mimeBundle, type MimeBundle } from './format/table';
import { rejectPromise } from './nest';
import { options, throwExtraArguments } from './options';
import { TensorConvertible } from './tensor_convertible';
import { context } from './context';
import {
  checkPartialShape,
  describe,
  type Dims,
  frozen,
  sameShape,
  type PartialShape,
  type Shape,
} from './shape';
import { isUniquelyOwned, ownsStorage, pin, unpin } from './ownership';
import {
  aliasTensor,
  makeTensor,
  type NestedArray,
  moveStorage,
  printDataOf,
  shapeOf,
  type Tensor,
  valuesOf,
} from './tensor';
import { uncloneable } from './uncloneable';

export type { PartialShape };

export interface VariableOptions<D extends DType = DType> {
  /** Whether tapes watch it automatically. Default true. */
  trainable?: boolean;
  /** Default 'Variable'; the variable's `name` is this and ':0', as in TensorFlow. */
  name?: string;
  /** Default: the dtype of the initial value. */
  dtype?: D | null;
  /** The shapes that may be assigned; `null` dimensions may vary. Default: the shape of the initial value. */
  shape?: PartialShape | null;
  /** Applied to the new value by optimizers after each update (`(value) => projected`). */
  constraint?: ((value: Tensor<NoInfer<D>>) => Tensor) | null;
}

const defaults: Required<VariableOptions> = {
  trainable: true,
  name: 'Variable',
  dtype: null,
  shape: null,
  constraint: null,
};

declare module './context' {
  interface Context {
    /** Called for each variable that is created inside a compiled function; null outside. */
    onCreate: ((variable: Variable) => void) | null;
    readonly claims: Claims;
  }
  interface Recorder {
    /** An op is about to read `value`, the tensor that the variable holds. */
    readVariable(variable: Variable, value: Tensor): void;
    /** Records that `copy` is a copy of `value`, the tensor that a variable holds. */
    recordRead(value: Tensor, copy: Tensor): void;
  }
  interface Tracer {
    /** Adds a read of the variable to the graph at its first use; from then on, `held` is a symbolic tensor. */
    touch(variable: Variable): void;
    /** A symbolic tensor of the same value, unaffected by later assignments. */
    read(value: Tensor): Tensor;
  }
}

/**
 * The exclusive right of an asynchronous call in flight to assign a variable, like a write lock: other code gets an error
 * until the call has ended. `name` is that of the compiled function.
 */
export interface Claim {
  readonly name: string;
}

/** The claims of all asynchronous calls in flight. */
export interface Claims {
  /** The number of calls in flight that have claims. */
  open: number;
  /** Whether the present assignment belongs to the queue of calls, which orders its own assignments. */
  ordered: boolean;
  /** The last claim on all variables, by a function that runs op by op: it may assign any. */
  any: Claim | null;
}

/** @internal Runs assignments of the queue of calls, which claims do not block. */
export function assigning<T>(f: () => T): T {
  const { claims } = context;
  const before = claims.ordered;
  claims.ordered = true;
  try {
    return f();
  } finally {
    claims.ordered = before;
  }
}

let nextSerial = 1;

/**
 * A value that persists and can be assigned. Reading gives the tensor held now; tensors read earlier never change.
 * `initialValue` may be anything a tensor can be made of, or a function that returns such.
 * @tf tf.Variable
 */
export class Variable<out D extends DType = DType> extends TensorConvertible<D> {
  /** The type to which `x instanceof tf.Variable` narrows an unknown x. */
  declare static readonly [Symbol.hasInstance]: (value: unknown) => value is Variable;
  /** @internal The first field, so that structured cloning reports this symbol before another field that it rejects. */
  readonly uncloneable: symbol = uncloneable;
  /** @internal Increases with every variable created. */
  readonly serial: number = nextSerial++;
  readonly name: string;
  readonly trainable: boolean;
  readonly constraint: ((value: Tensor) => Tensor) | null;
  /** @internal */
  readonly dt: DTypeInfo;
  /** The shapes that may be assigned. */
  readonly #declared: PartialShape;
  /** @internal The current value: a tensor object of its own, by whose id tapes identify the variable. */
  held: Tensor;
  /** Double buffering: the storage of the previous value, into which the next update writes. */
  private backBuffer: Tensor | null = null;
  /** @internal The claim of the last call in flight that assigns it. */
  claim: Claim | null = null;

  constructor(initialValue: TensorLike | (() => TensorLike), given?: VariableOptions | boolean) {
    super();
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 2) throwExtraArguments('Variable', 2, arguments, defaults);
    const o = options<Required<VariableOptions>>(given, 'trainable', defaults, 'Variable');
    const initial: unknown = typeof initialValue === 'function' ? initialValue() : initialValue;
    rejectPromise(initial, 'tf.Variable');
    if (initial === undefined || initial === null) {
      throw new InvalidArgumentError(
        `[Variable] The \`initialValue\` arg to \`tf.Variable\` must be specified: a number, an array, a tensor or a ` +
          `function that returns one; got ${describe(initial)}`,
      );
    }
    if (typeof o.trainable !== 'boolean') {
      throw new TypeError(`[Variable] trainable must be true or false; got ${describe(o.trainable)}`);
    }
    if (typeof o.name !== 'string') {
      throw new TypeError(`[Variable] name must be a string; got ${describe(o.name)}`);
    }
    if (o.constraint !== null && typeof o.constraint !== 'function') {
      throw new TypeError(`[Variable] constraint must be a function; got ${describe(o.constraint)}`);
    }
    const hint = o.dtype === null ? null : dtypeInfo(o.dtype, '[Variable] dtype');
    const value = toTensor(initial, hint, 'Variable', 'initialValue');
    if (hint !== null && value.dt !== hint) {
      throw new InvalidArgumentError(
        `[Variable] initialValue: Tensor conversion requested dtype ${hint.name} for Tensor with dtype ${value.dtype}; ` +
          `use tf.cast`,
      );
    }
    this.name = `${o.name}:0`;
    this.trainable = o.trainable;
    this.constraint = o.constraint;
    this.dt = value.dt;
    this.#declared = o.shape === null ? shapeOf(value) : checkPartialShape(o.shape, '[Variable] shape');
    if (!isCompatible(shapeOf(value), this.#declared)) {
      throw new InvalidArgumentError(
        `[Variable] In this \`tf.Variable\` creation, the initial value's shape (${pythonTuple(shapeOf(value))}) is not compatible ` +
          `with the explicitly supplied \`shape\` argument (${pythonTuple(this.#declared)})`,
      );
    }
    this.held = ownedAlias(value);
    pin(this.held);
    if (context.onCreate !== null) context.onCreate(this);
  }

  get dtype(): D {
    return this.dt.name as D;
  }

  /** The shape of the current value (a declared shape with `null` dimensions allows others). */
  get shape(): Dims {
    const { held } = this;
    // A symbolic value has the declared shape if that has no `null` dimensions.
    return frozen(held.isSymbolic && this.hasOneShape ? (this.#declared as Shape) : shapeOf(held));
  }

  /** @internal Whether all values have the same shape. */
  get hasOneShape(): boolean {
    return !this.#declared.includes(null);
  }

  /** @internal A copy of the declared shape. */
  get declaredShape(): (number | null)[] {
    return [...this.#declared];
  }

  get rank(): number {
    return this.#declared.length;
  }

  get size(): number {
    return this.held.size;
  }

  /** @internal Whether its creator retains it: a compiled function may create such variables after its first call too. */
  get isKept(): boolean {
    return false;
  }

  /** @internal */
  override operand(): Tensor {
    if (context.tracer !== null) {
      context.tracer.touch(this);
    }
    const value = this.held;
    if (context.recorder !== null) context.recorder.readVariable(this, value);
    return value;
  }

  /**
   * The current value, as a tensor that later assignments do not change. Gradients with respect to the variable pass through
   * the tensor only if a tape records this read. @tf tf.Variable.read_value
   */
  override read(): Tensor<D> {
    const value = this.operand();
    const { tracer } = context;
    const t =
      tracer !== null && value.isSymbolic ? tracer.read(value) : aliasTensor(value, shapeOf(value), 'read');
    if (context.recorder !== null) context.recorder.recordRead(value, t);
    return t as Tensor<D>;
  }

  /** The same as `read()`. @tf tf.Variable.value */
  value(): Tensor<D> {
    return this.read();
  }

  /** The same as `read()`. @tf tf.Variable.read_value */
  readValue(): Tensor<D> {
    return this.read();
  }

  data(): DTypeTable[D]['array'] {
    return this.current.data();
  }

  array(): NestedArray<DTypeTable[D]['element']> {
    return this.current.array();
  }

  item(): DTypeTable[D]['element'] {
    return this.current.item();
  }

  /** The current value; symbolic during a trace, where an access to its elements throws. */
  private get current(): Tensor<D> {
    if (context.tracer !== null) context.tracer.touch(this);
    return this.held as Tensor<D>;
  }

  /** Replaces the value. Shapes must be compatible; nothing is broadcast. Returns the variable. @tf tf.Variable.assign */
  assign(value: TensorLike): this {
    this.assignTensor(convertLike(value, this.dt, 'assign', 'value'));
    return this;
  }

  /** @internal Assigns a tensor of the variable's dtype, which other code may hold. */
  assignTensor(value: Tensor): void {
    this.checkFits(value);
    this.replaceValue(ownedAlias(value));
  }

  /** @internal Assigns a tensor that the variable then owns uniquely, so that later updates may be made in place. */
  assignOwned(value: Tensor): void {
    this.checkFits(value);
    this.replaceValue(value);
  }

  /**
   * @internal The storage for an update that is not made in place; `swapBuffers` then assigns it. It is that of the previous
   * value, which the variable retains: if a short-lived tensor reused it, only a slow major collection of V8 would free it
   * (200 KB more with each step of a small network).
   */
  takeBackBuffer(): Tensor {
    const { backBuffer, held } = this;
    this.backBuffer = null;
    if (backBuffer !== null && backBuffer.dt === held.dt && sameShape(shapeOf(backBuffer), shapeOf(held)))
      return backBuffer;
    return makeTensor(held.dt, shapeOf(held), held.size);
  }

  /** @internal Like `assignOwned`, for a tensor from `takeBackBuffer()`; retains the storage of the old value. */
  swapBuffers(value: Tensor): void {
    this.checkFits(value);
    this.replaceValue(value, true);
  }

  /** @internal Whether an update may overwrite the value: it is uniquely owned. Throws if the variable is claimed. */
  get canOverwrite(): boolean {
    this.checkUnclaimed();
    return isUniquelyOwned(this.held);
  }

  /**
   * @internal Whether an update should overwrite the value. Not if it is likely to be in the caches of several cores, which
   * have read it in matrix products: a write then waits for the invalidation of the other copies (235 µs instead of 65 for
   * 100,000 weights, on distant cores). Such values are double-buffered instead.
   */
  get prefersInPlace(): boolean {
    return this.canOverwrite && !isLikelyCached(this.held);
  }

  /** @internal The value as a tensor that later assignments do not change. Unlike `read`, it is not recorded. */
  snapshot(): Tensor {
    return aliasTensor(this.held, shapeOf(this.held), 'read');
  }

  /** @internal Must follow an in-place update: `held` gets a new id, so that tapes see a new value. */
  markOverwritten(): void {
    this.held = moveStorage(this.held);
  }

  /**
   * @internal Must precede every assignment. Throws if a call in flight has claimed the variable: one of the two values would
   * be lost.
   */
  checkUnclaimed(): void {
    const { claims } = context;
    if (claims.open === 0 || claims.ordered || context.tracer !== null) return;
    const claim = this.claim ?? claims.any;
    if (claim === null) return;
    const may = claim === this.claim ? 'is' : 'may be';
    throw new FailedPreconditionError(
      `[assign] the variable '${this.name}' ${may} assigned by a call of '${claim.name}' off the event loop that has not ` +
        `ended: await its promise first`,
    );
  }

  private replaceValue(value: Tensor, retainOld = false): void {
    if (context.tracer !== null) context.tracer.touch(this);
    this.checkUnclaimed();
    const old = this.held;
    const retained = retainOld && isUniquelyOwned(old);
    this.held = value;
    pin(value);
    unpin(old);
    // The tensor object was the variable's own: disposing it frees the storage unless others share or pin it.
    if (retained) this.backBuffer = moveStorage(old);
    else if (ownsStorage(old)) old.dispose();
  }

  /** @internal */
  checkFits(value: Tensor): void {
    if (!isCompatible(shapeOf(value), this.#declared)) {
      throw new InvalidArgumentError(
        `[assign] Cannot assign value to variable '${this.name}': Shape mismatch. The variable shape ` +
          `${pythonTuple(this.#declared)}, and the assigned value shape ${pythonTuple(shapeOf(value))} are incompatible.`,
      );
    }
  }

  override toString(): string {
    // As in a TensorFlow graph: without a value.
    if (context.tracer !== null)
      return `<tf.Variable '${this.name}' shape=${shapeToString(this.#declared)} dtype=${this.dt.name}>`;
    return variableRepr(this.name, valuesOf(this.held), shapeOf(this.held), this.dt.name);
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** @internal What a notebook shows. */
  [Symbol.for('Jupyter.display')](): MimeBundle {
    const data = context.tracer === null ? printDataOf(this.held) : null;
    return mimeBundle(this.toString(), data, shapeOf(this.held), this.dt.name, `tf.Variable '${this.name}'`);
  }

  toJSON(): unknown {
    return this.current.toJSON();
  }

  [Symbol.toPrimitive](hint: string): string | number | bigint {
    return hint === 'string' ? this.toString() : this.current[Symbol.toPrimitive](hint);
  }
}

markClass(Variable.prototype, 'Variable');

/** @internal Reads the current value: the ReadVariable of synchronous runs. */
export const heldBy = (variable: Variable): Tensor => variable.held;

/** Values of sizes between these (bytes) are assumed to be in the caches of the cores that read them. */
const minCachedBytes = 32 * 1024;
const maxCachedBytes = 4 * 1024 * 1024;

function isLikelyCached(t: Tensor): boolean {
  const bytes = t.size * t.dt.bytes;
  return bytes > minCachedBytes && bytes <= maxCachedBytes && native.numThreads() > 1;
}

/** A new tensor object over the same elements, outside of `tf.tidy`. */
function ownedAlias(value: Tensor): Tensor {
  const tidy = context.tidy;
  context.tidy = null;
  try {
    return aliasTensor(value, shapeOf(value), 'assign');
  } finally {
    context.tidy = tidy;
  }
}

function isCompatible(shape: Shape, declared: PartialShape): boolean {
  if (shape === declared) return true;
  if (shape.length !== declared.length) return false;
  for (let i = 0; i < shape.length; i++) if (declared[i] !== null && declared[i] !== shape[i]) return false;
  return true;
}

/** A shape as a Python tuple. */
function pythonTuple(shape: PartialShape): string {
  const dims = shape.map((d) => d ?? 'None').join(', ');
  return shape.length === 1 ? `(${dims},)` : `(${dims})`;
}
