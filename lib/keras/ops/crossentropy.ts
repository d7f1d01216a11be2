/** Cross-entropies, without the mean of a loss. */
import type { TensorLike } from '../../core/convert';
import type { Tensor } from '../../core/tensor';
import {
  binaryValues,
  categoricalCrossentropy as categorical,
  sparseCategoricalCrossentropy as sparse,
} from '../losses/crossentropy';
import { pair } from '../losses/operands';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { flag, integer, operation } from './operation';
import type { Operand } from './types';

export interface BinaryCrossentropyOptions {
  /** Whether outputs are logits. Default false: probabilities. */
  fromLogits?: boolean;
}

export interface CrossentropyOptions extends BinaryCrossentropyOptions {
  /** The axis of the classes. Default −1. */
  axis?: number;
}

/** A function of targets and outputs. */
export interface Crossentropy<O> {
  (target: TensorLike, output: TensorLike, options?: O | boolean): Tensor;
  (target: Operand, output: Operand, options?: O | boolean): KerasTensor;
}

/** −target·log(output) − (1 − target)·log(1 − output), elementwise. @tf tf.keras.ops.binary_crossentropy */
export const binaryCrossentropy = operation<Crossentropy<BinaryCrossentropyOptions>>({
  module: 'nn',
  className: 'BinaryCrossentropy',
  tensors: ['target', 'output'],
  optional: { fromLogits: false },
  check: ({ fromLogits }) => ({ fromLogits: flag(fromLogits, 'fromLogits', 'binaryCrossentropy') }),
  run: ([target, output], { fromLogits }) => {
    const [truth, predictions] = pair(target as TensorLike, output as TensorLike, 'binaryCrossentropy');
    return binaryValues('binaryCrossentropy', truth, predictions, fromLogits as boolean);
  },
});

const ofClasses = (
  className: string,
  op: string,
  f: (target: TensorLike, output: TensorLike, options: Required<CrossentropyOptions>) => Tensor,
): Crossentropy<CrossentropyOptions> =>
  operation<Crossentropy<CrossentropyOptions>>({
    module: 'nn',
    className,
    tensors: ['target', 'output'],
    optional: { fromLogits: false, axis: -1 },
    check: ({ fromLogits, axis }) => ({
      fromLogits: flag(fromLogits, 'fromLogits', op),
      axis: integer(axis, 'axis', op),
    }),
    run: ([target, output], { fromLogits, axis }) =>
      f(target as TensorLike, output as TensorLike, {
        fromLogits: fromLogits as boolean,
        axis: axis as number,
      }),
  });

/** −Σ target·log(output) along the classes. @tf tf.keras.ops.categorical_crossentropy */
export const categoricalCrossentropy = ofClasses(
  'CategoricalCrossentropy',
  'categoricalCrossentropy',
  categorical,
);
/** −log(output[class]), for targets that are class numbers. @tf tf.keras.ops.sparse_categorical_crossentropy */
export const sparseCategoricalCrossentropy = ofClasses(
  'SparseCategoricalCrossentropy',
  'sparseCategoricalCrossentropy',
  sparse,
);
