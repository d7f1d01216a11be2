/** Tensor, Variable, optimizers; and that what users name is exported by name. */
import * as tf from 'gradtape';
import type {
  Axis,
  CustomGradientFunction,
  DType,
  GradientOptions,
  GradientTapeOptions,
  IndexedSlices,
  JacobianOptions,
  Nested,
  NestedArray,
  PartialShape,
  ReduceOptions,
  Shape,
  Source,
  TensorLike,
  TypedArray,
  UnconnectedGradients,
  ValueAndGrad,
  VariableOptions,
} from 'gradtape';
import { typeOf } from './expect';

declare const x: tf.Tensor;
declare const v: tf.Variable;
type TypedArrays = tf.DTypeTable[DType]['array'];

export type Named = [
  Axis,
  CustomGradientFunction,
  GradientOptions,
  GradientTapeOptions,
  JacobianOptions,
  Nested<Source>,
  ReduceOptions,
  TensorLike,
  UnconnectedGradients,
  ValueAndGrad<tf.Tensor>,
];

export function tensors(): void {
  typeOf(x.dtype).is<DType>();
  typeOf(x.shape).is<Shape>();
  typeOf(x.rank).is<number>();
  typeOf(x.size).is<number>();
  typeOf(x.data()).is<TypedArrays>();
  const any: TypedArray = x.data();
  void any;
  typeOf(x.array()).is<NestedArray>();
  typeOf(x.item()).is<number | bigint | boolean>();
  typeOf(String(x)).is<string>();
  // @ts-expect-error -- tensors come from functions
  new tf.Tensor([1, 2]);
  typeOf(x.at(0, '1:3', null, '...', -1, tf.newaxis)).is<tf.Tensor>();
  typeOf(x.at(x.less(1))).is<tf.Tensor>();
  // @ts-expect-error -- immutable
  x.shape = [1];
  // @ts-expect-error -- immutable
  x.dtype = 'int32';
  // @ts-expect-error -- tensors are no numbers
  void (x * 2);
  // @ts-expect-error -- the storage does not leave the library
  x.assign(1);
}

export function variables(): void {
  const options: VariableOptions = {
    dtype: 'float64',
    trainable: false,
    name: 'w',
    shape: [null, 2],
    constraint: (value) => tf.maximum(value, 0),
  };
  typeOf(new tf.Variable([1, 2], options)).is<tf.Variable>();
  new tf.Variable(() => tf.zeros([2]));
  new tf.Variable(1, { constraint: null });
  const partial: PartialShape = [null, 3];
  new tf.Variable(1, { shape: partial });
  // Assignments return the variable, so that they chain.
  typeOf(v.assign(1).assign([2])).is<tf.Variable>();
  typeOf(v.assignSub(1)).is<tf.Variable>();
  typeOf(v.assignAdd(x)).is<tf.Variable>();
  typeOf(v.read()).is<tf.Tensor>();
  typeOf(v.at('1:3').assign([1, 2])).is<tf.Variable>();
  // @ts-expect-error -- no initial value
  new tf.Variable();
  // @ts-expect-error -- no such option
  new tf.Variable(1, { train: true });
  // @ts-expect-error -- initial values are computed at once
  new tf.Variable(async () => Promise.resolve(1));
  // @ts-expect-error -- not a tensor
  v.assign('1');
  // @ts-expect-error -- a variable is not a tensor, where one is asked for
  const t: tf.Tensor = v;
  void t;
}

export function slices(slices: IndexedSlices): void {
  typeOf(slices.values).is<tf.Tensor>();
  typeOf(slices.indices).is<tf.Tensor>();
}

export function optimizers(): void {
  const sgd = new tf.keras.optimizers.SGD({ learningRate: 0.1, momentum: 0.9, nesterov: true });
  const adam = new tf.keras.optimizers.Adam();
  const tape = new tf.GradientTape();
  const w = [v, v] as const;
  const g = tape.gradient(x, w);
  sgd.applyGradients([
    [g[0], w[0]],
    [g[1], w[1]],
  ]);
  adam.applyGradients(g.map((gradient, i) => [gradient, w[i]] as const));
  // @ts-expect-error -- TensorFlow's spelling: learningRate
  new tf.keras.optimizers.SGD({ lr: 0.1 });
  // @ts-expect-error -- pairs of a gradient and a variable
  sgd.applyGradients([g[0], v]);
  // @ts-expect-error -- a tensor is not a variable
  sgd.applyGradients([[g[0], x]]);
}

export function errors(): void {
  const error = new tf.errors.InvalidArgumentError('what');
  const base: tf.errors.OpError = error;
  const plain: Error = base;
  void plain;
}

export function lifetimes(): void {
  typeOf(tf.tidy(() => ({ a: x, b: [x] }))).is<{ a: tf.Tensor; b: tf.Tensor[] }>();
  typeOf(tf.keep(x)).is<tf.Tensor>();
  typeOf(tf.memory()).is<ReturnType<typeof tf.memory>>();
  using scoped = tf.add(x, 1);
  typeOf(scoped).is<tf.Tensor>();
}
