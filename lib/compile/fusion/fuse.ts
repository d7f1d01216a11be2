/**
 * Fuses elementwise ops, what they broadcast, and reductions of their results into groups that run tile by tile
 * (native/program/tiles.h): an intermediate that only the group needs is never written to memory.
 */
import { asShape, sameShape, type Shape, sizeOf } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { TileKernel } from '../../op/contract';
import { cutsOf, isRun, joinsOf, type Block } from '../copies';
import { inputsOf, type OpNode } from '../../graph/graph';
import type { LoweredNode, Storages } from '../lowered';
import { encodeGroup, numbersOf, type Target } from './encode_group';
import { enabled } from '../../graph/passes/enabled';
import { dtypeOf, readsOf, Space, type Group, type Item, type Member, type Operand } from './group';
import { recompute } from './recompute';

/** Longest row where rows or columns are reduced: kMaxTileRow. */
const maxRow = 8192;
/** Limits of one instruction: kMaxTileValues, kMaxTileSteps, its storages and its numbers. */
const maxSteps = 36;
const maxStorages = 32;
const maxValues = 64;
const maxNumbers = 512;
/** Shorter rows of a matrix are not read one by one. */
const minColumns = 16;

/** How an operand of `shape` repeats over `full`: its space, and the columns that this asks for. */
function repeats(shape: Shape, full: Shape): { space: Space; columns: number | null } | null {
  const size = sizeOf(shape);
  const n = sizeOf(full);
  if (size === n) return { space: Space.Full, columns: null };
  if (size === 1) return { space: Space.Scalar, columns: null };
  // Rows of no elements are not told from no rows.
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

/** Rows or columns, where the reduced axes come last or first; null where neither. */
function reducedSpace(
  shape: Shape,
  axes: readonly number[],
): { space: Space; columns: number | null } | null {
  const reduced = new Set(axes);
  const kept = asShape(shape.map((n, d) => (reduced.has(d) ? 1 : n)));
  const count = sizeOf(kept);
  if (count === 1) return { space: Space.Scalar, columns: null };
  if (count === sizeOf(shape)) return null;
  const r = repeats(kept, shape);
  return r !== null && r.space !== Space.Full ? r : null;
}

type Rows = Pick<Group, 'size' | 'columns' | 'made'>;
/** A member, and the columns that the group has with it. */
interface Fit {
  readonly member: Member;
  readonly columns: number | null;
}

export class Fusion {
  private items: Item[] = [];
  private readonly producer = new Map<Tensor, Item>();
  /** Who reads a storage, whatever the shape. */
  private readonly readers = new Map<Tensor, LoweredNode[]>();
  /** Of values that only repeat another one: that one, and how. */
  private readonly spreads = new Map<Tensor, { readonly source: Tensor; readonly axes: readonly number[] }>();
  /** Of values that are blocks of a matrix: that one, and which. */
  private readonly blocks = new Map<Tensor, { readonly source: Tensor; readonly block: Block }>();
  /** Of values that lie in the storage of what they were cut from: that one. */
  private readonly wholes = new Map<Tensor, Tensor>();

  constructor(
    private readonly storages: Storages,
    /** Storages that must be in memory whoever reads them here. */
    private readonly leaving: ReadonlySet<Tensor>,
  ) {}

  run(nodes: readonly LoweredNode[]): LoweredNode[] {
    for (const lowered of nodes) {
      if (lowered.view) {
        const from = this.root(lowered.node.inputs[0]);
        // What is cut from a part lies in the same whole.
        const whole = this.wholes.get(from) ?? from;
        for (const t of lowered.node.outputs) if (this.root(t) === t) this.wholes.set(t, whole);
        continue;
      }
      for (const t of inputsOf(lowered.node).flatMap((t) => this.read(t))) {
        const users = this.readers.get(t);
        if (users === undefined) this.readers.set(t, [lowered]);
        else users.push(lowered);
      }
    }
    for (const lowered of nodes) this.place(lowered);
    return this.finish();
  }

  private root(t: Tensor): Tensor {
    return this.storages.root(t);
  }

  private operandOf(root: Tensor, space: Space): Operand {
    return { root, space, whole: this.wholes.get(root) };
  }

  /** The storages that must be there for `t` to be read. */
  private read(t: Tensor): readonly Tensor[] {
    return readsOf(this.operandOf(this.root(t), Space.Full));
  }

  private addSingle(lowered: LoweredNode): void {
    const reads = inputsOf(lowered.node).flatMap((t) => this.read(t));
    const item: Item = { single: lowered, group: null, reads };
    this.items.push(item);
    for (const t of lowered.node.outputs) if (this.root(t) === t) this.producer.set(t, item);
  }

  private place(lowered: LoweredNode): void {
    const { node } = lowered;
    // What shares a storage, or is a part of one, is read there.
    if (lowered.view) {
      for (const t of node.outputs) {
        const whole = this.wholes.get(t);
        const maker = whole === undefined ? undefined : this.producer.get(whole);
        if (maker !== undefined) this.producer.set(t, maker);
      }
      return;
    }
    if (node.op.spreads === true) {
      this.spreads.set(node.outputs[0], { source: node.inputs[0], axes: node.attrs as readonly number[] });
    }
    if (enabled('blocks')) {
      for (const { part, block } of cutsOf(lowered)?.copies ?? []) {
        if (block.columns >= minColumns) this.blocks.set(part, { source: node.inputs[0], block });
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
    if (!this.start(lowered, kernel)) this.addSingle(lowered);
  }

  /** Groups that could take a node: those that make its operands, then those that read one of them too. */
  private candidates(node: OpNode): Group[] {
    const found: Group[] = [];
    for (const t of node.inputs) {
      const item = this.producer.get(this.source(t));
      if (item?.group != null && !found.includes(item.group)) found.push(item.group);
    }
    const inputs = new Set(node.inputs.flatMap((t) => [this.root(t), this.source(t)]));
    for (let i = this.items.length - 1; i >= 0 && i >= this.items.length - 8; i--) {
      const { group } = this.items[i];
      if (group === null || found.includes(group)) continue;
      if (group.members.some((m) => m.operands.some((o) => o.space === Space.Full && inputs.has(o.root))))
        found.push(group);
    }
    return found;
  }

  /** The storage that is read where a value is that merely repeats another one, or is a block of one. */
  private source(t: Tensor): Tensor {
    const root = this.root(t);
    const from = this.spreads.get(root) ?? this.blocks.get(root);
    return from === undefined ? root : this.source(from.source);
  }

  /** The node as a member of a group of so many elements; null where it cannot be. */
  private member(lowered: LoweredNode, kernel: TileKernel, group: Rows): Fit | null {
    return this.fit(lowered, kernel, group, true) ?? this.fit(lowered, kernel, group, false);
  }

  /** `cut`: it may read blocks as they lie. */
  private fit(lowered: LoweredNode, kernel: TileKernel, group: Rows, cut: boolean): Fit | null {
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
      const spread = this.spreads.get(root);
      const how = repeats(shapeOf(t), full);
      if (how === null || !agree(how.columns)) return null;
      if (how.space !== Space.Full) return this.operandOf(root, how.space);
      const from = cut && kernel.kind !== 'reduce' ? this.blocks.get(root) : undefined;
      // As it lies there if its rows are those of the group, else as it was copied.
      if (from !== undefined && agree(isRun(from.block, t) ? null : from.block.columns))
        return { ...this.operandOf(this.root(from.source), Space.Full), block: from.block };
      // The axes are those of its own shape.
      if (spread === undefined || !sameShape(shapeOf(t), shapeOf(root)))
        return this.operandOf(root, how.space);
      const reduced = reducedSpace(shapeOf(t), spread.axes);
      if (reduced === null || !agree(reduced.columns)) return null;
      return this.operandOf(this.root(spread.source), reduced.space);
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
    // One element for each row, from values that the group has of its rows.
    if (columns === null || out.size * columns !== group.size || columns > maxRow) return null;
    const operands: Operand[] = [];
    for (const t of node.inputs) {
      if (t.size === 1 && out.size !== 1) operands.push(this.operandOf(this.root(t), Space.Scalar));
      else if (t.size === out.size) operands.push(this.operandOf(this.root(t), Space.PerRow));
      else return null;
    }
    if (!operands.some((o) => group.made.get(o.root) === Space.PerRow)) return null;
    return { member: { lowered, node, kernel, operands, out: { root: out, space: Space.PerRow } }, columns };
  }

  private start(lowered: LoweredNode, kernel: TileKernel): boolean {
    const { node } = lowered;
    const size = kernel.kind === 'reduce' ? node.inputs[0].size : node.outputs[0].size;
    const empty = { size, columns: null, made: new Map<Tensor, Space>() };
    const fits = this.member(lowered, kernel, empty);
    if (fits === null) return false;
    const group: Group = { ...empty, columns: fits.columns, members: [] };
    const item: Item = { single: null, group, reads: [] };
    this.items.push(item);
    this.add(item, group, fits.member);
    return true;
  }

  private add(item: Item, group: Group, member: Member): void {
    group.members.push(member);
    for (const o of member.operands) item.reads.push(...readsOf(o));
    group.made.set(member.out.root, member.out.space);
    this.producer.set(member.out.root, item);
  }

  private tryJoin(group: Group, lowered: LoweredNode, kernel: TileKernel): boolean {
    if (group.members.length >= maxSteps) return false;
    const fits = this.member(lowered, kernel, group);
    if (fits === null) return false;
    // A reduction over everything or down columns is known after the group only; a value of rows within it must be one it made.
    for (const o of fits.member.operands) {
      const made = group.made.get(o.root);
      if (made === Space.Scalar || made === Space.PerColumn) return false;
      if (made !== undefined && (made !== o.space || o.block !== undefined)) return false;
      if (o.whole !== undefined && group.made.has(o.whole)) return false;
    }
    if (!this.hasRoom(group, fits.member)) return false;
    const own = this.items.find((i) => i.group === group) as Item;
    if (!this.moveBehind(own, fits.member.operands)) return false;
    group.columns = fits.columns;
    this.add(own, group, fits.member);
    return true;
  }

  /** Moves a group behind what the node reads; false where that is not possible. */
  private moveBehind(own: Item, operands: readonly Operand[]): boolean {
    const at = this.items.lastIndexOf(own);
    const makers = operands.map((o) => this.producer.get(o.root));
    const later = makers.filter((i): i is Item => i !== undefined && this.items.lastIndexOf(i) > at);
    if (later.length === 0) return true;
    // What depends on the group must come after it, so nothing of that may lead to the node.
    const after = this.dependents(own);
    if (later.some((item) => after.has(item))) return false;
    const rest = this.items.slice(at + 1);
    this.items = [
      ...this.items.slice(0, at),
      ...rest.filter((i) => !after.has(i)),
      own,
      ...rest.filter((i) => after.has(i)),
    ];
    return true;
  }

  /** Whether the group still has few enough values and storages with one member more. */
  private hasRoom(group: Group, more: Member): boolean {
    const { values, storages, numbers } = this.needs(group, [...group.members, more]);
    return storages <= maxStorages && values <= maxValues && numbers <= maxNumbers;
  }

  /** What the instruction of a group with these members has, at most. */
  private needs(
    { made }: Group,
    members: readonly Member[],
  ): { values: number; storages: number; numbers: number } {
    const inside = new Set(members.map((m) => m.lowered));
    const read = new Set<string>();
    const storages = new Set<Tensor>();
    const blocks = new Set<string>();
    for (const m of members) {
      for (const { root, space, block } of m.operands) {
        if (made.has(root)) continue;
        read.add(`${root.id}/${space}/${block?.at ?? ''}`);
        if (block !== undefined) blocks.add(`${root.id}/${block.at}`);
        storages.add(root);
      }
      // What only members read is never in memory.
      const { root, space } = m.out;
      const kept =
        space === Space.Scalar ||
        space === Space.PerColumn ||
        this.leaving.has(root) ||
        (this.readers.get(root) ?? []).some((user) => !inside.has(user));
      if (kept) storages.add(root);
    }
    const values = read.size + members.length;
    return { values, storages: storages.size, numbers: numbersOf(values, members.length, blocks.size) };
  }

  private dependents(of: Item): Set<Item> {
    const found = new Set<Item>();
    for (let i = this.items.indexOf(of) + 1; i < this.items.length; i++) {
      const item = this.items[i];
      const depends = item.reads.some((t) => {
        const p = this.producer.get(t);
        return p !== undefined && p !== item && (p === of || found.has(p));
      });
      if (depends) found.add(item);
    }
    return found;
  }

  private finish(): LoweredNode[] {
    // Repetitions and blocks that no one reads any more are not carried out.
    const needed = new Set<Tensor>(this.leaving);
    const kept: Item[] = [];
    for (let i = this.items.length - 1; i >= 0; i--) {
      const item = this.items[i];
      if (item.single !== null) {
        const { op, outputs } = item.single.node;
        const dropped = op.spreads === true || outputs.some((t) => this.blocks.has(t));
        if (dropped && !outputs.some((t) => needed.has(t))) continue;
      }
      kept.push(item);
      for (const t of item.reads) needed.add(t);
    }
    kept.reverse();
    if (enabled('recompute')) recompute(kept, this.leaving, (group, more) => this.hasRoom(group, more));
    const users = new Map<Tensor, Set<Item>>();
    for (const item of kept) {
      for (const t of item.reads) {
        if (item.group?.made.has(t) === true) continue;
        let set = users.get(t);
        if (set === undefined) users.set(t, (set = new Set()));
        set.add(item);
      }
    }
    const targets = this.targets(kept, users);
    const left = kept.filter((item) => item.group === null || item.group.members.length > 0);
    return left.flatMap((item) => {
      if (item.single !== null) return targets.joined.has(item) ? [] : [item.single];
      const group = item.group as Group;
      return encodeGroup(
        group,
        (t) => this.root(t),
        targets.of,
        (root) => {
          if (this.leaving.has(root)) return true;
          for (const user of users.get(root) ?? []) if (user !== item) return true;
          return false;
        },
      );
    });
  }

  /** Where the values of a group are nothing but blocks of what is joined from them, the group writes them there. */
  private targets(
    items: readonly Item[],
    users: ReadonlyMap<Tensor, ReadonlySet<Item>>,
  ): { of: Map<Tensor, Target>; joined: Set<Item> } {
    const of = new Map<Tensor, Target>();
    const joined = new Set<Item>();
    const blocksOf = new Map<Group, number>();
    if (!enabled('blocks')) return { of, joined };
    for (const item of items) {
      const found = item.single === null ? null : joinsOf(item.single);
      if (found?.complete !== true) continue;
      const { copies, whole } = found;
      const roots = copies.map(({ part }) => this.root(part));
      const maker = this.producer.get(roots[0]);
      const group = maker?.group ?? null;
      if (group === null || new Set(roots).size < roots.length) continue;
      const own = (root: Tensor): boolean =>
        group.made.get(root) === Space.Full &&
        !this.leaving.has(root) &&
        this.storages.place(root).root === root &&
        [...(users.get(root) ?? [])].every((user) => user === item || user === maker) &&
        !group.members.some((m) => m.kernel.kind === 'reduce' && m.operands[0].root === root);
      if (!roots.every(own)) continue;
      const rows = copies.find(({ part, block }) => !isRun(block, part))?.block.columns;
      const columns = group.columns ?? rows ?? null;
      if (copies.some(({ part, block }) => !isRun(block, part) && block.columns !== columns)) continue;
      if (rows !== undefined && rows < minColumns) continue;
      const more = (blocksOf.get(group) ?? 0) + copies.length;
      if (this.needs(group, group.members).numbers + 2 * more > maxNumbers) continue;
      blocksOf.set(group, more);
      group.columns = columns;
      copies.forEach(({ block }, i) => of.set(roots[i], { whole, block }));
      joined.add(item);
    }
    return { of, joined };
  }
}
