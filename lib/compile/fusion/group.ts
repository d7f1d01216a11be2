/** What a fused group is: the fusion pass makes it, the encoder turns it into an instruction. */
import type { DTypeInfo } from '../../core/dtype';
import type { TileKernel } from '../../op/contract';
import type { Tensor } from '../../core/tensor';
import type { Block } from '../copies';
import type { OpNode } from '../../graph/graph';
import type { LoweredNode } from '../lowered';

/** What a value is to a group of [rows, columns]: TileSpace of native/program/tiles.h. */
export const enum Space {
  Full = 0,
  Scalar = 1,
  PerColumn = 2,
  PerRow = 3,
}

export interface Operand {
  readonly root: Tensor;
  readonly space: Space;
  /** Where it reads rows of a wider matrix: which. */
  readonly block?: Block | undefined;
  /** The storage that the root is a part of. */
  readonly whole?: Tensor | undefined;
}

/** The storages that must be there. */
export const readsOf = ({ root, whole }: Operand): readonly Tensor[] =>
  whole === undefined ? [root] : [root, whole];

export interface Member {
  readonly lowered: LoweredNode;
  readonly node: OpNode;
  readonly kernel: TileKernel;
  readonly operands: readonly Operand[];
  readonly out: Operand;
}

export interface Group {
  readonly size: number;
  /** Known as soon as something differs from row to row. */
  columns: number | null;
  readonly members: Member[];
  /** Values made here, by storage. Scalar and PerColumn: reductions that are complete only after the group. */
  readonly made: Map<Tensor, Space>;
}

/** An op by itself, or a group. */
export interface Item {
  readonly single: LoweredNode | null;
  readonly group: Group | null;
  /** The storages that it reads. */
  readonly reads: Tensor[];
}

/** The dtype that the kernel is chosen by. */
export function dtypeOf(node: OpNode, kernel: TileKernel): DTypeInfo {
  return kernel.kind === 'select' ? node.inputs[1].dt : node.inputs[0].dt;
}
