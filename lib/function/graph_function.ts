/** A graph that can be called, under tapes too. */
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
 * Order k of derivatives: a forward graph whose results are those of order k − 1 and what its way back needs, and that
 * way back.
 */
interface Order {
  readonly derivative: Derivative;
  readonly forward: GraphFunction;
  readonly backward: GraphFunction;
}

export class GraphFunction {
  private compiled: Executable | null = null;
  private derived: Order | null = null;

  /** The same for tapes that follow tensors which the graph has as constants, by the ids of those. */
  private readonly following = new Map<string, GraphFunction>();

  constructor(
    readonly graph: Graph,
    private readonly followed: ReadonlySet<number> = new Set(),
  ) {}

  get executable(): Executable {
    return (this.compiled ??= compile(optimize(this.graph)));
  }

  run(args: readonly Tensor[]): Tensor[] {
    const { recorder } = context;
    return recorder === null ? this.executable.run(args) : this.under(recorder).runRecorded(args, recorder);
  }

  private under(recorder: Recorder): GraphFunction {
    const ids: number[] = [];
    for (const { source } of this.graph.constants) {
      if (source.dt.kind === 'float' && recorder.follows(source.id)) ids.push(source.id);
    }
    if (ids.length === 0) return this;
    const key = ids.join();
    let f = this.following.get(key);
    if (f === undefined) this.following.set(key, (f = new GraphFunction(this.graph, new Set(ids))));
    return f;
  }

  get order(): Order {
    if (this.derived === null) {
      const derivative = derive(this.graph, this.followed, true);
      this.derived = {
        derivative,
        forward: new GraphFunction(derivative.forward, this.followed),
        backward: new GraphFunction(derivative.backward),
      };
    }
    return this.derived;
  }

  private runRecorded(args: readonly Tensor[], recorder: Recorder): Tensor[] {
    const orders = ordersFor(this.order);
    const last = orders[orders.length - 1];
    // Tapes see the variables before the function changes them.
    const { reads, captured } = last.derivative;
    const inputs = [...args, ...reads.map((v) => v.operand()), ...captured];
    const all = withContext({ recorder: null }, () => last.forward.executable.run(args));
    const targets = last.derivative.targets.map((i) => all[i]);
    const { name } = this.graph;
    recordStep(recorder, name, inputs, targets, (dys) => wayBack(name, orders, all, dys));
    return all.slice(0, this.graph.results.length);
  }
}

function wayBack(
  name: string,
  orders: readonly Order[],
  all: readonly Tensor[],
  dys: readonly (Tensor | null)[],
): Grad[] {
  const at = lowestOrder(name, orders.length, dys, (i) => orders[i].derivative.targets.length);
  const { derivative, backward } = orders[at];
  const given = derivative.targets.map((k, i) => dys[i] ?? filled(shapeOf(all[k]), all[k].dt, 0));
  const first = derivative.results;
  const found = backward.run([...given, ...all.slice(first, first + derivative.saved)]);
  return derivative.gradients.map((k, i) => {
    if (k < 0) return k === zeroGradient ? symbolicZero : null;
    const shape = derivative.rows.get(i);
    return shape === undefined ? found[k] : new IndexedSlices(found[k], found[k + 1], shape);
  });
}
