/**
 * Fuses elementwise ops, their broadcasts, and reductions of their results into groups that run tile by tile
 * (native/program/tiles.h): an intermediate that only the group reads is never written to memory.
 */
import { asShape, sameShape, type Shape, sizeOf } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { TileKernel } from '../../op/contract';
import { splitCopies, isRun, type Block } from './copies';
import { inputsOf, type OpNode } from '../../graph/graph';
import type { LoweredNode } from '../lower';
import type { Storages } from '../memory_plan';
import { encodeGroup, numbersOf } from './encode_group';
import { enabled } from '../../graph/passes/optimize';
import { dtypeOf, readsOf, Space, usersOf, type Group, type Item, type Member, type Operand } from './group';
import { recompute } from './recompute';

/** The longest row in a reduction of rows or columns: kMaxTileRow of native/program. */
const maxRow = 8192;
/** Limits of one instruction, within those of native/program: kMaxTileSteps, kMaxBuffers, kMaxTileValues, kFrameSlots. */
const maxSteps = 36;
const maxStorages = 32;
const maxValues = 64;
const maxNumbers = 512;
/** Blocks with shorter rows are copied before they are read. */
const minColumns = 16;
/** The number of recent items among which a node looks for a group that shares an operand. */
const lookback = 8;

/** How an operand of `shape` broadcasts to `full`: its space, and the columns that this requires. */
function operandSpace(shape: Shape, full: Shape): { space: Space; columns: number | null } | null {
  const size = sizeOf(shape);
  const n = sizeOf(full);
  if (size === n) return { space: Space.Full, columns: null };
  if (size === 1) return { space: Space.Scalar, columns: null };
  // Zero columns and zero rows cannot be told apart.
  if (n === 0) return null;
  const lead = full.length - shape.length;
  const dim = (d: number): number => (d < lead ? 1 : shape[d - lead]);
  let first = 0;
  while (dim(first) === 1) first++;
  let tail = true;
  for (let d = first; d < full.length; d++) if (dim(d) !== full[d]) tail = false;
  if (tail) return { space: Space.PerColumn, columns: size };
  let last = full.length - 1;
  while (dim(last) === 1) last--;
  for (let d = 0; d <= last; d++) if (dim(d) !== full[d]) return null;
  return { space: Space.PerRow, columns: n / size };
}

/** The result space of a reduction over the last or the first axes; null for other axes. */
function reducedSpace(
  shape: Shape,
  axes: readonly number[],
): { space: Space; columns: number | null } | null {
  const reduced = new Set(axes);
  const kept = asShape(shape.map((n, d) => (reduced.has(d) ? 1 : n)));
  const count = sizeOf(kept);
  if (count === 1) return { space: Space.Scalar, columns: null };
  if (count === sizeOf(shape)) return null;
  const r = operandSpace(kept, shape);
  return r !== null && r.space !== Space.Full ? r : null;
}

/** What a node must agree with to join a group. */
type GroupSize = Pick<Group, 'size' | 'columns' | 'produced'>;

/** A node as a member, and the group's columns once it has joined. */
interface Fit {
  readonly member: Member;
  readonly columns: number | null;
}

/**
 * Places the nodes of a segment one by one: each joins a group that accepts it, starts one, or stays single. `items` is the
 * order of execution.
 */
export class Fusion {
  private items: Item[] = [];
  private readonly producer = new Map<Tensor, Item>();
  /** The readers of each value. */
  private readonly readers = new Map<Tensor, LoweredNode[]>();
  /** The source and axes of values that only repeat another value along axes. */
  private readonly expansions = new Map<
    Tensor,
    { readonly source: Tensor; readonly axes: readonly number[] }
  >();
  /** The source and block of values that are blocks of a matrix. */
  private readonly blocks = new Map<Tensor, { readonly source: Tensor; readonly block: Block }>();
  /** The value whose storage contains a value, for views and elided splits. */
  private readonly wholes = new Map<Tensor, Tensor>();

  constructor(
    private readonly storages: Storages,
    /** Values that are used outside the segment, so that they must be in memory. */
    private readonly escaping: ReadonlySet<Tensor>,
  ) {}

