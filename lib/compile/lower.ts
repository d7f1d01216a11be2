/**
 * Lowers op nodes to instructions. The op's `execute` runs on symbolic tensors while its native calls on their storages are
 * recorded instead of carried out, so that eager ops need no second description for programs.
 */
import { frame, frameBigInts, native } from '../binding';
import { InternalError } from '../core/errors';
import { bufferOf, type Tensor } from '../core/tensor';
import type { OpNode } from '../graph/graph';

/** One recorded call of a native entry. */
export interface Instruction {
  readonly entry: number;
  readonly buffers: readonly ArrayBuffer[];
  readonly numbers: Float64Array;
}

export interface Lowered {
  readonly instructions: readonly Instruction[];
  /** For each output, the input whose storage it shares; null if it has its own. */
  readonly aliases: readonly (Tensor | null)[];
}

/** The instructions of a node; null if the op computes in JavaScript. */
export function lower({ op, inputs, attrs, outputs }: OpNode): Lowered | null {
  if (op.host !== undefined) return null;
  const { execute } = op;
  if (execute === 'view') return { instructions: [], aliases: [inputs[0]] };
  const nodeBuffers = new Set<ArrayBuffer>([...inputs, ...outputs].map((t) => bufferOf(t)));
  const instructions: Instruction[] = [];
  // Only calls on the node's storages are recorded; all others, such as allocations, are carried out.
  const record = (entry: number, ...buffers: ArrayBuffer[]): boolean => {
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
  native.capture(record);
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
