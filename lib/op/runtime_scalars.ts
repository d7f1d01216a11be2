/**
 * Values of a compiled function that are neither constants nor computed by its ops: runtime scalars, numbers that JavaScript
 * computes anew for each run (the learning rate of a schedule), and zeros, which each run fills, so that the program does not hold a
 * constant tensor of them.
 */
import type { DTypeInfo } from '../core/dtype';
import { storedElement } from '../core/half';
import type { ReadVariable, RuntimeScalars, TracedOp, Tracer } from './contract';
import { scalarShape, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { fillLists, slotOf } from './kernels';
import { fillWith, fillWithStored } from './strided';

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

/** A scalar tensor of the traced function. `compute` returns its value at each run; it may use the variables of `uses`. */
export function runtimeScalar(
  tracer: Tracer,
  dt: DTypeInfo,
  compute: (read: ReadVariable) => number,
  uses: Pick<RuntimeScalars, 'variables' | 'reads' | 'fallible'>,
): Tensor {
  const { variables, reads, fallible = false } = uses;
  return tracer.emitWithScalars(scalarOp, [], [{ shape: scalarShape, dt }], {
    slot: slotOf(fillLists.value),
    count: 1,
    variables,
    reads,
    fallible,
    write: (to, at, read) => {
      elementAt(dt, to, at)[0] = storedElement(dt, compute(read)) as number;
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
