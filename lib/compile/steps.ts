/** The steps of an executable: native segments, and what runs in JavaScript between them. */
import type { DTypeInfo } from '../core/dtype';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import type { GuardedBranches, HostNode, OpNode } from '../graph/graph';
import type { RuntimeScalars } from '../op/contract';

/** The location of a value: the number of its storage (0: the arena), byte offset, length. */
export type Place = readonly [storage: number, offset: number, bytes: number];

/** An op of a segment, and the range of its words in the code. */
export interface SegmentNode {
  readonly node: OpNode;
  /** Its position in program order. */
  readonly order: number;
  readonly start: number;
  readonly end: number;
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
  /** The assignments before it that are carried out if it fails, and the locations of their values. */
  readonly pending: readonly { readonly variable: Variable; readonly value: Tensor; readonly place: Place }[];
}

/** A sequence of instructions that one native call runs. */
export interface Segment {
  readonly kind: 'segment';
  readonly code: ArrayBuffer;
  readonly arenaBytes: number;
  /** The slots of the storages numbered from 1 on. */
  readonly externals: readonly number[];
  /** Results used outside the segment: each run allocates tensors for them. */
  readonly fresh: readonly {
    readonly slot: number;
    readonly dt: DTypeInfo;
    readonly shape: Shape;
    readonly size: number;
    /** The variable whose value the result may overwrite, if that is uniquely owned at run time. */
    readonly over: Variable | null;
  }[];
  /**
   * The runtime scalars in program order: their position among the scalars of the segment, the number of their op, and its
   * position in program order.
   */
  readonly scalars: readonly {
    readonly scalars: RuntimeScalars;
    readonly at: number;
    readonly node: number;
    readonly order: number;
  }[];
  readonly scalarCount: number;
  readonly nodes: readonly SegmentNode[];
}

/** A value: its slot in the executable's table, and the shape in which it is used. */
export interface Slot {
  readonly slot: number;
  readonly shape: Shape;
}

export type Step =
  | Segment
  | {
      readonly kind: 'read';
      readonly variable: Variable;
      readonly slot: number;
      /** The value is used after the variable may have been assigned: it is leased. */
      readonly keep: boolean;
    }
  | ({
      readonly kind: 'assign';
      readonly variable: Variable;
      /** The variable is the only user of the value. */
      readonly exclusive: boolean;
    } & Slot)
  | {
      readonly kind: 'choice';
      readonly node: HostNode;
      readonly guarded: GuardedBranches;
      readonly inputs: readonly Slot[];
    }
  | {
      readonly kind: 'host';
      readonly node: HostNode;
      readonly inputs: readonly Slot[];
      readonly outputs: readonly number[];
      /** The assignments before it that are carried out if it fails. */
      readonly pending: readonly (Slot & { readonly variable: Variable })[];
    };
