/** A graph that can be called, under tapes too. */
import { recordingDepth } from '../autodiff/tape';
import { UnimplementedError } from '../core/errors';
import { scope, withScope, type Recorder, type RecordedOp } from '../core/scope';
import { sizeOf } from '../core/shape';
import { makeTensor, type Tensor } from '../core/tensor';
import type { Grad, GradContext } from '../ops/registry';
import { compile } from './compile';
import { derive, type Derivative } from './derivative';
import type { Executable } from './executable';
import type { Graph } from './graph';
import { deadCode } from './passes/dead_code';

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

  constructor(readonly graph: Graph) {}

  get executable(): Executable {
    return (this.compiled ??= compile(deadCode(this.graph)));
  }

  run(args: readonly Tensor[]): Tensor[] {
    return scope.recorder === null ? this.executable.run(args) : this.runRecorded(args, scope.recorder);
  }

  private get order(): Order {
    if (this.derived === null) {
      const derivative = derive(this.graph);
      this.derived = {
        derivative,
        forward: new GraphFunction(derivative.forward),
        backward: new GraphFunction(derivative.backward),
      };
    }
    return this.derived;
  }

  private runRecorded(args: readonly Tensor[], recorder: Recorder): Tensor[] {
    // As many orders as there are tapes: each may ask for derivatives of what the one inside it computes.
    const orders = [this.order];
    while (orders.length < recordingDepth()) orders.push(orders[orders.length - 1].forward.order);
    const last = orders[orders.length - 1];
    // Tapes see the variables before the function changes them.
    const inputs = [...args, ...last.derivative.reads.map((v) => v.operand())];
    const all = withScope({ recorder: null }, () => last.forward.executable.run(args));
    const targets = last.derivative.targets;
    const own = this.graph.results.length;
    if (targets.length > 0) {
      const op: RecordedOp & { gradient(dy: readonly (Tensor | null)[], ctx: GradContext): readonly Grad[] } =
        {
          name: this.graph.name,
          differentiable: true,
          savesInputs: 0,
          savesOutputs: false,
          partialDy: true,
          gradient: (dys) => wayBack(this.graph.name, orders, all, dys),
        };
      recorder.record(
        op,
        inputs,
        null,
        targets.map((i) => all[i]),
      );
    }
    return all.slice(0, own);
  }
}

/** The gradients of the lowest order that serves: a higher one only where something flows to what that one saved. */
function wayBack(
  name: string,
  orders: readonly Order[],
  all: readonly Tensor[],
  dys: readonly (Tensor | null)[],
): Grad[] {
  const flows = dys.map((dy) => dy !== null);
  const order = orders.find(({ derivative }) => !flows.slice(derivative.targets.length).includes(true));
  if (order === undefined) {
    throw new UnimplementedError(
      `[${name}] a derivative of higher order than there were tapes when the function was called; call it inside one tape ` +
        `for each order`,
    );
  }
  const { derivative, backward } = order;
  const given = derivative.targets.map((at, i) => dys[i] ?? zeros(all[at]));
  const first = derivative.results;
  const found = backward.run([...given, ...all.slice(first, first + derivative.saved)]);
  return derivative.gradients.map((at) => (at < 0 ? null : found[at]));
}

function zeros(like: Tensor): Tensor {
  const t = makeTensor(like.dt, like.shape, sizeOf(like.shape));
  (t.view() as Float32Array).fill(0);
  return t;
}
