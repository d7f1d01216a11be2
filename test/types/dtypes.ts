/** Tensors and variables know their dtype where the compiler can; otherwise it is any of them. */
import * as tf from 'gradtape';
import type { DType, Gradient, IndexedSlices, NestedArray, Tensor, TensorLike, Variable } from 'gradtape';
import { typeOf } from './expect';

type F32 = Tensor<'float32'>;
declare const x: Tensor;
declare const f: F32;
declare const i: Tensor<'int32'>;
declare const l: Tensor<'int64'>;
declare const b: Tensor<'bool'>;
declare const w: Variable<'float32'>;
declare const n: number;
declare const like: TensorLike;

export function elements(): void {
  typeOf(f.item()).is<number>();
  typeOf(i.item()).is<number>();
  typeOf(l.item()).is<bigint>();
  typeOf(b.item()).is<boolean>();
  typeOf(f.array()).is<NestedArray<number>>();
  typeOf(l.array()).is<NestedArray<bigint>>();
  typeOf(f.data()[0]).is<number>();
  typeOf(l.data()[0]).is<bigint>();
  const floats: Float32Array = f.data();
  const bytes: Uint8Array = b.data();
  // What Web APIs and Node's files take.
  const buffer: ArrayBuffer = f.data().buffer;
  void [floats, bytes, buffer];
  typeOf(w.item()).is<number>();
  typeOf(w.read()).is<F32>();
  typeOf(w.value()).is<F32>();
  typeOf(w.assign(1)).is<Variable<'float32'>>();
  typeOf(w.assignSub(f)).is<Variable<'float32'>>();
  typeOf(f.dtype).is<'float32'>();
  // @ts-expect-error -- elements are numbers
  const text: string = f.item();
  void text;
}

export function assignability(): void {
  const any: Tensor = f;
  const list: Tensor[] = [f, l, b];
  const takes = (t: Tensor): Tensor => t;
  takes(f).add(list[0]);
  const variable: Variable = w;
  const callback: (t: F32) => Tensor = takes;
  // @ts-expect-error -- it may be of another dtype
  const narrow: F32 = x;
  // @ts-expect-error -- a value of another dtype
  const wrong: Tensor<'int32'> = tf.ones([2]);
  void [any, variable, callback, narrow, wrong];
}

