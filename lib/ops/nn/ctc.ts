/** The loss of connectionist temporal classification. */
import { toTensor, type TensorLike } from '../../core/convert';
import { indexTypes } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { badDType } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { cast } from '../array/cast';
import { range } from '../array/creation';
import { stack, unstack } from '../array/joining';
import { transpose } from '../array/movement';
import { pad } from '../array/padding';
import { slice } from '../array/slicing';
import { expandDims, reshape } from '../array/views';
import { gather } from '../index/indexing';
import { add, floordiv, multiply, subtract } from '../math/binary';
import { equal, greaterEqual, less, logicalAnd, notEqual } from '../math/compare';
import { select } from '../math/select';
import { negative } from '../math/unary';
import { reduceLogsumexp } from '../reduce/reduce';
import { logSoftmax } from './softmax';

export interface CtcLossOptions {
  /** Whether logits are [time, batch, classes], not [batch, time, classes]. Default true. */
  logitsTimeMajor?: boolean;
  /** The class of the blank; negative ones count from the last. Default 0. */
  blankIndex?: number | null;
}

const defaults = { logitsTimeMajor: true, blankIndex: null } as const;
const name = 'ctcLoss';

/** The logarithm of the probability of what cannot happen: transitions that TensorFlow excludes have it, too. */
const impossible = -707;
/** That of states that do not exist. */
const nowhere = -1e30;

const fail = (message: string): never => {
  throw new InvalidArgumentError(`[${name}] ${message}`);
};

/** A vector of lengths, one for each sequence, as a column of int32. */
function lengths(value: TensorLike, batch: number, argument: string): Tensor {
  const t = toTensor(value, null, name, argument);
  if (!indexTypes.includes(t.dtype)) throw badDType(name, argument, t.dt, indexTypes);
  if (t.rank !== 1 || t.size !== batch)
    fail(`${argument} must have the shape [${batch}], the batch's; got ${showShape(shapeOf(t))}`);
  return expandDims(cast(t, 'int32'), 1);
}

const indices = (n: number): Tensor => range(0, n, 1, { dtype: 'int32' });

/** The states of each sequence, blank, label, blank, label … blank: the class of each, and whether it is reached from two before. */
function statesOf(labels: Tensor, labelLength: Tensor, blank: number): { classes: Tensor; skips: Tensor } {
  const [batch, n] = shapeOf(labels);
  // Labels beyond the length may be anything.
  const kept = select(less(indices(n), labelLength), labels, blank);
  const blanks = multiply(kept, 0);
  const between = stack([add(blanks, blank), kept], { axis: 2 });
  const classes = pad(
    reshape(between, [batch, 2 * n]),
    [
      [0, 0],
      [0, 1],
    ],
    { constantValues: blank },
  );
  const before = slice(
    pad(
      classes,
      [
        [0, 0],
        [2, 0],
      ],
      { constantValues: blank },
    ),
    [0, 0],
    [batch, 2 * n + 1],
  );
  const isLabel = equal(subtract(indices(2 * n + 1), multiply(floordiv(indices(2 * n + 1), 2), 2)), 1);
  return { classes, skips: logicalAnd(isLabel, notEqual(classes, before)) };
}

/** −ln of the probability of the labels, over all alignments: a sum over paths through the states, step by step. */
function alignmentLoss(
  logits: Tensor,
  labels: Tensor,
  labelLength: Tensor,
  logitLength: Tensor,
  blank: number,
): Tensor {
  const [batch, , n] = [...shapeOf(logits).slice(0, 2), shapeOf(labels)[1]];
  const count = 2 * n + 1;
  const { classes, skips } = statesOf(labels, labelLength, blank);
  const emitted = gather(logSoftmax(logits), classes, { axis: 2, batchDims: 1 });
  const steps = unstack(transpose(emitted, { perm: [1, 0, 2] }));
  const zero = cast(0, logits.dtype);
  const cost = (reached: Tensor): Tensor => select(reached, zero, impossible);
  const [skipCost, start] = [cost(skips), cost(less(indices(count), 2))];
  let paths: Tensor = add(start, multiply(skipCost, 0));
  steps.forEach((step, t) => {
    const shifted = pad(
      paths,
      [
        [0, 0],
        [2, 0],
      ],
      { constantValues: nowhere },
    );
    const from = [
      paths,
      slice(shifted, [0, 1], [batch, count]),
      add(slice(shifted, [0, 0], [batch, count]), skipCost),
    ];
    const arrived = t === 0 ? paths : reduceLogsumexp(stack(from, { axis: 0 }), { axis: 0 });
    paths = select(less(t, logitLength), add(arrived, step), paths);
  });
  // Paths end at the last label or the blank after it.
  const end = multiply(labelLength, 2);
  const isEnd = logicalAnd(greaterEqual(indices(count), subtract(end, 1)), less(indices(count), add(end, 1)));
  return negative(reduceLogsumexp(select(isEnd, paths, nowhere), { axis: 1 }));
}

