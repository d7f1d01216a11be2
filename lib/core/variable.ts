/** Variables: a tensor that can be exchanged. Methods that compute join the class in ops/variable_ops.ts. */
import { native } from '../binding';
import { convertLike, toTensor, type TensorLike } from './convert';
import { markClass } from './copies';
import { dtypeInfo, type DType, type DTypeInfo, type DTypeTable } from './dtype';
import { FailedPreconditionError, InvalidArgumentError } from './errors';
import { shapeToString, variableRepr } from './format';
import { rejectPromise } from './nest';
import { options, refuseSurplus } from './options';
import { Readable } from './readable';
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
  isSole,
  makeTensor,
  type NestedArray,
  ownsStorage,
  pin,
  renew,
  shapeOf,
  type Tensor,
  unpin,
  valuesOf,
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

/** @internal What calls off the event loop have to do with variables. */
export const claims: {
  /** How many in flight assign variables, or may. */
  open: number;
  /** Whether an assignment now has its place among them. */
  ordered: boolean;
  /** The last one in flight that may assign any variable: that of a function which runs op by op. */
  any: Claim | null;
} = { open: 0, ordered: false, any: null };

/** @internal Runs what may assign variables that calls in flight assign too, since it comes when it is its turn. */
export function assigning<T>(f: () => T): T {
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
export class Variable<out D extends DType = DType> extends Readable<D> {
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
  private spare: Tensor | null = null;
  /** @internal The last of the calls in flight that assign it. */
  claim: Claim | null = null;

  constructor(initialValue: TensorLike | (() => TensorLike), given?: VariableOptions | boolean) {
    super();
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 2) refuseSurplus('Variable', 2, arguments, defaults);
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
    if (!fits(shapeOf(value), this.#declared)) {
      throw new InvalidArgumentError(
        `[Variable] In this \`tf.Variable\` creation, the initial value's shape (${tuple(shapeOf(value))}) is not compatible ` +
          `with the explicitly supplied \`shape\` argument (${tuple(this.#declared)})`,
      );
    }
    this.held = own(value);
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
    return this.readable.data();
  }

  array(): NestedArray<DTypeTable[D]['element']> {
    return this.readable.array();
  }

  item(): DTypeTable[D]['element'] {
    return this.readable.item();
  }

  /** What is held; in a function that is being traced, what stands for it, which says that it has no value yet. */
  private get readable(): Tensor<D> {
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
    this.exchange(own(value));
  }

  /** @internal The same with a tensor that nobody else has: later updates may then be made in place. */
  adopt(value: Tensor): void {
    this.checkFits(value);
    this.exchange(value);
  }

  /**
   * @internal Where an update writes the next value if not over the present one; `alternate` takes it then. It is the storage of the
   * value before, which the variable keeps for itself: another tensor that got it would be garbage in an old storage soon,
   * which V8 frees by a slow collection alone (200 KB more with each step of a small network).
   */
  room(): Tensor {
    const { spare, held } = this;
    this.spare = null;
    if (spare !== null && spare.dt === held.dt && sameShape(shapeOf(spare), shapeOf(held))) return spare;
    return makeTensor(held.dt, shapeOf(held), held.size);
  }

  /** @internal `adopt` for what was written into `room()`. */
  alternate(value: Tensor): void {
    this.checkFits(value);
    this.exchange(value, true);
  }

  /** @internal Whether an update may write over the value, since no one else can see it. */
  get writable(): boolean {
    this.checkFree();
    return isSole(this.held);
  }

  /**
   * @internal Whether the next value of an update is best written over the present one. Not if that is likely to lie in the
   * caches of several cores, which have read it in matrix products: writing to such a line waits until the others have dropped
   * it (235 µs instead of 65 for 100,000 weights, where the cores are far apart). Such values go back and forth between two
   * storages; an update gives the old one to the next.
   */
  get inPlace(): boolean {
    return this.writable && !isCached(this.held);
  }

  /** @internal The value as a tensor that later assignments do not change; unlike `read`, no tape sees it. */
  lend(): Tensor {
    return aliasTensor(this.held, shapeOf(this.held), 'read');
  }

  /** @internal Says that the value was written over: to tapes it is another one. */
  overwritten(): void {
    this.held = renew(this.held);
  }

  /**
   * @internal Stands before every assignment. Throws where a call in flight assigns it: its value would be lost, or that of
   * the call.
   */
  checkFree(): void {
    if (claims.open === 0 || claims.ordered || context.tracer !== null) return;
    const claim = this.claim ?? claims.any;
    if (claim === null) return;
    const may = claim === this.claim ? 'is' : 'may be';
    throw new FailedPreconditionError(
      `[assign] the variable '${this.name}' ${may} assigned by a call of '${claim.name}' off the event loop that has not ` +
        `ended: await its promise first`,
    );
  }

  private exchange(value: Tensor, keeps = false): void {
    if (context.tracer !== null) context.tracer.touch(this);
    this.checkFree();
    const old = this.held;
    const kept = keeps && isSole(old);
    this.held = value;
    pin(value);
    unpin(old);
    // The tensor was the variable's own; its storage goes back unless others share or hold it.
    if (kept) this.spare = renew(old);
    else if (ownsStorage(old)) old.dispose();
  }

  /** @internal */
  checkFits(value: Tensor): void {
    if (!fits(shapeOf(value), this.#declared)) {
      throw new InvalidArgumentError(
        `[assign] Cannot assign value to variable '${this.name}': Shape mismatch. The variable shape ` +
          `${tuple(this.#declared)}, and the assigned value shape ${tuple(shapeOf(value))} are incompatible.`,
      );
    }
  }

  override toString(): string {
    // As in a graph of TensorFlow: no value yet.
    if (context.tracer !== null)
      return `<tf.Variable '${this.name}' shape=${shapeToString(this.#declared)} dtype=${this.dt.name}>`;
    return variableRepr(this.name, valuesOf(this.held), shapeOf(this.held), this.dt.name);
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  toJSON(): unknown {
    return this.readable.toJSON();
  }

  [Symbol.toPrimitive](hint: string): string | number | bigint {
    return hint === 'string' ? this.toString() : this.readable[Symbol.toPrimitive](hint);
  }
}

markClass(Variable.prototype, 'Variable');

/** @internal What a variable holds: its value to a run on the event loop. */
export const heldBy = (variable: Variable): Tensor => variable.held;

const leastCached = 32 * 1024;
const mostCached = 4 * 1024 * 1024;

function isCached(t: Tensor): boolean {
  const bytes = t.size * t.dt.bytes;
  return bytes > leastCached && bytes <= mostCached && native.numThreads() > 1;
}

/** A tensor object of the variable's own over the same elements. */
function own(value: Tensor): Tensor {
  const tidy = context.tidy;
  context.tidy = null;
  try {
    return aliasTensor(value, shapeOf(value), 'assign');
  } finally {
    context.tidy = tidy;
  }
}

function fits(shape: Shape, declared: PartialShape): boolean {
  if (shape === declared) return true;
  if (shape.length !== declared.length) return false;
  for (let i = 0; i < shape.length; i++) if (declared[i] !== null && declared[i] !== shape[i]) return false;
  return true;
}

/** As Python writes it. */
function tuple(shape: PartialShape): string {
  const dims = shape.map((d) => d ?? 'None').join(', ');
  return shape.length === 1 ? `(${dims},)` : `(${dims})`;
}
