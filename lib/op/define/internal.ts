/** Internal ops, which only other ops call. */
import type { Tensor } from '../../core/tensor';
import { defineOp, type OpSpec } from './general';

/** The definition of an internal op: its arguments are tensors and attributes, which are not parsed. */
export type InternalOpSpec<A> = Omit<OpSpec<never, A>, 'args' | 'tf'>;

/** Defines an internal op of one input. */
export function internalUnaryOp<A>(name: string, spec: InternalOpSpec<A>): (x: Tensor, attrs: A) => Tensor {
  const own: OpSpec<[x: Tensor, attrs: A], A> = { ...spec, tf: '', args: (x, attrs) => [[x], attrs] };
  const { apply } = defineOp(name, own, true);
  return (x, attrs) => apply([x], attrs);
}

/** Defines an internal op of two inputs. */
export function internalBinaryOp<A>(
  name: string,
  spec: InternalOpSpec<A>,
): (a: Tensor, b: Tensor, attrs: A) => Tensor {
  const own: OpSpec<[a: Tensor, b: Tensor, attrs: A], A> = {
    ...spec,
    tf: '',
    args: (a, b, attrs) => [[a, b], attrs],
  };
  const { apply } = defineOp(name, own, true);
  return (a, b, attrs) => apply([a, b], attrs);
}
