/** Differentiates a graph: a forward graph, which saves the values that the backward graph needs, and a backward graph. */
import { backward, gradientOf, pathFrom } from '../autodiff/backward';
import { IndexedSlices } from '../core/indexed_slices';
import { symbolicZero, type SymbolicZero } from '../op/registry';
import { densify } from '../ops/index/slices';
import { startRecording, stopRecording, Tape } from '../autodiff/tape';
import type { Dims } from '../core/shape';
import { type Placeholder, shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { inputsOf, outputsOf, type Graph, type Node } from './graph';
import { replay } from './copy';
import { deadCode } from './passes/dead_code';
import { Trace } from './trace';
import { ConcretizationError } from './concretization_error';

/** In place of the position of a gradient: there is none, or it is a symbolic zero. */
export const noGradient = -1;
export const zeroGradient = -2;

export interface Derivative {
  /** Returns the graph's results, then the saved values, which the backward graph reads. */
  readonly forward: Graph;
  /** The numbers of the graph's results, and of saved values. */
  readonly results: number;
  readonly saved: number;
  /** Maps upstream gradients of the targets, then the saved values, to gradients. */
  readonly backward: Graph;
  /** The floating-point results, by number. */
  readonly targets: readonly number[];
  /** The variables that the graph reads, in order; their gradients follow those of the parameters. */
  readonly reads: readonly Variable[];
  /** The tensors from before the trace that have gradients; these follow those of the reads. */
  readonly captured: readonly Tensor[];
  /**
   * For each parameter, then each read and each captured tensor: the position of its gradient among the backward results,
   * `noGradient` or `zeroGradient`.
   */
  readonly gradients: readonly number[];
  /**
   * The dense shapes of sparse gradients, by index in `gradients`. Such a gradient is two backward results: its values, then
   * their indices.
   */
  readonly sparseShapes: ReadonlyMap<number, Dims>;
}

/** A gradient as IndexedSlices. */
interface SparseGradient {
  /** Values and indices. */
  readonly tensors: readonly [Tensor, Tensor];
  readonly shape: Dims;
}

class DerivativeTrace extends Trace {
  /** A custom gradient may close over a tensor of an enclosing graph, which this graph cannot reach. */
  override foreignTensorError(_t: Tensor, _of: Placeholder, op: string): Error {
    return (this.failure = new ConcretizationError(
      op,
      'a gradient uses a tensor of another part of the function',
    ));
  }
}

type Gradient = Tensor | SparseGradient | SymbolicZero | null;

const tensorsOf = (g: Gradient): readonly Tensor[] =>
  g === null || g === symbolicZero ? [] : 'tensors' in g ? g.tensors : [g];

interface ReadOutput {
  readonly variable: Variable;
  readonly output: Tensor;
}

/** The forward pass, replayed under a tape. */
interface Recorded {
  readonly tape: Tape;
  readonly results: readonly Tensor[];
  readonly variables: ReadonlyMap<Variable, Tensor>;
  readonly reads: readonly ReadOutput[];
  /** Later reads of variables that are parameters: their gradients are added to the parameter's. */
  readonly laterReads: readonly { readonly parameter: Tensor; readonly output: Tensor }[];
}

function recordForward(
  graph: Graph,
  trace: Trace,
  parameters: readonly Tensor[],
  captured: readonly Tensor[],
): Recorded {
  // Follows non-trainable variables too: a tape may watch them. Integers have no gradients.
  const tape = new Tape(false);
  for (const t of [...parameters, ...captured]) if (t.dt.kind === 'float') tape.watch(t.id);
  startRecording(tape);
  try {
    trace.onRead = (output) => {
      if (output.dt.kind === 'float') tape.watch(output.id);
    };
    const { results, variables, reads } = replay(graph, trace, parameters);
    const laterReads = reads.flatMap(({ variable, output }) => {
      const parameter = variables.get(variable);
      return parameter === undefined ? [] : [{ parameter, output }];
    });
    return { tape, results, variables, reads: reads.filter((r) => !variables.has(r.variable)), laterReads };
  } finally {
    stopRecording(tape);
    trace.onRead = null;
  }
}

/** Adds the backward pass to the trace; the gradients of the targets with respect to each source. */
function recordBackward(
  { tape, results, laterReads }: Recorded,
  sources: readonly Tensor[],
  targets: readonly number[],
  dys: readonly Tensor[],
  sparse: boolean,
): Gradient[] {
  const ids = new Set([...sources, ...laterReads.map((r) => r.output)].map((s) => s.id));
  const gradients = backward(
    pathFrom(tape, ids, false),
    targets.map((i) => results[i]),
    dys,
    false,
  );
  return sources.map((s) => {
    const laterIds = laterReads.filter((r) => r.parameter === s).map((r) => r.output.id);
    const g = gradientOf({ ids: [s.id, ...laterIds] }, gradients);
    if (!(g instanceof IndexedSlices)) return g;
    if (!sparse || g.denseShape === null) return densify(g);
    return { tensors: [g.values, g.indices], shape: g.denseShape };
  });
}

/**
 * Splits the nodes of both passes, of which the first `boundary` are the replayed graph: ops that do not depend on the upstream
 * gradients belong to the forward pass.
 */
function split(
  nodes: readonly Node[],
  boundary: number,
  dys: readonly Tensor[],
): { forward: Node[]; backward: Node[]; dependent: Set<Tensor> } {
  const dependent = new Set<Tensor>(dys);
  const forward: Node[] = nodes.slice(0, boundary);
  const backward: Node[] = [];
  for (const node of nodes.slice(boundary)) {
    if (node.kind === 'op' && !inputsOf(node).some((t) => dependent.has(t))) {
      forward.push(node);
      continue;
    }
    backward.push(node);
    for (const t of outputsOf(node)) dependent.add(t);
  }
  return { forward, backward, dependent };
}

/** The position of each gradient among the backward results, and the dense shapes of the sparse ones. */
function gradientPlaces(gradients: readonly Gradient[]): {
  places: number[];
  sparseShapes: Map<number, Dims>;
} {
  const places: number[] = [];
  const sparseShapes = new Map<number, Dims>();
  let next = 0;
  gradients.forEach((g, i) => {
    places.push(g === null ? noGradient : g === symbolicZero ? zeroGradient : next);
    next += tensorsOf(g).length;
    if (g !== null && g !== symbolicZero && 'tensors' in g) sparseShapes.set(i, g.shape);
  });
  return { places, sparseShapes };
}

/**
 * `followedIds`: the tensors from before the trace that get gradients; `sparse`: gradients of parameters may stay
 * IndexedSlices.
 */
export function derive(
  graph: Graph,
  followedIds: ReadonlySet<number> = new Set(),
  sparse = false,
): Derivative {
  const captured = graph.constants.filter((c) => followedIds.has(c.source.id));
  const trace = new DerivativeTrace(graph.name);
  const parameters = graph.parameters.map((p) => trace.symbol(p.dt, shapeOf(p)));
  const { recorded, boundary, targets, dys, gradients } = trace.run(
    () => {
      const real = captured.map((c) => c.real);
      const forwardPass = recordForward(graph, trace, parameters, real);
      const at = trace.nodes.length;
      const { results } = forwardPass;
      const floating = results.flatMap((t, i) => (t.dt.kind === 'float' && t.isSymbolic ? [i] : []));
      const upstream = floating.map((i) => trace.symbol(results[i].dt, shapeOf(results[i])));
      const sources = [...parameters, ...forwardPass.reads.map((r) => r.output), ...real];
      const gradients = recordBackward(forwardPass, sources, floating, upstream, sparse);
      return { recorded: forwardPass, boundary: at, targets: floating, dys: upstream, gradients };
    },
    () => [],
    parameters,
  ).value;
  // A custom gradient may have caught the error.
  if (trace.failure !== null) throw trace.failure;
  const passes = split(trace.nodes, boundary, dys);
  const results = recorded.results.map((t) => trace.symbolFor(t));
  const wanted = gradients.flatMap(tensorsOf).map((g) => trace.symbolFor(g));
  const constants = [...trace.constants.values()];
  const { substitutions } = trace;
  const backwardPass = deadCode({
    name: `${graph.name}, backward`,
    parameters: [],
    constants,
    nodes: passes.backward,
    results: wanted,
    substitutions,
  });
  const saved = new Set([...backwardPass.nodes.flatMap(inputsOf), ...wanted]);
  for (const t of [...passes.dependent, ...constants.map((c) => c.symbol)]) saved.delete(t);
  const { places, sparseShapes } = gradientPlaces(gradients);
  return {
    // No dead code elimination: every order must have the same reads.
    forward: {
      name: graph.name,
      parameters,
      constants,
      nodes: passes.forward,
      results: [...results, ...saved],
      variables: recorded.variables,
      substitutions,
    },
    results: results.length,
    saved: saved.size,
    backward: { ...backwardPass, parameters: [...dys, ...saved] },
    targets,
    reads: recorded.reads.map((r) => r.variable),
    captured: captured.map((c) => c.source),
    gradients: places,
    sparseShapes,
  };
}
