/** Softmax cross entropy: one pass over the logits computes the loss and its gradient with respect to the logits. */
import { notRecorded } from '../../core/context';
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes, floating, indexTypes } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { asShape, broadcastShapes, sameShape, type Shape, showShape } from '../../core/shape';
import { makeTensor, shapeOf, type Tensor, viewOf } from '../../core/tensor';
import { axisArgument, type OneAxis } from '../../op/axis';
import { add, multiply, subtract } from '../math/binary';
import { cast } from '../array/cast';
import { badDType, explain } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { multiOp, type ResultSpec } from '../../op/define/general';
import { options } from '../../core/options';
import { broadcastTo, transpose } from '../array/movement';
import * as kernels from '../../op/kernels';
import { publicCall, sample, type GradContext, type TensorSample } from '../../op/registry';
import type { DTypeOf, DTypeOfPair } from '../../core/dtype_of';
import { exchangeLast, logSoftmax, rowsOf, softmax, softmaxGradient } from './softmax';
import { fillWith } from '../../op/strided';
import { negative } from '../math/unary';
import { reshape } from '../array/views';

/** dy with a last dimension of size 1. */
const withLastAxis = (dy: Tensor): Tensor => reshape(dy, [...shapeOf(dy), 1]);

/**
 * Runs the kernel; returns the position of the first label out of range, or −1. `backprop`, the derivative of the loss with
 * respect to the logits, may be omitted.
 */
function run(logits: Tensor, labels: Tensor, loss: Tensor, backprop: Tensor | null = null): number {
  const [rows, cols] = rowsOf(shapeOf(logits), logits.size);
  return kernels.crossEntropy(logits, labels, loss, backprop, rows, cols, logits.dt.code, labels.dt.code);
}

/** The gradient with respect to the logits; dbackprop is the upstream gradient of `backprop`, for second derivatives. */
function gradientOfLogits(
  dloss: Tensor | null,
  dbackprop: Tensor | null,
  backprop: Tensor,
  logits: Tensor,
): Tensor | null {
  const first = dloss === null ? null : multiply(withLastAxis(dloss), backprop);
  if (dbackprop === null) return first;
  const second = softmaxGradient(dbackprop, softmax(logits));
  return first === null ? second : add(first, second);
}

function gradientOfLabels(dloss: Tensor | null, dbackprop: Tensor | null, logits: Tensor): Tensor | null {
  const first = dloss === null ? null : negative(multiply(withLastAxis(dloss), logSoftmax(logits)));
  if (dbackprop === null) return first;
  return first === null ? negative(dbackprop) : subtract(first, dbackprop);
}

