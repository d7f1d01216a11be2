/** A graph as a callable function: compiled at its first run, and differentiated at its first run under a tape. */
import { filled } from '../autodiff/backward';
import { IndexedSlices } from '../core/indexed_slices';
import { context, withContext } from '../core/context';
import type { Recorder } from '../op/contract';
import { shapeOf, type Tensor } from '../core/tensor';
import { symbolicZero, type Grad } from '../op/registry';
import { compile } from '../compile/compile';
import { derive, zeroGradient, type Derivative } from '../graph/derivative';
import type { Executable } from '../compile/executable';
import type { Graph } from '../graph/graph';
import { lowestOrder, ordersFor, recordStep } from './orders';
import { optimize } from '../graph/passes/optimize';

/**
 * Derivatives of order k: a forward graph, which returns the results of order k − 1 and the values saved for its backward
 * pass, and the backward graph.
 */
interface Order {
  readonly derivative: Derivative;
  readonly forward: GraphFunction;
  readonly backward: GraphFunction;
}

export class GraphFunction {
  private compiled: Executable | null = null;
  private derived: Order | null = null;
  /** Variants with gradients of constants of the graph that a tape follows, by the ids of these constants. */
  private readonly variants = new Map<string, GraphFunction>();

  constructor(
    readonly graph: Graph,
    /** The constants that have gradients. */
    private readonly followedIds: ReadonlySet<number> = new Set(),
  ) {}

  get executable(): Executable {
    return (this.compiled ??= compile(optimize(this.graph)));
  }

  run(args: readonly Tensor[]): Tensor[] {
    const { recorder } = context;
    return recorder === null
      ? this.executable.run(args)
      : this.variantFor(recorder).runRecorded(args, recorder);
  }

  private variantFor(recorder: Recorder): GraphFunction {
    const ids: number[] = [];
    for (const { source } of this.graph.constants) {
      if (source.dt.kind === 'float' && recorder.watches(source.id)) ids.push(source.id);
    }
    if (ids.length === 0) return this;
    const key = ids.join();
    let f = this.variants.get(key);
    if (f === undefined) this.variants.set(key, (f = new GraphFunction(this.graph, new Set(ids))));
    return f;
  }

  /** The derivatives of the first order. */
  get order(): Order {
    if (this.derived === null) {
      const derivative = derive(this.graph, this.followedIds, true);
      this.derived = {
        derivative,
        forward: new GraphFunction(derivative.forward, this.followedIds),
        backward: new GraphFunction(derivative.backward),
      };
    }
    return this.derived;
  }

  private runRecorded(args: readonly Tensor[], recorder: Recorder): Tensor[] {
    const orders = ordersFor(this.order);
    const last = orders[orders.length - 1];
    // Variables are recorded on tapes before the function changes them.
    const { reads, captured } = last.derivative;
    const inputs = [...args, ...reads.map((v) => v.operand()), ...captured];
    const all = withContext({ recorder: null }, () => last.forward.executable.run(args));
    const targets = last.derivative.targets.map((i) => all[i]);
    const { name } = this.graph;
    recordStep(recorder, name, inputs, targets, (dys) => runBackward(name, orders, all, dys));
    return all.slice(0, this.graph.results.length);
  }
}

function runBackward(
  name: string,
  orders: readonly Order[],
  all: readonly Tensor[],
  dys: readonly (Tensor | null)[],
): Grad[] {
  const at = lowestOrder(name, orders.length, dys, (i) => orders[i].derivative.targets.length);
  const { derivative, backward } = orders[at];
  const upstream = derivative.targets.map((k, i) => dys[i] ?? filled(shapeOf(all[k]), all[k].dt, 0));
  const savedFrom = derivative.results;
  const gradients = backward.run([...upstream, ...all.slice(savedFrom, savedFrom + derivative.saved)]);
  return derivative.gradients.map((k, i) => {
    if (k < 0) return k === zeroGradient ? symbolicZero : null;
    const shape = derivative.sparseShapes.get(i);
    return shape === undefined ? gradients[k] : new IndexedSlices(gradients[k], gradients[k + 1], shape);
  });
}
