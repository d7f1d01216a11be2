/** Variables: a tensor that can be exchanged. Methods that compute join the class in ops/variable_ops.ts. */
import { native } from '../binding';
import { convertLike, toTensor, type TensorLike } from './convert';
import { markClass } from './copies';
import { dtypeInfo, type DType, type DTypeInfo, type DTypeTable } from './dtype';
import { FailedPreconditionError, InvalidArgumentError } from './errors';
import { shapeToString, variableRepr } from './format';
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
import {
  aliasTensor,
  isUniquelyOwned,
  makeTensor,
  type NestedArray,
  ownsStorage,
  pin,
  moveStorage,
  shapeOf,
  type Tensor,
  unpin,
  viewOf,
} from './tensor';
import { uncloneable } from './uncloneable';

export type { PartialShape };

export interface VariableOptions<D extends DType = DType> {
  /** Whether tapes watch it by themselves. Default true. */
  trainable?: boolean;
  /** Default 'Variable'; the variable's `name` is this and ':0', as in TensorFlow. */
  name?: string;
  /** Default: that of the initial value. */
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
    /** `value` is what a variable holds, and an op is about to read it. */
    readVariable(variable: Variable, value: Tensor): void;
    /** `copy` has the value of the tensor that a variable holds: gradients pass through it. */
    recordRead(value: Tensor, copy: Tensor): void;
  }
  interface Tracer {
    /** From now on the variable holds a tensor that stands for its value. */
    touch(variable: Variable): void;
    /** A tensor that stands for the same value, whatever is assigned later. */
    read(value: Tensor): Tensor;
  }
}

/** A call off the event loop that has not ended, of a compiled function by that name. */
export interface Claim {
  readonly name: string;
}

/** @internal The calls in flight off the event loop that assign variables. */
export interface Claims {
  /** How many there are, including those that may assign any variable. */
  open: number;
  /** Whether the queue of calls makes the present assignment, in the order of the calls. */
  ordered: boolean;
  /** The last call that may assign any variable: that of a function which runs op by op. */
  any: Claim | null;
}

