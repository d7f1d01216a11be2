/**
 * ScanFlow, the loop that scan_loop.ts emits: a flow with a known number of iterations over a compiled body, which reads a slice
 * of some tensors at each iteration and writes a slice of others. Its derivatives of any order are such loops, too.
 */
import { filled } from '../../autodiff/backward';
import { detached } from '../../core/context';
import { bufferOf, makeTensor, shapeOf, specOf, type Tensor, tensorFromBuffer } from '../../core/tensor';
import { asShape, sizeOf } from '../../core/shape';
import type { Variable } from '../../core/variable';
import { add } from '../../ops/math/binary';
import { derive, noGradient, zeroGradient, type Derivative } from '../../graph/derivative';
import type { CountedLoop, Graph, LoopSource, SubgraphRuns, TensorSubgraphRuns } from '../../graph/graph';
import { GraphFunction } from '../graph_function';
import { withPendingSteps } from '../../graph/pending';
import { replay } from '../../graph/copy';
import { Trace } from '../../graph/trace';
import type { ResultSpec } from '../../op/define/general';
import { Flow, isFloat, unavailableForUpdates, type FlowOrder } from './flow';

/** The source of a parameter of the body. Each input of the flow is used once. */
export type Source = LoopSource;

export interface Scan {
  /** Returns the next values of the loop variables, then one slice of each stacked result. */
  readonly body: Graph;
  /** One for each parameter of the body. */
  readonly sources: readonly Source[];
  /** The inputs with the initial values of the loop variables; null: zeros. */
  readonly starts: readonly (number | null)[];
  readonly count: number;
  readonly reverse: boolean;
  /** The variables whose values are the last loop variables. */
  readonly variables: readonly Variable[];
}

const stacked = (o: ResultSpec, count: number): ResultSpec => ({
  shape: asShape([count, ...o.shape]),
  dt: o.dt,
});

export class ScanFlow extends Flow {
  private readonly body: GraphFunction;

  constructor(
    name: string,
    private readonly scan: Scan,
    private readonly ins: readonly ResultSpec[],
  ) {
    const { body, starts, count } = scan;
    const results = body.results.map(specOf);
    super(
      name,
      results.map((o, i) => (i < starts.length ? o : stacked(o, count))),
      [body],
    );
    this.body = new GraphFunction(body);
  }

  override get countedLoop(): CountedLoop {
    const { sources, starts, count, reverse } = this.scan;
    const zeros = (k: number): Tensor => detached(() => filled(this.outs[k].shape, this.outs[k].dt, 0));
    return { body: this.body, sources, starts, zeros, count, reverse };
  }

  *subgraphRuns(inputs: readonly Tensor[]): TensorSubgraphRuns {
    const { starts, count, variables } = this.scan;
    const current = starts.map((input, k) =>
      input === null ? filled(this.outs[k].shape, this.outs[k].dt, 0) : inputs[input],
    );
    const stacks = this.outs.slice(starts.length).map((o) => makeTensor(o.dt, o.shape, sizeOf(o.shape)));
    const first = current.length - variables.length;
    if (count > 0)
      yield* withPendingSteps(
        variables,
        (i) => current[first + i],
        () => this.iterate(inputs, current, stacks),
      );
    // Copies: a loop variable may be a slice of an input.
    return [...current.map(copyOf), ...stacks];
  }

  private *iterate(
    inputs: readonly Tensor[],
    current: Tensor[],
    stacks: readonly Tensor[],
  ): SubgraphRuns<void> {
    const { sources, count, reverse } = this.scan;
    const { executable } = this.body;
    for (let n = 0; n < count; n++) {
      const i = reverse ? count - 1 - n : n;
      const args = sources.map((s) => {
        if (s.kind === 'carried') return current[s.index];
        return s.kind === 'whole' ? inputs[s.input] : sliceOf(inputs[s.input], i);
      });
      const results = yield [executable, args];
      for (let k = 0; k < current.length; k++) current[k] = results[k];
      stacks.forEach((whole, k) => {
        writeSlice(results[current.length + k], whole, i);
      });
    }
  }

