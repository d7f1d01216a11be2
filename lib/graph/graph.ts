/** The graph that a trace builds: nodes in program order over symbolic tensors. */
import { sizeOf } from '../core/shape';
import { aliasTensor, makeTensor, shapeOf, type Tensor } from '../core/tensor';
import type { Effects, HostStep, RuntimeScalars, TracedOp } from '../op/contract';
import type { Variable } from '../core/variable';

/** An assignment before a node in program order that a run carries out only at its end. */
export interface PendingAssignment {
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
  /** For a fallible op: if it throws, these assignments are carried out, as they are in eager execution. */
  readonly pending?: readonly PendingAssignment[] | undefined;
}

/** A step that runs in JavaScript, between native segments. It sees all assignments before it. */
export interface HostNode extends Omit<HostStep, 'outputs'> {
  readonly kind: 'host';
  readonly outputs: readonly Tensor[];
  /** As in OpNode. */
  readonly pending?: readonly PendingAssignment[] | undefined;
  /** For control flow: `run` as a generator, so that the caller decides how its subgraphs run. */
  readonly subgraphRuns?: ((inputs: readonly Tensor[]) => TensorSubgraphRuns) | undefined;
  /** Adds the step to the active trace, with the values that its gradient needs, and records it on tapes. Absent: no gradient. */
  readonly record?: ((inputs: readonly Tensor[]) => readonly Tensor[]) | undefined;
  /** The op that `run` executes with new scalars. The compiler makes it an op of a segment, before which they are computed. */
  readonly scalarOp?: ScalarOp | undefined;
  /** Guarded branches, which run as steps of the enclosing program. */
  readonly guarded?: GuardedBranches | undefined;
  /** A loop with a known number of iterations, which the compiler may make a part of a segment. */
  readonly loop?: CountedLoop | undefined;
}

/** The source of a parameter of a loop's body. */
export type LoopSource =
  /** The loop variable of that number, from the previous iteration. */
  | { readonly kind: 'carried'; readonly index: number }
  /** The slice of an input for the iteration, along its first dimension. */
  | { readonly kind: 'slice'; readonly input: number }
  | { readonly kind: 'whole'; readonly input: number };

/** What a host step with the same inputs and outputs computes: a compiled graph, run a known number of times. */
export interface CountedLoop {
  /** Returns the next values of the loop variables, then one slice of each stacked output. */
  readonly body: { readonly executable: CompiledGraph };
  /** One for each parameter of the body. */
  readonly sources: readonly LoopSource[];
  /** The inputs with the initial values of the loop variables; null: zeros. */
  readonly starts: readonly (number | null)[];
  /** The zeros of a loop variable that starts with them. */
  readonly zeros: (variable: number) => Tensor;
  readonly count: number;
  /** From the last slice to the first. */
  readonly reverse: boolean;
}

/** A compiled graph. compile/executable.ts, which this folder may not import, adds its other members by module augmentation. */
export interface CompiledGraph {
  run(args: readonly Tensor[]): Tensor[];
}

/** A sequence of runs of compiled graphs: the generator yields a graph with its arguments and receives its results. */
export type SubgraphRuns<R> = Generator<readonly [CompiledGraph, readonly Tensor[]], R, readonly Tensor[]>;

/** Subgraph runs that return the results of a node. */
export type TensorSubgraphRuns = SubgraphRuns<readonly Tensor[]>;

/**
 * Subgraphs that update variables, of which each run executes one. Unlike those of `tf.cond` they have no results and no
 * gradient, and they run as steps of the enclosing program: an optimizer chooses so whether an update is due.
 */
export interface GuardedBranches {
  /** The number of the branch that this run takes. */
  select(): number;
  /** The variables that `select` reads. */
  readonly variables: readonly Variable[];
  readonly branches: readonly {
    /** The condition in words, for `program()`. */
    readonly when: string;
    readonly f: { readonly graph: Graph; readonly executable: CompiledGraph };
    /** The inputs of the node that are the branch's arguments, by number. */
    readonly inputs: readonly number[];
  }[];
}

/** An op with scalars that each run computes anew. */
interface ScalarOp {
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
interface AssignNode {
  readonly kind: 'assign';
  readonly variable: Variable;
  readonly value: Tensor;
}

export type Node = OpNode | HostNode | ReadNode | AssignNode;

/** A tensor from before the trace. */
export interface Constant {
  /** The original tensor, by whose id tapes follow it. The user may dispose it. */
  readonly source: Tensor;
  /** A pinned alias of `source`, which keeps its elements. */
  readonly real: Tensor;
  /** The symbolic tensor that stands for it in the graph. */
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
  /** Maps tensors of the traces that this graph was copied from, which custom gradients close over, to its own. */
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
  pending: readonly PendingAssignment[] | undefined,
  f: (t: Tensor) => Tensor,
): readonly PendingAssignment[] | undefined {
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
    const scalars = node.scalarOp?.scalars;
    const used = [node.variables, scalars?.variables, scalars?.reads];
    for (const v of used.flatMap((list) => list ?? [])) variables.add(v);
  }
  return [...variables];
}

/** The side effects of graphs. */
export function effectsOf(graphs: readonly Graph[]): Effects {
  let effects: Effects = 'none';
  for (const node of graphs.flatMap((g) => g.nodes)) {
    if (node.kind === 'read' || node.kind === 'assign') return 'variables';
    if (node.kind !== 'host' || node.effects === 'none') continue;
    if (node.effects === 'variables' || (node.scalarOp?.scalars.variables.length ?? 0) > 0)
      return 'variables';
    if (effects !== 'check') effects = node.effects;
  }
  return effects;
}

/** Runs the node's op eagerly, on concrete tensors in place of its inputs. */
export function runNode(
  { op, attrs, outputs: symbols }: OpNode,
  inputs: readonly Tensor[],
): readonly Tensor[] {
  if (op.execute === 'view') return [aliasTensor(inputs[0], shapeOf(symbols[0]), op.name)];
  const outputs = symbols.map((t) => makeTensor(t.dt, shapeOf(t), sizeOf(shapeOf(t))));
  return op.execute(inputs, attrs as never, outputs) ?? outputs;
}
