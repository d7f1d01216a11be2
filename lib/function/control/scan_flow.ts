/**
 * A loop whose number of iterations is known, over a compiled body that takes one part of some tensors at each iteration and
 * gives one part of others. Its derivatives, of any order, are such loops, too.
 */
import { filled } from '../../autodiff/backward';
import { bufferOf, makeTensor, shapeOf, specOf, type Tensor, tensorOver } from '../../core/tensor';
import { asShape, sizeOf } from '../../core/shape';
import type { Variable } from '../../core/variable';
import { add } from '../../ops/math/binary';
import { derive, noGradient, zeroGradient, type Derivative } from '../../graph/derivative';
import type { Flowing, Steps } from '../../graph/graph';
import { GraphFunction } from '../graph_function';
import type { Graph } from '../../graph/graph';
import { withPendingSteps } from '../../graph/pending';
import { replay } from '../../graph/replay';
import { Trace } from '../../graph/trace';
import { Flow, isFloat, updatesInJavaScript, type FlowOrder, type Out } from './flow';

/** Where a parameter of the body comes from. Each input of the flow is used once. */
export type Source =
  /** What the iteration before gave: the loop's variable of that number. */
  | { readonly kind: 'carried'; readonly index: number }
  /** The part of an input that belongs to the iteration: its first dimension counts them. */
  | { readonly kind: 'part'; readonly input: number }
  | { readonly kind: 'whole'; readonly input: number };

export interface Scan {
  /** Its results: the next values of what is carried, then one part of each stacked result. */
  readonly body: Graph;
  /** One for each parameter of the body. */
  readonly sources: readonly Source[];
  /** The inputs that the loop's variables start with; null: zeros. */
  readonly starts: readonly (number | null)[];
  readonly count: number;
  readonly backwards: boolean;
  /** The last of what is carried are the values of these. */
  readonly variables: readonly Variable[];
}

const stacked = (o: Out, count: number): Out => ({ shape: asShape([count, ...o.shape]), dt: o.dt });

export class ScanFlow extends Flow {
  private readonly body: GraphFunction;

