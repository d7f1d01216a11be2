/** Values recorded from Keras (test/golden/keras), as tensors and compared. */
import * as tf from 'gradtape';

export interface Recorded {
  readonly shape: readonly number[];
  readonly dtype: tf.DType;
  readonly values: readonly (number | boolean | string)[];
}

export const isRecorded = (value: unknown): value is Recorded =>
  typeof value === 'object' && value !== null && 'values' in value && 'shape' in value;

/** Recorded values as a tensor. */
export const tensor = ({ shape, dtype, values }: Recorded): tf.Tensor =>
  tf.reshape(tf.cast(tf.constant(new Float64Array(values.map(Number))), dtype), shape);

/** cos(0.7·i + 0.3) of the index of each element: what gradients were recorded with. */
export function cotangent(t: tf.Tensor): tf.Tensor {
  const values = Float64Array.from({ length: t.size }, (_, i) => Math.cos(0.7 * i + 0.3));
  return tf.reshape(tf.cast(tf.constant(values), t.dtype), t.shape);
}

const relative = { float64: 1e-12, float16: 2e-3, bfloat16: 2e-2 } as const;

/** Within 1e-5 (of float32) of each value, or 30 times as far as Keras's result is from its float64. */
export function expectClose(got: tf.Tensor, expected: Recorded, distance: number): void {
  expect({ shape: [...got.shape], dtype: got.dtype }).toEqual({
    shape: expected.shape,
    dtype: expected.dtype,
  });
  const values = [...(got.data() as Iterable<number>)].map(Number);
  const wanted = expected.values.map(Number);
  if (!/float/.test(expected.dtype)) {
    expect(values).toEqual(wanted);
    return;
  }
  const most = relative[expected.dtype as keyof typeof relative] ?? 1e-5;
  const scale = Math.max(0, ...wanted.map(Math.abs).filter(Number.isFinite));
  const bad = values.flatMap((value, i) => {
    const tolerance = Math.max(most * Math.abs(wanted[i]), 30 * distance, most * 0.02 * scale);
    const isClose = Object.is(value, wanted[i]) || Math.abs(value - wanted[i]) <= tolerance;
    return isClose ? [] : [{ i, value, wanted: wanted[i], tolerance }];
  });
  expect(bad.slice(0, 5)).toEqual([]);
}
