/** Connectionist temporal classification: its loss, and the labels that outputs say. */
import { toTensor, type TensorLike } from '../../core/convert';
import { isConverted } from '../../core/dtype';
import { InvalidArgumentError, UnimplementedError } from '../../core/errors';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { range } from '../../ops/array/creation';
import { pad } from '../../ops/array/padding';
import { slice } from '../../ops/array/slicing';
import { expandDims } from '../../ops/array/views';
import { gather } from '../../ops/index/indexing';
import { argsort } from '../../ops/index/sort';
import { add } from '../../ops/math/binary';
import { less, logicalAnd, notEqual } from '../../ops/math/compare';
import { select } from '../../ops/math/select';
import { negative } from '../../ops/math/unary';
import { ctcLoss as lossOp } from '../../ops/nn/ctc';
import { argmax } from '../../ops/reduce/argreduce';
import { reduceMax, reduceSum } from '../../ops/reduce/reduce';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { floating } from './dtypes';
import { integer, operation } from './operation';
import type { Operand } from './types';

export interface CtcOptions {
  /** The class of the blank. Default 0. */
  maskIndex?: number;
}

export interface CtcLossFunction {
  (
    target: TensorLike,
    output: TensorLike,
    targetLength: TensorLike,
    outputLength: TensorLike,
    options?: CtcOptions | number,
  ): Tensor;
  (
    target: Operand,
    output: Operand,
    targetLength: Operand,
    outputLength: Operand,
    options?: CtcOptions | number,
  ): KerasTensor;
}

const int32 = (x: unknown, op: string, name: string): Tensor => {
  const t = toTensor(x, null, op, name);
  return t.dtype === 'int32' ? t : cast(t, 'int32');
};

/** Of 16-bit floats as float32. */
function wide(x: unknown, op: string): Tensor {
  const t = floating(x as TensorLike, op);
  return isConverted(t.dt) ? cast(t, 'float32') : t;
}

/**
 * The loss of labels [batch, n], of which the first `targetLength` count, for logits [batch, time, classes], of which the first
 * `outputLength` steps do: [batch]. @tf tf.keras.ops.ctc_loss
 */
export const ctcLoss = operation<CtcLossFunction>({
  module: 'nn',
  className: 'CTCLoss',
  tensors: ['target', 'output', 'targetLength', 'outputLength'],
  optional: { maskIndex: 0 },
  check: ({ maskIndex }) => ({ maskIndex: integer(maskIndex, 'maskIndex', 'ctcLoss') }),
  run: ([target, output, targetLength, outputLength], { maskIndex }) => {
    const op = 'ctcLoss';
    const lengths = [int32(targetLength, op, 'targetLength'), int32(outputLength, op, 'outputLength')];
    return lossOp(int32(target, op, 'target'), wide(output, op), lengths[0], lengths[1], {
      logitsTimeMajor: false,
      blankIndex: maskIndex as number,
    });
  },
});

export interface CtcDecodeOptions extends CtcOptions {
  /** How labels are found: 'greedy', the most probable class of each step. */
  strategy?: 'greedy';
  /** Of beam search, which is not supported. Default 100. */
  beamWidth?: number;
  /** Of beam search. Default 1. */
  topPaths?: number;
  /** Whether a class that follows itself is one label. Default true. */
  mergeRepeated?: boolean;
}

export interface CtcDecode {
  (inputs: TensorLike, sequenceLengths: TensorLike, options?: CtcDecodeOptions): Tensor[];
  (inputs: Operand, sequenceLengths: Operand, options?: CtcDecodeOptions): KerasTensor[];
}

/** The labels of the steps that count, one after the other, then −1; and −Σ of the largest logits. */
function greedy(logits: Tensor, lengths: Tensor, merge: boolean, blank: number): Tensor[] {
  const [batch, time] = shapeOf(logits);
  const steps = range(0, time, 1, { dtype: 'int32' });
  const counted = less(steps, expandDims(lengths, 1));
  const best = cast(argmax(logits, { axis: 2 }), 'int32');
  const before = slice(
    pad(
      best,
      [
        [0, 0],
        [1, 0],
      ],
      { constantValues: -1 },
    ),
    [0, 0],
    [batch, time],
  );
  const says = logicalAnd(counted, notEqual(best, blank));
  const kept = merge ? logicalAnd(says, notEqual(best, before)) : says;
  const order = argsort(select(kept, steps, add(steps, time)), { axis: 1 });
  const labels = gather(best, order, { axis: 1, batchDims: 1 });
  const count = reduceSum(cast(kept, 'int32'), { axis: 1, keepdims: true });
  const largest = reduceMax(logits, { axis: 2 });
  return [
    expandDims(select(less(steps, count), labels, -1), 0),
    negative(reduceSum(select(counted, largest, 0), { axis: 1, keepdims: true })),
  ];
}

/**
 * The labels that logits [batch, time, classes] say in the first `sequenceLengths` steps: [labels [1, batch, time], filled up with
 * −1, and scores [batch, 1], −Σ of the largest logits]. @tf tf.keras.ops.ctc_decode
 */
export const ctcDecode = operation<CtcDecode>({
  module: 'nn',
  className: 'CTCDecode',
  tensors: ['inputs', 'sequenceLengths'],
  optional: { strategy: 'greedy', beamWidth: 100, topPaths: 1, mergeRepeated: true, maskIndex: 0 },
  check: (config) => {
    const { strategy, mergeRepeated, maskIndex } = config;
    const op = 'ctcDecode';
    if (strategy === 'beam_search')
      throw new UnimplementedError(`[${op}] beam search is not supported; strategy 'greedy' is`);
    if (strategy !== 'greedy')
      throw new InvalidArgumentError(
        `[${op}] Invalid strategy ${describe(strategy)}. Supported values are 'greedy' and 'beam_search'.`,
      );
    if (typeof mergeRepeated !== 'boolean')
      throw new TypeError(`[${op}] mergeRepeated must be true or false; got ${describe(mergeRepeated)}`);
    return { ...config, maskIndex: integer(maskIndex, 'maskIndex', op) };
  },
  run: ([inputs, sequenceLengths], { mergeRepeated, maskIndex }) => {
    const op = 'ctcDecode';
    const logits = wide(inputs, op);
    const lengths = int32(sequenceLengths, op, 'sequenceLengths');
    if (logits.rank !== 3)
      throw new InvalidArgumentError(
        `[${op}] inputs must have the shape [batch, time, classes]; got ${showShape(shapeOf(logits))}`,
      );
    const [batch, , classes] = shapeOf(logits);
    if (lengths.rank !== 1 || lengths.size !== batch)
      throw new InvalidArgumentError(
        `[${op}] sequenceLengths must have the shape [${batch}]; got ${showShape(shapeOf(lengths))}`,
      );
    const index = maskIndex as number;
    const blank = index < 0 ? index + classes : index;
    if (blank < 0 || blank >= classes)
      throw new InvalidArgumentError(`[${op}] maskIndex ${index} is none of the ${classes} classes`);
    return greedy(logits, lengths, mergeRepeated as boolean, blank);
  },
});
