/**
 * LoopFlow, the loop that while_loop.ts emits: a flow whose condition decides at run time how often its compiled body runs; and
 * its backward pass.
 */
import { filled } from '../../autodiff/backward';
import { dtypes } from '../../core/dtype';
import { InternalError } from '../../core/errors';
import { bufferOf, type Tensor, tensorFromBuffer } from '../../core/tensor';
import { add } from '../../ops/math/binary';
import { derive, type Derivative } from '../../graph/derivative';
import type { Graph, SubgraphRuns, TensorSubgraphRuns } from '../../graph/graph';
import { GraphFunction } from '../graph_function';
import type { Variable } from '../../core/variable';
import { withPendingSteps } from '../../graph/pending';
import type { ResultSpec } from '../../op/define/general';
import { Flow, isFloat, unavailable, unavailableForUpdates, type FlowOrder } from './flow';
import { isTrue } from './structure';
import { scalarShape } from '../../core/shape';

export interface Loop {
  /** From the loop variables and the condition's captures to a scalar. */
  readonly condition: Graph;
  /** The flow's input for each parameter of the condition. */
  readonly conditionInputs: readonly number[];
  /** From the loop variables and the body's captures to the next loop variables. */
  readonly body: Graph;
  readonly bodyInputs: readonly number[];
  /** The number of loop variables, which are the first inputs of the flow. */
  readonly carried: number;
  /** The variables whose values are the last loop variables. */
  readonly variables: readonly Variable[];
  /** The input with the maximum number of iterations; null if there is no limit. */
  readonly limit: number | null;
}

/**
 * The saved values of all iterations. Their number is not known at trace time, so in the graph one tensor, the token, stands for
 * all of them; its storage is the key.
 */
const records = new WeakMap<ArrayBuffer, (readonly Tensor[])[]>();
const token: ResultSpec = { shape: scalarShape, dt: dtypes.float32 };

export class LoopFlow extends Flow {
  private readonly condition: GraphFunction;
  private readonly body: GraphFunction;

  constructor(
    name: string,
    private readonly loop: Loop,
    private readonly ins: readonly ResultSpec[],
    /** If set, each iteration saves the values that the backward pass needs. */
    private readonly derivative: Derivative | null = null,
  ) {
    super(
      name,
      [...ins.slice(0, loop.carried), ...(derivative === null ? [] : [token])],
      [loop.condition, loop.body],
    );
    this.condition = new GraphFunction(loop.condition);
    this.body = new GraphFunction(derivative === null ? loop.body : derivative.forward);
  }

  *subgraphRuns(inputs: readonly Tensor[]): TensorSubgraphRuns {
    const { carried, variables } = this.loop;
    const current = inputs.slice();
    const first = carried - variables.length;
    const saved: (readonly Tensor[])[] = [];
    yield* withPendingSteps(
      variables,
      (i) => current[first + i],
      () => this.iterate(current, saved),
    );
    const last = current.slice(0, carried);
    if (this.derivative === null) return last;
    const buffer = new ArrayBuffer(8);
    records.set(buffer, saved);
    return [...last, tensorFromBuffer(token.dt, token.shape, buffer, 0)];
  }

  /** Updates the loop variables, the first of `current`, and appends the saved values of each iteration to `saved`. */
  private *iterate(current: Tensor[], saved: (readonly Tensor[])[]): SubgraphRuns<void> {
    const { conditionInputs, bodyInputs, carried, limit } = this.loop;
    const { condition, body } = this;
    const maxIterations = limit === null ? Infinity : Number(current[limit].item());
    for (let i = 0; i < maxIterations; i++) {
      const [goOn] = yield [condition.executable, conditionInputs.map((k) => current[k])];
      if (!isTrue(goOn)) break;
      const results = yield [body.executable, bodyInputs.map((k) => current[k])];
      for (let k = 0; k < carried; k++) current[k] = results[k];
      if (this.derivative !== null) saved.push(results.slice(carried));
    }
  }

  protected derive(): FlowOrder {
    const { name, loop, ins } = this;
    if (this.effects === 'variables') return unavailableForUpdates(this, ins, 'the loop');
    if (this.derivative !== null) return noSecondDerivative(this, ins);
    const derivative = derive(loop.body);
    const wanted = ins.flatMap((o, i) => (isFloat(o) ? [i] : []));
    return {
      forward: new LoopFlow(name, loop, ins, derivative),
      backward: new LoopBackward(`${name}, backward`, loop, derivative, ins, wanted),
      keeps: [],
      gradients: ins.map((_, i) => wanted.indexOf(i)),
    };
  }
}

/** The backward pass: from upstream gradients of the floating-point loop variables and the token to gradients of inputs. */
class LoopBackward extends Flow {
  private readonly bodyBackward: GraphFunction;

  constructor(
    name: string,
    private readonly loop: Loop,
    private readonly derivative: Derivative,
    private readonly ins: readonly ResultSpec[],
    private readonly wanted: readonly number[],
  ) {
    super(
      name,
      wanted.map((i) => ins[i]),
      [derivative.backward],
    );
    this.bodyBackward = new GraphFunction(derivative.backward);
  }

  *subgraphRuns(inputs: readonly Tensor[]): TensorSubgraphRuns {
    const { loop, derivative, ins, wanted } = this;
    const { carried, bodyInputs, variables } = loop;
    const variablesFrom = carried - variables.length;
    /** Gradients of variables: those of each read, which do not pass through assignments. */
    const held = new Array<Tensor | null>(carried).fill(null);
    const total = new Array<Tensor | null>(ins.length).fill(null);
    let next = 0;
    for (let k = 0; k < carried; k++) if (isFloat(ins[k])) total[k] = inputs[next++];
    const saved = records.get(bufferOf(inputs[next]));
    if (saved === undefined) throw new InternalError(`[${this.name}] the record of the iterations is lost`);
    for (let i = saved.length - 1; i >= 0; i--) {
      const dys = derivative.targets.map((k) => total[k] ?? zeros(ins[k]));
      const gradients = yield [this.bodyBackward.executable, [...dys, ...saved[i]]];
      for (let k = 0; k < carried; k++) total[k] = null;
      bodyInputs.forEach((input, p) => {
        const at = derivative.gradients[p];
        if (at < 0 || !isFloat(ins[input])) return;
        const target = input >= variablesFrom && input < carried ? held : total;
        const sum = target[input];
        target[input] = sum === null ? gradients[at] : add(sum, gradients[at]);
      });
    }
    held.forEach((g, k) => {
      const known = total[k];
      if (g !== null) total[k] = known === null ? g : add(known, g);
    });
    return wanted.map((i) => total[i] ?? zeros(ins[i]));
  }

  protected derive(): FlowOrder {
    const { carried } = this.loop;
    return noSecondDerivative(this, [...this.ins.slice(0, carried).filter(isFloat), token]);
  }
}

function noSecondDerivative(flow: Flow, ins: readonly ResultSpec[]): FlowOrder {
  return unavailable(
    flow,
    ins,
    `[${flow.name}] second derivatives of a loop whose number of iterations is not known while the function is traced are not ` +
      `supported: call it outside of tf.function, or loop over a known number (tf.scan, or a JavaScript loop)`,
  );
}

function zeros(o: ResultSpec): Tensor {
  return filled(o.shape, o.dt, 0);
}