/**
 * −ln of the probability that the network, whose outputs for each step are logits of classes and a blank, says the labels: over all
 * alignments, in which labels repeat and blanks are left out. labels [batch, n] are integers, of which the first `labelLength` of
 * each sequence count; logits [time, batch, classes] (or batch first), of which the first `logitLength` steps do. The result has
 * the shape [batch]; it is about 707 where the labels do not fit into the steps. @tf tf.nn.ctc_loss
 */
export const ctcLoss: (
  labels: TensorLike,
  logits: TensorLike,
  labelLength: TensorLike,
  logitLength: TensorLike,
  options?: CtcLossOptions | boolean,
) => Tensor = composite(
  name,
  {
    tf: 'tf.nn.ctc_loss',
    dtypes: indexTypes,
    ulp: 32,
    examples: [
      {
        args: [
          sample([2, 2], { values: [1, 2, 1, 1] }),
          sample([5, 2, 3], { dtype: 'float32', domain: [-3, 3] }),
          sample([2], { dtype: 'int32', values: [2, 2] }),
          sample([2], { dtype: 'int32', values: [5, 3] }),
        ],
      },
      {
        args: [
          sample([3, 3], { values: [1, 2, 1, 3, 0, 0, 2, 2, 0] }),
          sample([3, 6, 4], { dtype: 'float32', domain: [-3, 3] }),
          sample([3], { dtype: 'int32', values: [3, 1, 2] }),
          sample([3], { dtype: 'int32', values: [6, 4, 5] }),
        ],
        options: { logitsTimeMajor: false },
      },
      {
        args: [
          sample([1, 2], { values: [0, 1] }),
          sample([1, 4, 3], { dtype: 'float32', domain: [-3, 3] }),
          sample([1], { dtype: 'int32', values: [2] }),
          sample([1], { dtype: 'int32', values: [4] }),
        ],
        options: { logitsTimeMajor: false, blankIndex: -1 },
      },
    ],
  },
  (
    labels: TensorLike,
    logits: TensorLike,
    labelLength: TensorLike,
    logitLength: TensorLike,
    given?: CtcLossOptions | boolean,
  ): Tensor => {
    const { logitsTimeMajor, blankIndex } = options<{ logitsTimeMajor: unknown; blankIndex: unknown }>(
      given,
      'logitsTimeMajor',
      defaults,
      name,
    );
    if (typeof logitsTimeMajor !== 'boolean')
      throw new TypeError(
        `[${name}] logitsTimeMajor must be true or false; got ${describe(logitsTimeMajor)}`,
      );
    const y = toTensor(labels, null, name, 'labels');
    const x = toTensor(logits, null, name, 'logits');
    if (x.dt.kind !== 'float') fail(`logits must be of a floating-point dtype; got ${x.dtype}`);
    if (!indexTypes.includes(y.dtype)) throw badDType(name, 'labels', y.dt, indexTypes);
    if (x.rank !== 3) fail(`logits must have three dimensions; got the shape ${showShape(shapeOf(x))}`);
    const byBatch = logitsTimeMajor ? transpose(x, { perm: [1, 0, 2] }) : x;
    const [batch, , classes] = shapeOf(byBatch);
    if (y.rank !== 2 || shapeOf(y)[0] !== batch)
      fail(
        `labels must have the shape [${batch}, n], with the batch of the logits first; got ${showShape(shapeOf(y))}`,
      );
    const index = blankIndex ?? 0;
    if (typeof index !== 'number' || !Number.isInteger(index))
      throw new TypeError(`[${name}] blankIndex must be an integer or null; got ${describe(blankIndex)}`);
    const blank = index < 0 ? index + classes : index;
    if (blank < 0 || blank >= classes)
      fail(`blankIndex ${index} is none of the ${classes} classes of the logits`);
    const wide = x.dtype === 'float64' || x.dtype === 'float32' ? byBatch : cast(byBatch, 'float32');
    const loss = alignmentLoss(
      wide,
      cast(y, 'int32'),
      lengths(labelLength, batch, 'labelLength'),
      lengths(logitLength, batch, 'logitLength'),
      blank,
    );
    return loss.dtype === x.dtype ? loss : cast(loss, x.dtype);
  },
);