/** @internal Runs assignments that the queue of calls makes: in order, whatever other calls in flight assign. */
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
  /** What `x instanceof tf.Variable` tells the compiler of an unknown x. */
  declare static readonly [Symbol.hasInstance]: (value: unknown) => value is Variable;
  /** @internal Stands before what else could not be cloned. */
  readonly uncloneable: symbol = uncloneable;
  /** @internal Grows with every variable created. */
  readonly serial: number = nextSerial++;
  readonly name: string;
  readonly trainable: boolean;
  readonly constraint: ((value: Tensor) => Tensor) | null;
  /** @internal */
  readonly dt: DTypeInfo;
  /** The shapes that may be assigned. */
  readonly #declared: PartialShape;
  /** @internal The tensor held: its own object, so that its id stands for this variable and no other value. */
  held: Tensor;
  /** A storage of its own for the next value, where updates go back and forth between two. */
  private backBuffer: Tensor | null = null;
  /** @internal The last of the calls in flight that assign it. */
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

  /** The shape of the value held now (a shape declared with `null` dimensions allows others). */
  get shape(): Dims {
    const { held } = this;
    // A value that has no shape of its own yet has that of every value.
    return frozen(held.isSymbolic && this.hasOneShape ? (this.#declared as Shape) : shapeOf(held));
  }

  /** @internal Whether all values have the same shape. */
  get hasOneShape(): boolean {
    return !this.#declared.includes(null);
  }

  /** @internal The shapes that may be assigned, in an array of its own. */
  get declaredShape(): (number | null)[] {
    return [...this.#declared];
  }

  get rank(): number {
    return this.#declared.length;
  }

  get size(): number {
    return this.held.size;
  }

  /** @internal Whether its maker keeps it: a compiled function that runs op by op may create it at any call. */
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
   * The value now, as a tensor that later assignments do not change. Tapes see the read: gradients with respect to the
   * variable pass through the tensor only if one recorded here. @tf tf.Variable.read_value
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

  /** What is held; in a function that is being traced, what stands for it, which says that it has no value yet. */
  private get current(): Tensor<D> {
    if (context.tracer !== null) context.tracer.touch(this);
    return this.held as Tensor<D>;
  }

  /** Exchanges the value. Shapes must be compatible; nothing is broadcast. Returns the variable. @tf tf.Variable.assign */
  assign(value: TensorLike): this {
    this.assignTensor(convertLike(value, this.dt, 'assign', 'value'));
    return this;
  }

  /** @internal Takes a tensor of the right dtype for its value, after the shape check. Others may have the tensor. */
  assignTensor(value: Tensor): void {
    this.checkFits(value);
    this.replaceValue(ownedAlias(value));
  }

  /** @internal The same with a tensor that nobody else has: later updates may then be made in place. */
  assignOwned(value: Tensor): void {
    this.checkFits(value);
    this.replaceValue(value);
  }

  /**
   * @internal Where an update writes the next value if not over the present one; `alternate` takes it then. It is the storage of the
   * value before, which the variable keeps for itself: another tensor that got it would be garbage in an old storage soon,
   * which V8 frees by a slow collection alone (200 KB more with each step of a small network).
   */
  takeBackBuffer(): Tensor {
    const { backBuffer: spare, held } = this;
    this.backBuffer = null;
    if (spare !== null && spare.dt === held.dt && sameShape(shapeOf(spare), shapeOf(held))) return spare;
    return makeTensor(held.dt, shapeOf(held), held.size);
  }

  /** @internal `assignOwned` for what was written into `takeBackBuffer()`. */
  swapBuffers(value: Tensor): void {
    this.checkFits(value);
    this.replaceValue(value, true);
  }

  /** @internal Whether an update may write over the value, since no one else can see it. */
  get canOverwrite(): boolean {
    this.checkUnclaimed();
    return isUniquelyOwned(this.held);
  }

  /**
   * @internal Whether the next value of an update is best written over the present one. Not if that is likely to lie in the
   * caches of several cores, which have read it in matrix products: writing to such a line waits until the others have dropped
   * it (235 µs instead of 65 for 100,000 weights, where the cores are far apart). Such values go back and forth between two
   * storages; an update gives the old one to the next.
   */
  get prefersInPlace(): boolean {
    return this.canOverwrite && !isLikelyCached(this.held);
  }

  /** @internal The value as a tensor that later assignments do not change; unlike `read`, no tape sees it. */
  snapshot(): Tensor {
    return aliasTensor(this.held, shapeOf(this.held), 'read');
  }

  /** @internal Says that the value was written over: to tapes it is another one. */
  markOverwritten(): void {
    this.held = moveStorage(this.held);
  }

  /**
   * @internal Stands before every assignment. Throws where a call in flight assigns it: its value would be lost, or that of
   * the call.
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

  private replaceValue(value: Tensor, keeps = false): void {
    if (context.tracer !== null) context.tracer.touch(this);
    this.checkUnclaimed();
    const old = this.held;
    const kept = keeps && isUniquelyOwned(old);
    this.held = value;
    pin(value);
    unpin(old);
    // The tensor was the variable's own; its storage goes back unless others share or hold it.
    if (kept) this.backBuffer = moveStorage(old);
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
    // As in a graph of TensorFlow: no value yet.
    if (context.tracer !== null)
      return `<tf.Variable '${this.name}' shape=${shapeToString(this.#declared)} dtype=${this.dt.name}>`;
    return variableRepr(this.name, viewOf(this.held), shapeOf(this.held), this.dt.name);
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  toJSON(): unknown {
    return this.current.toJSON();
  }

  [Symbol.toPrimitive](hint: string): string | number | bigint {
    return hint === 'string' ? this.toString() : this.current[Symbol.toPrimitive](hint);
  }
}

markClass(Variable.prototype, 'Variable');

/** @internal What a variable holds: its value to a run on the event loop. */
export const heldBy = (variable: Variable): Tensor => variable.held;

const minCachedBytes = 32 * 1024;
const maxCachedBytes = 4 * 1024 * 1024;

function isLikelyCached(t: Tensor): boolean {
  const bytes = t.size * t.dt.bytes;
  return bytes > minCachedBytes && bytes <= maxCachedBytes && native.numThreads() > 1;
}

/** A tensor object of the variable's own over the same elements. */
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

/** As Python writes it. */
function pythonTuple(shape: PartialShape): string {
  const dims = shape.map((d) => d ?? 'None').join(', ');
  return shape.length === 1 ? `(${dims},)` : `(${dims})`;
}
