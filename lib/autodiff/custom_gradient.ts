/** Functions with a gradient of the user's own, and values that gradients do not pass. */
import { toTensor, type TensorLike } from '../core/convert';
import { InvalidArgumentError } from '../core/errors';
import { rejectPromise } from '../core/nest';
import { scope, type RecordedOp, type Recorder } from '../core/scope';
import { describe, sameShape, showShape } from '../core/shape';
import { keep } from '../core/tidy';
import { aliasTensor, Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import type { Grad, GradContext } from '../ops/registry';
import { startRecording, stopRecording } from './tape';

/** What the gradient of a function that reads variables gets last. */
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

/** Notes which variables are read. */
class VariableWatcher implements Recorder {
  readonly seen = new Set<Variable>();
  record(): void {}
  record1(): void {}
  record2(): void {}
  readVariable(variable: Variable): void {
    if (variable.trainable && variable.dt.kind === 'float') this.seen.add(variable);
  }
}

/**
 * A function like `f` whose gradient is the one that `f` says. `f(...tensors)` returns `[value, gradient]`: value a
 * tensor or an array of tensors, gradient a function from upstream gradients (one per value; zeros where a value is not
 * used) to gradients of the arguments. Second derivatives differentiate `gradient`. @tf tf.custom_gradient
 */
export function customGradient<R extends Result>(
  f: (...args: Tensor[]) => readonly [R, CustomGradientFunction],
): (...args: TensorLike[]) => R {
  if (typeof f !== 'function') throw new TypeError(`[customGradient] needs a function; got ${describe(f)}`);
  return (...args) => {
    const inputs = args.map((arg, i) => toTensor(arg, null, 'customGradient', `argument ${i}`));
    // The caller's variables, passed as arguments, are arguments; only those that f reaches by itself are watched.
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
    // Results of their own: what the inner ops recorded leads to other tensors, so only this entry leads here.
    const outputs = values.map((v) => aliasTensor(v, v.shape, 'customGradient'));
    if (scope.recorder !== null) {
      const variables = [...watcher.seen].filter((v) => !args.includes(v));
      const reads = variables.map((v) => v.read());
      const op: RecordedOp & { gradient(dy: readonly Tensor[], ctx: GradContext): readonly Grad[] } = {
        name: 'customGradient',
        differentiable: true,
        savesInputs: 0,
        savesOutputs: false,
        gradient: (dy, ctx) => callGradient(gradient, dy, inputs.length, variables, ctx),
      };
      if (inputs.length + reads.length > 0) scope.recorder.record(op, [...inputs, ...reads], null, outputs);
    }
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
  const withExtras = variables.length === 0 ? [...dy] : [...dy, { variables }];
  // The user's function may put tensors aside: none that it sees or makes is freed behind its back.
  dy.forEach(keep);
  const tidy = scope.tidy;
  scope.tidy = null;
  let result: ReturnType<CustomGradientFunction>;
  try {
    result = gradient(...(withExtras as (Tensor & CustomGradientExtras)[]));
  } finally {
    scope.tidy = tidy;
  }
  rejectPromise(result, 'tf.customGradient');
  let forInputs: readonly Grad[];
  let forVariables: readonly Grad[] = [];
  if (variables.length === 0) {
    forInputs = (Array.isArray(result) ? result : [result]) as readonly Grad[];
  } else {
    const pair = result as readonly [readonly Grad[], readonly Grad[]];
    if (!Array.isArray(pair) || pair.length !== 2 || !Array.isArray(pair[1])) {
      throw new TypeError(
        `[customGradient] the function reads the variables ${variables.map((v) => v.name).join(', ')}, so its gradient ` +
          `gets { variables } as its last argument and must return [argumentGradients, variableGradients]`,
      );
    }
    forInputs = Array.isArray(pair[0]) ? pair[0] : [pair[0] as unknown as Grad];
    forVariables = pair[1];
    if (forVariables.length !== variables.length) {
      throw new InvalidArgumentError(
        `[customGradient] must return gradients for each variable: expected ${variables.length}, got ${forVariables.length}`,
      );
    }
  }
  if (forInputs.length !== count) {
    throw new InvalidArgumentError(
      `[customGradient] customGradient function expected to return ${count} gradients, but returned ` +
        `${forInputs.length} instead.`,
    );
  }
  const all = [...forInputs, ...forVariables];
  all.forEach((g, i) => {
    if (g instanceof Tensor && !sameShape(g.shape, ctx.shapes[i])) {
      throw new InvalidArgumentError(
        `[customGradient] gradient ${i} has shape ${showShape(g.shape)}, its argument ${showShape(ctx.shapes[i])}`,
      );
    }
  });
  return all;
}

/** The same elements, as a constant: no gradient passes. @tf tf.stop_gradient */
export function stopGradient(x: TensorLike): Tensor {
  const t = toTensor(x, null, 'stopGradient', 'input');
  return aliasTensor(t, t.shape, 'stopGradient');
}
