/** Scalars whose values each run of a program finds, and tensors of zeros that take no memory between runs. */
import type { DTypeInfo } from '../core/dtype';
import type { TracedOp, Tracer } from './contract';
import { scalarShape, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { fillSlot, fillWith } from './strided';

/** The element as it stands in a slot of the frame. */
const cell = (dt: DTypeInfo, numbers: Float64Array, at: number): { [i: number]: number } =>
  new dt.array(numbers.buffer as ArrayBuffer, numbers.byteOffset + 8 * at, 1) as {
    [i: number]: number;
  };

const op = (name: string, execute: TracedOp['execute']): TracedOp => ({
  name,
  differentiable: false,
  savesInputs: 0,
  savesOutputs: false,
  execute,
});

const number = op('number', (_: readonly Tensor[], value: number, [to]: readonly Tensor[]) => {
  fillWith(to, value);
});

/** A scalar of a program; `find` gives it whenever that runs, and looks at `variables`. */
export function numberOfRun(
  tracer: Tracer,
  dt: DTypeInfo,
  find: () => number,
  variables: readonly Variable[],
): Tensor {
  return tracer.emitWithScalars(number, [], [{ shape: scalarShape, dt }], {
    slot: fillSlot,
    count: 1,
    variables,
    write: (to, at) => {
      cell(dt, to, at)[0] = find();
    },
    attrs: (numbers) => cell(dt, numbers, 0)[0],
  })[0];
}

const zeros = op('zeros', (_: readonly Tensor[], __: null, [to]: readonly Tensor[]) => {
  fillWith(to, 0);
});

export function zerosOfRun(tracer: Tracer, dt: DTypeInfo, shape: Shape): Tensor {
  return tracer.emit(zeros, [], null, [{ shape, dt }])[0];
}