export function creation(): void {
  typeOf(tf.constant([1, 2])).is<F32>();
  typeOf(tf.constant([[1], [2]])).is<F32>();
  typeOf(tf.constant([])).is<F32>();
  typeOf(tf.constant([true])).is<Tensor<'bool'>>();
  typeOf(tf.constant(1n)).is<Tensor<'int64'>>();
  typeOf(tf.constant([1, 2], 'int32')).is<Tensor<'int32'>>();
  typeOf(tf.constant(1, { dtype: 'float64', shape: [2] })).is<Tensor<'float64'>>();
  typeOf(tf.constant(1, { shape: [2] })).is<F32>();
  typeOf(tf.constant(new Int32Array(2))).is<Tensor<'int32'>>();
  typeOf(tf.constant(new BigInt64Array(2))).is<Tensor<'int64'>>();
  typeOf(tf.constant([new Float64Array(2)])).is<Tensor<'float64'>>();
  typeOf(tf.constant(like)).is<Tensor>();
  typeOf(tf.constant(1, 'int32' as DType)).is<Tensor>();
  typeOf(tf.ones([2], 'bool')).is<Tensor<'bool'>>();
  typeOf(tf.zeros([2], { dtype: 'int64' })).is<Tensor<'int64'>>();
  typeOf(tf.zerosLike(i)).is<Tensor<'int32'>>();
  typeOf(tf.onesLike(i, 'float64')).is<Tensor<'float64'>>();
  typeOf(tf.fill([2], 1n)).is<Tensor<'int64'>>();
  typeOf(tf.eye(3)).is<F32>();
  typeOf(tf.eye(3, { dtype: 'int32' })).is<Tensor<'int32'>>();
  typeOf(tf.range(5)).is<Tensor<'int32'>>();
  typeOf(tf.range(0, 5, 2)).is<Tensor<'int32'>>();
  typeOf(tf.range(0.5)).is<F32>();
  typeOf(tf.range(n)).is<Tensor<'int32' | 'float32'>>();
  typeOf(tf.range(n, { dtype: 'float32' })).is<F32>();
  typeOf(tf.range(5n)).is<Tensor<'int64'>>();
  typeOf(tf.range(0, i)).is<Tensor<'int32'>>();
  typeOf(tf.linspace(0, 1, 5)).is<F32>();
  typeOf(tf.oneHot([1, 2], 3)).is<F32>();
  typeOf(tf.oneHot([1, 2], 3, { axis: 0 })).is<F32>();
  typeOf(tf.oneHot([1, 2], 3, 5n)).is<Tensor<'int64'>>();
  typeOf(tf.random.normal([2], { mean: 1, seed: 3 })).is<F32>();
  typeOf(tf.oneHot(i, 3, { dtype: 'int32', axis: 0 })).is<Tensor<'int32'>>();
  typeOf(tf.oneHot(i, 3, { onValue: true, offValue: false })).is<Tensor<'bool'>>();
  typeOf(tf.random.normal([2])).is<F32>();
  typeOf(tf.random.uniform([2], { maxval: 3, dtype: 'int32' })).is<Tensor<'int32'>>();
  typeOf(tf.convertToTensor([1])).is<F32>();
  typeOf(tf.convertToTensor(w)).is<F32>();
  typeOf(tf.convertToTensor([1], 'int64')).is<Tensor<'int64'>>();
  typeOf(tf.convertToTensor(like, { dtypeHint: 'int64' })).is<Tensor>();
  typeOf(new tf.Variable([1, 2])).is<Variable<'float32'>>();
  typeOf(new tf.Variable(() => tf.zeros([2], 'int32'))).is<Variable<'int32'>>();
  typeOf(new tf.Variable(1, { dtype: 'int64', name: 'count' })).is<Variable<'int64'>>();
  typeOf(new tf.Variable(f, { name: 'w', constraint: (t) => t.relu() })).is<Variable<'float32'>>();
  typeOf(new tf.Variable(f, { constraint: (t: Tensor) => t.relu() })).is<Variable<'float32'>>();
  typeOf(new tf.Variable(true, false)).is<Variable<'bool'>>();
}

export function pairs(): void {
  typeOf(tf.multiply(2, f)).is<F32>();
  typeOf(tf.add(f, w)).is<F32>();
  typeOf(tf.add(1, 2)).is<F32>();
  // Both have one dtype: it is enough to know that of one.
  typeOf(tf.add(x, f)).is<F32>();
  typeOf(x.matmul(w).add(like)).is<F32>();
  typeOf(x.add(1)).is<Tensor>();
  typeOf(tf.where(b, x, f)).is<F32>();
  typeOf(tf.where(b)).is<Tensor<'int32'>>();
  typeOf(tf.where(b, { dtype: 'int64' })).is<Tensor<'int64'>>();
  typeOf(tf.divide(f, 2)).is<F32>();
  typeOf(i.div(2)).is<Tensor<'float64'>>();
  typeOf(tf.divide(l, l)).is<Tensor<'float64'>>();
  typeOf(f.greater(0).logicalAnd(b)).is<Tensor<'bool'>>();
  typeOf(tf.concat([f, [1], w], 0)).is<F32>();
  typeOf(tf.concat([i, [1]], 0)).is<Tensor<'int32'>>();
  typeOf(tf.stack([l, l])).is<Tensor<'int64'>>();
  typeOf(tf.nn.conv2d(x, w, 1, 'SAME')).is<F32>();
}