  constructor(
    name: string,
    private readonly scan: Scan,
    private readonly ins: readonly Out[],
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

  *steps(inputs: readonly Tensor[]): Flowing {
    const { starts, count, variables } = this.scan;
    const now = starts.map((input, k) =>
      input === null ? filled(this.outs[k].shape, this.outs[k].dt, 0) : inputs[input],
    );
    const parts = this.outs.slice(starts.length).map((o) => makeTensor(o.dt, o.shape, sizeOf(o.shape)));
    const first = now.length - variables.length;
    if (count > 0)
      yield* withPendingSteps(
        variables,
        (i) => now[first + i],
        () => this.iterate(inputs, now, parts),
      );
    // Tensors of their own: a part of an input may be among them.
    return [...now.map(copied), ...parts];
  }

  private *iterate(inputs: readonly Tensor[], now: Tensor[], parts: readonly Tensor[]): Steps<void> {
    const { sources, count, backwards } = this.scan;
    const { executable } = this.body;
    for (let n = 0; n < count; n++) {
      const i = backwards ? count - 1 - n : n;
      const args = sources.map((s) => {
        if (s.kind === 'carried') return now[s.index];
        return s.kind === 'whole' ? inputs[s.input] : partOf(inputs[s.input], i);
      });
      const results = yield [executable, args];
      for (let k = 0; k < now.length; k++) now[k] = results[k];
      parts.forEach((whole, k) => {
        put(results[now.length + k], whole, i);
      });
    }
  }

  protected derive(): FlowOrder {
    const { name, scan, ins } = this;
    if (this.effects === 'variables') return updatesInJavaScript(this, ins, 'the loop');
    const derivative = derive(scan.body);
    const { forward: body } = derivative;
    // What the way back needs: parameters that come from inputs are there anyway, the rest is stacked.
    const given = new Map(body.parameters.map((p, i) => [p, scan.sources[i]]));
    const saved = body.results.slice(derivative.results);
    const own = saved.filter((t) => (given.get(t)?.kind ?? 'carried') === 'carried');
    const results = [...body.results.slice(0, derivative.results), ...own];
    const forward = new ScanFlow(name, { ...scan, body: { ...body, results } }, ins);
    return { forward, ...this.backwardFlow(derivative, saved, own, given) };
  }

  private backwardFlow(
    derivative: Derivative,
    saved: readonly Tensor[],
    own: readonly Tensor[],
    given: ReadonlyMap<Tensor, Source>,
  ): Omit<FlowOrder, 'forward'> {
    const { scan, ins, outs } = this;
    const { sources, starts, count } = scan;
    // The inputs: some of the forward flow's, a gradient for each floating result, what was stacked.
    const keeps: number[] = [];
    const inputs: Out[] = [];
    const back: Source[] = [];
    const keptSources = saved.map((t): Source | null => {
      const source = given.get(t);
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
    const savedAt = new Map<Tensor, number>();
    for (const t of own) {
      savedAt.set(t, inputs.length);
      inputs.push(stacked(specOf(t), count));
    }
    // Carried: the gradients of the floating loop variables, then sums for what every iteration uses. Among that are the
    // values of variables: what flows to a read goes to the variable, and not through assignments.
    const floats = starts.flatMap((_, k) => (isFloat(outs[k]) ? [k] : []));
    const variablesFrom = starts.length - scan.variables.length;
    const isSummed = (s: Source): boolean =>
      s.kind === 'whole' || (s.kind === 'carried' && s.index >= variablesFrom);
    const sums = sources.flatMap((s, p) => (isSummed(s) && derivative.gradients[p] >= 0 ? [p] : []));
    const pieces = sources.flatMap((s, p) => (s.kind === 'part' && derivative.gradients[p] >= 0 ? [p] : []));
    const parameterOf = new Map<number, number>();
    sources.forEach((s, p) => {
      if (s.kind === 'carried' && !isSummed(s)) parameterOf.set(s.index, p);
    });
    const trace = new Trace(`${this.name}, backward`);
    const take = (o: Out, source: Source): Tensor => {
      back.push(source);
      const t = trace.symbol(o.dt, o.shape);
      parameters.push(t);
      return t;
    };
    const parameters: Tensor[] = [];
    const dCarried = floats.map((k, index) => take(outs[k], { kind: 'carried', index }));
    const totals = sums.map((p, i) =>
      take(specOf(scan.body.parameters[p]), { kind: 'carried', index: floats.length + i }),
    );
    const dys = derivative.targets.map((k) => {
      if (k < starts.length) return dCarried[floats.indexOf(k)];
      return take(specOf(scan.body.results[k]), { kind: 'part', input: dyAt.get(k) as number });
    });
    const kept = saved.map((t, i) =>
      take(specOf(t), keptSources[i] ?? { kind: 'part', input: savedAt.get(t) as number }),
    );
    const { graph } = trace.run(
      () => {
        const found = replay(derivative.backward, trace, [...dys, ...kept]).results;
        const gradient = (p: number | undefined): Tensor | null => {
          const at = p === undefined ? -1 : derivative.gradients[p];
          return at < 0 ? null : found[at];
        };
        return [
          ...floats.map((k) => gradient(parameterOf.get(k)) ?? filled(outs[k].shape, outs[k].dt, 0)),
          ...sums.map((p, i) => add(totals[i], gradient(p) as Tensor)),
          ...pieces.map((p) => gradient(p) as Tensor),
        ];
      },
      (list) => list,
      parameters,
    );
    const backward = new ScanFlow(
      `${this.name}, backward`,
      {
        body: graph,
        sources: back,
        starts: [...floats.map((k) => dyAt.get(k) as number), ...sums.map(() => null)],
        count,
        backwards: !scan.backwards,
        variables: [],
      },
      inputs,
    );
    const gradients = ins.map(() => noGradient);
    sources.forEach((s, p) => {
      const input = s.kind === 'carried' ? starts[s.index] : s.input;
      if (input !== null && derivative.gradients[p] === zeroGradient) gradients[input] = zeroGradient;
    });
    floats.forEach((k, i) => {
      const start = starts[k];
      if (start !== null && k < variablesFrom) gradients[start] = i;
    });
    [...sums, ...pieces].forEach((p, i) => {
      const source = sources[p];
      const input = source.kind === 'carried' ? starts[source.index] : source.input;
      if (input !== null) gradients[input] = floats.length + i;
    });
    return { backward, keeps, gradients };
  }
}

function partOf(t: Tensor, i: number): Tensor {
  const shape = asShape(shapeOf(t).slice(1));
  return tensorOver(t.dt, shape, bufferOf(t), t.offset + i * sizeOf(shape) * t.dt.bytes);
}

function bytesOf(t: Tensor, from: number, bytes: number): Uint8Array {
  return new Uint8Array(bufferOf(t), t.offset + from, bytes);
}

function put(part: Tensor, whole: Tensor, i: number): void {
  const bytes = part.size * part.dt.bytes;
  if (bytes > 0) bytesOf(whole, i * bytes, bytes).set(bytesOf(part, 0, bytes));
}

function copied(t: Tensor): Tensor {
  const copy = makeTensor(t.dt, shapeOf(t), t.size);
  put(t, copy, 0);
  return copy;
}
