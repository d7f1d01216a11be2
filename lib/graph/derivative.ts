/** The way back through a graph, as two graphs: forward, which saves what the second needs, and backward. */
import { backward, gradientOf, pathFrom } from '../autodiff/backward';
import { IndexedSlices } from '../core/indexed_slices';
import { symbolicZero, type SymbolicZero } from '../op/registry';
import { densify } from '../ops/index/slices';
import { startRecording, stopRecording, Tape } from '../autodiff/tape';
import type { Dims } from '../core/shape';
import { type Placeholder, shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { inputsOf, outputsOf, type Graph, type Node } from './graph';
import { deadCode } from './passes/dead_code';
import { replay } from './replay';
import { Trace } from './trace';
import { ConcretizationError } from './concretization_error';

export const noGradient = -1;
export const zeroGradient = -2;

export interface Derivative {
  /** The graph's results, then what the way back reads. */
  readonly forward: Graph;
  /** From gradients of the floating results, then what was saved, to gradients. */
  readonly backward: Graph;
  /** How many results the graph has, and how many values forward saves behind them. */
  readonly results: number;
  readonly saved: number;
  /** Which results take a gradient. */
  readonly targets: readonly number[];
  /** The variables that the graph reads, in order; after the parameters, gradients go to these reads. */
  readonly reads: readonly Variable[];
  /** The tensors from before the trace that take gradients, in order, after the reads. */
  readonly captured: readonly Tensor[];
  /**
   * For each parameter, then each read and each captured tensor: the place of its gradient among the backward results;
   * `noGradient` or `zeroGradient` (symbolic), which are negative, where there is nothing to compute.
   */
  readonly gradients: readonly number[];
  /** The gradients, by their place in that list, that are rows of a tensor of this shape: their indices are the next result. */
  readonly rows: ReadonlyMap<number, Dims>;
}

/** Values and indices. */
interface Rows {
  readonly parts: readonly [Tensor, Tensor];
  readonly shape: Dims;
}

class DerivativeTrace extends Trace {
  /** A gradient of the user's own may use what the graph around this one knows. */
  override stranger(_t: Tensor, _of: Placeholder, op: string): Error {
    return (this.reason = new ConcretizationError(
      op,
      'a gradient uses a tensor of another part of the function',
    ));
  }
}

type Gradient = Tensor | Rows | SymbolicZero | null;

const tensorsOf = (g: Gradient): readonly Tensor[] =>
  g === null || g === symbolicZero ? [] : 'parts' in g ? g.parts : [g];

interface ReadOutput {
  readonly variable: Variable;
  readonly output: Tensor;
}

/** The forward pass, traced again under a tape. */
interface Recorded {
  readonly tape: Tape;
  readonly results: readonly Tensor[];
  readonly variables: ReadonlyMap<Variable, Tensor>;
  readonly reads: readonly ReadOutput[];
  /** Later reads of variables that are parameters: their gradients flow to the parameter too. */
  readonly again: readonly { readonly parameter: Tensor; readonly output: Tensor }[];
}

function recordForward(
  graph: Graph,
  trace: Trace,
  parameters: readonly Tensor[],
  captured: readonly Tensor[],
): Recorded {
  // Integer tensors and variables that are not trainable get gradients too, if somebody asks.
  const tape = new Tape(false);
  for (const t of [...parameters, ...captured]) tape.follow(t.id);
  startRecording(tape);
  try {
    trace.onRead = (output) => {
      if (output.dt.kind === 'float') tape.follow(output.id);
    };
    const { results, variables, reads } = replay(graph, trace, parameters);
    const again = reads.flatMap(({ variable, output }) => {
      const parameter = variables.get(variable);
      return parameter === undefined ? [] : [{ parameter, output }];
    });
    return { tape, results, variables, reads: reads.filter((r) => !variables.has(r.variable)), again };
  } finally {
    stopRecording(tape);
    trace.onRead = null;
  }
}

/** The gradients of the targets with respect to each source, written into the trace. */
function recordBackward(
  { tape, results, again }: Recorded,
  sources: readonly Tensor[],
  targets: readonly number[],
  dys: readonly Tensor[],
  sparse: boolean,
): Gradient[] {
  const ids = new Set([...sources, ...again.map((r) => r.output)].map((s) => s.id));
  const gradients = backward(
    pathFrom(tape, ids, false),
    targets.map((i) => results[i]),
    dys,
    false,
  );
  return sources.map((s) => {
    const others = again.filter((r) => r.parameter === s).map((r) => r.output.id);
    const g = gradientOf({ ids: [s.id, ...others] }, gradients);
    if (!(g instanceof IndexedSlices)) return g;
    if (!sparse || g.denseShape === null) return densify(g);
    return { parts: [g.values, g.indices], shape: g.denseShape };
  });
}

/** What depends on the upstream gradients is the backward pass; all else belongs to the forward pass. */
function split(
  nodes: readonly Node[],
  middle: number,
  dys: readonly Tensor[],
): { forward: Node[]; backward: Node[]; dependent: Set<Tensor> } {
  const dependent = new Set<Tensor>(dys);
  const forward: Node[] = nodes.slice(0, middle);
  const back: Node[] = [];
  for (const node of nodes.slice(middle)) {
    if (node.kind === 'op' && !inputsOf(node).some((t) => dependent.has(t))) {
      forward.push(node);
      continue;
    }
    back.push(node);
    for (const t of outputsOf(node)) dependent.add(t);
  }
  return { forward, backward: back, dependent };
}

/** Where each gradient stands among the backward results, and which are rows. */
function placesOf(found: readonly Gradient[]): { places: number[]; rows: Map<number, Dims> } {
  const places: number[] = [];
  const rows = new Map<number, Dims>();
  let next = 0;
  found.forEach((g, i) => {
    places.push(g === null ? noGradient : g === symbolicZero ? zeroGradient : next);
    next += tensorsOf(g).length;
    if (g !== null && g !== symbolicZero && 'parts' in g) rows.set(i, g.shape);
  });
  return { places, rows };
}

/** `followed`: the ids of the tensors from before the trace to which gradients go; `sparse`: rows may stay rows. */
export function derive(graph: Graph, followed: ReadonlySet<number> = new Set(), sparse = false): Derivative {
  const captured = graph.constants.filter((c) => followed.has(c.source.id));
  const trace = new DerivativeTrace(graph.name);
  const parameters = graph.parameters.map((p) => trace.symbol(p.dt, shapeOf(p)));
  const { recorded, middle, targets, dys, found } = trace.run(
    () => {
      const real = captured.map((c) => c.real);
      const done = recordForward(graph, trace, parameters, real);
      const at = trace.nodes.length;
      const { results } = done;
      const taken = results.flatMap((t, i) => (t.dt.kind === 'float' && t.isSymbolic ? [i] : []));
      const upstream = taken.map((i) => trace.symbol(results[i].dt, shapeOf(results[i])));
      const sources = [...parameters, ...done.reads.map((r) => r.output), ...real];
      const gradients = recordBackward(done, sources, taken, upstream, sparse);
      return { recorded: done, middle: at, targets: taken, dys: upstream, found: gradients };
    },
    () => [],
    parameters,
  ).value;
  // Perhaps a gradient of the user's own caught it.
  if (trace.reason !== null) throw trace.reason;
  const { results, variables, reads } = recorded;
  const nodes = split(trace.nodes, middle, dys);
  const constants = [...trace.constants.values()];
  const constantSymbols = new Set(constants.map((c) => c.symbol));
  const wanted = found.flatMap(tensorsOf).map((g) => trace.known(g));
  const saved = new Set<Tensor>();
  const needed = deadCode({
    name: graph.name,
    parameters: [],
    constants,
    nodes: nodes.backward,
    results: wanted,
  });
  for (const t of [...needed.nodes.flatMap(inputsOf), ...wanted])
    if (!nodes.dependent.has(t) && !constantSymbols.has(t)) saved.add(t);
  const own = [...saved];
  const { places, rows } = placesOf(found);
  return {
    // Nothing is dropped from it here: the reads must stay those of every order.
    forward: {
      name: graph.name,
      parameters,
      constants: [...trace.constants.values()],
      nodes: nodes.forward,
      results: [...results.map((t) => trace.known(t)), ...own],
      variables,
      meanings: trace.meanings,
    },
    backward: deadCode({
      name: `${graph.name}, backward`,
      parameters: [...dys, ...own],
      constants: [...trace.constants.values()],
      nodes: nodes.backward,
      results: wanted,
      meanings: trace.meanings,
    }),
    results: results.length,
    saved: own.length,
    targets,
    reads: reads.map((r) => r.variable),
    captured: captured.map((c) => c.source),
    gradients: places,
    rows,
  };
}
