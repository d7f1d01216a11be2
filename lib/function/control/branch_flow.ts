/**
 * BranchFlow, the conditional that cond.ts emits: a flow that runs one of several compiled branches. Its derivatives of any order
 * are such conditionals, too.
 */
import { filled } from '../../autodiff/backward';
import { dtypes } from '../../core/dtype';
import { pin } from '../../core/ownership';
import { aliasTensor, shapeOf, specOf, type Tensor } from '../../core/tensor';
import { derive, noGradient, zeroGradient } from '../../graph/derivative';
import type { Graph, TensorSubgraphRuns } from '../../graph/graph';
import { GraphFunction } from '../graph_function';
import type { ResultSpec } from '../../op/define/general';
import { Flow, isFloat, unavailableForUpdates, type FlowOrder } from './flow';
import { scalarShape } from '../../core/shape';

export interface Branch {
  readonly graph: Graph;
  /** The flow's inputs that are its arguments, by number. */
  readonly inputs: readonly number[];
  /** The positions of its results among the flow's; the others are zeros. */
  readonly outs: readonly number[];
}

/** Selects a branch by the value of the flow's first input. */
export type SelectBranch = (index: Tensor) => number;

const scalar: ResultSpec = { shape: scalarShape, dt: dtypes.int32 };

export class BranchFlow extends Flow {
  private readonly functions: readonly GraphFunction[];
  private readonly zeros: (Tensor | null)[];

  constructor(
    name: string,
    private readonly select: SelectBranch,
    private readonly branches: readonly Branch[],
    /** The types of the inputs after the first. */
    private readonly ins: readonly ResultSpec[],
    outs: readonly ResultSpec[],
  ) {
    super(
      name,
      outs,
      branches.map((b) => b.graph),
    );
    this.functions = branches.map((b) => new GraphFunction(b.graph));
    this.zeros = outs.map(() => null);
  }

  *subgraphRuns(inputs: readonly Tensor[]): TensorSubgraphRuns {
    const at = this.select(inputs[0]);
    const branch = this.branches[at];
    const results = yield [this.functions[at].executable, branch.inputs.map((i) => inputs[i])];
    if (results.length === this.outs.length) return scatter(results, branch.outs);
    const all = new Array<Tensor | undefined>(this.outs.length);
    branch.outs.forEach((place, i) => (all[place] = results[i]));
    return this.outs.map((out, i) => all[i] ?? this.zero(out, i));
  }

  /** Shared by all runs: the saved values of a branch that was not taken are never read. */
  private zero(out: ResultSpec, i: number): Tensor {
    let t = this.zeros[i];
    if (t === null) {
      this.zeros[i] = t = filled(out.shape, out.dt, 0);
      pin(t);
    }
    return aliasTensor(t, shapeOf(t), this.name);
  }

  protected derive(): FlowOrder {
    const { name, select, branches, outs, ins } = this;
    if (this.effects === 'variables') return unavailableForUpdates(this, [scalar, ...ins], 'it');
    const floats = outs.flatMap((o, i) => (isFloat(o) ? [i] : []));
    const derivatives = branches.map((b) => derive(b.graph));
    // Forward: the results, then the saved values of each branch.
    let next = outs.length;
    const savedAt = derivatives.map((d) => Array.from({ length: d.saved }, () => next++));
    const forwardOuts: ResultSpec[] = [
      ...outs,
      ...derivatives.flatMap((d) => d.forward.results.slice(d.results).map(specOf)),
    ];
    const forward = new BranchFlow(
      name,
      select,
      branches.map((b, i) => ({
        graph: derivatives[i].forward,
        inputs: b.inputs,
        outs: [...b.outs, ...savedAt[i]],
      })),
      ins,
      forwardOuts,
    );
    // Backward: the index, an upstream gradient for each floating-point result, all saved values.
    const dyAt = (out: number): number => 1 + floats.indexOf(out);
    const savedFrom = 1 + floats.length - outs.length;
    const anyBranch = (input: number, test: (place: number) => boolean): boolean =>
      branches.some((b, k) => {
        const at = b.inputs.indexOf(input);
        return at >= 0 && test(derivatives[k].gradients[at]);
      });
    const differentiable = ins.flatMap((_, i) => (anyBranch(i + 1, (place) => place >= 0) ? [i + 1] : []));
    const backward = new BranchFlow(
      `${name}, backward`,
      select,
      branches.map((b, k) => {
        const d = derivatives[k];
        const places: number[] = [];
        d.gradients.forEach((at, param) => {
          if (at >= 0) places[at] = differentiable.indexOf(b.inputs[param]);
        });
        return {
          graph: d.backward,
          inputs: [...d.targets.map((t) => dyAt(b.outs[t])), ...savedAt[k].map((s) => s + savedFrom)],
          outs: places,
        };
      }),
      [...floats.map((i) => outs[i]), ...forwardOuts.slice(outs.length)],
      differentiable.map((i) => ins[i - 1]),
    );
    return {
      forward,
      backward,
      keeps: [0],
      gradients: [
        noGradient,
        ...ins.map((_, i) => {
          const place = differentiable.indexOf(i + 1);
          if (place >= 0) return place;
          return anyBranch(i + 1, (p) => p === zeroGradient) ? zeroGradient : noGradient;
        }),
      ],
    };
  }
}

function scatter(results: readonly Tensor[], places: readonly number[]): Tensor[] {
  const all = new Array<Tensor>(results.length);
  places.forEach((place, i) => (all[place] = results[i]));
  return all;
}
