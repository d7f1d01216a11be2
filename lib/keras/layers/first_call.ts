/** The symbolic tensors of a layer. */
import { InvalidArgumentError } from '../../core/errors';
import type { Operation } from '../symbolic/keras_tensor';
import type { SymbolicInputs } from './inputs';

/** The inputs or outputs of an operation's first call with symbolic tensors, as in Keras 3 whatever calls followed. */
export function tensorsOfFirstCall(operation: Operation, what: 'input' | 'output'): SymbolicInputs {
  const { inboundNodes, name } = operation;
  if (inboundNodes.length === 0)
    throw new InvalidArgumentError(
      `[${name}] The layer ${name} has never been called and thus has no defined ${what}.`,
    );
  const tensors = what === 'input' ? inboundNodes[0].inputs : inboundNodes[0].outputTensors;
  return tensors.length === 1 ? tensors[0] : tensors;
}
