/** Argument checks of op definitions, and their errors. */
import { toTensor, type AnyTensorLike } from '../core/convert';
import { dtypes, stringType, type DType, type DTypeInfo } from '../core/dtype';
import { InvalidArgumentError, OpError } from '../core/errors';
import { outOfMemory } from '../core/out_of_memory';
import { TensorConvertible } from '../core/tensor_convertible';
import { type Shape, showShape } from '../core/shape';
import { Tensor } from '../core/tensor';

/** A bit mask of dtypes: bit i is set for dtype code i. */
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

/**
 * The error to throw for an error of the native binding, naming the op: if memory ran out, a ResourceExhaustedError. Throws
 * itself if an input is disposed or symbolic, which the binding reports as an empty buffer.
 */
export function explain(error: unknown, op: string, inputs: readonly Tensor[]): unknown {
  for (const t of inputs) t.assertAlive(op);
  // An op that takes strings names itself in its own errors.
  const isOwn = error instanceof OpError && error.message.startsWith('[');
  if (!isOwn && inputs.some((t) => t.dt === stringType))
    return new InvalidArgumentError(`[${op}] the op takes no tensors of dtype string`);
  return outOfMemory(error, op, inputs);
}

/** The number of a kernel in a native kernel table. */
export function kernelNumber(names: readonly string[], name: string): number {
  const code = names.indexOf(name);
  if (code < 0) throw new Error(`no native kernel is named ${name}`);
  return code;
}

/** Converts two operands to tensors; a host value takes the dtype of the other operand. */
export function convertPair(a: AnyTensorLike, b: AnyTensorLike, op: string): [Tensor, Tensor] {
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

/** Whether an op is correctly rounded (error ≤ 0.5 ulp). Such ops are an instruction or two, cheap enough to recompute. */
export const roundsOnce = (ulp: number | undefined): boolean => ulp !== undefined && ulp <= 0.5;
