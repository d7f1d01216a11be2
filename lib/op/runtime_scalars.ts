/** Scalars that each run of a program computes anew, and tensors of zeros that take no memory between runs. */
import type { DTypeInfo } from '../core/dtype';
import type { TracedOp, Tracer } from './contract';
import { scalarShape, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { fillLists, slotOf } from './kernels';
import { fillWith } from './strided';

/** A view of an argument-buffer slot as an element of the dtype. */
const elementAt = (dt: DTypeInfo, numbers: Float64Array, at: number): { [i: number]: number } =>
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

const scalarOp = op('number', (_: readonly Tensor[], value: number, [to]: readonly Tensor[]) => {
  fillWith(to, value);
});

/** A scalar tensor of the traced function. `compute` returns its value at each run; it may use `variables`. */
export function runtimeScalar(
  tracer: Tracer,
  dt: DTypeInfo,
  compute: () => number,
  variables: readonly Variable[],
): Tensor {
  return tracer.emitWithScalars(scalarOp, [], [{ shape: scalarShape, dt }], {
    slot: slotOf(fillLists.value),
    count: 1,
    variables,
    write: (to, at) => {
      elementAt(dt, to, at)[0] = compute();
    },
    attrs: (numbers) => elementAt(dt, numbers, 0)[0],
  })[0];
}

const zerosOp = op('zeros', (_: readonly Tensor[], __: null, [to]: readonly Tensor[]) => {
  fillWith(to, 0);
});

/** Zeros that each run fills in, instead of a constant. */
export function runtimeZeros(tracer: Tracer, dt: DTypeInfo, shape: Shape): Tensor {
  return tracer.emit(zerosOp, [], null, [{ shape, dt }])[0];
}
