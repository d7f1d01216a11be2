/** Type-level dtype inference: the dtype of a result from the types of the arguments. */
import type { HostArray } from './convert';
import type { DType, DTypeTable, HostArrayDTypes } from './dtype';

/** An object with a dtype: a tensor, a variable or IndexedSlices. */
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
          ? // An array type as general as HostArray says nothing of the dtype; an empty array is float32.
            HostArray extends X
            ? DType
            : [E] extends [never]
              ? 'float32'
              : HostDType<E>
          : DType;

/** The dtype of the tensor that a value becomes: `DTypeOf<number[]>` is 'float32', `DTypeOf<Tensor<'int32'>>` is 'int32'. */
export type DTypeOf<X> = X extends Typed<infer D> ? D : HostDType<X>;

/** Whether a type is one of string tensors: not `any`, and not a tensor whose dtype is not stated. */
type IsStrings<X> = 0 extends 1 & X
  ? false
  : X extends { readonly dtype: infer D }
    ? [D] extends [never]
      ? false
      : [D] extends ['string']
        ? true
        : false
    : false;

/** The same for ops that take tensors of strings too. */
export type AnyDTypeOf<X> = IsStrings<X> extends true ? 'string' : DTypeOf<X>;

/** As DTypeOfList, for ops that take tensors of strings too. */
export type AnyDTypeOfList<X> = IsStrings<X> extends true ? 'string' : DTypeOfList<X>;

/** The constraint that an operand puts on the result's dtype: none for a host value, which takes the other operand's dtype. */
export type OperandDType<Y> = Y extends Typed<infer E> ? E : DType;

/**
 * The common dtype of two operands. If only one is statically known (that of a weight, but not that of an argument
 * `x: Tensor`), it is that one. A host value takes the dtype of the other operand.
 */
export type DTypeOfPair<X, Y> =
  X extends Typed<infer D> ? D & OperandDType<Y> : Y extends Typed<infer E> ? E : HostDType<X>;

/** The common dtype of a list of values: host values take the dtype of the tensors. */
export type DTypeOfList<X> = [Extract<X, Typed>] extends [never] ? DTypeOf<X> : Extract<X, Typed>['dtype'];

/** The dtype of a quotient of two operands. */
export type QuotientOf<X, Y> = DTypeTable[DTypeOfPair<X, Y>]['quotient'];

/** The dtype of a range: int32 if its bounds are integers, which is statically known of literals only. */
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
