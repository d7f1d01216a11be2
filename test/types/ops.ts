/** What ops take and return. */
import * as tf from 'gradtape';
import type { Tensor, TensorLike, Variable } from 'gradtape';
import { typeOf } from './expect';

declare const x: Tensor;
declare const v: Variable;

/** Everything that stands for a tensor. */
export const likes: TensorLike[] = [
  x,
  v,
  1,
  true,
  2n,
  [1, 2],
  [
    [1, 2],
    [3, 4],
  ],
  [[true], [false]],
  [1n, 2n],
  new Float32Array(2),
  new Float64Array(2),
  new Int32Array(2),
  new BigInt64Array(2),
  new Uint8Array(2),
  new Uint8ClampedArray(2),
  [1, 2] as const,
  [new Float32Array(2), new Float32Array(2)],
];

export function wrongLikes(): void {
  // @ts-expect-error -- a structure is not a tensor
  tf.add({ a: 1 }, 1);
  // @ts-expect-error -- nor is what only has a dtype
  tf.add(new tf.TensorSpec([2]), 1);
  // @ts-expect-error -- nor is nothing
  tf.add(undefined, 1);
  // @ts-expect-error -- nor null
  tf.add(null, 1);
  // @ts-expect-error -- await it first
  tf.add(Promise.resolve(1), 1);
  // @ts-expect-error -- join tensors with tf.stack
  tf.add([x, x], 1);
  // @ts-expect-error -- a shape is no tensor argument of two
  tf.add(x);
  // @ts-expect-error -- no third argument
  tf.add(x, 1, 2);
  // @ts-expect-error -- no elements
  tf.square(new DataView(new ArrayBuffer(2)));
  // @ts-expect-error -- no element type here for dates
  tf.square(new Date());
}

export function elementwise(): void {
  typeOf(tf.add(1, x)).is<Tensor>();
  typeOf(tf.add(x, v)).is<Tensor>();
  typeOf(tf.less(x, 1)).is<Tensor<'bool'>>();
  typeOf(tf.cast(x, 'int32')).is<Tensor<'int32'>>();
  typeOf(tf.where([true], x, 0)).is<Tensor>();
  typeOf(tf.clipByValue(x, 0, [1, 2])).is<Tensor>();
  // @ts-expect-error -- not a dtype
  tf.cast(x, 'float31');
  // @ts-expect-error -- a condition alone or with both choices
  tf.where([true], 1);
}

export function methods(): void {
  typeOf(x.add(1).mul(v).sub([1, 2]).neg()).is<Tensor>();
  typeOf(v.add(1)).is<Tensor>();
  typeOf(x.matmul(v, { transposeB: true })).is<Tensor>();
  typeOf(x.sum()).is<Tensor>();
  typeOf(x.mean({ axis: [0, -1], keepdims: true })).is<Tensor>();
  typeOf(x.max(1)).is<Tensor>();
  typeOf(x.reshape([2, -1]).transpose([1, 0]).expandDims(0).squeeze().cast('float64')).is<
    Tensor<'float64'>
  >();
  typeOf(x.less(1)).is<Tensor<'bool'>>();
  // @ts-expect-error -- the operand is missing
  x.add();
  // @ts-expect-error -- no such method
  x.plus(1);
  // @ts-expect-error -- one operand alone
  x.neg(1);
}

export function optionsSlots(): void {
  typeOf(tf.reduceSum(x)).is<Tensor>();
  tf.reduceSum(x, 1);
  tf.reduceSum(x, [0, 1]);
  tf.reduceSum(x, null);
  tf.reduceSum(x, { axis: 1, keepdims: true });
  tf.reduceSum(x, {});
  tf.argmax(x, { axis: 1, outputType: 'int64' });
  tf.argmax(x, 1);
  tf.matmul(x, x, { transposeA: true });
  tf.cumsum(x, { axis: 0, exclusive: true, reverse: true });
  // @ts-expect-error -- TensorFlow's spelling: keepdims
  tf.reduceSum(x, { axis: 1, keepDims: true });
  // @ts-expect-error -- an axis is a number
  tf.reduceSum(x, '1');
  // @ts-expect-error -- a boolean
  tf.reduceSum(x, { keepdims: 1 });
  // @ts-expect-error -- positions are int32 or int64
  tf.argmax(x, { outputType: 'float32' });
  // @ts-expect-error -- no such option
  tf.matmul(x, x, { transpose: true });
}

export function shapes(): void {
  typeOf(x.shape).is<readonly number[]>();
  typeOf(tf.concat([x, v, [1]], 0)).is<Tensor>();
  typeOf(tf.stack([x, x], 1)).is<Tensor>();
  typeOf(tf.unstack(x)).is<Tensor[]>();
  typeOf(tf.split(x, 3, { axis: 1 })).is<Tensor[]>();
  typeOf(tf.gather(x, [0, 1], { axis: 1, batchDims: 1 })).is<Tensor>();
  typeOf(tf.reshape(x, [2, -1])).is<Tensor>();
  typeOf(tf.reshape(x, tf.constant([2, -1], 'int32'))).is<Tensor>();
  // @ts-expect-error -- the axis has no default in TensorFlow
  tf.concat([x, x]);
  // @ts-expect-error -- a list of tensors
  tf.stack(x);
  // @ts-expect-error -- shapes are not written to
  x.shape[0] = 3;
  // @ts-expect-error -- a name is no shape
  tf.reshape(x, 'flat');
}

export function creation(): void {
  typeOf(tf.zeros([2, 3])).is<Tensor<'float32'>>();
  tf.zeros([2], 'int32');
  tf.zeros([2], { dtype: 'bool' });
  tf.constant([1, 2], { dtype: 'float64', shape: [2, 1] });
  tf.range(5);
  tf.range(1, 5);
  tf.range(1, 5, 2);
  tf.range(1, 5, 2, 'float32');
  tf.random.normal([2], { mean: 1, stddev: 2, dtype: 'float64', seed: 3 });
  typeOf(tf.random.statelessUniform([2], [1, 2])).is<Tensor<'float32'>>();
  // @ts-expect-error -- not a dtype
  tf.zeros([2], 'float');
  // @ts-expect-error -- a shape holds numbers
  tf.zeros(['2']);
  // @ts-expect-error -- a stateless op has its seed
  tf.random.statelessUniform([2]);
}
