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

/** `followed`: the ids of the tensors from before the trace to which gradients go; `sparse`: rows may stay rows. */
export function derive(graph: Graph, followed: ReadonlySet<number> = new Set(), sparse = false): Derivative {
  const captured = graph.constants.filter((c) => followed.has(c.source.id));
  const trace = new DerivativeTrace(graph.name);
  const parameters = graph.parameters.map((p) => trace.symbol(p.dt, shapeOf(p)));
  const dys: Tensor[] = [];
  let targets: number[] = [];
  let results: readonly Tensor[] = [];
  let middle = 0;
  const reads: { variable: Variable; output: Tensor }[] = [];
  /** Where a variable is a parameter, what flows to its later reads flows there too. */
  const again: { parameter: Tensor; output: Tensor }[] = [];
  let variables: ReadonlyMap<Variable, Tensor> = new Map();
  const found: (Tensor | Rows | SymbolicZero | null)[] = [];
  trace.run(
    () => {
      // Integer tensors and variables that are not trainable get gradients too, if somebody asks.
      const tape = new Tape(false);
      for (const p of parameters) tape.follow(p.id);
      for (const c of captured) tape.follow(c.real.id);
      startRecording(tape);
      try {
        trace.onRead = (output) => {
          if (output.dt.kind === 'float') tape.follow(output.id);
        };
        const done = replay(graph, trace, parameters);
        results = done.results;
        ({ variables } = done);
        for (const r of done.reads) {
          const parameter = variables.get(r.variable);
          if (parameter === undefined) reads.push(r);
          else again.push({ parameter, output: r.output });
        }
      } finally {
        stopRecording(tape);
        trace.onRead = null;
      }
      middle = trace.nodes.length;
      targets = results.flatMap((t, i) => (t.dt.kind === 'float' && t.isSymbolic ? [i] : []));
      for (const i of targets) dys.push(trace.symbol(results[i].dt, shapeOf(results[i])));
      const sources = [...parameters, ...reads.map((r) => r.output), ...captured.map((c) => c.real)];
      const path = pathFrom(
        tape,
        new Set([...sources, ...again.map((r) => r.output)].map((s) => s.id)),
        false,
      );
      const gradients = backward(
        path,
        targets.map((i) => results[i]),
        dys,
        false,
      );
      for (const s of sources) {
        const others = again.filter((r) => r.parameter === s).map((r) => r.output.id);
        const g = gradientOf({ ids: [s.id, ...others] }, gradients);
        if (!(g instanceof IndexedSlices)) found.push(g);
        else if (!sparse || g.denseShape === null) found.push(densify(g));
        else found.push({ parts: [g.values, g.indices], shape: g.denseShape });
      }
      return null;
    },
    () => [],
    parameters,
  );
  // Perhaps a gradient of the user's own caught it.
  if (trace.reason !== null) throw trace.reason;
  // What hangs on the gradients is the way back; the rest belongs to the way there.
  const later = new Set<Tensor>(dys);
  const there: Node[] = trace.nodes.slice(0, middle);
  const back: Node[] = [];
  for (const node of trace.nodes.slice(middle)) {
    if (node.kind === 'op' && !inputsOf(node).some((t) => later.has(t))) {
      there.push(node);
      continue;
    }
    back.push(node);
    for (const t of outputsOf(node)) later.add(t);
  }
  const constants = [...trace.constants.values()];
  const constantSymbols = new Set(constants.map((c) => c.symbol));
  const partsOf = (g: Tensor | Rows | SymbolicZero | null): readonly Tensor[] =>
    g === null || g === symbolicZero ? [] : 'parts' in g ? g.parts : [g];
  const wanted = found.flatMap(partsOf).map((g) => trace.known(g));
  const saved = new Set<Tensor>();
  const save = (t: Tensor): void => {
    if (!later.has(t) && !constantSymbols.has(t)) saved.add(t);
  };
  for (const node of deadCode({ name: graph.name, parameters: [], constants, nodes: back, results: wanted })
    .nodes) {
    for (const t of inputsOf(node)) save(t);
  }
  for (const t of wanted) save(t);
  const own = [...saved];
  const places: number[] = [];
  const rows = new Map<number, Dims>();
  let next = 0;
  found.forEach((g, i) => {
    places.push(g === null ? noGradient : g === symbolicZero ? zeroGradient : next);
    next += partsOf(g).length;
    if (g !== null && g !== symbolicZero && 'parts' in g) rows.set(i, g.shape);
  });
  return {
    // Nothing is dropped from it here: the reads must stay those of every order.
    forward: {
      name: graph.name,
      parameters,
      constants: [...trace.constants.values()],
      nodes: there,
      results: [...results.map((t) => trace.known(t)), ...own],
      variables,
      meanings: trace.meanings,
    },
    backward: deadCode({
      name: `${graph.name}, backward`,
      parameters: [...dys, ...own],
      constants: [...trace.constants.values()],
      nodes: back,
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
