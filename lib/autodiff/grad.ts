/** Functional differentiation, `grad` and `valueAndGrad`, by a GradientTape. */
import { toTensor, type HostArray } from '../core/convert';
import type { TypedArray } from '../core/dtype';
import type { DTypeOf } from '../core/dtype_of';
import type { Gradient, IndexedSlices } from '../core/indexed_slices';
import { mapStructure, rejectPromise } from '../core/nest';
import { describe } from '../core/shape';
import { aliasTensor, shapeOf, Tensor } from '../core/tensor';
import { everyLeaf } from '../core/lists';
import { Variable } from '../core/variable';
import type { Nested, Source } from './arguments';
import { GradientTape } from './gradient_tape';

type OneSource = Tensor | Variable | number | bigint | boolean | TypedArray | HostArray;
/** The type of the gradient with respect to an argument of type X; a host array is one tensor. */
type GradientOf<X> = X extends OneSource
  ? Gradient<DTypeOf<X>>
  : X extends object
    ? { -readonly [K in keyof X]: GradientOf<X[K]> }
    : Gradient;
/** One gradient for one argument, an array of them for several. */
export type GradientsOf<A extends readonly unknown[]> = A extends readonly [infer X]
  ? GradientOf<X>
  : { -readonly [K in keyof A]: GradientOf<A[K]> };

export interface ValueAndGrad<R, A extends readonly unknown[] = [Tensor]> {
  value: R;
  grad: GradientsOf<A>;
}

/**
 * Returns a function that computes `f` and its gradient with respect to its arguments: `{ value, grad }`. Arguments may be
 * nested arrays and objects of tensors, variables and numbers (a host array is one tensor). The gradient has the structure
 * of the argument; those of several arguments are an array. Variables that `f` captures are constants.
 */
export function valueAndGrad<A extends readonly unknown[], R extends Nested<Source | IndexedSlices | null>>(
  f: (...args: A) => R,
): (...args: A) => ValueAndGrad<R, A> {
  if (typeof f !== 'function') throw new TypeError(`[valueAndGrad] needs a function; got ${describe(f)}`);
  return (...args) => {
    if (args.length === 0) throw new TypeError('[valueAndGrad] the function needs at least one argument');
    const sources = args.map(asSource);
    const tape = new GradientTape({ watchAccessedVariables: false });
    tape.watch(sources);
    const value = tape.run(() => f(...(sources as unknown as A)));
    rejectPromise(value, 'tf.valueAndGrad');
    const grads = tape.gradient(value as Source, sources as readonly Source[]);
    return { value, grad: (grads.length === 1 ? grads[0] : grads) as GradientsOf<A> };
  };
}

/** Converts an argument to tensors to watch. Numbers become new tensors, since equal literals share one. */
function asSource(arg: unknown): Nested<Source> {
  if (isHostArray(arg)) return toTensor(arg, null, 'valueAndGrad', 'argument');
  return mapStructure(arg, (leaf) => {
    if (leaf instanceof Variable || leaf instanceof Tensor) return leaf;
    const t = toTensor(leaf, null, 'valueAndGrad', 'argument');
    return aliasTensor(t, shapeOf(t), 'valueAndGrad');
  }) as Nested<Source>;
}

function isHostArray(arg: unknown): boolean {
  return Array.isArray(arg) && everyLeaf(arg, (leaf) => typeof leaf !== 'object', 'an argument');
}

/** Like `valueAndGrad`, but returns the gradient only. */
export function grad<A extends readonly unknown[], R extends Nested<Source | IndexedSlices | null>>(
  f: (...args: A) => R,
): (...args: A) => GradientsOf<A> {
  const both = valueAndGrad(f);
  return (...args) => both(...args).grad;
}
