/** The arguments of layers: symbolic tensors, tensors and arrays in nested structures; their masks and shapes. */
import { mapStructure } from '../../core/nest';
import type { StringTensor } from '../../core/strings';
import { shapeOf, Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import type { KerasShape } from '../base/shapes';
import { KerasTensor } from '../symbolic/keras_tensor';
import { maskOf } from './call_context';

export type SymbolicInputs =
  KerasTensor | readonly SymbolicInputs[] | { readonly [name: string]: SymbolicInputs };
export type TensorInputs =
  Tensor | StringTensor | Variable | readonly TensorInputs[] | { readonly [name: string]: TensorInputs };

/** Whether an array is of numbers or text, not of tensors. */
export const isHostArray = (value: readonly unknown[]): boolean =>
  ['number', 'boolean', 'bigint', 'string'].includes(typeof value[0]) ||
  (Array.isArray(value[0]) && isHostArray(value[0]));

/** The structure with each tensor replaced; what is no tensor becomes null. */
export const mapTensors = (inputs: unknown, f: (t: Tensor | KerasTensor) => unknown): unknown =>
  mapStructure(inputs, (leaf) => (leaf instanceof Tensor || leaf instanceof KerasTensor ? f(leaf) : null));

/** The masks that come with the inputs, in their structure; null if there is none. */
export function masksOf(inputs: unknown): unknown {
  let any = false;
  const masks = mapTensors(inputs, (t) => {
    const mask = maskOf(t);
    if (mask !== null) any = true;
    return mask;
  });
  return any ? masks : null;
}

/** The shapes of the inputs, in their structure. */
export function shapesOf(inputs: unknown): KerasShape | readonly KerasShape[] | Record<string, KerasShape> {
  return mapTensors(inputs, (t) => (t instanceof Tensor ? [...shapeOf(t)] : [...t.shape])) as KerasShape;
}
