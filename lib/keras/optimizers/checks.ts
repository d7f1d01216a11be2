/** Checks of optimizers' arguments: floating-point variables, gradients of their shapes, a learning rate. */
import { dtypes } from '../../core/dtype';
import { FailedPreconditionError, InvalidArgumentError } from '../../core/errors';
import { IndexedSlices } from '../../core/indexed_slices';
import { describe, sameShape, scalarShape, showShape } from '../../core/shape';
import { scalarTensor } from '../../core/scalar_tensor';
import { shapeOf, Tensor, viewOf } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { checkedIndices, firstBadIndex } from '../../op/index_rows';
import type { LearningRate, LearningRateSchedule, ScheduledRate } from './options';
import { Slot } from './slot';

/** A gradient, or null for a variable that has none. */
export type Gradient = Tensor | IndexedSlices | null;
export type Rate = Variable | LearningRateSchedule | ((step: number) => number | Tensor | Variable);

export function checkLoss(loss: unknown, optimizer: string): void {
  if (typeof loss === 'function') return;
  throw new TypeError(
    `[${optimizer}] minimize needs a function that computes the loss, minimize(() => loss, variables); got ` +
      describe(loss),
  );
}

export function unknownVariable(v: unknown, optimizer: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `[${optimizer}] Unknown variable: '${v instanceof Variable ? v.name : describe(v)}'. This optimizer can ` +
      `only be called for the variables it was originally built with. When working with a new set of variables, you ` +
      `should recreate a new optimizer instance.`,
  );
}

export function checkVariable(v: unknown, optimizer: string): asserts v is Variable {
  if (!(v instanceof Variable)) {
    throw new TypeError(`[${optimizer}] only variables can be optimized; got ${describe(v)}`);
  }
  if (v.dt.kind !== 'float') {
    throw new InvalidArgumentError(
      `[${optimizer}] only floating variables can be optimized; '${v.name}' is ${v.dtype}`,
    );
  }
}

const howToPair =
  'it takes one list of [gradient, variable] pairs; with two lists, call optimizer.apply(gradients, variables)';

/** Parses the argument of applyGradients; `count` is the number of arguments of that call. */
export function pairsFrom(
  given: unknown,
  count: number,
  optimizer: string,
): (readonly [Gradient | undefined, Variable])[] {
  const fail = (what: string): never => {
    throw new TypeError(`[${optimizer}] applyGradients: ${what}; ${howToPair}`);
  };
  if (count > 1) fail(`got ${count} arguments`);
  const isIterable = typeof given === 'object' && given !== null && Symbol.iterator in given;
  if (!isIterable || given instanceof Tensor || ArrayBuffer.isView(given))
    return fail(`got ${describe(given)}`);
  const pairs = [...(given as Iterable<unknown>)].map((pair, i) => {
    if (!Array.isArray(pair) || pair.length !== 2) return fail(`entry ${i} is ${describe(pair)}`);
    if (pair[0] instanceof Variable && !(pair[1] instanceof Variable))
      return fail(`entry ${i} has the variable first, and the gradient belongs there`);
    return pair as unknown as readonly [Gradient | undefined, Variable];
  });
  if (pairs.length === 0) {
    throw new InvalidArgumentError(
      `[${optimizer}] applyGradients needs at least one pair of gradient and variable; got an empty list`,
    );
  }
  return pairs;
}

/** Checks the arguments of `apply`: one list, or two. */
export function checkLists(gradients: unknown, variables: unknown, optimizer: string): void {
  for (const [name, list] of [
    ['gradients', gradients],
    ['variables', variables],
  ] as const) {
    if (Array.isArray(list) || (list === undefined && name === 'variables')) continue;
    throw new TypeError(
      `[${optimizer}] apply: ${name} must be an array, apply([gradient, …], [variable, …]); got ${describe(list)}`,
    );
  }
}

export function unmatched(
  gradients: readonly unknown[],
  variables: readonly unknown[],
  optimizer: string,
): InvalidArgumentError {
  return new InvalidArgumentError(
    `[${optimizer}] the gradients must match the variables one to one; got ${gradients.length} gradients for ` +
      `${variables.length} variables`,
  );
}

/** Checks the argument of excludeFromWeightDecay. */
export function checkExcepted(
  excepted: unknown,
  optimizer: string,
): { varList: readonly Variable[]; varNames: readonly string[] } {
  const where = `[${optimizer}] excludeFromWeightDecay`;
  if (typeof excepted !== 'object' || excepted === null) {
    throw new TypeError(
      `${where} needs { varList: [variable, …] } or { varNames: ['bias', …] }; got ${describe(excepted)}`,
    );
  }
  const { varList = [], varNames = [] } = excepted as { varList?: unknown; varNames?: unknown };
  if (!Array.isArray(varList))
    throw new TypeError(`${where}: varList must be an array of variables; got ${describe(varList)}`);
  if (!Array.isArray(varNames) || varNames.some((name) => typeof name !== 'string'))
    throw new TypeError(`${where}: varNames must be an array of strings; got ${describe(varNames)}`);
  return { varList: varList as Variable[], varNames: varNames as string[] };
}

