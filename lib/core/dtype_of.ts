/** The dtype that a function's result has, as far as the compiler can tell from its arguments. Types alone. */
import type { HostArray } from './convert';
import type { DType, DTypeTable, HostArrayDTypes } from './dtype';

/** What has a dtype: tensors, variables and sparse rows. */
export interface Typed<D extends DType = DType> {
  readonly dtype: D;
}

/** The dtype of a host value: numbers are float32, booleans bool, bigints int64; typed arrays keep theirs. */
type HostDType<X> = X extends number
  ? 'float32'
  : X extends boolean
    ? 'bool'
    : X extends bigint
      ? 'int64'
      : X extends { readonly [Symbol.toStringTag]: infer N extends keyof HostArrayDTypes }
        ? HostArrayDTypes[N]
        : X extends readonly (infer E)[]
          ? // Arrays of any depth, whose elements may be anything; an empty array is float32.
            HostArray extends X
            ? DType
            : [E] extends [never]
              ? 'float32'
              : HostDType<E>
          : DType;

/** The dtype of the tensor that a value becomes: `DTypeOf<number[]>` is 'float32', `DTypeOf<Tensor<'int32'>>` is 'int32'. */
export type DTypeOf<X> = X extends Typed<infer D> ? D : HostDType<X>;

/** What an operand says of the dtype of a result: a host value, which takes the other operand's, nothing. */
export type OperandDType<Y> = Y extends Typed<infer E> ? E : DType;

/**
 * The dtype of two operands, which has to be the same: where the compiler knows only that of one (a weight's, not that of an
 * argument `x: Tensor`), it is that one. A host value beside a tensor takes that tensor's.
 */
export type DTypeOfPair<X, Y> =
  X extends Typed<infer D> ? D & OperandDType<Y> : Y extends Typed<infer E> ? E : HostDType<X>;

/** The dtype of a list of values: host values beside tensors take the tensors'. */
export type DTypeOfList<X> = [Extract<X, Typed>] extends [never] ? DTypeOf<X> : Extract<X, Typed>['dtype'];

/** The dtype of a quotient of two operands. */
export type QuotientOf<X, Y> = DTypeTable[DTypeOfPair<X, Y>]['quotient'];

/** The dtype of a sequence of numbers: whole ones make int32, which the compiler sees of literals only. */
export type RangeDType<N> = [Extract<N, Typed>] extends [never]
  ? [Extract<N, bigint>] extends [never]
    ? NumberDType<N>
    : 'int64'
  : Extract<N, Typed>['dtype'];

type NumberDType<N> = N extends number
  ? number extends N
    ? 'int32' | 'float32'
    : `${N}` extends `${bigint}`
      ? 'int32'
      : 'float32'
  : never;
