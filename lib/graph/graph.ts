/** The graph that a trace builds: nodes in program order over symbolic tensors. */
import type { Tensor } from '../core/tensor';
import type { Effects, RuntimeScalars, ReadVariable, TracedOp } from '../op/contract';
import type { Variable } from '../core/variable';

/** An assignment that has been traced but not carried out yet. */
export interface Pending {
  readonly variable: Variable;
  readonly value: Tensor;
}

/** An op. Ops are pure: passes may drop, share and move them within data dependencies. */
export interface OpNode {
  readonly kind: 'op';
  readonly op: TracedOp;
  readonly inputs: readonly Tensor[];
  readonly attrs: unknown;
  readonly outputs: readonly Tensor[];
  /** For a fallible op: the assignments before it that are not carried out yet. If it fails, they are. */
  readonly pending?: readonly Pending[] | undefined;
}

/** A step that runs in JavaScript, between native segments. It sees all assignments before it. */
export interface HostNode {
  readonly kind: 'host';
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly run: (inputs: readonly Tensor[], read: ReadVariable) => readonly Tensor[];
  /** As in OpNode. */
  readonly pending?: readonly Pending[] | undefined;
  /** For control flow: `run` as a generator, so that the caller decides how its subgraphs run. */
  readonly subgraphRuns?: ((inputs: readonly Tensor[]) => TensorSubgraphRuns) | undefined;
  readonly effects: Effects;
  /** The variables of the effect 'variables'. */
  readonly variables?: readonly Variable[] | undefined;
  /** Why it does not run natively. */
  readonly why: string;
  /** Adds the step to the active trace, with the values its gradient needs, and records it on tapes. Absent: no gradient. */
  readonly record?: ((inputs: readonly Tensor[]) => readonly Tensor[]) | undefined;
  /** An op whose scalars are computed before a segment runs: it can be an op of that segment. */
  readonly scalarOp?: ScalarOp | undefined;
  /** Guarded branches, which run as steps of the enclosing program. */
  readonly guarded?: GuardedBranches | undefined;
}

/** A compiled graph. compile/executable.ts declares its other members. */
export interface CompiledGraph {
  run(args: readonly Tensor[]): Tensor[];
}

/** A sequence of runs of compiled graphs: the generator yields a graph with its arguments and receives its results. */
export type SubgraphRuns<R> = Generator<readonly [CompiledGraph, readonly Tensor[]], R, readonly Tensor[]>;

/** Subgraph runs that return the results of a node. */
export type TensorSubgraphRuns = SubgraphRuns<readonly Tensor[]>;

/** A graph that a node runs. */
export interface Subgraph {
  readonly graph: Graph;
  readonly executable: CompiledGraph;
}

/** Subgraphs that update variables; each run selects one of them. */
export interface GuardedBranches {
  /** The number of the branch that this run takes. */
  select(): number;
  /** The variables that `select` reads. */
  readonly variables: readonly Variable[];
  readonly branches: readonly {
    /** The condition in words, for `program()`. */
    readonly when: string;
    readonly f: Subgraph;
    /** The branch's arguments, by number of the node's input. */
    readonly inputs: readonly number[];
  }[];
}

export interface ScalarOp {
  readonly op: TracedOp;
  readonly scalars: RuntimeScalars;
}

/** Reads a variable: the output is its value at this point. */
export interface ReadNode {
  readonly kind: 'read';
  readonly variable: Variable;
  readonly output: Tensor;
}

/** Assigns a value to a variable. */
export interface AssignNode {
  readonly kind: 'assign';
  readonly variable: Variable;
  readonly value: Tensor;
}

export type Node = OpNode | HostNode | ReadNode | AssignNode;

/** A tensor from before the trace. */
export interface Constant {
  /** The original tensor, whose id tapes know. It may be disposed. */
  readonly source: Tensor;
  /** A pinned alias of it, whose elements stay. */
  readonly real: Tensor;
  /** The symbolic tensor for it in the graph. */
  readonly symbol: Tensor;
}

export interface Graph {
  /** The name of the traced function. */
  readonly name: string;
  readonly constants: readonly Constant[];
  /** One for each tensor argument. */
  readonly parameters: readonly Tensor[];
  readonly nodes: readonly Node[];
  readonly results: readonly Tensor[];
  /** In a subgraph: the parameters that are values of variables. */
  readonly variables?: ReadonlyMap<Variable, Tensor> | undefined;
  /** Tensors of the traces that this graph was copied from, mapped to its own: custom gradients close over the former. */
  readonly substitutions?: ReadonlyMap<Tensor, Tensor> | undefined;
}

/** Whether the op may throw for some values of these inputs. */
export function isFallible({ fallible, host }: TracedOp, inputs: readonly Tensor[]): boolean {
  if (host !== undefined) return true;
  return typeof fallible === 'function' ? fallible(inputs) : fallible === true;
}

/** The values that a node depends on: its inputs, and the assignments that are carried out if it fails. */
export function inputsOf(node: Node): readonly Tensor[] {
  if (node.kind === 'read') return [];
  if (node.kind === 'assign') return [node.value];
  const { inputs, pending } = node;
  return pending === undefined ? inputs : [...inputs, ...pending.map((p) => p.value)];
}

/** The pending assignments with their values mapped by `f`. */
export function mapPending(
  pending: readonly Pending[] | undefined,
  f: (t: Tensor) => Tensor,
): readonly Pending[] | undefined {
  return pending?.map(({ variable, value }) => ({ variable, value: f(value) }));
}

/** The number of uses of each tensor in a graph, results included. */
export function readsIn(graph: Graph): Map<Tensor, number> {
  const reads = new Map<Tensor, number>();
  const read = (t: Tensor): void => {
    reads.set(t, (reads.get(t) ?? 0) + 1);
  };
  for (const node of graph.nodes) inputsOf(node).forEach(read);
  graph.results.forEach(read);
  return reads;
}

export function outputsOf(node: Node): readonly Tensor[] {
  if (node.kind === 'read') return [node.output];
  if (node.kind === 'assign') return [];
  return node.outputs;
}

/** The variables that graphs read or assign when they run. */
export function variablesOf(graphs: readonly Graph[]): Variable[] {
  const variables = new Set<Variable>();
  for (const node of graphs.flatMap((g) => g.nodes)) {
    if (node.kind === 'read' || node.kind === 'assign') variables.add(node.variable);
    if (node.kind !== 'host') continue;
    for (const v of node.variables ?? []) variables.add(v);
    for (const v of [...(node.scalarOp?.scalars.variables ?? []), ...(node.scalarOp?.scalars.reads ?? [])])
      variables.add(v);
  }
  return [...variables];
}