  run(nodes: readonly LoweredNode[]): LoweredNode[] {
    for (const lowered of nodes) {
      if (lowered.view) {
        const from = this.root(lowered.node.inputs[0]);
        // A slice of a slice is inside the same storage.
        const whole = this.wholes.get(from) ?? from;
        for (const t of lowered.node.outputs) if (this.root(t) === t) this.wholes.set(t, whole);
        continue;
      }
      for (const t of inputsOf(lowered.node).flatMap((t) => this.storagesRead(t))) {
        const users = this.readers.get(t);
        if (users === undefined) this.readers.set(t, [lowered]);
        else users.push(lowered);
      }
    }
    for (const lowered of nodes) this.placeNode(lowered);
    return this.encodeItems();
  }

  private root(t: Tensor): Tensor {
    return this.storages.root(t);
  }

  private operandOf(root: Tensor, space: Space): Operand {
    return { root, space, whole: this.wholes.get(root) };
  }

  /** The values that must have been computed before `t` is read. */
  private storagesRead(t: Tensor): readonly Tensor[] {
    return readsOf(this.operandOf(this.root(t), Space.Full));
  }

  private addSingle(lowered: LoweredNode): void {
    const reads = inputsOf(lowered.node).flatMap((t) => this.storagesRead(t));
    const item: Item = { single: lowered, group: null, reads };
    this.items.push(item);
    for (const t of lowered.node.outputs) if (this.root(t) === t) this.producer.set(t, item);
  }

  private placeNode(lowered: LoweredNode): void {
    const { node } = lowered;
    // A view or slice is available as soon as its whole is.
    if (lowered.view) {
      for (const t of node.outputs) {
        const whole = this.wholes.get(t);
        const producer = whole === undefined ? undefined : this.producer.get(whole);
        if (producer !== undefined) this.producer.set(t, producer);
      }
      return;
    }
    if (node.op.repeats === true) {
      this.expansions.set(node.outputs[0], { source: node.inputs[0], axes: node.attrs as readonly number[] });
    }
    if (enabled('blocks')) {
      for (const { slice, block } of splitCopies(lowered)?.copies ?? []) {
        if (block.columns >= minColumns) this.blocks.set(slice, { source: node.inputs[0], block });
      }
    }
    const kernel = node.op.tile;
    const fusible =
      kernel !== undefined &&
      node.outputs.length === 1 &&
      this.root(node.outputs[0]) === node.outputs[0] &&
      node.outputs[0].size > 0 &&
      (kernel.kind !== 'reduce' || node.inputs[0].size > 0) &&
      (kernel.dtypes === undefined || kernel.dtypes.includes(dtypeOf(node, kernel)));
    if (!fusible) {
      this.addSingle(lowered);
      return;
    }
    for (const group of this.candidates(node)) {
      if (this.tryJoin(group, lowered, kernel)) return;
    }
    if (!this.startGroup(lowered, kernel)) this.addSingle(lowered);
  }

  /** Groups that may accept a node: those that produce its operands, then recent ones that share an operand. */
  private candidates(node: OpNode): Group[] {
    const found: Group[] = [];
    for (const t of node.inputs) {
      const item = this.producer.get(this.source(t));
      if (item?.group != null && !found.includes(item.group)) found.push(item.group);
    }
    const inputs = new Set(node.inputs.flatMap((t) => [this.root(t), this.source(t)]));
    for (let i = this.items.length - 1; i >= 0 && i >= this.items.length - lookback; i--) {
      const { group } = this.items[i];
      if (group === null || found.includes(group)) continue;
      if (group.members.some((m) => m.operands.some((o) => o.space === Space.Full && inputs.has(o.root))))
        found.push(group);
    }
    return found;
  }

  /** The value to read in place of a value that only repeats another one, or is a block of it. */
  private source(t: Tensor): Tensor {
    const root = this.root(t);
    const from = this.expansions.get(root) ?? this.blocks.get(root);
    return from === undefined ? root : this.source(from.source);
  }

  /** The node as a member of a group of this size; null if it cannot be one. */
  private member(lowered: LoweredNode, kernel: TileKernel, group: GroupSize): Fit | null {
    return this.fit(lowered, kernel, group, true) ?? this.fit(lowered, kernel, group, false);
  }

