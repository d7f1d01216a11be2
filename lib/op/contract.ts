/** The op contract: the properties of an op that tapes, traces and the compiler use. Op definitions of lib/ops satisfy it. */
import type { Recorder, Tracer } from '../core/context';
import type { DTypeInfo } from '../core/dtype';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';

export type { Recorder, Tracer };

/** The properties of an op that a tape uses. */
export interface RecordedOp {
  readonly name: string;
  /** False for ops without a gradient, such as argmax and comparisons. */
  readonly differentiable: boolean;
  /** Bit mask of the inputs that the gradient function reads, bit i for input i; −1: all. The tape saves only those. */
  readonly savesInputs: number;
  /** Whether the gradient function reads the outputs. */
  readonly savesOutputs: boolean;
  /** The gradient function accepts null, instead of zeros, for outputs without an upstream gradient. */
  readonly partialDy?: boolean;
  /**
   * A symbolic zero as upstream gradient is passed to the gradient function as a tensor of zeros. Without this flag the
   * function is not called: gradients are linear, so all inputs get symbolic zeros.
   */
  readonly materializesZeros?: boolean;
}

/** The kernel that computes an op tile by tile: its kernel table and its number in it. */
export interface TileKernel {
  readonly kind: 'unary' | 'binary' | 'select' | 'reduce' | 'cast';
  /** Unused for casts: the result's dtype selects the kernel. */
  readonly op: number;
  /** Computing the result costs less than writing it to memory and reading it back. */
  readonly cheap?: boolean;
  /** The input dtypes that the kernel supports; absent: all dtypes of the op. */
  readonly dtypes?: readonly DTypeInfo[];
}

/** An op applied to tensors. */
export interface OpCall {
  readonly op: TracedOp;
  readonly inputs: readonly Tensor[];
  readonly attrs: unknown;
}

/** What a rewrite rule may query about the graph that contains the op. */
export interface RewriteContext {
  /** The op that produces a tensor; null for parameters, constants and results of host steps. */
  producer(t: Tensor): OpCall | null;
  /** The value that all elements of a constant share; null if they differ, are NaN, or the tensor is no constant. */
  uniform(t: Tensor): number | bigint | null;
  /** A scalar constant with the value of a uniform constant. */
  scalar(t: Tensor): Tensor;
}

/** A rewrite rule: returns a tensor or op that replaces `call`, whose (first) result is `out`; null: no replacement. */
export type Rewrite = (call: OpCall, context: RewriteContext, out: Tensor) => Tensor | OpCall | null;

/** Optional properties of an op, for graph passes and the compiler. An absent flag is false. */
export interface OpTraits {
  /** For elementwise ops: the name of the kernel in the native tables. */
  readonly elementwise?: string;
  /** The result is the input, broadcast to the result's shape. */
  readonly broadcasts?: boolean | undefined;
  /**
   * Exact rewrite: a cheaper tensor or op with the same elements, bit for bit. The tensor exists already, and may have
   * another shape with as many elements.
   */
  readonly exactRewrite?: Rewrite | undefined;
  /** Reassociating rewrite: like `exactRewrite`, but floats may be summed in another order, within the op's error bound. */
  readonly reassociatingRewrite?: Rewrite | undefined;
  /** For ops that only permute dimensions: result dimension i is input dimension perm[i]. */
  readonly permutes?: (call: OpCall) => readonly number[];
  /**
   * For an op whose inputs and results all have the same rank: the attributes for the same computation with permuted
   * dimensions, where dimension i is the former dimension perm[i]; null if there are none.
   */
  readonly permutedAttrs?: (attrs: never, perm: readonly number[]) => unknown;
  /** The gradient function may capture tensors of the traced function that are not inputs of the op. */
  readonly gradientCaptures?: boolean;
  /** Whether the op throws for some input values, such as an index out of range; may depend on the inputs' types. */
  readonly fallible?: boolean | ((inputs: readonly Tensor[]) => boolean) | undefined;
  /** The result repeats the input along the axes in the attributes, as the gradient of a sum does. */
  readonly repeats?: boolean;
  /** Estimated arithmetic operations. Absent: one for each element of the largest tensor. */
  readonly flops?: (inputs: readonly Tensor[], outputs: readonly Tensor[]) => number;
  /** The tile kernel of an elementwise op or reduction that can be fused. */
  readonly tile?: TileKernel | undefined;
  /** Why `execute` computes in JavaScript: the op becomes a host step between native segments. */
  readonly host?: string | undefined;
  /** `execute` can compute only this many first results, at lower cost and bit for bit the same. Absent: all. */
  readonly minResults?: number;
  /** Pairs [output, input], by number: the output may be written in place of the input. */
  readonly inputOutputAliases?: readonly (readonly [output: number, input: number])[];
}