/** Whether two shapes are equal in their first `rank` dimensions. */
function equalLeading(a: Shape, b: Shape, rank: number): boolean {
  for (let i = 0; i < rank; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Specifications of loss and backprop. The labels have `rank` dimensions: those of the logits, or all but the last. */
function resultSpecs(name: string, logits: Tensor, labels: Tensor, rank: number): ResultSpec[] {
  checkLogits(logits, name);
  if (shapeOf(labels).length !== rank || !equalLeading(shapeOf(labels), shapeOf(logits), rank)) {
    throw new InvalidArgumentError(
      `[${name}] labels of shape ${showShape(shapeOf(labels))} do not belong to logits of shape ${showShape(shapeOf(logits))}`,
    );
  }
  return [
    { shape: asShape(shapeOf(logits).slice(0, -1)), dt: logits.dt },
    { shape: shapeOf(logits), dt: logits.dt },
  ];
}

/** [loss, softmax(logits) − labels] along the last axis, for logits and labels of equal shape. */
const denseCrossEntropy = multiOp<[logits: Tensor, labels: Tensor], null>('softmaxCrossEntropy', {
  tf: '',
  dtypes: floating,
  domain: [-3, 3],
  // The labels sum to 1; otherwise, as in TensorFlow, the gradient with respect to the logits is not that of the loss.
  examples: [{ args: [sample([2, 3]), sample([2, 3], { values: [0, 0, 1, 0, 1, 0] })] }],
  args: (logits, labels) => [[logits, labels], null],
  infer: ([logits, labels]) => resultSpecs('softmaxCrossEntropy', logits, labels, logits.rank),
  run: ([logits, labels], _, [loss, backprop]) => {
    if (logits.size > 0) run(logits, labels, loss, backprop);
    else fillWith(loss, 0);
  },
  minResults: 1,
  saves: { inputs: [0], outputs: true },
  partialDy: true,
  gradient: (dy, { x, y, needs }: GradContext<null>) => {
    const [dloss, dbackprop] = dy as readonly (Tensor | null)[];
    return [
      needs[0] ? gradientOfLogits(dloss, dbackprop, y[1], x[0]) : null,
      needs[1] ? gradientOfLabels(dloss, dbackprop, x[0]) : null,
    ];
  },
});

/** Throws for the label at position `bad`, which is not in [0, classes), unless that is −1. */
function checkLabels(bad: number, logits: Tensor, labels: Tensor): void {
  if (!(bad >= 0)) return;
  const values = viewOf(labels);
  throw new InvalidArgumentError(
    `[sparseSoftmaxCrossEntropyWithLogits] Received a label value of ${values[bad]} which is outside the valid ` +
      `range of [0, ${shapeOf(logits)[shapeOf(logits).length - 1]}).  Label values: ` +
      `${Array.from(values.subarray(0, 20), String).join(' ')}${values.length > 20 ? ' …' : ''}`,
  );
}

/** [loss, softmax(logits) − oneHot(labels)]. */
const sparseCrossEntropy = multiOp<[logits: Tensor, labels: Tensor], null>('sparseSoftmaxCrossEntropy', {
  tf: '',
  dtypes: floating,
  domain: [-3, 3],
  examples: [{ args: [sample([2, 3]), sample([2], { dtype: 'int32', values: [2, 0] })] }],
  args: (logits, labels) => [[logits, labels], null],
  infer: ([logits, labels]) => resultSpecs('sparseSoftmaxCrossEntropy', logits, labels, logits.rank - 1),
  fallible: true,
  run: ([logits, labels], _, [loss, backprop]) => {
    checkLabels(run(logits, labels, loss, backprop), logits, labels);
  },
  minResults: 1,
  saves: { inputs: [0], outputs: true },
  partialDy: true,
  gradient: (dy, { x, y, needs }: GradContext<null>) => {
    const [dloss, dbackprop] = dy as readonly (Tensor | null)[];
    return [needs[0] ? gradientOfLogits(dloss, dbackprop, y[1], x[0]) : null, null];
  },
});

/** Eager fast path: the loss without backprop; null if it does not apply. */
function fusedLoss(name: string, logits: Tensor, labels: Tensor): Tensor | null {
  if (logits.size === 0 || !notRecorded()) return null;
  const rank = shapeOf(logits).length - 1;
  // Class labels (as opposed to distributions) have the shape of the loss.
  const shape = shapeOf(labels).length === rank ? shapeOf(labels) : asShape(shapeOf(logits).slice(0, rank));
  const loss = makeTensor(logits.dt, shape, logits.size / shapeOf(logits)[rank]);
  try {
    checkLabels(run(logits, labels, loss), logits, labels);
  } catch (error) {
    throw explain(error, name, [logits, labels]);
  }
  return loss;
}

export interface SoftmaxCrossEntropyOptions {
  /** The axis of the classes. Default: the last. */
  axis?: OneAxis;
}

const defaults = { axis: -1 };

function checkLogits(logits: Tensor, op: string): void {
  if (logits.dt.kind !== 'float') throw badDType(op, 'logits', logits.dt, floating);
  if (shapeOf(logits).length === 0) {
    throw new InvalidArgumentError(
      `[${op}] logits cannot be a scalar: its last dimension counts the classes`,
    );
  }
}

/**
 * Labels for examples: distributions along the last dimension or, if `weights` are given, along the middle one. The gradient
 * softmax(logits) − labels is only correct for distributions.
 */
function distributions(shape: readonly number[], weights?: readonly number[]): TensorSample {
  const n = shape[shape.length - 1];
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const values = Array.from({ length: rows * n }, (_, i) => {
    const [row, k] = [Math.floor(i / n), i % n];
    if (weights !== undefined) return weights[(row + k) % weights.length];
    return (row + k) % n === 0 ? 1 - 0.0625 * (n - 1) : 0.0625;
  });
  return sample(shape, { values });
}

/**
 * Softmax cross entropy with labels that are distributions. loss = −Σ labels·logSoftmax(logits) along `axis`, which is
 * reduced. labels and logits broadcast and both receive gradients; labels are cast to the dtype of the logits.
 * InvalidArgumentError for shapes that do not broadcast, or logits of an integer dtype.
 * @tf tf.nn.softmax_cross_entropy_with_logits
 */
export const softmaxCrossEntropyWithLogits: <L extends TensorLike, X extends TensorLike>(
  labels: L,
  logits: X,
  options?: SoftmaxCrossEntropyOptions | OneAxis,
) => Tensor<DTypeOfPair<X, L>> = composite(
  'softmaxCrossEntropyWithLogits',
  {
    tf: 'tf.nn.softmax_cross_entropy_with_logits',
    dtypes: floating,
    domain: [-5, 5],
    ulp: 8,
    examples: [
      { args: [distributions([3, 5]), sample([3, 5])] },
      { args: [distributions([2, 3, 4], [0.25, 0.5, 0.25]), sample([2, 3, 4])], options: { axis: 1 } },
      { args: [distributions([1, 4]), sample([3, 4])] },
      { args: [distributions([4]), sample([4], { domain: [-100, 100] })] },
      { args: [sample([0, 3]), sample([0, 3])] },
      { args: [distributions([3, 5]), sample([3, 4])] },
    ],
  },
  (labels: TensorLike, logits: TensorLike, given?: SoftmaxCrossEntropyOptions | OneAxis): Tensor => {
    const name = 'softmaxCrossEntropyWithLogits';
    let x = toTensor(logits, null, name, 'logits');
    let t = toTensor(labels, x.dt, name, 'labels');
    if (t.dt !== x.dt) t = cast(t, x.dtype);
    checkLogits(x, name);
    const shape = sameShape(shapeOf(t), shapeOf(x)) ? shapeOf(x) : broadcastShapes(shapeOf(t), shapeOf(x));
    if (shape === null) {
      throw new InvalidArgumentError(
        `[${name}] logits and labels must be broadcastable: logits_size=${showShape(shapeOf(x))} ` +
          `labels_size=${showShape(shapeOf(t))}`,
      );
    }
    if (!sameShape(shape, shapeOf(x))) x = broadcastTo(x, shape);
    if (!sameShape(shape, shapeOf(t))) t = broadcastTo(t, shape);
    const { axis } = options<{ axis: unknown }>(given, 'axis', defaults, name);
    const at = axisArgument(axis, shape.length, name);
    if (at === shape.length - 1) return fusedLoss(name, x, t) ?? denseCrossEntropy(x, t)[0];
    const perm = exchangeLast(at, shape.length);
    const loss = denseCrossEntropy(transpose(x, { perm }), transpose(t, { perm }))[0];
    // The transpose exchanged the axis of the classes with the last one, which now returns to the end.
    const restore = Array.from({ length: shape.length - 1 }, (_, i) => i);
    restore.splice(at, 1);
    restore.push(at);
    return transpose(loss, { perm: restore });
  },
);

/** The op for labels that are a tensor; the public function converts host values. */
const sparseFromTensors = composite(
  'sparseSoftmaxCrossEntropyWithLogits',
  {
    tf: 'tf.nn.sparse_softmax_cross_entropy_with_logits',
    dtypes: indexTypes,
    domain: [-5, 5],
    ulp: 8,
    examples: [
      { args: [sample([3], { values: [0, 4, 2] }), sample([3, 5], { dtype: 'float32' })] },
      { args: [sample([3], { values: [0, 4, 2] }), sample([3, 5], { dtype: 'float64' })] },
      { args: [sample([2, 2], { values: [0, 1, 2, 1] }), sample([2, 2, 3], { dtype: 'float64' })] },
      { args: [sample([], { values: [1] }), sample([3], { dtype: 'float64' })] },
    ],
  },
  (t: Tensor, logits: TensorLike): Tensor => {
    const name = 'sparseSoftmaxCrossEntropyWithLogits';
    const x = toTensor(logits, null, name, 'logits');
    checkLogits(x, name);
    if (shapeOf(t).length !== shapeOf(x).length - 1) {
      throw new InvalidArgumentError(
        `[${name}] Rank mismatch: Rank of labels (received ${shapeOf(t).length}) should equal rank of logits minus 1 ` +
          `(received ${shapeOf(x).length}).`,
      );
    }
    if (!equalLeading(shapeOf(t), shapeOf(x), shapeOf(t).length)) {
      throw new InvalidArgumentError(
        `[${name}] \`labels.shape\` must equal \`logits.shape\` except for the last dimension. Received: ` +
          `labels.shape=${showShape(shapeOf(t))} and logits.shape=${showShape(shapeOf(x))}`,
      );
    }
    if (shapeOf(x)[shapeOf(x).length - 1] === 0) {
      throw new InvalidArgumentError(
        `[${name}] Must have at least one class, but got logits shape ${showShape(shapeOf(x))}`,
      );
    }
    return fusedLoss(name, x, t) ?? sparseCrossEntropy(x, t)[0];
  },
);

/**
 * Softmax cross entropy with integer labels. loss = −logSoftmax(logits)[label] along the last axis. labels are int32 or int64
 * and have the shape of the logits without that axis; host numbers become int32.
 * InvalidArgumentError for a label outside [0, classes) or incompatible shapes.
 * @tf tf.nn.sparse_softmax_cross_entropy_with_logits
 */
export function sparseSoftmaxCrossEntropyWithLogits<X extends TensorLike>(
  labels: TensorLike,
  logits: X,
): Tensor<DTypeOf<X>>;
export function sparseSoftmaxCrossEntropyWithLogits(labels: TensorLike, logits: TensorLike): Tensor {
  const name = 'sparseSoftmaxCrossEntropyWithLogits';
  const t = toTensor(labels, dtypes.int32, name, 'labels');
  if (!indexTypes.includes(t.dtype)) throw badDType(name, 'labels', t.dt, indexTypes);
  return sparseFromTensors(t, logits);
}
publicCall('sparseSoftmaxCrossEntropyWithLogits', sparseSoftmaxCrossEntropyWithLogits);