  protected derive(): FlowOrder {
    const { name, scan, ins } = this;
    if (this.effects === 'variables') return unavailableForUpdates(this, ins, 'the loop');
    const derivative = derive(scan.body);
    const { forward: body } = derivative;
    // Values saved for the backward pass: those that are inputs are passed on, all others are stacked.
    const sourceOf = new Map(body.parameters.map((p, i) => [p, scan.sources[i]]));
    const saved = body.results.slice(derivative.results);
    const savedPerIteration = saved.filter((t) => (sourceOf.get(t)?.kind ?? 'carried') === 'carried');
    const results = [...body.results.slice(0, derivative.results), ...savedPerIteration];
    const forward = new ScanFlow(name, { ...scan, body: { ...body, results } }, ins);
    return { forward, ...this.backwardFlow(derivative, saved, savedPerIteration, sourceOf) };
  }

  /**
   * The inputs of the backward loop: some of the forward loop's (`keeps`), an upstream gradient for each floating-point result
   * (at `dyAt`), and the stacked values; and where among them each saved value comes from.
   */
  private backwardInputs(
    saved: readonly Tensor[],
    savedPerIteration: readonly Tensor[],
    sourceOf: ReadonlyMap<Tensor, Source>,
  ): { inputs: ResultSpec[]; keeps: number[]; dyAt: Map<number, number>; savedSources: Source[] } {
    const { scan, ins, outs } = this;
    const keeps: number[] = [];
    const inputs: ResultSpec[] = [];
    const kept = saved.map((t): Source | null => {
      const source = sourceOf.get(t);
      if (source === undefined || source.kind === 'carried') return null;
      keeps.push(source.input);
      inputs.push(ins[source.input]);
      return { kind: source.kind, input: keeps.length - 1 };
    });
    const dyAt = new Map<number, number>();
    outs.forEach((o, k) => {
      if (!isFloat(o)) return;
      dyAt.set(k, inputs.length);
      inputs.push(o);
    });
    const stackedAt = new Map<Tensor, number>();
    for (const t of savedPerIteration) {
      stackedAt.set(t, inputs.length);
      inputs.push(stacked(specOf(t), scan.count));
    }
    const savedSources = saved.map(
      (t, i): Source => kept[i] ?? { kind: 'slice', input: stackedAt.get(t) as number },
    );
    return { inputs, keeps, dyAt, savedSources };
  }

