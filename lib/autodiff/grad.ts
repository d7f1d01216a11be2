/** Gradients of functions: short forms of GradientTape. */
import { toTensor } from '../core/convert';
import type { IndexedSlices } from '../core/indexed_slices';
import { mapStructure, rejectPromise } from '../core/nest';
import { describe } from '../core/shape';
import { aliasTensor, Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import type { Nested, Source } from './arguments';
import { GradientTape } from './gradient_tape';

export interface ValueAndGrad<R> {
  value: R;
  /** One gradient for one argument, an array of them for several. */
  grad: Nested<Tensor | IndexedSlices | null>;
}

/**
 * A function that computes `f` and its gradient with respect to its arguments: `{ value, grad }`. Arguments may be
 * nested arrays and objects of tensors, variables and numbers; the gradient of one argument mirrors it, those of
 * several come as an array. Variables that `f` reads by itself are constants here.
 */
export function valueAndGrad<A extends readonly unknown[], R extends Source>(
  f: (...args: A) => R,
): (...args: A) => ValueAndGrad<R> {
  if (typeof f !== 'function') throw new TypeError(`[valueAndGrad] needs a function; got ${describe(f)}`);
  return (...args) => {
    if (args.length === 0) throw new TypeError('[valueAndGrad] the function needs at least one argument');
    const sources = args.map(asSource);
    const tape = new GradientTape({ watchAccessedVariables: false });
    tape.watch(sources);
    const value = tape.run(() => f(...(sources as unknown as A)));
    rejectPromise(value, 'tf.valueAndGrad');
    const grads = tape.gradient(value, sources as readonly Source[]);
    return { value, grad: grads.length === 1 ? grads[0] : grads };
  };
}

/** Watched values are tensors of their own: literals share tensors. A host array is one tensor. */
function asSource(arg: unknown): Nested<Source> {
  if (isHostArray(arg)) return toTensor(arg, null, 'valueAndGrad', 'argument');
  return mapStructure(arg, (leaf) => {
    if (leaf instanceof Variable || leaf instanceof Tensor) return leaf;
    const t = toTensor(leaf, null, 'valueAndGrad', 'argument');
    return aliasTensor(t, t.shape, 'valueAndGrad');
  }) as Nested<Source>;
}

function isHostArray(arg: unknown): boolean {
  return Array.isArray(arg) && arg.every((part) => typeof part !== 'object' || isHostArray(part));
}

/** The gradient alone; see `valueAndGrad`. */
export function grad<A extends readonly unknown[], R extends Source>(
  f: (...args: A) => R,
): (...args: A) => Nested<Tensor | IndexedSlices | null> {
  const both = valueAndGrad(f);
  return (...args) => both(...args).grad;
}
