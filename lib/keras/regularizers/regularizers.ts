/** Penalties on weights. */
import { InvalidArgumentError } from '../../core/errors';
import { options as resolveOptions } from '../../core/options';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { eye } from '../../ops/array/patterns';
import { matmul } from '../../ops/linalg/matmul';
import { add, divide, maximum, multiply, subtract } from '../../ops/math/binary';
import { abs, square, sqrt } from '../../ops/math/unary';
import { reduceSum } from '../../ops/reduce/reduce';
import { KerasObject, type Config } from '../base/keras_object';

/** Base class of regularizers: called with a weight, they give a scalar. @tf tf.keras.Regularizer */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export abstract class Regularizer extends KerasObject {
  abstract call(x: Tensor): Tensor;

  /** @internal */
  override invoke(x: unknown): Tensor {
    return this.call(x as Tensor);
  }
}
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export interface Regularizer {
  (x: Tensor): Tensor;
}

function checkFactor(value: number, name: string, regularizer: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value < Infinity))
    throw new InvalidArgumentError(
      `[${regularizer}] Invalid value for argument ${name}: expected a non-negative float. Received: ${name}=${describe(value)}`,
    );
  return value;
}

/** l1·Σ|x| + l2·Σx². Defaults 0. @tf tf.keras.regularizers.L1L2 */
export class L1L2 extends Regularizer {
  readonly l1: number;
  readonly l2: number;

  constructor(options?: { l1?: number; l2?: number } | number) {
    super();
    const o = resolveOptions<{ l1: number; l2: number }>(options, 'l1', l1l2Defaults, 'L1L2');
    this.l1 = checkFactor(o.l1, 'l1', 'L1L2');
    this.l2 = checkFactor(o.l2, 'l2', 'L1L2');
  }

  call(x: Tensor): Tensor {
    const first = multiply(reduceSum(abs(x)), this.l1);
    const second = multiply(reduceSum(square(x)), this.l2);
    if (this.l2 === 0) return first;
    return this.l1 === 0 ? second : add(first, second);
  }

  override getConfig(): Config {
    return { l1: this.l1, l2: this.l2 };
  }
}
const l1l2Defaults = { l1: 0, l2: 0 };

/** l1·Σ|x|. Default 0.01. @tf tf.keras.regularizers.L1 */
export class L1 extends Regularizer {
  readonly l1: number;

  constructor(options?: { l1?: number } | number) {
    super();
    this.l1 = checkFactor(resolveOptions<{ l1: number }>(options, 'l1', l1Defaults, 'L1').l1, 'l1', 'L1');
  }

  call(x: Tensor): Tensor {
    return multiply(reduceSum(abs(x)), this.l1);
  }

  override getConfig(): Config {
    return { l1: this.l1 };
  }
}
const l1Defaults = { l1: 0.01 };

/** l2·Σx². Default 0.01. @tf tf.keras.regularizers.L2 */
export class L2 extends Regularizer {
  readonly l2: number;

  constructor(options?: { l2?: number } | number) {
    super();
    this.l2 = checkFactor(resolveOptions<{ l2: number }>(options, 'l2', l2Defaults, 'L2').l2, 'l2', 'L2');
  }

  call(x: Tensor): Tensor {
    return multiply(reduceSum(square(x)), this.l2);
  }

  override getConfig(): Config {
    return { l2: this.l2 };
  }
}
const l2Defaults = { l2: 0.01 };

type Mode = 'rows' | 'columns';
const orthogonalDefaults: { factor: number; mode: Mode } = { factor: 0.01, mode: 'rows' };

/** factor·½·Σ|x̂ᵢ·x̂ⱼ| over pairs i ≠ j of the normalized rows (or columns) of a matrix. @tf tf.keras.regularizers.OrthogonalRegularizer */
export class OrthogonalRegularizer extends Regularizer {
  readonly factor: number;
  readonly mode: Mode;

  constructor(options?: { factor?: number; mode?: Mode } | number) {
    super();
    const o = resolveOptions<{ factor: number; mode: Mode }>(
      options,
      'factor',
      orthogonalDefaults,
      'OrthogonalRegularizer',
    );
    this.factor = checkFactor(o.factor, 'factor', 'OrthogonalRegularizer');
    if (o.mode !== 'rows' && o.mode !== 'columns')
      throw new InvalidArgumentError(
        `[OrthogonalRegularizer] Invalid value for argument mode: expected 'rows' or 'columns'. Received: ${describe(o.mode)}`,
      );
    this.mode = o.mode;
  }

  call(x: Tensor): Tensor {
    if (x.rank !== 2)
      throw new InvalidArgumentError(
        `[OrthogonalRegularizer] Inputs to OrthogonalRegularizer must have rank 2. Received: rank ${x.rank}`,
      );
    const axis = this.mode === 'rows' ? 1 : 0;
    const norm = sqrt(maximum(reduceSum(square(x), { axis, keepdims: true }), 1e-12));
    const unit = divide(x, norm);
    const size = x.shape[1 - axis];
    const products =
      axis === 1 ? matmul(unit, unit, { transposeB: true }) : matmul(unit, unit, { transposeA: true });
    const others = multiply(products, subtract(1, eye(size, { dtype: x.dtype as 'float32' })));
    const pairs = (size * (size - 1)) / 2;
    return divide(multiply(multiply(reduceSum(abs(others)), 0.5), this.factor), pairs);
  }

  override getConfig(): Config {
    return { factor: this.factor, mode: this.mode };
  }
}
