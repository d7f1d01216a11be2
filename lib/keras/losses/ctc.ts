/** The loss of connectionist temporal classification. */
import type { TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { toTensor } from '../../core/convert';
import { cast } from '../../ops/array/cast';
import { fill } from '../../ops/array/creation';
import { notEqual } from '../../ops/math/compare';
import { ctcLoss } from '../../ops/nn/ctc';
import { reduceSum } from '../../ops/reduce/reduce';

/**
 * −ln of the probability that logits [batch, time, classes] say the labels [batch, n], over all alignments; the label 0 is the blank
 * and fills up rows. @tf tf.keras.losses.ctc
 */
export function ctc(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [labels, logits] = [toTensor(yTrue, null, 'ctc', 'yTrue'), toTensor(yPred, null, 'ctc', 'yPred')];
  if (labels.rank !== 2)
    throw new InvalidArgumentError(
      '[ctc] Targets `yTrue` are expected to be a tensor of shape `(batch_size, max_length)` in integer format. ' +
        `Received: yTrue.shape=${showShape(shapeOf(labels))}`,
    );
  if (logits.rank !== 3)
    throw new InvalidArgumentError(
      '[ctc] Logits `yPred` are expected to be a tensor of shape `(batch_size, max_length, num_classes)`. ' +
        `Received: yPred.shape=${showShape(shapeOf(logits))}`,
    );
  const [batch, time] = shapeOf(logits);
  const classes = cast(labels, 'int32');
  const count = reduceSum(cast(notEqual(classes, 0), 'int32'), { axis: 1 });
  return ctcLoss(classes, logits, count, cast(fill([batch], time), 'int32'), { logitsTimeMajor: false });
}
