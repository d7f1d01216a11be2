/** Softmax over one axis, several, or all. */
import { InvalidArgumentError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { transpose } from '../../ops/array/movement';
import { reshape } from '../../ops/array/views';
import { softmax as softmaxOp } from '../../ops/nn/softmax';
import type { Axes } from './types';

/** `f`, a function along the last axis, over the axes together; null: all. */
export function overAxes(x: Tensor, axes: Axes, f: (x: Tensor, axis: number) => Tensor, op: string): Tensor {
  if (typeof axes === 'number') return f(x, axes);
  const { shape } = x;
  const list = (axes ?? shape.map((_, i) => i)).map((axis) => (axis < 0 ? axis + shape.length : axis));
  if (list.some((axis) => axis < 0 || axis >= shape.length) || new Set(list).size !== list.length)
    throw new InvalidArgumentError(
      `[${op}] axis must be different axes of an input of rank ${shape.length}; got [${(axes ?? []).join(', ')}]`,
    );
  if (list.length === 1) return f(x, list[0]);
  const others = shape.map((_, i) => i).filter((i) => !list.includes(i));
  const perm = [...others, ...list];
  const ordered = perm.every((axis, i) => axis === i);
  const moved = ordered ? x : transpose(x, { perm });
  const size = list.reduce((n, axis) => n * shape[axis], 1);
  const flat = f(reshape(moved, [...others.map((i) => shape[i]), size]), -1);
  const back = reshape(flat, moved.shape);
  return ordered ? back : transpose(back, { perm: shape.map((_, i) => perm.indexOf(i)) });
}

export const softmaxOver = (x: Tensor, axes: Axes): Tensor =>
  overAxes(x, axes, (t, axis) => softmaxOp(t, axis), 'softmax');
