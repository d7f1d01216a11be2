/** Functions with user-defined gradients, and stopGradient. */
import { toTensor, toValue, type TensorLike } from '../core/convert';
import type { DTypeOf } from '../core/dtype_of';
import { InvalidArgumentError } from '../core/errors';
import { IndexedSlices } from '../core/indexed_slices';
import { rejectPromise } from '../core/nest';
import { context, withContext } from '../core/context';
import type { Recorder, TracedOp } from '../op/contract';
import { describe, sameShape, showShape } from '../core/shape';
import { keep } from '../core/tidy';
import { aliasTensor, shapeOf, specOf, Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import type { Grad, GradContext } from '../op/registry';
import { traced } from '../op/traced';
import { startRecording, stopRecording } from './tape';

/** The last argument of the gradient function if the function reads variables. */
export interface CustomGradientExtras {
  variables: readonly Variable[];
}

type Result = Tensor | readonly Tensor[];
type Grads = Grad | readonly Grad[];

/**
 * The gradient function: from one upstream gradient per result to one gradient per argument. If the function read
 * trainable variables, `{ variables }` comes last and `[argumentGradients, variableGradients]` is returned.
 */
export type CustomGradientFunction = (
  ...dy: (Tensor & CustomGradientExtras)[]
) => Grads | readonly [readonly Grad[], readonly Grad[]];

/** Collects the variables that are read. */
class VariableWatcher implements Recorder {
  readonly seen = new Set<Variable>();
  watches(): boolean {
    return false;
  }
  record(): void {}
  record1(): void {}
  recordRead(): void {}
  record2(): void {}
  readVariable(variable: Variable): void {
    if (variable.trainable && variable.dt.kind === 'float') this.seen.add(variable);
  }
}

/**
 * Wraps a function that defines its own gradient. `f(...tensors)` returns `[value, gradient]`: value is a tensor or an array
 * of tensors, gradient a function from upstream gradients (one per value; zeros if a value is unused) to gradients of the
 * arguments. Second derivatives differentiate `gradient`. @tf tf.custom_gradient
 */
export function customGradient<R extends Result>(
  f: (...args: Tensor[]) => readonly [R, CustomGradientFunction],
): (...args: TensorLike[]) => R {
  if (typeof f !== 'function') throw new TypeError(`[customGradient] needs a function; got ${describe(f)}`);
  return (...args) => {
    const inputs = args.map((arg, i) => toValue(arg, null, 'customGradient', `argument ${i}`));
    // Variables passed as arguments are converted before; the watcher sees only those that f captures.
    const watcher = new VariableWatcher();
    startRecording(watcher);
    let returned: readonly [R, CustomGradientFunction];
    try {
      returned = f(...inputs);
    } finally {
      stopRecording(watcher);
    }
    rejectPromise(returned, 'tf.customGradient');
    if (!Array.isArray(returned) || returned.length !== 2 || typeof returned[1] !== 'function') {
      throw new TypeError(
        `[customGradient] the function must return [value, gradient] with gradient a function; got ${describe(returned)}`,
      );
    }
    const [value, gradient] = returned as unknown as [R, CustomGradientFunction];
    const values = (Array.isArray(value) ? value : [value]) as Tensor[];
    values.forEach((v, i) => {
      if (!(v instanceof Tensor)) {
        throw new TypeError(`[customGradient] value ${i} must be a tensor; got ${describe(v)}`);
      }
    });
    const { tracer, recorder } = context;
    const variables =
      recorder === null && tracer === null ? [] : [...watcher.seen].filter((v) => !args.includes(v));
    const sources = [...inputs, ...variables.map((v) => v.operand())];
    // In a graph, the inputs of the op are the sources, which get gradients, followed by the values.
    const op: TracedOp & { gradient(dy: readonly Tensor[], ctx: GradContext): readonly Grad[] } = {
      name: 'customGradient',
      differentiable: true,
      savesInputs: 0,
      savesOutputs: false,
      gradientCaptures: true,
      materializesZeros: true,
      execute: (xs: readonly Tensor[]) => xs.slice(sources.length),
      gradient: (dy, ctx) => callGradient(gradient, dy, inputs.length, variables, ctx),
    };
    const all = [...sources, ...values];
    if (tracer !== null && all.some((t) => tracer.traces(t))) {
      const outputs = traced(op, all, null, values.map(specOf));
      return (Array.isArray(value) ? outputs : outputs[0]) as unknown as R;
    }
    // The results are new tensors, so that gradients reach them by this entry alone and not by those of the inner ops.
    const outputs = values.map((v) => aliasTensor(v, shapeOf(v), 'customGradient'));
    if (recorder !== null && sources.length > 0) recorder.record(op, sources, null, outputs);
    return (Array.isArray(value) ? outputs : outputs[0]) as unknown as R;
  };
}

function callGradient(
  gradient: CustomGradientFunction,
  dy: readonly Tensor[],
  count: number,
  variables: readonly Variable[],
  ctx: GradContext,
): readonly Grad[] {
  const withExtras = variables.length === 0 ? dy : [...dy, { variables }];
  // The user's function may retain tensors, so neither its arguments nor its intermediates are freed.
  dy.forEach(keep);
  const result: unknown = withContext({ tidy: null }, () =>
    gradient(...(withExtras as (Tensor & CustomGradientExtras)[])),
  );
  rejectPromise(result, 'tf.customGradient');
  let forInputs: readonly unknown[];
  let forVariables: readonly unknown[] = [];
  if (variables.length === 0) {
    forInputs = Array.isArray(result) ? result : [result];
  } else {
    if (!Array.isArray(result) || result.length !== 2 || !Array.isArray(result[1])) {
      throw new TypeError(
        `[customGradient] the gradient function must accept the last argument { variables } and return ` +
          `[argumentGradients, variableGradients], since function uses variables: [${variables.map(String).join(', ')}]`,
      );
    }
    const [first, second] = result as [unknown, readonly unknown[]];
    forInputs = Array.isArray(first) ? first : [first];
    forVariables = second;
    if (forVariables.length !== variables.length) {
      throw new InvalidArgumentError(
        `[customGradient] Must return gradient for each variable from the gradient function: expected ` +
          `${variables.length}, got ${forVariables.length}`,
      );
    }
  }
  if (forInputs.length !== count) {
    throw new InvalidArgumentError(
      `[customGradient] customGradient function expected to return ${count} gradients, but returned ` +
        `${forInputs.length} instead.`,
    );
  }
  return [...forInputs, ...forVariables].map((g, i) => checkGradient(g, i, ctx));
}

function checkGradient(given: unknown, i: number, ctx: GradContext): Grad {
  if (given === null) return null;
  if (given === undefined) {
    throw new TypeError(
      `[customGradient] gradient ${i} is undefined: return a tensor, or null where no gradient flows`,
    );
  }
  const g =
    given instanceof IndexedSlices ? given : toValue(given, ctx.dts[i], 'customGradient', `gradient ${i}`);
  const shape = g.shape ?? ctx.shapes[i];
  if (!sameShape(shape, ctx.shapes[i]) || g.dt !== ctx.dts[i]) {
    throw new InvalidArgumentError(
      `[customGradient] gradient ${i} must have its argument's dtype and shape, ${ctx.dts[i].name} ` +
        `${showShape(ctx.shapes[i])}; got ${g.dtype} ${showShape(shape)}`,
    );
  }
  return g instanceof IndexedSlices && g.denseShape === null
    ? new IndexedSlices(g.values, g.indices, ctx.shapes[i])
    : g;
}

/** Returns its input as a constant, through which no gradient passes. @tf tf.stop_gradient */
export function stopGradient<X extends TensorLike>(x: X): Tensor<DTypeOf<X>>;
export function stopGradient(x: TensorLike): Tensor {
  const t = toTensor(x, null, 'stopGradient', 'input');
  return aliasTensor(t, shapeOf(t), 'stopGradient');
}