/** An op as tracers, graph passes and the compiler see it. */
export interface TracedOp extends RecordedOp, OpTraits {
  /**
   * Fills the outputs, or returns other tensors that share an input's storage. 'view': the only result is the first input
   * in another shape.
   */
  readonly execute:
    | ((inputs: readonly Tensor[], attrs: never, outputs: readonly Tensor[]) => void | readonly Tensor[])
    | 'view';
}

/**
 * Side effects of a host step. 'none': it is dropped if its results are unused; 'order': it keeps its place among other
 * effects; 'check': it may throw and end the run; 'variables': it reads and writes variables.
 */
export type Effects = 'none' | 'order' | 'check' | 'variables';

/** A step of a traced function that runs in JavaScript at each run. */
export interface HostStep {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly { shape: Shape; dt: DTypeInfo }[];
  readonly run: (inputs: readonly Tensor[], read: ReadVariable) => readonly Tensor[];
  /** Why it does not run natively. */
  readonly why: string;
  readonly effects: Effects;
  /** The variables of the effect 'variables'. */
  readonly variables?: readonly Variable[];
}

/** Returns the value of a variable that the current run sees. */
export type ReadVariable = (variable: Variable) => Tensor;

/** Scalars of an op that each run computes anew: the position of a random stream, the step size of an optimizer. */
export interface RuntimeScalars {
  /** The first slot that they occupy in the argument buffer of the op's native calls. */
  readonly slot: number;
  readonly count: number;
  /** Computes the scalars of the run that begins; runs call it in their order. */
  write(to: Float64Array, at: number, read: ReadVariable): void;
  /** `write` calls user code, which may throw. */
  readonly fallible?: boolean;
  /** Reverts what `write` changed, after the run failed before the op. */
  undo?(): void;
  /** The variables that `write` changes, in this step or another one of the same kind. */
  readonly variables: readonly Variable[];
  /** The variables that it only reads, through `read`. */
  readonly reads?: readonly Variable[] | undefined;
  /** The op's attributes with these scalars. */
  attrs(numbers: Float64Array): unknown;
}

declare module '../core/context' {
  interface Recorder {
    /** Whether ops on the tensor with that id are recorded. */
    watches(id: number): boolean;
    record(op: RecordedOp, inputs: readonly Tensor[], attrs: unknown, outputs: readonly Tensor[]): void;
    record1(op: RecordedOp, x: Tensor, y: Tensor): void;
    record2(op: RecordedOp, a: Tensor, b: Tensor, y: Tensor): void;
  }

  interface Tracer {
    /**
     * Whether an op on the tensor is recorded: if the tensor is symbolic, or if it is a floating-point tensor from before
     * the trace, whose gradient a tape may request.
     */
    traces(t: Tensor): boolean;
    /** Records an op; returns symbolic tensors for its results. */
    emit(
      op: TracedOp,
      inputs: readonly Tensor[],
      attrs: unknown,
      outputs: readonly { shape: Shape; dt: DTypeInfo }[],
    ): Tensor[];
    /** Adds a step that runs in JavaScript at this point of every run; returns symbolic tensors for its results. */
    host(step: HostStep): Tensor[];
    /** Throws a ConcretizationError: the op needs a concrete value, for the shape of its result, an axis or a branch. */
    needsValue(op: string, why?: string): never;
    /** Adds an op with scalars that each run computes anew. It keeps its place among side effects. */
    emitWithScalars(
      op: TracedOp,
      inputs: readonly Tensor[],
      outputs: readonly { shape: Shape; dt: DTypeInfo }[],
      scalars: RuntimeScalars,
    ): Tensor[];
  }
}
