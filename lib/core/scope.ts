/**
 * What is in force right now: the tapes that record, the tidy scope that tracks. Every op looks here; the things
 * that are in force put themselves here.
 */
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
  record(op: RecordedOp, inputs: readonly Tensor[], attrs: unknown, outputs: readonly Tensor[]): void;
  record1(op: RecordedOp, x: Tensor, y: Tensor): void;
  record2(op: RecordedOp, a: Tensor, b: Tensor, y: Tensor): void;
  readVariable(variable: Variable, value: Tensor): void;
}

export const scope: {
  /** Null where nothing records, which is what the fast path of every op asks. */
  recorder: Recorder | null;
  /** Tensors with blocks of their own made in the innermost `tf.tidy`, or null outside. */
  tidy: Tensor[] | null;
} = { recorder: null, tidy: null };
