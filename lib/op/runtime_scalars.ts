/** Runtime scalars, which each run of a program recomputes, and tensors of zeros that occupy no memory between runs. */
import type { DTypeInfo } from '../core/dtype';
import { storedElement } from '../core/half';
import type { TracedOp, Tracer } from './contract';
import { scalarShape, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { fillSlot, fillWith, fillWithStored } from './strided';

/** A view of an argument-buffer slot as a stored element of the dtype. */
const elementAt = (dt: DTypeInfo, numbers: Float64Array, at: number): { [i: number]: number } =>
  new dt.stored(numbers.buffer as ArrayBuffer, numbers.byteOffset + 8 * at, 1) as {
    [i: number]: number;
  };

const op = (name: string, execute: TracedOp['execute']): TracedOp => ({
  name,
  differentiable: false,
  savesInputs: 0,
  savesOutputs: false,
  execute,
});

const scalarOp = op('number', (_: readonly Tensor[], stored: number, [to]: readonly Tensor[]) => {
  fillWithStored(to, stored);
});

/** A scalar tensor of the traced function. `compute` returns its value at each run; it may use `variables`. */
export function runtimeScalar(
  tracer: Tracer,
  dt: DTypeInfo,
  compute: () => number,
  variables: readonly Variable[],
): Tensor {
  return tracer.emitWithScalars(scalarOp, [], [{ shape: scalarShape, dt }], {
    slot: fillSlot,
    count: 1,
    variables,
    write: (to, at) => {
      elementAt(dt, to, at)[0] = storedElement(dt, compute()) as number;
    },
    attrs: (numbers) => elementAt(dt, numbers, 0)[0],
  })[0];
}

const zerosOp = op('zeros', (_: readonly Tensor[], __: null, [to]: readonly Tensor[]) => {
  fillWith(to, 0);
});

/** A tensor of zeros that each run allocates and fills, instead of a constant. */
export function runtimeZeros(tracer: Tracer, dt: DTypeInfo, shape: Shape): Tensor {
  return tracer.emit(zerosOp, [], null, [{ shape, dt }])[0];
}
