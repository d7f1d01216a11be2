/**
 * Turns op nodes into instructions. A row's own `execute` is run over tensors without elements while the border tells what
 * it is called with instead of doing it: whatever works eagerly works in a program, without a second description.
 */
import { frame, frameBigInts, native } from '../binding';
import type { Tensor } from '../core/tensor';
import type { OpNode } from './graph';

/** One call of a native entry. */
export interface Instruction {
  readonly entry: number;
  readonly buffers: readonly ArrayBuffer[];
  readonly numbers: Float64Array;
}

export interface Lowered {
  readonly instructions: readonly Instruction[];
  /** For each output, the input whose storage it shares; null where it has its own. */
  readonly aliases: readonly (Tensor | null)[];
}

/** The instructions of a node; null where it must run in JavaScript. */
export function lower(node: OpNode): Lowered | null {
  const { op, inputs, attrs, outputs } = node;
  if (op.execute === 'view') return { instructions: [], aliases: [inputs[0]] };
  const known = new Set<ArrayBuffer>([...inputs, ...outputs].map((t) => t.buffer));
  const instructions: Instruction[] = [];
  let foreign = false;
  native.capture((entry, ...buffers) => {
    if (buffers.some((b) => !known.has(b))) foreign = true;
    let used = frame.length;
    while (used > 0 && frameBigInts[used - 1] === 0n) used--;
    instructions.push({ entry, buffers, numbers: frame.slice(0, used) });
  });
  let own: void | readonly Tensor[];
  try {
    frame.fill(0);
    own = op.execute(inputs, attrs as never, outputs);
  } catch {
    return null;
  } finally {
    native.capture(undefined);
  }
  if (foreign) return null;
  if (own === undefined) {
    // Nothing was called: it did its work in JavaScript, unless there is nothing to do.
    if (instructions.length === 0 && outputs.some((t) => t.size > 0)) return null;
    return { instructions, aliases: outputs.map(() => null) };
  }
  const aliases: (Tensor | null)[] = [];
  for (let i = 0; i < outputs.length; i++) {
    const result = own[i];
    if (result === outputs[i]) {
      aliases.push(null);
      continue;
    }
    const source = inputs.find((x) => x.buffer === result.buffer && x.offset === result.offset);
    if (source === undefined) return null;
    aliases.push(source);
  }
  return { instructions, aliases };
}
