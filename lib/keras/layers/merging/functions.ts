/** The layers of this folder as functions: each makes a layer and calls it. */
import { namedOptions } from '../../base/named_options';
import type { Tensor } from '../../../core/tensor';
import type { TensorLike } from '../../../core/convert';
import type { KerasTensor } from '../../symbolic/keras_tensor';
import type { Layer } from '../layer';
import type { LayerOptions } from '../options';
import { Concatenate, type ConcatenateOptions } from './concatenate';
import { Dot, type DotOptions } from './dot';
import { Add, Average, Maximum, Minimum, Multiply, Subtract } from './merge';

export interface MergeFunction<O> {
  (inputs: readonly KerasTensor[], options?: O): KerasTensor;
  (inputs: readonly TensorLike[], options?: O): Tensor;
}

const functionOf =
  <O extends object>(make: (options: O | undefined) => Layer): MergeFunction<O> =>
  (inputs: unknown, options?: O) =>
    make(options).invoke(inputs) as never;

/** The sum of a list of inputs, elementwise. @tf tf.keras.layers.add */
export const add = functionOf<LayerOptions>((options) => new Add(options));
/** The first of two inputs minus the second. @tf tf.keras.layers.subtract */
export const subtract = functionOf<LayerOptions>((options) => new Subtract(options));
/** The product of a list of inputs, elementwise. @tf tf.keras.layers.multiply */
export const multiply = functionOf<LayerOptions>((options) => new Multiply(options));
/** The mean of a list of inputs, elementwise. @tf tf.keras.layers.average */
export const average = functionOf<LayerOptions>((options) => new Average(options));
/** The maximum of a list of inputs, elementwise. @tf tf.keras.layers.maximum */
export const maximum = functionOf<LayerOptions>((options) => new Maximum(options));
/** The minimum of a list of inputs, elementwise. @tf tf.keras.layers.minimum */
export const minimum = functionOf<LayerOptions>((options) => new Minimum(options));
/** A list of inputs, joined along an axis (default: the last). @tf tf.keras.layers.concatenate */
export const concatenate = functionOf<ConcatenateOptions>((options) => new Concatenate(options));
/** Sums of products of two inputs along axes (default: the last). @tf tf.keras.layers.dot */
export const dot = functionOf<DotOptions & { axes?: number | readonly number[] }>((options) => {
  const { axes = -1, ...others } = namedOptions(options, 'dot');
  return new Dot(axes, others);
});
