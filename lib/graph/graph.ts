/** What a trace yields: operations in program order over tensors that stand for values. */
import type { Tensor } from '../core/tensor';
import type { Effects, RuntimeScalars, ReadVariable, TracedOp } from '../op/contract';
import type { Variable } from '../core/variable';

/** The value that a variable has been assigned at some point of a function. */
export interface Pending {
  readonly variable: Variable;
  readonly value: Tensor;
}

/** An op. Pure: it may be dropped, shared or moved as its inputs allow. */
export interface OpNode {
  readonly kind: 'op';
  readonly op: TracedOp;
  readonly inputs: readonly Tensor[];
  readonly attrs: unknown;
  readonly outputs: readonly Tensor[];
  /** Of an op that may fail: the assignments before it that are not carried out yet. They are if it fails. */
  readonly pending?: readonly Pending[] | undefined;
}

/** Something that runs in JavaScript, between compiled parts. It sees all assignments made before it. */
export interface HostNode {
  readonly kind: 'host';
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly run: (inputs: readonly Tensor[], read: ReadVariable) => readonly Tensor[];
  /** As of ops. */
  readonly pending?: readonly Pending[] | undefined;
  /** What `run` does, where that is to run compiled graphs. */
  readonly steps?: ((inputs: readonly Tensor[]) => Flowing) | undefined;
  readonly effects: Effects;
  /** With the effects 'variables': which ones. */
  readonly variables?: readonly Variable[] | undefined;
  /** Why it is no part of the compiled program. */
  readonly why: string;
  /** Notes it again, in the trace in force, together with what a gradient needs, and tells who records. Absent: no gradient. */
  readonly record?: ((inputs: readonly Tensor[]) => readonly Tensor[]) | undefined;
  /** It is an op with numbers that JavaScript finds before a part runs: it can be a step of that part. */
  readonly scalarOp?: ScalarOp | undefined;
  /** It is a choice among programs: a step of the program around it. */
  readonly chosen?: Chosen | undefined;
}

/** What a graph was compiled to: see compile/executable.ts, which declares the rest of it. */
export interface CompiledGraph {
  run(args: readonly Tensor[]): Tensor[];
}

/** A run of several compiled graphs, one after another: it yields a graph and its arguments, and is given the results. */
export type Steps<R> = Generator<readonly [CompiledGraph, readonly Tensor[]], R, readonly Tensor[]>;

/** With the results of a step of a graph. */
export type Flowing = Steps<readonly Tensor[]>;

/** A graph of its own that a node runs. */
export interface Subgraph {
  readonly graph: Graph;
  readonly executable: CompiledGraph;
}

/** Programs that change variables, of which each run takes one. */
export interface Chosen {
  /** Its number. */
  choose(): number;
  /** The variables that `choose` looks at. */
  readonly variables: readonly Variable[];
  readonly branches: readonly {
    /** For people. */
    readonly when: string;
    readonly f: Subgraph;
    /** Which of the node's inputs it takes. */
    readonly inputs: readonly number[];
  }[];
}

export interface ScalarOp {
  readonly op: TracedOp;
  readonly scalars: RuntimeScalars;
}

/** The output stands for what the variable holds when this point is reached. */
export interface ReadNode {
  readonly kind: 'read';
  readonly variable: Variable;
  readonly output: Tensor;
}

/** The variable holds the value from here on. */
export interface AssignNode {
  readonly kind: 'assign';
  readonly variable: Variable;
  readonly value: Tensor;
}

export type Node = OpNode | HostNode | ReadNode | AssignNode;

/** A tensor that was there before the trace. */
export interface Constant {
  /** That tensor: tapes know it by its id. Its elements may be gone. */
  readonly source: Tensor;
  /** Its elements, which nobody frees. */
  readonly real: Tensor;
  /** What stands for it in the graph. */
  readonly symbol: Tensor;
}

export interface Graph {
  /** The function's. */
  readonly name: string;
  readonly constants: readonly Constant[];
  /** One for each tensor argument. */
  readonly parameters: readonly Tensor[];
  readonly nodes: readonly Node[];
  readonly results: readonly Tensor[];
  /** Of a part of a function: the parameters that are the values of variables. */
  readonly variables?: ReadonlyMap<Variable, Tensor> | undefined;
  /** What stands here for the tensors of the traces that this one was made from: gradients that users write know those. */
  readonly meanings?: ReadonlyMap<Tensor, Tensor> | undefined;
}

/** Whether values of these inputs may be errors. */
export function isFallible({ fallible, host }: TracedOp, inputs: readonly Tensor[]): boolean {
  if (host !== undefined) return true;
  return typeof fallible === 'function' ? fallible(inputs) : fallible === true;
}

/** What must have been computed before a node runs: its inputs, and assignments that are carried out if it fails. */
export function inputsOf(node: Node): readonly Tensor[] {
  if (node.kind === 'read') return [];
  if (node.kind === 'assign') return [node.value];
  const { inputs, pending } = node;
  return pending === undefined ? inputs : [...inputs, ...pending.map((p) => p.value)];
}

/** The same pending assignments with other tensors in the places of their values. */
export function mapPending(
  pending: readonly Pending[] | undefined,
  f: (t: Tensor) => Tensor,
): readonly Pending[] | undefined {
  return pending?.map(({ variable, value }) => ({ variable, value: f(value) }));
}

/** How often each tensor of a graph is read, as a result too. */
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
  const found = new Set<Variable>();
  for (const node of graphs.flatMap((g) => g.nodes)) {
    if (node.kind === 'read' || node.kind === 'assign') found.add(node.variable);
    if (node.kind !== 'host') continue;
    for (const v of node.variables ?? []) found.add(v);
    for (const v of [...(node.scalarOp?.scalars.variables ?? []), ...(node.scalarOp?.scalars.reads ?? [])])
      found.add(v);
  }
  return [...found];
}
