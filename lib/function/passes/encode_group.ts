/** A fused group as one instruction. */
import { native } from '../../binding';
import type { Tensor } from '../../core/tensor';
import type { TracedOp } from '../../core/scope';
import type { OpNode } from '../graph';
import type { LoweredNode } from '../lowered';
import { dtypeOf, Space, type Group, type Member } from './group';

const kinds = { unary: 0, binary: 1, select: 2, reduce: 3, cast: 4 } as const;

/** The number of the entry that runs groups. */
let entry = -1;
function fusedEntry(): number {
  if (entry >= 0) return entry;
  native.capture((number) => (entry = number));
  native.fused();
  native.capture(undefined);
  return entry;
}

/** `needed` says whether someone outside reads a value. A group of one is that op's own instruction. */
export function encodeGroup(
  group: Group,
  rootOf: (t: Tensor) => Tensor,
  needed: (root: Tensor) => boolean,
): LoweredNode {
  const [first] = group.members;
  // Unless it reads through a repetition that is not carried out.
  if (group.members.length === 1 && first.operands.every((o, i) => rootOf(first.node.inputs[i]) === o.root))
    return first.lowered;
  const columns = group.columns ?? group.size;
  const storages: Tensor[] = [];
  const storageOf = (root: Tensor): number => {
    let at = storages.indexOf(root);
    if (at < 0) at = storages.push(root) - 1;
    return at;
  };
  // Values by storage; those that exist within a tile only take each other's places as soon as they have been read.
  const values: { space: Space; dtype: number; storage: number }[] = [];
  const valueOf = new Map<Tensor, number>();
  const lastUse = new Map<Tensor, number>();
  group.members.forEach((m, i) => {
    // What is reduced down columns is read when some more rows are there.
    const end = m.out.space === Space.PerColumn ? Infinity : i;
    for (const o of m.operands) lastUse.set(o.root, Math.max(lastUse.get(o.root) ?? 0, end));
  });
  const free: number[] = [];
  const inputs: Tensor[] = [];
  const outputs: Tensor[] = [];
  const steps: number[][] = [];
  const external = new Map<string, number>();
  const read = (o: Member['operands'][number], dtype: number): number => {
    const known = valueOf.get(o.root);
    if (known !== undefined) return known;
    // One storage may be read in two ways: a vector along rows and along columns.
    const key = `${o.root.id}/${o.space}`;
    let value = external.get(key);
    if (value === undefined) {
      if (!inputs.includes(o.root)) inputs.push(o.root);
      value = values.push({ space: o.space, dtype, storage: storageOf(o.root) }) - 1;
      external.set(key, value);
    }
    return value;
  };
  group.members.forEach((m, i) => {
    const operands = m.operands.map((o) => read(o, o.root.dt.code));
    // The kernels of a step may write over what they read, but a repeated operand is read again for each row.
    const out = m.out;
    const inMemory = out.space === Space.Scalar || out.space === Space.PerColumn || needed(out.root);
    let value: number;
    if (inMemory) {
      outputs.push(out.root);
      value = values.push({ space: out.space, dtype: out.root.dt.code, storage: storageOf(out.root) }) - 1;
    } else {
      const at = free.findIndex((v) => values[v].space === out.space && values[v].dtype === out.root.dt.code);
      value =
        at >= 0
          ? free.splice(at, 1)[0]
          : values.push({ space: out.space, dtype: out.root.dt.code, storage: -1 }) - 1;
    }
    valueOf.set(out.root, value);
    const [a, b = a, c = a] = operands;
    const op = m.kernel.kind === 'cast' ? out.root.dt.code : m.kernel.op;
    steps.push([kinds[m.kernel.kind], op, dtypeOf(m.node, m.kernel).code, value, a, b, c]);
    for (const o of m.operands) {
      const v = valueOf.get(o.root);
      if (lastUse.get(o.root) === i && v !== undefined && values[v].storage < 0 && !free.includes(v))
        free.push(v);
    }
    if (!inMemory && lastUse.get(out.root) === undefined) free.push(value);
  });
  const numbers = new Float64Array(4 + 4 * values.length + 7 * steps.length);
  numbers.set([group.size / columns, columns, values.length, steps.length]);
  values.forEach((v, i) => numbers.set([v.space, v.dtype, v.storage, 0], 4 + 4 * i));
  steps.forEach((s, i) => numbers.set(s, 4 + 4 * values.length + 7 * i));
  const node: OpNode = { kind: 'op', op: fusedOp(group), inputs, attrs: null, outputs };
  return {
    node,
    instructions: [{ entry: fusedEntry(), buffers: storages.map((t) => t.buffer), numbers }],
    view: false,
    over: overwrites(group, (root) => outputs.includes(root)),
  };
}

/** An output may be written over what is read at the same places, by no step after the one that makes it. */
function overwrites(group: Group, inMemory: (root: Tensor) => boolean): (readonly [Tensor, Tensor])[] {
  const last = new Map<Tensor, number>();
  const elsewhere = new Set<Tensor>();
  group.members.forEach((m, i) => {
    for (const o of m.operands) {
      last.set(o.root, i);
      if (o.space !== Space.Full) elsewhere.add(o.root);
    }
  });
  const pairs: (readonly [Tensor, Tensor])[] = [];
  group.members.forEach(({ out }, i) => {
    if (out.space !== Space.Full || !inMemory(out.root)) return;
    for (const [root, at] of last) {
      if (at <= i && !elsewhere.has(root) && !group.made.has(root) && root.dt === out.root.dt)
        pairs.push([out.root, root]);
    }
  });
  return pairs;
}

function fusedOp(group: Group): TracedOp {
  return {
    name: `fused(${group.members.map((m) => m.node.op.name).join(', ')})`,
    differentiable: false,
    savesInputs: 0,
    savesOutputs: false,
    execute: () => {
      throw new Error('a fused group has no results that ask for another run');
    },
  };
}
