/** What an optimizer takes: floating variables, gradients of their shapes, a learning rate. */
import { dtypes } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { IndexedSlices } from '../../core/indexed_slices';
import { describe, sameShape, showShape } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { firstBadIndex } from '../../ops/rows';
import type { LearningRate, LearningRateSchedule } from './options';
import { Slot } from './slot';

export type Gradient = Tensor | IndexedSlices | null;
export type Rate = Variable | LearningRateSchedule | ((step: number) => number | Tensor | Variable);

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
  const shape = g instanceof Tensor ? g.shape : (g.denseShape ?? v.shape);
  if (!sameShape(shape, v.shape)) {
    throw new InvalidArgumentError(
      `[${optimizer}] Cannot update variable with shape ${showShape(v.shape)} using a Tensor with shape ` +
        `${showShape(shape)}, shapes must be equal. (variable '${v.name}')`,
    );
  }
  if (g instanceof IndexedSlices) checkRows(g, v, optimizer);
}

function checkRows(g: IndexedSlices, v: Variable, optimizer: string): void {
  const count = v.shape[0];
  const bad = g.indices.isSymbolic ? -1 : firstBadIndex(g.indices, count);
  if (bad >= 0) throw badRow(g.indices, bad, v, optimizer);
  if (!sameShape(g.values.shape.slice(1), v.shape.slice(1))) {
    throw new InvalidArgumentError(
      `[${optimizer}] the gradient of '${v.name}' has rows of shape ${showShape(g.values.shape.slice(1))}; those ` +
        `of the variable have shape ${showShape(v.shape.slice(1))}`,
    );
  }
}

/** An index of a gradient's rows that is none of the variable's. */
export function badRow(indices: Tensor, at: number, v: Variable, optimizer: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `[${optimizer}] the gradient of '${v.name}': indices[${at}] = ${indices.view()[at]} is not in [0, ${v.shape[0]})`,
  );
}

/** What gives the rate: a number becomes a variable. */
export function rateFrom(given: LearningRate, optimizer: string): Rate {
  if (given instanceof Variable) return given;
  if (typeof given === 'number') {
    if (Number.isNaN(given)) throw new InvalidArgumentError(`[${optimizer}] learningRate must not be NaN`);
    const rate = new Slot('learning_rate', dtypes.float32, []);
    (rate.held.view() as Float32Array)[0] = given;
    return rate;
  }
  if (typeof given === 'function') return given;
  if (typeof given === 'object' && given !== null && typeof given.call === 'function') return given;
  throw new TypeError(
    `[${optimizer}] learningRate must be a number, or a learning rate schedule (an object with call(step)), or ` +
      `a function that takes the step and returns the rate; got ${describe(given)}`,
  );
}
