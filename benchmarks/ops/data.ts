/** Tensors for benchmarks, and typed arrays of the same numbers for the loops. */
import * as tf from 'gradtape';
import { elements } from '../workloads/inputs';

export interface Operand<A> {
  tensor: tf.Tensor;
  array: A;
}

let salt = 0;

export function floats(shape: readonly number[], low = -1, high = 1): Operand<Float32Array> {
  const array = elements({ shape, low, high }, ++salt) as Float32Array;
  return { tensor: tf.reshape(tf.constant(array), shape), array };
}

export function integers(shape: readonly number[], low: number, high: number): Operand<Int32Array> {
  const array = elements({ shape, low, high, dtype: 'int32' }, ++salt) as Int32Array;
  return { tensor: tf.reshape(tf.constant(array), shape), array };
}

export function bools(shape: readonly number[]): Operand<Uint8Array> {
  const array = Uint8Array.from(elements({ shape, low: 0, high: 2, dtype: 'int32' }, ++salt));
  return { tensor: tf.cast(tf.reshape(tf.constant(array), shape), 'bool'), array };
}

/** A permutation of the integers from 0 to n − 1. */
export function permutation(n: number): Operand<Int32Array> {
  const array = Int32Array.from({ length: n }, (_, i) => i);
  const random = elements({ shape: [n], low: 0, high: 1 }, ++salt);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random[i] * (i + 1));
    [array[i], array[j]] = [array[j], array[i]];
  }
  return { tensor: tf.constant(array), array };
}

export const side = (n: number): number => Math.floor(Math.sqrt(n));
