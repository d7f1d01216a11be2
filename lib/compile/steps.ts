/**
 * The steps of an executable as data, which compile.ts writes and executable.ts (or function/async/run.ts) runs: native segments,
 * reads and assignments of variables, guarded branches, and host steps, which run in JavaScript. Also the variables that they use.
 */
import type { DTypeInfo } from '../core/dtype';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import type { GuardedBranches, HostNode, OpNode } from '../graph/graph';
import type { RuntimeScalars } from '../op/contract';

/** The location of a value: the number of a storage (0: the arena), byte offset, length in bytes. */
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
  /** The slots of the values in the storages numbered from 1 on. */
  readonly externals: readonly number[];
  /** Results that are used outside the segment: each run allocates tensors for them. */
  readonly fresh: readonly {
    readonly slot: number;
    readonly dt: DTypeInfo;
    readonly shape: Shape;
    readonly size: number;
    /** The variable whose value the result may overwrite, if that is uniquely owned at run time. */
    readonly overwritable: Variable | null;
  }[];
  /** The runtime scalars of its ops, in program order. */
  readonly scalars: readonly {
    readonly scalars: RuntimeScalars;
    /** Their position among all scalars of the segment. */
    readonly at: number;
    /** The index of their op in `nodes`, and its position in program order. */
    readonly node: number;
    readonly order: number;
  }[];
  readonly scalarCount: number;
  readonly nodes: readonly SegmentNode[];
}

/** A value: its slot in a run's list of tensors, and the shape in which it is used. */
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
      /** The value is used after the variable may have been assigned: the run takes a lease on it. */
      readonly keep: boolean;
    }
  | ({
      readonly kind: 'assign';
      readonly variable: Variable;
      /** The variable is the only user of the value. */
      readonly exclusive: boolean;
    } & Slot)
  | {
      /** Guarded branches. */
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

/** The variables that a program reads and writes, which order concurrent runs. */
export interface VariableUse {
  /** Variables whose values from before the run are read. */
  readonly reads: ReadonlySet<Variable>;
  readonly writes: ReadonlySet<Variable>;
  /** It has effects, such as printing or random numbers, that happen in call order. */
  readonly ordered: boolean;
}

export function useOf(steps: readonly Step[]): VariableUse {
  const reads = new Set<Variable>();
  const writes = new Set<Variable>();
  let ordered = false;
  const read = (v: Variable): void => {
    if (!writes.has(v)) reads.add(v);
  };
  const write = (v: Variable): void => {
    writes.add(v);
  };
  const addScalars = (scalars: RuntimeScalars): void => {
    scalars.reads?.forEach(read);
    // State that is no variable, such as the global random stream.
    if (scalars.variables.length === 0) ordered = true;
    scalars.variables.forEach(write);
  };
  for (const step of steps) {
    if (step.kind === 'choice') {
      step.guarded.variables.forEach(read);
      for (const { f } of step.guarded.branches) {
        const { use } = f.executable;
        use.reads.forEach(read);
        use.writes.forEach(write);
        ordered ||= use.ordered;
      }
    } else if (step.kind === 'read') {
      read(step.variable);
    } else if (step.kind === 'assign') {
      write(step.variable);
    } else if (step.kind === 'segment') {
      for (const { scalars } of step.scalars) addScalars(scalars);
    } else if (step.node.scalarOp !== undefined) {
      addScalars(step.node.scalarOp.scalars);
    } else {
      const { effects, variables = [] } = step.node;
      if (effects === 'variables') variables.forEach(write);
      if (effects === 'variables' || effects === 'order') ordered = true;
    }
  }
  return { reads, writes, ordered };
}
