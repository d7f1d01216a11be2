/** What a compiled graph consists of: native segments, and what JavaScript does between them. */
import type { DTypeInfo } from '../core/dtype';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import type { Chosen, HostNode, OpNode } from '../graph/graph';
import type { RuntimeScalars } from '../op/contract';

/** The storage it lies in (0: the arena), its byte offset there, its length. */
export type Place = readonly [storage: number, offset: number, bytes: number];

/** An op of a segment and its words in the code. */
export interface SegmentNode {
  readonly node: OpNode;
  /** Its place in the program. */
  readonly order: number;
  readonly start: number;
  readonly end: number;
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
  /** The assignments before it that are carried out if it fails, and where their values are. */
  readonly pending: readonly { readonly variable: Variable; readonly value: Tensor; readonly place: Place }[];
}

/** Instructions that run without JavaScript in between. */
export interface Segment {
  readonly kind: 'segment';
  readonly code: ArrayBuffer;
  readonly arenaBytes: number;
  /** The slots of the storages behind the arena. */
  readonly externals: readonly number[];
  /** Results that leave: they get tensors of their own. */
  readonly fresh: readonly {
    readonly slot: number;
    readonly dt: DTypeInfo;
    readonly shape: Shape;
    readonly size: number;
    /** It may be written over this variable's value, if nobody else can see that. */
    readonly over: Variable | null;
  }[];
  /**
   * What computes the scalars of a run, in program order: where they stand among these, the number of the op that takes
   * them, and its place in the program.
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
      /** The value is needed after the variable may have been given another. */
      readonly keep: boolean;
    }
  | ({
      readonly kind: 'assign';
      readonly variable: Variable;
      /** Nobody else gets the value. */
      readonly own: boolean;
    } & Slot)
  | {
      readonly kind: 'choice';
      readonly node: HostNode;
      readonly chosen: Chosen;
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
