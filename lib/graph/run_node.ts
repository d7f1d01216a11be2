/** Evaluates one op of a graph eagerly. */
import { shapeOf, aliasTensor, makeTensor, type Tensor } from '../core/tensor';
import { sizeOf } from '../core/shape';
import type { OpNode } from './graph';

/** Runs the node's op on concrete tensors in place of its inputs. */
export function runNode(
  { op, attrs, outputs: symbols }: OpNode,
  inputs: readonly Tensor[],
): readonly Tensor[] {
  if (op.execute === 'view') return [aliasTensor(inputs[0], shapeOf(symbols[0]), op.name)];
  const outputs = symbols.map((t) => makeTensor(t.dt, shapeOf(t), sizeOf(shapeOf(t))));
  return op.execute(inputs, attrs as never, outputs) ?? outputs;
}
