/**
 * What is in force right now: the tapes that record, the tidy scope that tracks. Every op looks here; the things
 * that are in force put themselves here.
 */
import type { DTypeInfo } from './dtype';
import type { Shape } from './shape';
import type { Tensor } from './tensor';
import type { Variable } from './variable';

/** What a tape needs to know of an op. Rows of lib/ops satisfy it. */
export interface RecordedOp {
  readonly name: string;
  /** Whether gradients pass through it at all (argmax and comparisons: no). */
  readonly differentiable: boolean;
  /** Which inputs and outputs the gradient reads: bit i for input i; the tape keeps only those. */
  readonly savesInputs: number;
  readonly savesOutputs: boolean;
  /** The gradient takes null for outputs that nothing flowed into, instead of zeros. */
  readonly partialDy?: boolean;
}

/** The receiver of what ops do: a tape, or several. */
export interface Recorder {
  /** Whether what is computed from the tensor of that id is of interest. */
  follows(id: number): boolean;
  record(op: RecordedOp, inputs: readonly Tensor[], attrs: unknown, outputs: readonly Tensor[]): void;
  record1(op: RecordedOp, x: Tensor, y: Tensor): void;
  record2(op: RecordedOp, a: Tensor, b: Tensor, y: Tensor): void;
  readVariable(variable: Variable, value: Tensor): void;
}

/** The kernel that computes an op piece by piece: its table and its number there. */
export interface TileKernel {
  readonly kind: 'unary' | 'binary' | 'select' | 'reduce' | 'cast';
  /** Of a cast, nothing: its result says which. */
  readonly op: number;
  /** It costs less than a way through memory. */
  readonly cheap?: boolean;
  /** The input's dtypes that it serves; absent: all that the op takes. */
  readonly dtypes?: readonly DTypeInfo[];
}

/** An op on certain tensors. */
export interface OpCall {
  readonly op: TracedOp;
  readonly inputs: readonly Tensor[];
  readonly attrs: unknown;
}

/** What an op may know of the graph around it when it looks for something simpler. */
export interface Surroundings {
  /** What makes a tensor; null for parameters, constants and what JavaScript makes. */
  maker(t: Tensor): OpCall | null;
  /** The one value that all elements of a constant have; null where there is none. NaN does not count. */
  uniform(t: Tensor): number | bigint | null;
  /** A scalar constant of the value that a constant has everywhere. */
  scalar(t: Tensor): Tensor;
}

export type Simplifier = (call: OpCall, around: Surroundings, out: Tensor) => Tensor | OpCall | null;

/** What an op hands to a tracer in place of computing. */
export interface TracedOp extends RecordedOp {
  /** The result is the input, broadcast to its shape. */
  readonly broadcasts?: boolean;
  /**
   * What gives the same elements, bit for bit, for less: a tensor that is there already (of any shape with as many
   * elements), or another op. `out` is the (first) result. Null where there is nothing.
   */
  readonly simpler?: Simplifier;
  /** As `simpler`, where floats are summed in another order, within the bounds that the op has anyway. */
  readonly regrouped?: Simplifier;
  /** Where the result is the input with its dimensions in another order: which of them dimension i is. */
  readonly permutes?: (call: OpCall) => readonly number[];
  /**
   * Of an op all of whose inputs and results have the same rank: the attributes with which it does the same where their
   * dimensions come in another order, dimension i being what dimension perm[i] was; null where there are none.
   */
  readonly reordered?: (attrs: never, perm: readonly number[]) => unknown;
  /** Its gradient uses tensors of the function besides its inputs. */
  readonly closes?: boolean;
  /** Where elementwise ops and reductions can be fused: how a piece is computed. */
  readonly tile?: TileKernel;
  /**
   * Fills the outputs, or returns results of its own that share an input's storage; 'view': the one result is the first
   * input in another shape.
   */
  readonly execute:
    | ((inputs: readonly Tensor[], attrs: never, outputs: readonly Tensor[]) => void | readonly Tensor[])
    | 'view';
  /** So many of its first results `execute` may be asked for alone: it makes them, bit for bit, for less. Absent: all. */
  readonly leastResults?: number;
  /** Pairs of output and input, by number, where the output may be written over the input. */
  readonly over?: readonly (readonly [output: number, input: number])[];
}

/**
 * What a step of JavaScript does besides its results: 'none', it may be left out where nobody uses them; 'order', it keeps
 * its place among others; 'check', it may stop the run there; 'variables', it may read and write them.
 */
export type Effects = 'none' | 'order' | 'check' | 'variables';

