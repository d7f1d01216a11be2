/** Encodes a fused group as one instruction. */
import { native } from '../../binding';
import { bufferOf, type Tensor } from '../../core/tensor';
import type { TracedOp } from '../../op/contract';
import type { Block } from './copies';
import type { OpNode } from '../../graph/graph';
import type { LoweredNode } from '../lower';
import { dtypeOf, Space, type Group, type Member } from './group';

/** TileOp of native/program/tile_group.h. */
const kinds = { unary: 0, binary: 1, select: 2, reduce: 3, cast: 4 } as const;

/** Rows, columns, and the numbers of values, steps and blocks. */
const header = 5;
/** The length of a group's instruction. */
export const numbersOf = (values: number, steps: number, blocks: number): number =>
  header + 4 * values + 7 * steps + 2 * blocks;

/** A value in a group's instruction. */
interface Value {
  readonly space: Space;
  readonly dtype: number;
  /** −1: it exists only within a tile. */
  readonly storage: number;
  /** Its byte offset, and the distance between rows in elements; 0 if they are contiguous. */
  readonly at: number;
  readonly stride: number;
}

const contiguous = { at: 0, stride: 0 };
const blockLayout = (block: Block | undefined, t: Tensor): typeof contiguous =>
  block === undefined
    ? contiguous
    : { at: block.at * t.dt.bytes, stride: block.stride === block.columns ? 0 : block.stride };

/** Numbers the values of a group. */
class Encoder {
  readonly inputs: Tensor[] = [];
  readonly outputs: Tensor[] = [];
  readonly storages: Tensor[] = [];
  readonly values: Value[] = [];
  readonly steps: number[][] = [];
  private readonly valueOf = new Map<Tensor, number>();
  private readonly external = new Map<string, number>();

  constructor(
    group: Group,
    private readonly needed: (root: Tensor) => boolean,
  ) {
    for (const m of group.members) this.add(m);
  }

  /**
   * Whether values in memory imply the number of rows and columns, as the executor requires. They do not where a vector is
   * broadcast and the result is reduced to a vector or a scalar again, all within tiles.
   */
  hasSize(): boolean {
    const spaces = new Set(this.values.filter((v) => v.storage >= 0).map((v) => v.space));
    return spaces.has(Space.Full) || (spaces.has(Space.PerColumn) && spaces.has(Space.PerRow));
  }

  private storageOf(root: Tensor): number {
    const at = this.storages.indexOf(root);
    return at < 0 ? this.storages.push(root) - 1 : at;
  }

  private read({ root, space, block }: Member['operands'][number]): number {
    const known = this.valueOf.get(root);
    if (known !== undefined) return known;
    // A value may be read in several spaces: a vector along rows and along columns.
    const key = `${root.id}/${space}/${block?.at ?? ''}`;
    let value = this.external.get(key);
    if (value === undefined) {
      if (!this.inputs.includes(root)) this.inputs.push(root);
      const storage = this.storageOf(root);
      value = this.values.push({ space, dtype: root.dt.code, storage, ...blockLayout(block, root) }) - 1;
      this.external.set(key, value);
    }
    return value;
  }

  private add({ node, kernel, operands, out: { root, space } }: Member): void {
    const [a, b = a, c = a] = operands.map((o) => this.read(o));
    const isInMemory = space === Space.Scalar || space === Space.PerColumn || this.needed(root);
    if (isInMemory && !this.outputs.includes(root)) this.outputs.push(root);
    const storage = isInMemory ? this.storageOf(root) : -1;
    const value = this.values.push({ space, dtype: root.dt.code, storage, ...contiguous }) - 1;
    this.valueOf.set(root, value);
    const op = kernel.kind === 'cast' ? root.dt.code : kernel.op;
    this.steps.push([kinds[kernel.kind], op, dtypeOf(node, kernel).code, value, a, b, c]);
  }
}

/** `needed`: whether a value is read outside the group. A group of one op keeps that op's instructions. */
export function encodeGroup(
  group: Group,
  rootOf: (t: Tensor) => Tensor,
  needed: (root: Tensor) => boolean,
): LoweredNode {
  const [first] = group.members;
  // Not if it reads the source of a broadcast or split: that op is dropped.
  const isPlain = first.operands.every((o, i) => rootOf(first.node.inputs[i]) === o.root);
  if (group.members.length === 1 && isPlain) return first.lowered;
  let encoder = new Encoder(group, needed);
  if (!encoder.hasSize()) {
    const full = group.members.find((m) => m.out.space === Space.Full)?.out.root;
    encoder = new Encoder(group, (root) => root === full || needed(root));
  }
  const { inputs, outputs, storages, values, steps } = encoder;
  const columns = group.columns ?? group.size;
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
    inputOutputAliases: inputOutputAliasesOf(group, (root) => outputs.includes(root)),
  };
}

/** An output may overwrite an operand that is read at the same positions, and by no later step. */
function inputOutputAliasesOf(
  group: Group,
  inMemory: (root: Tensor) => boolean,
): (readonly [Tensor, Tensor])[] {
  const last = lastUses(group);
  const notPointwise = new Set<Tensor>();
  for (const { operands } of group.members) {
    for (const o of operands) if (o.space !== Space.Full || o.block !== undefined) notPointwise.add(o.root);
  }
  const pairs: (readonly [Tensor, Tensor])[] = [];
  group.members.forEach(({ out }, i) => {
    if (out.space !== Space.Full || !inMemory(out.root)) return;
    for (const [root, at] of last) {
      if (at <= i && !notPointwise.has(root) && !group.produced.has(root) && root.dt === out.root.dt)
        pairs.push([out.root, root]);
    }
  });
  return pairs;
}

/** The last member that reads each value. */
function lastUses(group: Group): Map<Tensor, number> {
  const last = new Map<Tensor, number>();
  group.members.forEach((m, i) => {
    // A reduction down columns reads its operand later, once several rows are computed.
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
      throw new Error('a fused group cannot fail');
    },
  };
}
