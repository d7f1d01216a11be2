/**
 * Lowers op nodes to instructions. The op's `execute` runs on symbolic tensors while its native calls on their storages are
 * recorded instead of carried out, so that eager ops need no second description for programs.
 */
import { frame, frameBigInts, native } from '../binding';
import { InternalError } from '../core/errors';
import { bufferOf, type Tensor } from '../core/tensor';
import { runNode, type HostNode, type OpNode } from '../graph/graph';
import type { RuntimeScalars } from '../op/contract';
import type { Place } from './steps';
import type { Storages } from './memory_plan';

/** One recorded call of a native entry. */
export interface Instruction {
  readonly entry: number;
  readonly buffers: readonly ArrayBuffer[];
  readonly numbers: Float64Array;
}

/** An op of a segment with its instructions. */
export interface LoweredNode {
  readonly node: OpNode;
  readonly instructions: readonly Instruction[];
  /** Its position in program order; fusion may change the order of the code. */
  readonly order: number;
  /** It has no instructions: its results share storages of its inputs. */
  readonly view: boolean;
  /** Scalars of its instructions that each run computes anew. */
  readonly scalars?: RuntimeScalars | undefined;
  /** Pairs of an output's and an input's root: the output may be written in place of the input. */
  readonly inputOutputAliases: readonly (readonly [to: Tensor, from: Tensor])[];
  /** Of an inlined loop, in place of instructions: their words, once the places of all values are known. */
  readonly code?: (placeOf: (t: Tensor) => Place) => readonly Float64Array[];
  /** Of an inlined loop: those of its inputs that are no tensors of the graph. */
  readonly constants?: readonly Tensor[];
}

/** Lowers a node: an op of a segment, or a host step if it computes in JavaScript. Registers aliases in `storages`. */
export function lower(node: OpNode | HostNode, order: number, storages: Storages): LoweredNode | HostNode {
  const op = node.kind === 'op' ? node : scalarOpOf(node);
  const code = op === null ? null : record(op);
  if (op === null || code === null) return node.kind === 'op' ? hostNode(node) : node;
  code.aliases.forEach((source, i) => {
    if (source !== null) storages.share(op.outputs[i], source);
  });
  const { instructions, aliases } = code;
  const scalars = node.kind === 'op' ? undefined : node.scalarOp?.scalars;
  const view =
    scalars === undefined && instructions.length === 0 && aliases.every((source) => source !== null);
  return {
    node: op,
    order,
    instructions,
    view,
    scalars,
    inputOutputAliases: inputOutputAliasesOf(op, storages),
  };
}

/** The op of a host step whose scalars each run computes anew; null for other host steps. */
function scalarOpOf({ inputs, outputs, pending, scalarOp }: HostNode): OpNode | null {
  if (scalarOp === undefined) return null;
  const { op, scalars } = scalarOp;
  return { kind: 'op', op, inputs, attrs: scalars.attrs(new Float64Array(scalars.count)), outputs, pending };
}

/** The host step for an op that computes in JavaScript. */
function hostNode(node: OpNode): HostNode {
  return {
    kind: 'host',
    name: node.op.name,
    inputs: node.inputs,
    outputs: node.outputs,
    pending: node.pending,
    run: (inputs) => runNode(node, inputs),
    effects: 'none',
    why: node.op.host ?? 'it computes in JavaScript',
  };
}

/** The instructions of an op, and for each output the input whose storage it shares. */
interface Recorded {
  readonly instructions: readonly Instruction[];
  readonly aliases: readonly (Tensor | null)[];
}

/** Records the native calls of an op; null if it computes in JavaScript. */
function record({ op, inputs, attrs, outputs }: OpNode): Recorded | null {
  if (op.host !== undefined) return null;
  const { execute } = op;
  if (execute === 'view') return { instructions: [], aliases: [inputs[0]] };
  const nodeBuffers = new Set<ArrayBuffer>([...inputs, ...outputs].map((t) => bufferOf(t)));
  const instructions: Instruction[] = [];
  // Only calls on the node's storages are recorded; all others, such as allocations, are carried out.
  const recordCall = (entry: number, ...buffers: ArrayBuffer[]): boolean => {
    const symbolic = buffers.filter((b) => nodeBuffers.has(b)).length;
    if (symbolic === 0) return false;
    if (symbolic < buffers.length)
      throw new InternalError(`[${op.name}] passes a temporary storage to a native call`);
    let used = frame.length;
    while (used > 0 && frameBigInts[used - 1] === 0n) used--;
    instructions.push({ entry, buffers, numbers: frame.slice(0, used) });
    return true;
  };
  frame.fill(0);
  native.capture(recordCall);
  let results: void | readonly Tensor[];
  try {
    results = execute(inputs, attrs as never, outputs);
  } finally {
    native.capture(undefined);
  }
  return {
    instructions,
    aliases: results === undefined ? outputs.map(() => null) : aliases(inputs, outputs, results, op.name),
  };
}

/** For an op that returned views of its inputs: the input of each output. */
function aliases(
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  results: readonly Tensor[],
  op: string,
): (Tensor | null)[] {
  return outputs.map((output, i) => {
    const result = results[i];
    if (result === output) return null;
    const source = inputs.find((x) => bufferOf(x) === bufferOf(result) && x.offset === result.offset);
    if (source === undefined)
      throw new InternalError(`[${op}] result ${i} is neither its output nor an input`);
    return source;
  });
}

/** Pairs of the roots of an output and an input: the output may be written in place of the input. */
function inputOutputAliasesOf(
  { op, inputs, outputs }: OpNode,
  storages: Storages,
): (readonly [Tensor, Tensor])[] {
  if (op.inputOutputAliases !== undefined) {
    return op.inputOutputAliases.map(
      ([to, from]) => [storages.root(outputs[to]), storages.root(inputs[from])] as const,
    );
  }
  const kernel = op.tile;
  if (kernel === undefined || kernel.kind === 'reduce' || outputs.length !== 1) return [];
  const [out] = outputs;
  if (inputs.some((t) => t.size !== out.size && t.size !== 1)) return [];
  return inputs
    .filter((t) => t.size === out.size && t.dt === out.dt)
    .map((t) => [storages.root(out), storages.root(t)] as const);
}