  /** `readBlocks`: operands may be read in place, as blocks of a wider matrix. */
  private fit(lowered: LoweredNode, kernel: TileKernel, group: GroupSize, readBlocks: boolean): Fit | null {
    const { node } = lowered;
    const out = node.outputs[0];
    let columns = group.columns;
    const agree = (c: number | null): boolean => {
      if (c === null) return true;
      if (columns === null) columns = c;
      return columns === c;
    };
    const operand = (t: Tensor, full: Shape): Operand | null => {
      const root = this.root(t);
      const expansion = this.expansions.get(root);
      const how = operandSpace(shapeOf(t), full);
      if (how === null || !agree(how.columns)) return null;
      if (how.space !== Space.Full) return this.operandOf(root, how.space);
      const from = readBlocks && kernel.kind !== 'reduce' ? this.blocks.get(root) : undefined;
      // In place if the rows of the block are those of the group, else from its copy.
      if (from !== undefined && agree(isRun(from.block, t) ? null : from.block.columns))
        return { ...this.operandOf(this.root(from.source), Space.Full), block: from.block };
      // The axes refer to the root's shape.
      if (expansion === undefined || !sameShape(shapeOf(t), shapeOf(root)))
        return this.operandOf(root, how.space);
      const reduced = reducedSpace(shapeOf(t), expansion.axes);
      if (reduced === null || !agree(reduced.columns)) return null;
      return this.operandOf(this.root(expansion.source), reduced.space);
    };
    if (kernel.kind === 'reduce') {
      const x = node.inputs[0];
      if (x.size !== group.size) return null;
      const to = reducedSpace(shapeOf(x), (node.attrs as { axes: readonly number[] }).axes);
      if (to === null || !agree(to.columns)) return null;
      if (to.space !== Space.Scalar && columns !== null && columns > maxRow) return null;
      const from = operand(x, shapeOf(x));
      if (from === null || from.space !== Space.Full) return null;
      return {
        member: { lowered, node, kernel, operands: [from], out: { root: out, space: to.space } },
        columns,
      };
    }
    if (out.size === group.size) {
      const operands: Operand[] = [];
      for (const t of node.inputs) {
        const o = operand(t, shapeOf(out));
        if (o === null) return null;
        operands.push(o);
      }
      if (!operands.some((o) => o.space === Space.Full) && !operands.some((o) => o.space === Space.PerColumn))
        return null;
      return { member: { lowered, node, kernel, operands, out: { root: out, space: Space.Full } }, columns };
    }
    // One element for each row, computed from per-row values of the group.
    if (columns === null || out.size * columns !== group.size || columns > maxRow) return null;
    const operands: Operand[] = [];
    for (const t of node.inputs) {
      if (t.size === 1 && out.size !== 1) operands.push(this.operandOf(this.root(t), Space.Scalar));
      else if (t.size === out.size) operands.push(this.operandOf(this.root(t), Space.PerRow));
      else return null;
    }
    if (!operands.some((o) => group.produced.get(o.root) === Space.PerRow)) return null;
    return { member: { lowered, node, kernel, operands, out: { root: out, space: Space.PerRow } }, columns };
  }

  private startGroup(lowered: LoweredNode, kernel: TileKernel): boolean {
    const { node } = lowered;
    const size = kernel.kind === 'reduce' ? node.inputs[0].size : node.outputs[0].size;
    const empty = { size, columns: null, produced: new Map<Tensor, Space>() };
    const fits = this.member(lowered, kernel, empty);
    if (fits === null) return false;
    const group: Group = { ...empty, columns: fits.columns, members: [] };
    const item: Item = { single: null, group, reads: [] };
    this.items.push(item);
    this.addMember(item, group, fits.member);
    return true;
  }

  private addMember(item: Item, group: Group, member: Member): void {
    group.members.push(member);
    for (const o of member.operands) item.reads.push(...readsOf(o));
    group.produced.set(member.out.root, member.out.space);
    this.producer.set(member.out.root, item);
  }

  private tryJoin(group: Group, lowered: LoweredNode, kernel: TileKernel): boolean {
    if (group.members.length >= maxSteps) return false;
    const fits = this.member(lowered, kernel, group);
    if (fits === null) return false;
    // Full and column reductions are complete only after the group; other operands must be read in the space they have in it.
    for (const o of fits.member.operands) {
      const space = group.produced.get(o.root);
      if (space === Space.Scalar || space === Space.PerColumn) return false;
      if (space !== undefined && (space !== o.space || o.block !== undefined)) return false;
      if (o.whole !== undefined && group.produced.has(o.whole)) return false;
    }
    if (!this.fitsLimits(group, fits.member)) return false;
    const item = this.items.find((i) => i.group === group) as Item;
    if (!this.moveAfter(item, fits.member.operands)) return false;
    group.columns = fits.columns;
    this.addMember(item, group, fits.member);
    return true;
  }