export function keeping(): void {
  typeOf(tf.exp(f)).is<F32>();
  typeOf(tf.reduceMean(f, 1)).is<F32>();
  typeOf(i.sum().reshape([1]).transpose().at(0)).is<Tensor<'int32'>>();
  typeOf(tf.reduceAny(b)).is<Tensor<'bool'>>();
  typeOf(tf.nn.softmax(f)).is<F32>();
  typeOf(tf.gather(w, [1])).is<F32>();
  typeOf(f.argmax(1)).is<Tensor<'int32'>>();
  typeOf(f.argmax({ outputType: 'int64' })).is<Tensor<'int64'>>();
  typeOf(tf.math.topK(l, 2)).is<tf.math.TopK<'int64', 'int32'>>();
  typeOf(tf.unique(b).y).is<Tensor<'bool'>>();
  typeOf(f.cast('int32').cast('bool')).is<Tensor<'bool'>>();
  typeOf(tf.isNan(f)).is<Tensor<'bool'>>();
  typeOf(tf.shape(f)).is<Tensor<'int32'>>();
  const [mean, variance] = tf.nn.moments(f, 0);
  typeOf(mean.add(variance)).is<F32>();
  typeOf(tf.scan((a: F32, e: F32) => a.add(e), f)).is<F32>();
  typeOf(
    tf.cond(
      b,
      () => f,
      () => f.neg(),
    ),
  ).is<F32>();
}

export function iteration(): void {
  for (const row of i) typeOf(row).is<Tensor<'int32'>>();
  const [first, ...rest] = f;
  typeOf(first).is<F32>();
  typeOf(rest).is<F32[]>();
}

export async function awaiting(): Promise<void> {
  const asynchronous = async (): Promise<F32> => Promise.resolve(f);
  typeOf(await asynchronous()).is<F32>();
  // Not thenable.
  const awaited: Awaited<F32> = f;
  typeOf(awaited).is<F32>();
}

/** Of users' own functions. */
export function generic<D extends DType>(t: Tensor<D>, flag: boolean): Tensor<D> {
  let h = tf.zeros([2]);
  for (let k = 0; k < 3; k++) h = tf.tanh(x.matmul(w).add(h));
  typeOf(t.square().sum()).is<Tensor<D>>();
  const compiled = tf.function((a: Tensor, s: number) => a.matmul(w).mul(s));
  typeOf(compiled(x, 2)).is<F32>();
  typeOf(compiled.async(x, 2)).is<Promise<F32>>();
  const model = (a: Tensor): F32 => tf.sigmoid(a.matmul(w));
  const loss = tf.reduceMean(tf.square(model(x).sub(x)));
  typeOf(loss.item()).is<number>();
  return flag ? t.neg() : t;
}

export function gradients(): void {
  const tape = new tf.GradientTape();
  const [dw, df] = tape.gradient(f, [w, f]);
  typeOf(dw).is<Gradient<'float32'>>();
  w.assignSub(dw.mul(0.1));
  w.assignSub(df.div(2).neg().mul(w));
  typeOf(dw.mul(0.1)).is<Gradient<'float32'>>();
  typeOf(dw.square().sum().sqrt().item()).is<number>();
  typeOf(dw.add(dw).sub(1)).is<F32>();
  typeOf(dw.toTensor()).is<F32>();
  typeOf(dw.data()[0]).is<number>();
  typeOf(dw.array()).is<NestedArray<number>>();
  typeOf(tf.reduceSum(dw)).is<F32>();
  typeOf(tape.jacobian(f, w)).is<F32>();
  typeOf(tf.grad((a: F32) => a.square())(f)).is<Gradient<'float32'>>();
  const unknown: unknown = dw;
  if (unknown instanceof tf.Tensor) typeOf(unknown).is<Tensor>();
  if (unknown instanceof tf.Variable) typeOf(unknown).is<Variable>();
  if (dw instanceof tf.IndexedSlices) typeOf(dw).is<IndexedSlices<'float32'>>();
  else typeOf(dw).is<F32>();
  const vars = [w, w];
  const grads = tape.gradient(f, vars);
  const sgd = new tf.keras.optimizers.SGD(0.1);
  sgd.applyGradients(grads.map((g, k) => [g, vars[k]]));
  sgd.apply(grads, vars);
  sgd.learningRate.assign(sgd.learningRate.item() * 0.5);
  typeOf(sgd.minimize(() => tf.reduceSum(f.mul(w)), vars)).is<F32>();
}
