/** Recorded tensors of the fixtures. */
import * as tf from 'gradtape';
import { mapStructure } from '../../lib/core/nest';

export interface Recorded {
  readonly shape: readonly number[];
  readonly dtype: tf.DType;
  readonly values: readonly (number | boolean | string)[];
}

export const isRecorded = (value: unknown): value is Recorded =>
  typeof value === 'object' && value !== null && 'values' in value && 'shape' in value;

export function recordedTensor({ shape, dtype, values }: Recorded): tf.Tensor {
  if (dtype === ('string' as tf.DType)) return tf.reshape(tf.constant(values as never), shape);
  return tf.reshape(tf.cast(tf.constant(new Float64Array(values.map(Number))), dtype), shape);
}

/** The leaves of nested arrays and objects. */
export function flat(structure: unknown): unknown[] {
  const list: unknown[] = [];
  mapStructure(structure, (leaf) => list.push(leaf));
  return list;
}
