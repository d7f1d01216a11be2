/** A fused group as one instruction. */
import { native } from '../../binding';
import { bufferOf, type Tensor } from '../../core/tensor';
import type { TracedOp } from '../../op/contract';
import type { Block } from '../copies';
import type { OpNode } from '../../graph/graph';
import type { LoweredNode } from '../lowered';
import { dtypeOf, Space, type Group, type Member } from './group';

const kinds = { unary: 0, binary: 1, select: 2, reduce: 3, cast: 4 } as const;

/** A block of another value, which a value is written to. */
export interface Target {
  readonly whole: Tensor;
  readonly block: Block;
}

const header = 5;
/** The count of numbers of a group's instruction. */
export const numbersOf = (values: number, steps: number, blocks: number): number =>
  header + 4 * values + 7 * steps + 2 * blocks;

/** `needed` says whether someone outside reads a value. A group of one is that op's own instruction. */
export function encodeGroup(
  group: Group,
  rootOf: (t: Tensor) => Tensor,
  targets: ReadonlyMap<Tensor, Target>,
  needed: (root: Tensor) => boolean,
): LoweredNode {
  const [first] = group.members;
  // Unless it reads through a repetition that is not carried out.
  const itself = first.operands.every((o, i) => rootOf(first.node.inputs[i]) === o.root);
  if (group.members.length === 1 && itself && !targets.has(first.out.root)) return first.lowered;
  const columns = group.columns ?? group.size;
  const storages: Tensor[] = [];
  const storageOf = (root: Tensor): number => {
    let at = storages.indexOf(root);
    if (at < 0) at = storages.push(root) - 1;
    return at;
  };
  // Values by storage; those that exist within a tile only take each other's places as soon as they have been read.
  const values: { space: Space; dtype: number; storage: number; at: number; stride: number }[] = [];
  const plain = { at: 0, stride: 0 };
  const within = (block: Block | undefined, t: Tensor): typeof plain =>
    block === undefined
      ? plain
      : { at: block.at * t.dt.bytes, stride: block.stride === block.columns ? 0 : block.stride };
  const valueOf = new Map<Tensor, number>();
  const lastUse = lastUses(group);
  const free: number[] = [];
  const inputs: Tensor[] = [];
  const outputs: Tensor[] = [];
  const steps: number[][] = [];
  const external = new Map<string, number>();
  const read = (o: Member['operands'][number], dtype: number): number => {
    const known = valueOf.get(o.root);
    if (known !== undefined) return known;
    // One storage may be read in two ways: a vector along rows and along columns.
    const key = `${o.root.id}/${o.space}/${o.block?.at ?? ''}`;
    let value = external.get(key);
    if (value === undefined) {
      if (!inputs.includes(o.root)) inputs.push(o.root);
      const place = within(o.block, o.root);
      value = values.push({ space: o.space, dtype, storage: storageOf(o.root), ...place }) - 1;
      external.set(key, value);
    }
    return value;
  };
  group.members.forEach((m, i) => {
    const operands = m.operands.map((o) => read(o, o.root.dt.code));
    // The kernels of a step may write over what they read, but a repeated operand is read again for each row.
    const out = m.out;
    const target = targets.get(out.root);
    const inMemory =
      target !== undefined || out.space === Space.Scalar || out.space === Space.PerColumn || needed(out.root);
    let value: number;
    if (inMemory) {
      const to = target?.whole ?? out.root;
      if (!outputs.includes(to)) outputs.push(to);
      const place = within(target?.block, out.root);
      value = values.push({ space: out.space, dtype: to.dt.code, storage: storageOf(to), ...place }) - 1;
    } else {
      const at = free.findIndex((v) => values[v].space === out.space && values[v].dtype === out.root.dt.code);
      value =
        at >= 0
          ? free.splice(at, 1)[0]
          : values.push({ space: out.space, dtype: out.root.dt.code, storage: -1, ...plain }) - 1;
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
  const strides = values.flatMap((v, i) => (v.stride === 0 ? [] : [i, v.stride]));
  const numbers = Float64Array.from([
    ...[group.size / columns, columns, values.length, steps.length, strides.length / 2],
    ...values.flatMap((v) => [v.space, v.dtype, v.storage, v.at]),
    ...steps.flat(),
    ...strides,
  ]);
  const node: OpNode = { kind: 'op', op: fusedOp(group), inputs, attrs: null, outputs };
  return {
    node,
    order: first.lowered.order,
    instructions: [{ entry: native.entries.fused, buffers: storages.map((t) => bufferOf(t)), numbers }],
    view: false,
    over: overwrites(group, (root) => outputs.includes(root)),
  };
}

/** An output may be written over what is read at the same places, by no step after the one that makes it. */
function overwrites(group: Group, inMemory: (root: Tensor) => boolean): (readonly [Tensor, Tensor])[] {
  const last = lastUses(group);
  const elsewhere = new Set<Tensor>();
  for (const { operands } of group.members) {
    for (const o of operands) if (o.space !== Space.Full || o.block !== undefined) elsewhere.add(o.root);
  }
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

/** The last member that reads a value. */
function lastUses(group: Group): Map<Tensor, number> {
  const last = new Map<Tensor, number>();
  group.members.forEach((m, i) => {
    // What is reduced down columns is read when some more rows are there.
    const end = m.out.space === Space.PerColumn ? Infinity : i;
    for (const o of m.operands) last.set(o.root, Math.max(last.get(o.root) ?? 0, end));
  });
  return last;
}

function fusedOp(group: Group): TracedOp {
  return {
    name: `fused(${group.members.map((m) => m.node.op.name).join(', ')})`,
    differentiable: false,
    savesInputs: 0,
    savesOutputs: false,
    flops: (inputs, outputs) =>
      group.members.length * Math.max(0, ...inputs.map((t) => t.size), ...outputs.map((t) => t.size)),
    execute: () => {
      throw new Error('a fused group has no results that ask for another run');
    },
  };
}
