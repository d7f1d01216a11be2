/** Parts of ops: rows that only other ops use. */
import type { Tensor } from '../../core/tensor';
import { defineOp, type OpSpec } from './general';

/** A row that only other ops use: its inputs are tensors, its attributes come as they are. */
export type InternalOpSpec<A> = Omit<OpSpec<never, A>, 'args' | 'tf'>;

/** A part of other ops with one input. */
export function internalUnaryOp<A>(name: string, spec: InternalOpSpec<A>): (x: Tensor, attrs: A) => Tensor {
  const own: OpSpec<[x: Tensor, attrs: A], A> = { ...spec, tf: '', args: (x, attrs) => [[x], attrs] };
  const { apply } = defineOp(name, own, true);
  return (x, attrs) => apply([x], attrs);
}

/** A part of other ops with two inputs. */
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
