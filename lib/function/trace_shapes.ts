/** The shapes and dtypes of a function's results: it is traced, and nothing is computed. */
import { detached } from '../core/context';
import { dtypeInfo, type DType } from '../core/dtype';
import { tensorsIn } from '../core/leaves';
import { mapStructure } from '../core/nest';
import type { Shape } from '../core/shape';
import { shapeOf, Tensor } from '../core/tensor';
import { Trace } from '../graph/trace';

/** The shape and dtype of a traced tensor. */
export class TracedShape {
  constructor(
    readonly shape: readonly number[],
    readonly dtype: DType,
  ) {}
}

/**
 * Traces `f` with symbolic tensors of these shapes. Returns its result with the shape and dtype of each tensor in the tensor's
 * place. A ConcretizationError if f needs the values of its tensors.
 */
export function traceShapes(
  specs: readonly TracedShape[],
  f: (tensors: readonly Tensor[]) => unknown,
): unknown {
  return detached(() => {
    const trace = new Trace('shapes');
    const parameters = specs.map(({ shape, dtype }) =>
      trace.symbol(dtypeInfo(dtype, '[traceShapes] dtype'), shape as Shape),
    );
    const { value } = trace.run(() => f(parameters), tensorsIn, parameters);
    return mapStructure(value, (leaf) =>
      leaf instanceof Tensor ? new TracedShape(shapeOf(leaf), leaf.dtype) : leaf,
    );
  });
}