/** Numbers of an op that each run finds anew: where a random stream stands, the step size of an optimizer. */
export interface LateNumbers {
  /** They stand in the frame of the op's calls from this slot on. */
  readonly slot: number;
  readonly count: number;
  /** Finds those of the run that begins, which is the next in the order of runs. */
  write(to: Float64Array, at: number): void;
  /** Takes back what `write` changed: the run failed. */
  undo?(): void;
  /** The variables that `write` changes, here or in another step of the same kind. */
  readonly variables: readonly Variable[];
  /** Those that it only reads. */
  readonly reads?: readonly Variable[] | undefined;
  /** The op's attributes with these numbers. */
  attrs(numbers: Float64Array): unknown;
}

/** A function that is being traced: ops on its tensors are noted, not computed. */
export interface Tracer {
  /**
   * Whether an op on the tensor is noted: where it has no value yet; and where it is a floating tensor that was there
   * before the function was called, since somebody may ask for its gradient.
   */
  traces(t: Tensor): boolean;
  /** Notes an op; returns tensors that stand for its results. */
  emit(
    op: TracedOp,
    inputs: readonly Tensor[],
    attrs: unknown,
    outputs: readonly { shape: Shape; dt: DTypeInfo }[],
  ): Tensor[];
  /** Notes something that JavaScript does at this point of every run; returns tensors that stand for its results. */
  host(
    name: string,
    inputs: readonly Tensor[],
    outputs: readonly { shape: Shape; dt: DTypeInfo }[],
    run: (inputs: readonly Tensor[]) => readonly Tensor[],
    why: string,
    effects: Effects,
  ): Tensor[];
  /** Notes an op whose results have as many elements as the data say; returns tensors that stand for them. */
  sized(op: TracedOp, inputs: readonly Tensor[], attrs: unknown): Tensor[];
  /** The elements of a tensor that decide what the function does next: a shape, an axis, a branch. */
  decide(t: Tensor, op: string, why: string): Tensor;
  /** Notes an op whose numbers each run finds anew. It keeps its place among effects. */
  late(
    op: TracedOp,
    inputs: readonly Tensor[],
    outputs: readonly { shape: Shape; dt: DTypeInfo }[],
    numbers: LateNumbers,
  ): Tensor[];
  /** From now on the variable holds a tensor that stands for its value. */
  touch(variable: Variable): void;
  /** A variable made by the traced function. */
  created(variable: Variable): void;
}

/**
 * What functions among the arguments are: each 'apart', called as the values say; 'steps', called for each of some elements;
 * 'loop', a condition and what is done while it holds; 'values' like others.
 */
export type Callbacks = 'apart' | 'steps' | 'loop' | 'values';

/** Takes down which public functions a function that is being traced calls, to call them again over other tensors. */
export interface Notes {
  /** Whether what is called now is called by the traced function itself, and not by another function of the library. */
  readonly open: boolean;
  /** Calls a function of the library, takes that down and returns what it returned. */
  call(
    f: (...args: never[]) => unknown,
    self: unknown,
    args: ArrayLike<unknown>,
    callbacks?: Callbacks,
  ): unknown;
  /** The same of a method. */
  method(self: object, name: string, args: ArrayLike<unknown>): unknown;
  /** An object that calls know was made. */
  made(value: object, again: () => object): void;
  /** Whether the tensor has a value that depends on sizes. */
  tracks(t: Tensor): boolean;
  /** What a shape is to the traced function, which must not depend on sizes that vary. */
  sizes(t: Tensor, dims: Shape): Shape;
  /** The traced function looks at the number of dimensions. */
  countsDims(): void;
  /** The traced function did what cannot be done again; `once`: it may do otherwise when it is traced anew. */
  spoil(once?: boolean): void;
}

export const scope: {
  /** Null where nothing records, which is what the fast path of every op asks. */
  recorder: Recorder | null;
  /** Tensors with blocks of their own made in the innermost `tf.tidy`, or null outside. */
  tidy: Tensor[] | null;
  /** The function that is being traced, or null. */
  tracer: Tracer | null;
  /** Where somebody takes notes of what the function that is being traced does. */
  notes: Notes | null;
} = { recorder: null, tidy: null, tracer: null, notes: null };

/** Runs f while other things are in force; what is not named stays as it is. */
export function withScope<T>(change: Partial<typeof scope>, f: () => T): T {
  const before = { ...scope };
  Object.assign(scope, change);
  try {
    return f();
  } finally {
    Object.assign(scope, before);
  }
}

/** Runs f under no tape, trace or tidy: what it makes belongs to something that outlives them. */
export function apart<T>(f: () => T): T {
  return withScope({ recorder: null, tidy: null, tracer: null, notes: null }, f);
}
