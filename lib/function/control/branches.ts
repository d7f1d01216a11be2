/** A choice between graphs, and its derivatives of any order, which are choices too. */
import { filled } from '../../autodiff/backward';
import { dtypes } from '../../core/dtype';
import { aliasTensor, pin, shapeOf, type Tensor } from '../../core/tensor';
import { derive, noGradient, zeroGradient } from '../../graph/derivative';
import type { Flowing } from '../../graph/graph';
import { GraphFunction } from '../graph_function';
import { Flow, isFloat, updatesInJavaScript, type FlowOrder, type Out } from './flow';
import type { Graph } from '../../graph/graph';
import { scalarShape } from '../../core/shape';

export interface Branch {
  readonly graph: Graph;
  /** Which of the flow's inputs its parameters are. */
  readonly inputs: readonly number[];
  /** Where its results stand among the flow's; the other places are zeros. */
  readonly outs: readonly number[];
}

/** Takes a branch by the value of its first input. */
export type Choose = (index: Tensor) => number;

const scalar: Out = { shape: scalarShape, dt: dtypes.int32 };

export class BranchFlow extends Flow {
  private readonly functions: readonly GraphFunction[];
  private readonly zeros: (Tensor | null)[];

  constructor(
    name: string,
    private readonly choose: Choose,
    private readonly branches: readonly Branch[],
    /** Those of the inputs behind the first. */
    private readonly ins: readonly Out[],
    outs: readonly Out[],
  ) {
    super(
      name,
      outs,
      branches.map((b) => b.graph),
    );
    this.functions = branches.map((b) => new GraphFunction(b.graph));
    this.zeros = outs.map(() => null);
  }

  *steps(inputs: readonly Tensor[]): Flowing {
    const at = this.choose(inputs[0]);
    const branch = this.branches[at];
    const results = yield [this.functions[at].executable, branch.inputs.map((i) => inputs[i])];
    if (results.length === this.outs.length) return order(results, branch.outs);
    const all = new Array<Tensor | undefined>(this.outs.length);
    branch.outs.forEach((place, i) => (all[place] = results[i]));
    return this.outs.map((out, i) => all[i] ?? this.zero(out, i));
  }

  /** One for all runs: what a branch that was not taken saves is never read. */
  private zero(out: Out, i: number): Tensor {
    let t = this.zeros[i];
    if (t === null) {
      this.zeros[i] = t = filled(out.shape, out.dt, 0);
      pin(t);
    }
    return aliasTensor(t, shapeOf(t), this.name);
  }

  protected derive(): FlowOrder {
    const { name, choose, branches, outs, ins } = this;
    if (this.effects === 'variables') return updatesInJavaScript(this, [scalar, ...ins], 'it');
    const floats = outs.flatMap((o, i) => (isFloat(o) ? [i] : []));
    const parts = branches.map((b) => derive(b.graph));
    // Forward: behind the results stands what each branch saves.
    let next = outs.length;
    const savedAt = parts.map((d) => Array.from({ length: d.saved }, () => next++));
    const forwardOuts: Out[] = [
      ...outs,
      ...parts.flatMap((d) =>
        d.forward.results.slice(d.results).map((t) => ({ shape: shapeOf(t), dt: t.dt })),
      ),
    ];
    const forward = new BranchFlow(
      name,
      choose,
      branches.map((b, i) => ({
        graph: parts[i].forward,
        inputs: b.inputs,
        outs: [...b.outs, ...savedAt[i]],
      })),
      ins,
      forwardOuts,
    );
    // Backward: the index, a gradient for each floating result, everything saved.
    const dyAt = (out: number): number => 1 + floats.indexOf(out);
    const savedFrom = 1 + floats.length - outs.length;
    const any = (input: number, test: (place: number) => boolean): boolean =>
      branches.some((b, k) => {
        const at = b.inputs.indexOf(input);
        return at >= 0 && test(parts[k].gradients[at]);
      });
    const wanted = ins.flatMap((_, i) => (any(i + 1, (place) => place >= 0) ? [i + 1] : []));
    const backward = new BranchFlow(
      `${name}, backward`,
      choose,
      branches.map((b, k) => {
        const d = parts[k];
        const places: number[] = [];
        d.gradients.forEach((at, param) => {
          if (at >= 0) places[at] = wanted.indexOf(b.inputs[param]);
        });
        return {
          graph: d.backward,
          inputs: [...d.targets.map((t) => dyAt(b.outs[t])), ...savedAt[k].map((s) => s + savedFrom)],
          outs: places,
        };
      }),
      [...floats.map((i) => outs[i]), ...forwardOuts.slice(outs.length)],
      wanted.map((i) => ins[i - 1]),
    );
    return {
      forward,
      backward,
      keeps: [0],
      gradients: [
        noGradient,
        ...ins.map((_, i) => {
          const place = wanted.indexOf(i + 1);
          if (place >= 0) return place;
          return any(i + 1, (p) => p === zeroGradient) ? zeroGradient : noGradient;
        }),
      ],
    };
  }
}

function order(results: readonly Tensor[], places: readonly number[]): Tensor[] {
  const all = new Array<Tensor>(results.length);
  places.forEach((place, i) => (all[place] = results[i]));
  return all;
}