/** The error for a step in which all gradients are null. */
export function noGradients(variables: readonly Variable[], optimizer: string): InvalidArgumentError {
  const names = variables.slice(0, 8).map((v) => `'${v.name}'`);
  if (variables.length > names.length) names.push('…');
  return new InvalidArgumentError(
    `[${optimizer}] No gradients provided for any variable. The gradients of ${names.join(', ')} are all null: the loss ` +
      `does not depend on them as far as the tape saw. Read the variables and compute the loss inside tape.run(() => …), ` +
      `from tensors alone (not from item(), data() or stopGradient)`,
  );
}

export function checkGradient(g: Gradient, v: Variable, optimizer: string): void {
  if (g === null) return;
  if (!(g instanceof Tensor || g instanceof IndexedSlices)) {
    throw new TypeError(
      `[${optimizer}] the gradient of '${v.name}' must be a tensor, IndexedSlices or null; got ${describe(g)}`,
    );
  }
  if (g.dt.kind !== 'float') {
    throw new InvalidArgumentError(
      `[${optimizer}] the gradient of '${v.name}' is ${g.dtype}; gradients must be floating`,
    );
  }
  if (g instanceof Tensor && !g.isSymbolic) g.assertAlive(optimizer);
  const shape = g instanceof Tensor ? shapeOf(g) : (g.denseShape ?? shapeOf(v.held));
  if (!sameShape(shape, shapeOf(v.held))) {
    throw new InvalidArgumentError(
      `[${optimizer}] Cannot update variable with shape ${showShape(shapeOf(v.held))} using a Tensor with shape ` +
        `${showShape(shape)}, shapes must be equal. (variable '${v.name}')`,
    );
  }
  if (g instanceof IndexedSlices) checkRows(g, v, optimizer);
}

function checkRows(g: IndexedSlices, v: Variable, optimizer: string): void {
  const count = shapeOf(v.held)[0];
  const bad = g.indices.isSymbolic ? -1 : firstBadIndex(g.indices, count);
  if (bad >= 0) throw badRow(g.indices, bad, v, optimizer);
  if (!sameShape(shapeOf(g.values).slice(1), shapeOf(v.held).slice(1))) {
    throw new InvalidArgumentError(
      `[${optimizer}] the gradient of '${v.name}' has rows of shape ${showShape(shapeOf(g.values).slice(1))}; those ` +
        `of the variable have shape ${showShape(shapeOf(v.held).slice(1))}`,
    );
  }
}

/** The error for an index of a sparse gradient that is out of range. */
function badRow(indices: Tensor, at: number, v: Variable, optimizer: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `[${optimizer}] the gradient of '${v.name}': indices[${at}] = ${viewOf(indices)[at]} is not in [0, ${shapeOf(v.held)[0]})`,
  );
}

/** The gradient, the indices of whose rows are checked in each run of a traced function. */
export function checkRowsAtRun(g: IndexedSlices, v: Variable, optimizer: string): IndexedSlices {
  const checked = checkedIndices(g.indices, shapeOf(v.held)[0], (indices, at) =>
    badRow(indices, at, v, optimizer),
  );
  return new IndexedSlices(g.values, checked, g.denseShape);
}

/** Warns about variables whose gradient is null. */
export function warnMissing(
  gradients: readonly (Gradient | undefined)[],
  variables: readonly Variable[],
): void {
  const names = variables.filter((_, i) => (gradients[i] ?? null) === null).map((v) => `'${v.name}'`);
  if (names.length === 0) return;
  process.emitWarning(
    `Gradients do not exist for variables [${names.join(', ')}] when minimizing the loss. If using ` +
      `model.compile(), did you forget to provide a loss argument?`,
  );
}

/** Parses a learning rate; a number becomes a variable. */
export function rateFrom(given: LearningRate, optimizer: string): Rate {
  if (given instanceof Variable) return given;
  if (typeof given === 'number') {
    if (Number.isNaN(given)) throw new InvalidArgumentError(`[${optimizer}] learningRate must not be NaN`);
    const rate = new Slot('learning_rate', dtypes.float32, scalarShape);
    (viewOf(rate.held) as Float32Array)[0] = given;
    return rate;
  }
  if (typeof given === 'function') return given;
  if (typeof given === 'object' && given !== null && typeof given.call === 'function') return given;
  throw new TypeError(
    `[${optimizer}] learningRate must be a number, or a learning rate schedule (an object with call(step)), or ` +
      `a function that takes the step and returns the rate; got ${describe(given)}`,
  );
}

/** The value of a schedule or function as a tensor whose `assign` throws. */
export function scheduledRate(value: number, optimizer: string): ScheduledRate {
  const assign = (): never => {
    throw new FailedPreconditionError(
      `[${optimizer}] the learning rate comes from a schedule or function, so that it cannot be assigned; create the ` +
        `optimizer with a number as its learningRate`,
    );
  };
  return Object.defineProperty(scalarTensor(dtypes.float32, value), 'assign', {
    value: assign,
  }) as ScheduledRate;
}
