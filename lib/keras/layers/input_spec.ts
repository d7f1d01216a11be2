/** What a layer takes as input. */
import { InvalidArgumentError } from '../../core/errors';
import type { DType } from '../../core/dtype';
import { showKerasShape, type KerasShape } from '../base/shapes';

/** The rank, dtype and dimensions that a layer's input must have. @tf tf.keras.InputSpec */
export interface InputSpec {
  readonly dtype?: DType;
  /** Null dimensions are free. */
  readonly shape?: KerasShape;
  readonly ndim?: number;
  readonly minNdim?: number;
  readonly maxNdim?: number;
  /** The sizes that some axes must have; negative axes count from the end. */
  readonly axes?: Readonly<Record<number, number | null>>;
}

interface Described {
  readonly shape: KerasShape;
  readonly dtype: DType;
}

/** InvalidArgumentError unless the inputs are as the specs say. */
export function checkInputs(
  specs: InputSpec | readonly InputSpec[],
  inputs: readonly Described[],
  layer: string,
): void {
  const list = Array.isArray(specs) ? (specs as readonly InputSpec[]) : [specs as InputSpec];
  if (list.length !== inputs.length) {
    throw new InvalidArgumentError(
      `[${layer}] Layer "${layer}" expects ${list.length} input(s), but it received ${inputs.length} input tensors`,
    );
  }
  list.forEach((spec, i) => checkInput(spec, inputs[i], i, layer));
}

/** InvalidArgumentError unless input i is as the spec says. */
export function checkInput(spec: InputSpec, { shape, dtype }: Described, i: number, layer: string): void {
  const fail = (what: string): never => {
    throw new InvalidArgumentError(
      `[${layer}] Input ${i} of layer "${layer}" is incompatible with the layer: ${what}. Full shape received: ` +
        showKerasShape(shape),
    );
  };
  const rank = shape.length;
  const { ndim, minNdim, maxNdim } = spec;
  if (ndim !== undefined && rank !== ndim) fail(`expected ndim=${ndim}, found ndim=${rank}`);
  if (maxNdim !== undefined && rank > maxNdim) fail(`expected max_ndim=${maxNdim}, found ndim=${rank}`);
  if (minNdim !== undefined && rank < minNdim) fail(`expected min_ndim=${minNdim}, found ndim=${rank}`);
  if (spec.dtype !== undefined && dtype !== spec.dtype)
    fail(`expected dtype=${spec.dtype}, found dtype=${dtype}`);
  for (const axis in spec.axes) {
    const value = spec.axes[Number(axis)];
    const size = shape.at(Number(axis));
    if (value !== null && size !== null && size !== value)
      fail(
        `expected axis ${axis} of input shape to have value ${value}, but received input with shape ${showKerasShape(shape)}`,
      );
  }
  if (spec.shape !== undefined) {
    const expected = spec.shape;
    if (
      expected.length !== rank ||
      expected.some((n, k) => n !== null && shape[k] !== null && n !== shape[k])
    )
      fail(`expected shape=${showKerasShape(expected)}, found shape=${showKerasShape(shape)}`);
  }
}
