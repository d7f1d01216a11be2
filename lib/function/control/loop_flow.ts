/** A loop over a compiled body, and its way back. */
import { filled } from '../../autodiff/backward';
import { dtypes } from '../../core/dtype';
import { InternalError } from '../../core/errors';
import { bufferOf, type Tensor, tensorOver } from '../../core/tensor';
import { add } from '../../ops/math/binary';
import { derive, type Derivative } from '../../graph/derivative';
import type { Flowing, Steps } from '../../graph/graph';
import { GraphFunction } from '../graph_function';
import type { Variable } from '../../core/variable';
import type { Graph } from '../../graph/graph';
import { withPendingSteps } from '../../graph/pending';
import { Flow, isFloat, unavailable, updatesInJavaScript, type FlowOrder, type Out } from './flow';
import { scalarShape } from '../../core/shape';

export interface Loop {
  /** From the loop's variables and what the condition captures, to a scalar. */
  readonly condition: Graph;
  /** For each parameter of the condition, which input of the flow it is. */
  readonly conditionInputs: readonly number[];
  /** From the loop's variables and what the body captures, to the variables' next values. */
  readonly body: Graph;
  readonly bodyInputs: readonly number[];
  /** How many of the flow's inputs, the first ones, are the loop's variables. */
  readonly carried: number;
  /** The last of those are the values of variables: of these. */
  readonly variables: readonly Variable[];
  /** Which input holds the most iterations, if one does. */
  readonly limit: number | null;
  readonly isTrue: (t: Tensor) => boolean;
}

/** What iterations saved, by the storage of the tensor that stands for it. */
const records = new WeakMap<ArrayBuffer, (readonly Tensor[])[]>();
const token: Out = { shape: scalarShape, dt: dtypes.float32 };

export class LoopFlow extends Flow {
  private readonly condition: GraphFunction;
  private readonly body: GraphFunction;

  constructor(
    name: string,
    private readonly loop: Loop,
    private readonly ins: readonly Out[],
    /** Set: each iteration saves what the way back needs. */
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

  *steps(inputs: readonly Tensor[]): Flowing {
    const { carried, variables } = this.loop;
    const now = inputs.slice();
    const first = carried - variables.length;
    const saved: (readonly Tensor[])[] = [];
    yield* withPendingSteps(
      variables,
      (i) => now[first + i],
      () => this.iterate(now, saved),
    );
    const last = now.slice(0, carried);
    if (this.derivative === null) return last;
    const buffer = new ArrayBuffer(8);
    records.set(buffer, saved);
    return [...last, tensorOver(token.dt, token.shape, buffer, 0)];
  }

  /** Changes the first of `now`, the loop's variables, and adds to `saved` what the iterations save. */
  private *iterate(now: Tensor[], saved: (readonly Tensor[])[]): Steps<void> {
    const { conditionInputs, bodyInputs, carried, limit, isTrue } = this.loop;
    const { condition, body } = this;
    const most = limit === null ? Infinity : Number(now[limit].item());
    for (let i = 0; i < most; i++) {
      const [go] = yield [condition.executable, conditionInputs.map((k) => now[k])];
      if (!isTrue(go)) break;
      const results = yield [body.executable, bodyInputs.map((k) => now[k])];
      for (let k = 0; k < carried; k++) now[k] = results[k];
      if (this.derivative !== null) saved.push(results.slice(carried));
    }
  }

  protected derive(): FlowOrder {
    const { name, loop, ins } = this;
    if (this.effects === 'variables') return updatesInJavaScript(this, ins, 'the loop');
    if (this.derivative !== null) {
      return unavailable(
        this,
        ins,
        `[${name}] second derivatives of a loop whose number of iterations is not known while the function is traced are not ` +
          `there: call it outside of tf.function, or loop over a known number (tf.scan, or a JavaScript loop)`,
      );
    }
    const derivative = derive(loop.body);
    const wanted = ins.flatMap((o, i) => (isFloat(o) ? [i] : []));
    return {
      forward: new LoopFlow(name, loop, ins, derivative),
      backward: new LoopBack(`${name}, backward`, loop, derivative, ins, wanted),
      keeps: [],
      gradients: ins.map((_, i) => wanted.indexOf(i)),
    };
  }
}

/** From gradients of the floating variables and the record, to gradients of the floating inputs. */
class LoopBack extends Flow {
  private readonly back: GraphFunction;

  constructor(
    name: string,
    private readonly loop: Loop,
    private readonly derivative: Derivative,
    private readonly ins: readonly Out[],
    private readonly wanted: readonly number[],
  ) {
    super(
      name,
      wanted.map((i) => ins[i]),
      [derivative.backward],
    );
    this.back = new GraphFunction(derivative.backward);
  }

  *steps(inputs: readonly Tensor[]): Flowing {
    const { loop, derivative, ins, wanted } = this;
    const { carried, bodyInputs, variables } = loop;
    const variablesFrom = carried - variables.length;
    /** What flows to variables: to their values at each read, and not through assignments. */
    const held = new Array<Tensor | null>(carried).fill(null);
    const total = new Array<Tensor | null>(ins.length).fill(null);
    let next = 0;
    for (let k = 0; k < carried; k++) if (isFloat(ins[k])) total[k] = inputs[next++];
    const saved = records.get(bufferOf(inputs[next]));
    if (saved === undefined) throw new InternalError(`[${this.name}] the record of the iterations is lost`);
    for (let i = saved.length - 1; i >= 0; i--) {
      const dys = derivative.targets.map((k) => total[k] ?? zeros(ins[k]));
      const found = yield [this.back.executable, [...dys, ...saved[i]]];
      for (let k = 0; k < carried; k++) total[k] = null;
      bodyInputs.forEach((input, p) => {
        const at = derivative.gradients[p];
        if (at < 0 || !isFloat(ins[input])) return;
        const to = input >= variablesFrom && input < carried ? held : total;
        const known = to[input];
        to[input] = known === null ? found[at] : add(known, found[at]);
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
    const given = [...this.ins.slice(0, carried).filter(isFloat), token];
    return unavailable(
      this,
      given,
      `[${this.name}] second derivatives of a loop whose number of iterations is not known while the function is traced are ` +
        `not there: call it outside of tf.function, or loop over a known number (tf.scan, or a JavaScript loop)`,
    );
  }
}

function zeros(o: Out): Tensor {
  return filled(o.shape, o.dt, 0);
}
