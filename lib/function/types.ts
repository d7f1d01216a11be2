/** What users say of a compiled function, and what they get for one signature. */
import type { TensorSpec } from './tensor_spec';

export interface FunctionOptions {
  /** A TensorSpec for each argument (or structures of them): arguments become such tensors, and others are refused. */
  inputSignature?: readonly unknown[] | null;
  /** Counts shapes that differ in the same dimensions as one trace. Each shape is a program of its own all the same, up to 64. */
  reduceRetracing?: boolean;
  /** No effect: every function is compiled. */
  jitCompile?: boolean | null;
  /** For messages. Default: that of `f`. */
  name?: string | null;
}

/** A function for one signature. */
export interface ConcreteFunction<A extends unknown[], R> {
  (...args: A): R;
  /** The same off the event loop: `async` of the compiled function. */
  async(...args: A): Promise<R>;
  /** The arguments, its tensors as specs; then what Python passes by name: nothing. */
  readonly structuredInputSignature: readonly [readonly unknown[], object];
  /**
   * What it returns, its tensors as specs; null as long as a signature with null dimensions was not called, and where the
   * function runs op by op.
   */
  readonly structuredOutputs: unknown;
  /** The specs among these. */
  readonly outputs: readonly TensorSpec[] | null;
}
