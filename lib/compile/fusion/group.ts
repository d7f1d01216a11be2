/** Fused groups: the fusion pass builds them, the encoder turns each into one instruction. */
import type { DTypeInfo } from '../../core/dtype';
import type { TileKernel } from '../../op/contract';
import type { Tensor } from '../../core/tensor';
import type { Block } from './copies';
import type { OpNode } from '../../graph/graph';
import type { LoweredNode } from '../lower';

/** How a value is indexed in a group of [rows, columns]: TileSpace of native/program/tile_group.h. */
export const enum Space {
  Full = 0,
  Scalar = 1,
  PerColumn = 2,
  PerRow = 3,
}

/** A value as a group reads or writes it. Values are identified by the roots of their storages. */
export interface Operand {
  readonly root: Tensor;
  readonly space: Space;
  /** The block, if it reads rows of a wider matrix. */
  readonly block?: Block | undefined;
  /** The value whose storage contains the root, if the root has none of its own. */
  readonly whole?: Tensor | undefined;
}

/** The values that must have been computed before the operand is read. */
export const readsOf = ({ root, whole }: Operand): readonly Tensor[] =>
  whole === undefined ? [root] : [root, whole];

/** An op of a group. */
export interface Member {
  readonly lowered: LoweredNode;
  readonly node: OpNode;
  readonly kernel: TileKernel;
  readonly operands: readonly Operand[];
  readonly out: Operand;
}

export interface Group {
  /** The number of elements of its full values: rows · columns. */
  readonly size: number;
  /** Null until a member depends on the division into rows and columns. */
  columns: number | null;
  readonly members: Member[];
  /** Values that the group produces, by root. Scalar and PerColumn: reductions, complete only after the group. */
  readonly produced: Map<Tensor, Space>;
}

/** A single op or a group; the other is null. */
export interface Item {
  readonly single: LoweredNode | null;
  readonly group: Group | null;
  /** The values that it reads, by root. */
  readonly reads: Tensor[];
}

/** The dtype that selects the kernel. */
export function dtypeOf(node: OpNode, kernel: TileKernel): DTypeInfo {
  return kernel.kind === 'select' ? node.inputs[1].dt : node.inputs[0].dt;
}

/** For each value in memory, the items that read it. A group does not read the values that it produces. */
export function usersOf(items: readonly Item[]): Map<Tensor, Set<Item>> {
  const users = new Map<Tensor, Set<Item>>();
  for (const item of items) {
    for (const t of item.reads) {
      if (item.group?.produced.has(t) === true) continue;
      const set = users.get(t);
      if (set === undefined) users.set(t, new Set([item]));
      else set.add(item);
    }
  }
  return users;
}