  private backwardFlow(
    derivative: Derivative,
    saved: readonly Tensor[],
    savedPerIteration: readonly Tensor[],
    sourceOf: ReadonlyMap<Tensor, Source>,
  ): Omit<FlowOrder, 'forward'> {
    const { scan, outs } = this;
    const { sources, starts, count } = scan;
    const { inputs, keeps, dyAt, savedSources } = this.backwardInputs(saved, savedPerIteration, sourceOf);
    const backwardSources: Source[] = [];
    // Loop variables: the gradients of the floating-point loop variables, then sums for values used by every iteration.
    // These include values of variables: the gradient of a read belongs to the variable, and does not pass through assignments.
    const floats = starts.flatMap((_, k) => (isFloat(outs[k]) ? [k] : []));
    const variablesFrom = starts.length - scan.variables.length;
    const isSummed = (s: Source): boolean =>
      s.kind === 'whole' || (s.kind === 'carried' && s.index >= variablesFrom);
    const sums = sources.flatMap((s, p) => (isSummed(s) && derivative.gradients[p] >= 0 ? [p] : []));
    const slices = sources.flatMap((s, p) => (s.kind === 'slice' && derivative.gradients[p] >= 0 ? [p] : []));
    const parameterOf = new Map<number, number>();
    sources.forEach((s, p) => {
      if (s.kind === 'carried' && !isSummed(s)) parameterOf.set(s.index, p);
    });
    const trace = new Trace(`${this.name}, backward`);
    const addParameter = (o: ResultSpec, source: Source): Tensor => {
      backwardSources.push(source);
      const t = trace.symbol(o.dt, o.shape);
      parameters.push(t);
      return t;
    };
    const parameters: Tensor[] = [];
    const dCarried = floats.map((k, index) => addParameter(outs[k], { kind: 'carried', index }));
    const totals = sums.map((p, i) =>
      addParameter(specOf(scan.body.parameters[p]), { kind: 'carried', index: floats.length + i }),
    );
    const dys = derivative.targets.map((k) => {
      if (k < starts.length) return dCarried[floats.indexOf(k)];
      return addParameter(specOf(scan.body.results[k]), { kind: 'slice', input: dyAt.get(k) as number });
    });
    const savedParameters = saved.map((t, i) => addParameter(specOf(t), savedSources[i]));
    const { graph } = trace.run(
      () => {
        const bodyGradients = replay(derivative.backward, trace, [...dys, ...savedParameters]).results;
        const gradient = (p: number | undefined): Tensor | null => {
          const at = p === undefined ? -1 : derivative.gradients[p];
          return at < 0 ? null : bodyGradients[at];
        };
        return [
          ...floats.map((k) => gradient(parameterOf.get(k)) ?? filled(outs[k].shape, outs[k].dt, 0)),
          ...sums.map((p, i) => add(totals[i], gradient(p) as Tensor)),
          ...slices.map((p) => gradient(p) as Tensor),
        ];
      },
      (list) => list,
      parameters,
    );
    const backward = new ScanFlow(
      `${this.name}, backward`,
      {
        body: graph,
        sources: backwardSources,
        starts: [...floats.map((k) => dyAt.get(k) as number), ...sums.map(() => null)],
        count,
        reverse: !scan.reverse,
        variables: [],
      },
      inputs,
    );
    const gradients = this.gradientsOfInputs(derivative, floats, [...sums, ...slices]);
    return { backward, keeps, gradients };
  }

  /**
   * For each input of the loop, which result of the backward loop is its gradient. Those results are the gradients of the
   * floating-point loop variables (by their index), then those of other parameters of the body (by theirs).
   */
  private gradientsOfInputs(
    derivative: Derivative,
    floats: readonly number[],
    parameters: readonly number[],
  ): number[] {
    const { sources, starts, variables } = this.scan;
    const variablesFrom = starts.length - variables.length;
    const inputOf = (source: Source): number | null =>
      source.kind === 'carried' ? starts[source.index] : source.input;
    const gradients = this.ins.map(() => noGradient);
    sources.forEach((source, p) => {
      const input = inputOf(source);
      if (input !== null && derivative.gradients[p] === zeroGradient) gradients[input] = zeroGradient;
    });
    floats.forEach((k, i) => {
      const start = starts[k];
      if (start !== null && k < variablesFrom) gradients[start] = i;
    });
    parameters.forEach((p, i) => {
      const input = inputOf(sources[p]);
      if (input !== null) gradients[input] = floats.length + i;
    });
    return gradients;
  }
}

function sliceOf(t: Tensor, i: number): Tensor {
  const shape = asShape(shapeOf(t).slice(1));
  return tensorFromBuffer(t.dt, shape, bufferOf(t), t.offset + i * sizeOf(shape) * t.dt.bytes);
}

function bytesOf(t: Tensor, from: number, bytes: number): Uint8Array {
  return new Uint8Array(bufferOf(t), t.offset + from, bytes);
}

function writeSlice(slice: Tensor, whole: Tensor, i: number): void {
  const bytes = slice.size * slice.dt.bytes;
  if (bytes > 0) bytesOf(whole, i * bytes, bytes).set(bytesOf(slice, 0, bytes));
}

function copyOf(t: Tensor): Tensor {
  const copy = makeTensor(t.dt, shapeOf(t), t.size);
  writeSlice(t, copy, 0);
  return copy;
}
