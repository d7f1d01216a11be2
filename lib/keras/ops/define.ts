/** Helpers that define operations of one or two tensors. */
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypeInfo, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { floating, promoted } from './dtypes';
import { operation, type OperationModule } from './operation';
import type { Binary, Unary } from './types';

/** Operands as a list of the same length. */
export const likes = (args: readonly unknown[]): readonly TensorLike[] => args as readonly TensorLike[];

/** The first operand as a tensor. */
export const only = (args: readonly unknown[], op: string): Tensor => toTensor(args[0], null, op, 'x');

interface More {
  readonly module?: OperationModule;
  readonly functionName?: string;
}

/** An elementwise operation of a tensor, whose dtype `f` decides. */
export const exact = (className: string, f: (x: Tensor) => Tensor, more: More = {}): Unary =>
  operation<Unary>({
    module: 'numpy',
    className,
    ...more,
    tensors: ['x'],
    run: (args) => f(only(args, more.functionName ?? className)),
  });

/** An operation of a floating tensor; integers become float32. */
export const real = (className: string, f: (x: Tensor) => Tensor, more: More = {}): Unary =>
  exact(className, (x) => f(floating(x, className)), more);

/** An operation of two tensors, of one dtype after `prepare`. */
export const both = (
  className: string,
  f: (a: Tensor, b: Tensor) => Tensor,
  prepare: (args: readonly TensorLike[], op: string) => Tensor[] = promoted,
  more: More = {},
): Binary =>
  operation<Binary>({
    module: 'numpy',
    className,
    ...more,
    tensors: ['x1', 'x2'],
    run: (args) => f(...(prepare(likes(args), more.functionName ?? className) as [Tensor, Tensor])),
  });

/** Operands of one floating dtype; integers become float32. */
export const floats = (args: readonly TensorLike[], op: string): Tensor[] =>
  promoted(args, op).map((t) => floating(t, op));

/** Like `floating`, except that int64 becomes float64. */
export const wideFloating = (x: Tensor): Tensor =>
  x.dt.kind === 'float' ? x : cast(x, x.dtype === 'int64' ? 'float64' : 'float32');

/** Like `floats`, except that int64 becomes float64. */
export const wideFloats = (args: readonly TensorLike[], op: string): Tensor[] =>
  promoted(args, op).map(wideFloating);

/** Keras sums integers of fewer than 32 bits, and booleans, as 32-bit integers. */
export function summed(x: Tensor): Tensor {
  const { kind, bytes, name } = x.dt;
  if (kind === 'bool') return cast(x, 'int32');
  if (kind === 'float' || bytes >= 4) return x;
  return cast(x, name.startsWith('u') ? 'uint32' : 'int32');
}

/** The tensor itself if it is of this dtype, else converted. */
export const as = (x: Tensor, dtype: DType): Tensor => (x.dtype === dtype ? x : cast(x, dtype));

/** The name of a dtype; null passes. TypeError for other values. */
export const dtypeOrNull = (value: unknown, op: string): DType | null =>
  value === null || value === undefined ? null : dtypeInfo(value, `[${op}] dtype`).name;

/** An axis as an index from 0; InvalidArgumentError if it is none of a tensor of this rank. */
export function axisOf(axis: number, rank: number, op: string, argument = 'axis'): number {
  if (axis < -rank || axis >= rank)
    throw new InvalidArgumentError(`[${op}] ${argument} must be in [${-rank}, ${rank}); got ${axis}`);
  return axis < 0 ? axis + rank : axis;
}

/** InvalidArgumentError unless a value is one of these. */
export function oneOf<T extends string>(
  value: unknown,
  allowed: readonly T[],
  argument: string,
  op: string,
): T {
  if (!(allowed as readonly unknown[]).includes(value))
    throw new InvalidArgumentError(
      `[${op}] ${argument} must be one of ${allowed.join(', ')}; got ${describe(value)}`,
    );
  return value as T;
}
