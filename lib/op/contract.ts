/** The op contract: what tapes, traces and the compiler need to know of an op. Definitions of lib/ops satisfy it. */
import type { Recorder, Tracer } from '../core/context';
import type { DTypeInfo } from '../core/dtype';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';

export type { Recorder, Tracer };

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
  /**
   * A symbolic zero upstream reaches the gradient as a tensor of zeros. Otherwise the gradient does not run: it is linear,
   * and all inputs have symbolic zeros.
   */
  readonly materializesZeros?: boolean;
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
  /** Whether some values of its inputs (or of such inputs) are errors, as an index out of range is. */
  readonly fallible?: boolean | ((inputs: readonly Tensor[]) => boolean) | undefined;
  /** Its result is the input, repeated along the axes that are its attributes: the gradient of a sum. */
  readonly spreads?: boolean;
  /** Estimate of its multiplications, additions and the like. Absent: one for each element of the largest tensor. */
  readonly flops?: (inputs: readonly Tensor[], outputs: readonly Tensor[]) => number;
  /** Where elementwise ops and reductions can be fused: how a piece is computed. */
  readonly tile?: TileKernel;
  /**
   * Fills the outputs, or returns results of its own that share an input's storage; 'view': the one result is the first
   * input in another shape.
   */
  readonly execute:
    | ((inputs: readonly Tensor[], attrs: never, outputs: readonly Tensor[]) => void | readonly Tensor[])
    | 'view';
  /** Why `execute` computes in JavaScript: the op is no instruction of a program, but a step between them. */
  readonly host?: string | undefined;
  /** So many of its first results `execute` may be asked for alone: it makes them, bit for bit, for less. Absent: all. */
  readonly leastResults?: number;
  /** Pairs of output and input, by number, where the output may be written over the input. */
  readonly over?: readonly (readonly [output: number, input: number])[];
}

/**
 * What a step of JavaScript does besides its results: 'none', it may be left out where nobody uses them; 'order', it keeps
 * its place among others; 'check', it may stop the run there; 'variables', it reads and writes some of them.
 */
export type Effects = 'none' | 'order' | 'check' | 'variables';

/** A step of a traced function that runs in JavaScript. */
export interface HostStep {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly { shape: Shape; dt: DTypeInfo }[];
  readonly run: (inputs: readonly Tensor[], read: ReadVariable) => readonly Tensor[];
  /** Why it is no part of the compiled program. */
  readonly why: string;
  readonly effects: Effects;
  /** With the effects 'variables': which ones. */
  readonly variables?: readonly Variable[];
}

/** Finds the value that a run sees of a variable. */
export type ReadVariable = (variable: Variable) => Tensor;

/** Numbers of an op that each run computes anew: the position of a random stream, the step size of an optimizer. */
export interface RuntimeScalars {
  /** They stand in the argument buffer of the op's calls from this slot on. */
  readonly slot: number;
  readonly count: number;
  /** Computes those of the run that begins, which is the next in the order of runs. */
  write(to: Float64Array, at: number, read: ReadVariable): void;
  /** `write` calls the user's code, which may throw. */
  readonly fallible?: boolean;
  /** Takes back what `write` changed: the run failed before the op. */
  undo?(): void;
  /** The variables that `write` changes, here or in another step of the same kind. */
  readonly variables: readonly Variable[];
  /** Those that it only reads: through `read`. */
  readonly reads?: readonly Variable[] | undefined;
  /** The op's attributes with these numbers. */
  attrs(numbers: Float64Array): unknown;
}

declare module '../core/context' {
  interface Recorder {
    /** Whether what is computed from the tensor of that id is of interest. */
    follows(id: number): boolean;
    record(op: RecordedOp, inputs: readonly Tensor[], attrs: unknown, outputs: readonly Tensor[]): void;
    record1(op: RecordedOp, x: Tensor, y: Tensor): void;
    record2(op: RecordedOp, a: Tensor, b: Tensor, y: Tensor): void;
  }

  interface Tracer {
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
    /** Adds a step that JavaScript runs at this point of every run; returns tensors that stand for its results. */
    host(step: HostStep): Tensor[];
    /** Throws: the op needs a concrete value to go on, for the shape of its result, an axis or a branch. */
    needsValue(op: string, why?: string): never;
    /** Adds an op with numbers that each run computes anew. It keeps its place among effects. */
    emitWithScalars(
      op: TracedOp,
      inputs: readonly Tensor[],
      outputs: readonly { shape: Shape; dt: DTypeInfo }[],
      scalars: RuntimeScalars,
    ): Tensor[];
  }
}
