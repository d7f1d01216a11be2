/** Projections of weights, which optimizers apply after each update. */
import { options as resolveOptions } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { add, divide, multiply } from '../../ops/math/binary';
import { greaterEqual } from '../../ops/math/compare';
import { clipByValue } from '../../ops/math/select';
import { sqrt, square } from '../../ops/math/unary';
import { reduceSum } from '../../ops/reduce/reduce';
import { KerasObject, type Config } from '../base/keras_object';
import { epsilon } from '../base/settings';

type Axis = number | readonly number[];

/** Base class of constraints: called with a weight, they give the projected one. @tf tf.keras.Constraint */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export abstract class Constraint extends KerasObject {
  abstract call(w: Tensor): Tensor;

  /** @internal */
  override invoke(w: unknown): Tensor {
    return this.call(w as Tensor);
  }
}
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export interface Constraint {
  (w: Tensor): Tensor;
}

const norms = (w: Tensor, axis: Axis): Tensor =>
  sqrt(reduceSum(square(w), { axis: axis as number, keepdims: true }));

interface MaxNormOptions {
  maxValue: number;
  axis: Axis;
}
const maxNormDefaults: MaxNormOptions = { maxValue: 2, axis: 0 };

/** Scales down weights whose norm along `axis` (default 0) is above `maxValue` (default 2). @tf tf.keras.constraints.MaxNorm */
export class MaxNorm extends Constraint {
  readonly maxValue: number;
  readonly axis: Axis;

  constructor(options?: Partial<MaxNormOptions> | number) {
    super();
    const o = resolveOptions<MaxNormOptions>(options, 'maxValue', maxNormDefaults, 'MaxNorm');
    this.maxValue = o.maxValue;
    this.axis = o.axis;
  }

  call(w: Tensor): Tensor {
    const length = norms(w, this.axis);
    const wanted = clipByValue(length, 0, this.maxValue);
    return multiply(w, divide(wanted, add(length, epsilon())));
  }

  override getConfig(): Config {
    return { maxValue: this.maxValue, axis: this.axis };
  }
}

/** Sets negative weights to 0. @tf tf.keras.constraints.NonNeg */
export class NonNeg extends Constraint {
  call(w: Tensor): Tensor {
    return multiply(w, cast(greaterEqual(w, 0), w.dtype));
  }
}

interface UnitNormOptions {
  axis: Axis;
}
const unitNormDefaults: UnitNormOptions = { axis: 0 };

/** Divides weights by their norm along `axis` (default 0). @tf tf.keras.constraints.UnitNorm */
export class UnitNorm extends Constraint {
  readonly axis: Axis;

  constructor(options?: Partial<UnitNormOptions> | number) {
    super();
    this.axis = resolveOptions<UnitNormOptions>(options, 'axis', unitNormDefaults, 'UnitNorm').axis;
  }

  call(w: Tensor): Tensor {
    return divide(w, add(norms(w, this.axis), epsilon()));
  }

  override getConfig(): Config {
    return { axis: this.axis };
  }
}

interface MinMaxNormOptions {
  minValue: number;
  maxValue: number;
  rate: number;
  axis: Axis;
}
const minMaxDefaults: MinMaxNormOptions = { minValue: 0, maxValue: 1, rate: 1, axis: 0 };

/**
 * Moves the norms of weights along `axis` (default 0) towards [minValue, maxValue] (default [0, 1]): rate 1 (default) moves them
 * there at once. @tf tf.keras.constraints.MinMaxNorm
 */
export class MinMaxNorm extends Constraint {
  readonly minValue: number;
  readonly maxValue: number;
  readonly rate: number;
  readonly axis: Axis;

  constructor(options?: Partial<MinMaxNormOptions> | number) {
    super();
    const o = resolveOptions<MinMaxNormOptions>(options, 'minValue', minMaxDefaults, 'MinMaxNorm');
    this.minValue = o.minValue;
    this.maxValue = o.maxValue;
    this.rate = o.rate;
    this.axis = o.axis;
  }

  call(w: Tensor): Tensor {
    const length = norms(w, this.axis);
    const clipped = clipByValue(length, this.minValue, this.maxValue);
    const wanted = add(multiply(clipped, this.rate), multiply(length, 1 - this.rate));
    return multiply(w, divide(wanted, add(length, epsilon())));
  }

  override getConfig(): Config {
    const { minValue, maxValue, rate, axis } = this;
    return { minValue, maxValue, rate, axis };
  }
}
