/** The graph of functional models: symbolic tensors, and the calls of operations that make them. */
import type { DType } from '../../core/dtype';
import { flatten, isPlainObject, mapStructure } from '../../core/nest';
import { describe } from '../../core/shape';
import type { KerasObject } from '../base/keras_object';
import { uniqueName } from '../base/naming';
import { showKerasShape, type KerasShape } from '../base/shapes';

/** Which result of which call of an operation a tensor is. */
export interface KerasHistory {
  readonly operation: Operation;
  readonly nodeIndex: number;
  readonly tensorIndex: number;
}

/**
 * A tensor of a model that is being described: it has a shape, in which null varies, and a dtype, but no values. `Input` makes
 * one, and layers called with it give others. @tf tf.keras.KerasTensor
 */
export class KerasTensor {
  readonly shape: KerasShape;
  readonly dtype: DType;
  readonly name: string;
  /** @internal Null until the call that makes it is recorded. */
  history: KerasHistory | null = null;

  constructor(shape: KerasShape, dtype: DType = 'float32', name?: string) {
    if (!Array.isArray(shape))
      throw new TypeError(`[KerasTensor] shape must be an array of sizes and nulls; got ${describe(shape)}`);
    this.shape = Object.freeze([...(shape as KerasShape)]);
    this.dtype = dtype;
    this.name = name ?? uniqueName('keras_tensor');
  }

  get rank(): number {
    return this.shape.length;
  }

  toString(): string {
    return `<KerasTensor shape=${showKerasShape(this.shape)}, dtype=${this.dtype}, name=${this.name}>`;
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** A layer, or a function of keras.ops in a functional model. */
export interface Operation extends KerasObject {
  readonly name: string;
  /** The calls with symbolic tensors so far. */
  readonly inboundNodes: CallNode[];
  /** Whether the names of its keyword arguments are the caller's own, which files have as they are. */
  readonly keepsNames?: boolean;
  /** Calls it with the arguments of a node, in which tensors have taken the place of symbolic ones. */
  invoke(...args: unknown[]): unknown;
}

/** The KerasTensors in nested arrays and objects, in order. */
export const kerasTensorsIn = (structure: unknown): KerasTensor[] =>
  flatten(structure).filter((leaf): leaf is KerasTensor => leaf instanceof KerasTensor);

/** Whether there are KerasTensors in a list, at any depth. */
export const hasKerasTensors = (list: readonly unknown[]): boolean =>
  list.some(
    (part) =>
      part instanceof KerasTensor ||
      ((Array.isArray(part) || isPlainObject(part)) && kerasTensorsIn(part).length > 0),
  );

/** The structure with each KerasTensor replaced. */
export const replaceKerasTensors = (structure: unknown, f: (t: KerasTensor) => unknown): unknown =>
  structure instanceof KerasTensor
    ? f(structure)
    : mapStructure(structure, (leaf) => (leaf instanceof KerasTensor ? f(leaf) : leaf));

/** The arguments of a call: those by position, and the object of options that may be the last. */
export function splitArguments(args: readonly unknown[]): {
  positional: readonly unknown[];
  named: Readonly<Record<string, unknown>>;
} {
  const last = args[args.length - 1];
  return args.length > 1 && isPlainObject(last)
    ? { positional: args.slice(0, -1), named: last }
    : { positional: args, named: {} };
}

/** One call of an operation: its arguments, in which there are symbolic tensors, and its results. */
export class CallNode {
  /** The symbolic tensors among the arguments. */
  readonly inputs: readonly KerasTensor[];
  readonly outputTensors: readonly KerasTensor[];
  /** The place in the operation's list of calls. */
  readonly index: number;

  constructor(
    readonly operation: Operation,
    /** Positional arguments; the last may be the object of options. */
    readonly args: readonly unknown[],
    /** The result: a symbolic tensor or a structure of these. */
    readonly outputs: unknown,
  ) {
    this.inputs = kerasTensorsIn(args);
    this.outputTensors = kerasTensorsIn(outputs);
    this.index = operation.inboundNodes.length;
    operation.inboundNodes.push(this);
    this.outputTensors.forEach((t, tensorIndex) => {
      t.history = { operation, nodeIndex: this.index, tensorIndex };
    });
  }

  /** The nodes that make the inputs. */
  parents(): CallNode[] {
    return this.inputs.map((t) => nodeOf(t));
  }
}

/** The call that made a symbolic tensor. */
export function nodeOf(t: KerasTensor): CallNode {
  const { history } = t;
  if (history === null) throw new Error(`the call that makes ${t.toString()} has not been recorded`);
  return history.operation.inboundNodes[history.nodeIndex];
}