  /** Moves a group after the producers of a new member's operands; false if that is not possible. */
  private moveAfter(item: Item, operands: readonly Operand[]): boolean {
    const at = this.items.lastIndexOf(item);
    const producers = operands.map((o) => this.producer.get(o.root));
    const later = producers.filter((i): i is Item => i !== undefined && this.items.lastIndexOf(i) > at);
    if (later.length === 0) return true;
    // A producer that depends on the group would form a cycle.
    const after = this.dependents(item);
    if (later.some((item) => after.has(item))) return false;
    const rest = this.items.slice(at + 1);
    this.items = [
      ...this.items.slice(0, at),
      ...rest.filter((i) => !after.has(i)),
      item,
      ...rest.filter((i) => after.has(i)),
    ];
    return true;
  }

  /** Whether the group with one more member stays within the limits of an instruction. */
  private fitsLimits(group: Group, more: Member): boolean {
    const { values, storages, numbers } = this.resourcesOf(group, [...group.members, more]);
    // One more storage: a group may have to write a value that it alone reads (Encoder.hasSize).
    return storages < maxStorages && values <= maxValues && numbers <= maxNumbers;
  }

  /** Upper bounds on the resources of a group's instruction with these members. */
  private resourcesOf(
    { produced }: Group,
    members: readonly Member[],
  ): { values: number; storages: number; numbers: number } {
    const inside = new Set(members.map((m) => m.lowered));
    const read = new Set<string>();
    const storages = new Set<Tensor>();
    const blocks = new Set<string>();
    for (const m of members) {
      for (const { root, space, block } of m.operands) {
        if (produced.has(root)) continue;
        read.add(`${root.id}/${space}/${block?.at ?? ''}`);
        if (block !== undefined) blocks.add(`${root.id}/${block.at}`);
        storages.add(root);
      }
      // A value that only members read is never in memory.
      const { root, space } = m.out;
      const kept =
        space === Space.Scalar ||
        space === Space.PerColumn ||
        this.escaping.has(root) ||
        (this.readers.get(root) ?? []).some((user) => !inside.has(user));
      if (kept) storages.add(root);
    }
    const values = read.size + members.length;
    return { values, storages: storages.size, numbers: numbersOf(values, members.length, blocks.size) };
  }

  /** The later items that depend on this one. */
  private dependents(target: Item): Set<Item> {
    const dependents = new Set<Item>();
    for (let i = this.items.indexOf(target) + 1; i < this.items.length; i++) {
      const item = this.items[i];
      const depends = item.reads.some((t) => {
        const p = this.producer.get(t);
        return p !== undefined && p !== item && (p === target || dependents.has(p));
      });
      if (depends) dependents.add(item);
    }
    return dependents;
  }

  private encodeItems(): LoweredNode[] {
    // Broadcasts and splits are dropped if all their readers read the source instead.
    const needed = new Set<Tensor>(this.escaping);
    const kept: Item[] = [];
    for (let i = this.items.length - 1; i >= 0; i--) {
      const item = this.items[i];
      if (item.single !== null) {
        const { op, outputs } = item.single.node;
        const dropped = op.repeats === true || outputs.some((t) => this.blocks.has(t));
        if (dropped && !outputs.some((t) => needed.has(t))) continue;
      }
      kept.push(item);
      for (const t of item.reads) needed.add(t);
    }
    kept.reverse();
    if (enabled('recompute')) recompute(kept, this.escaping, (group, more) => this.fitsLimits(group, more));
    const users = usersOf(kept);
    const remaining = kept.filter((item) => item.group === null || item.group.members.length > 0);
    return remaining.map((item) => {
      if (item.single !== null) return item.single;
      const isNeeded = (root: Tensor): boolean =>
        this.escaping.has(root) || [...(users.get(root) ?? [])].some((user) => user !== item);
      return encodeGroup(item.group as Group, (t) => this.root(t), isNeeded);
    });
  }
}
