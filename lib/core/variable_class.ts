/** The public type of `tf.Variable`: its constructor infers the dtype from the initial value. */
import type { TensorLike } from './convert';
import type { DType } from './dtype';
import type { DTypeOf } from './dtype_of';
import { Variable as VariableClass, type VariableOptions } from './variable';

/** The class `Variable`. An interface, since a class constructor cannot have type parameters of its own in TypeScript. */
export interface VariableConstructor {
  /**
   * A value that persists and can be assigned. Reading gives the tensor held now; tensors read earlier never change.
   * `initialValue` may be anything a tensor can be made of, or a function that returns such; `options` may be `trainable`
   * alone.
   * @tf tf.Variable
   */
  new <X extends TensorLike = TensorLike, D extends DType = DTypeOf<X>>(
    initialValue: X | (() => X),
    options?: VariableOptions<D> | boolean,
  ): VariableClass<D>;
  readonly prototype: VariableClass;
}

/**
 * A value that persists and can be assigned. Reading gives the tensor held now; tensors read earlier never change.
 * @tf tf.Variable
 */
export type Variable<D extends DType = DType> = VariableClass<D>;
/**
 * A value that persists and can be assigned. Reading gives the tensor held now; tensors read earlier never change.
 * @tf tf.Variable
 */
export const Variable = VariableClass as VariableConstructor;
