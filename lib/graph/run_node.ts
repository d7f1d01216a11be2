/** Runs one op of a graph. */
import { shapeOf, aliasTensor, makeTensor, type Tensor } from '../core/tensor';
import { sizeOf } from '../core/shape';
import type { OpNode } from './graph';

/** The node's op over real tensors in the places of its inputs. */
export function runNode({ op, attrs, outputs: like }: OpNode, inputs: readonly Tensor[]): readonly Tensor[] {
  if (op.execute === 'view') return [aliasTensor(inputs[0], shapeOf(like[0]), op.name)];
  const outputs = like.map((t) => makeTensor(t.dt, shapeOf(t), sizeOf(shapeOf(t))));
  return op.execute(inputs, attrs as never, outputs) ?? outputs;
}
