/** What op definitions check, and the errors that they throw. */
import { toTensor, type TensorLike } from '../core/convert';
import { dtypes, type DType, type DTypeInfo } from '../core/dtype';
import { InvalidArgumentError } from '../core/errors';
import { outOfMemory } from '../core/out_of_memory';
import { TensorConvertible } from '../core/tensor_convertible';
import { type Shape, showShape } from '../core/shape';
import { Tensor } from '../core/tensor';

/** Bit i set for dtype code i. */
export function dtypeMask(list: readonly DType[]): number {
  return list.reduce((mask, name) => mask | (1 << dtypes[name].code), 0);
}

export function badDType(
  op: string,
  argument: string,
  dt: DTypeInfo,
  allowed: readonly DType[],
): InvalidArgumentError {
  return new InvalidArgumentError(
    `[${op}] ${argument} has dtype ${dt.name}, which the op does not take; it takes ${allowed.join(', ')}`,
  );
}

/** Turns an error of the native binding into one that names the op: a tensor was disposed, or memory ran out. */
export function explain(error: unknown, op: string, inputs: readonly Tensor[]): unknown {
  for (const t of inputs) t.assertAlive(op);
  return outOfMemory(error, op, inputs);
}

/** The number of a kernel in one of the native tables. */
export function kernelNumber(names: readonly string[], name: string): number {
  const code = names.indexOf(name);
  if (code < 0) throw new Error(`no native kernel is named ${name}`);
  return code;
}

/** Converts a pair: a host value beside a tensor takes that tensor's dtype. */
export function convertPair(a: TensorLike, b: TensorLike, op: string): [Tensor, Tensor] {
  const aIsHost = !(a instanceof Tensor || a instanceof TensorConvertible);
  if (aIsHost && (b instanceof Tensor || b instanceof TensorConvertible))
    return [toTensor(a, b.dt, op, 'x'), toTensor(b, null, op, 'y')];
  const x = toTensor(a, null, op, 'x');
  return [x, toTensor(b, x.dt, op, 'y')];
}

export function mixedDTypes(op: string, x: Tensor, y: Tensor): InvalidArgumentError {
  return new InvalidArgumentError(
    `[${op}] cannot compute ${op} as input #1(zero-based) was expected to be a ${x.dt.name} tensor but is a ` +
      `${y.dt.name} tensor; cast one of them, tf.cast(y, '${x.dt.name}')`,
  );
}

export function incompatible(op: string, a: Shape, b: Shape): InvalidArgumentError {
  return new InvalidArgumentError(
    `[${op}] Incompatible shapes: ${showShape(a)} vs. ${showShape(b)}; sizes must be equal, or one of them 1, ` +
      `counted from the last dimension`,
  );
}

/** What is right to half a unit in the last place is an instruction or two. */
export const roundsOnce = (ulp: number | undefined): boolean => ulp !== undefined && ulp <= 0.5;
