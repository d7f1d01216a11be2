/** Axes of tensors, rearranged by a pattern such as `b (h s) c -> b h (s c)`. */
import { toTensor, type TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { isPlainObject } from '../../core/nest';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { transpose } from '../../ops/array/movement';
import { reshape } from '../../ops/array/views';
import type { KerasTensor } from '../symbolic/keras_tensor';
import { applyOperation, operation, type OperationDefinition } from './operation';
import type { Operand } from './types';

type Groups = readonly (readonly string[])[];

const refuse = (pattern: string, why: string): never => {
  throw new InvalidArgumentError(`[rearrange] pattern '${pattern}': ${why}`);
};

/** The axes of one side of a pattern: one name for each dimension, or several for one that is made of these. */
function groupsOf(side: string, pattern: string): Groups {
  const parts = side.match(/\([^()]*\)|[^\s()]+|[()]/g) ?? [];
  return parts.map((part) => {
    const names = part.startsWith('(') ? part.slice(1, -1).split(/\s+/).filter(Boolean) : [part];
    for (const name of names)
      if (!/^\w+$/.test(name)) refuse(pattern, `an axis is a word, or several in parentheses; got ${name}`);
    return names;
  });
}

/** Both sides of a pattern, which must name the same axes. */
function sidesOf(pattern: unknown): readonly [from: Groups, to: Groups] {
  if (typeof pattern !== 'string')
    throw new TypeError(`[rearrange] pattern must be a string; got ${describe(pattern)}`);
  const sides = pattern.split('->');
  if (sides.length !== 2) refuse(pattern, 'it must have one ->, as in `a b -> b a`');
  const [from, to] = sides.map((side) => groupsOf(side, pattern));
  const [before, after] = [from.flat(), to.flat()];
  for (const names of [before, after])
    if (new Set(names).size !== names.length) refuse(pattern, 'an axis occurs twice on one side');
  const missing = [
    ...before.filter((name) => !after.includes(name)),
    ...after.filter((n) => !before.includes(n)),
  ];
  if (missing.length > 0) refuse(pattern, `both sides must have the axes ${missing.join(', ')}`);
  return [from, to];
}

/** The length of each axis of a shape; one axis of each group may be missing among those named. */
function lengthsOf(
  from: Groups,
  shape: readonly number[],
  named: ReadonlyMap<string, number>,
  pattern: string,
): Map<string, number> {
  if (from.length !== shape.length)
    refuse(pattern, `it has ${from.length} dimensions, but the tensor has shape ${showShape(shape)}`);
  const found = new Map<string, number>();
  from.forEach((names, d) => {
    const open = names.filter((name) => !named.has(name));
    if (open.length > 1) refuse(pattern, `the lengths of all but one of ${names.join(', ')} must be named`);
    const known = names.reduce((product, name) => product * (named.get(name) ?? 1), 1);
    if (open.length === 1 ? shape[d] % known !== 0 : shape[d] !== known)
      refuse(
        pattern,
        `dimension ${d} of shape ${showShape(shape)} cannot be (${names.join(' ')}) with ${known}`,
      );
    for (const name of names) found.set(name, named.get(name) ?? shape[d] / known);
  });
  return found;
}

/** The lengths that a call names: positive integers. */
function namedLengths(lengths: unknown): Map<string, number> {
  if (lengths === undefined || lengths === null) return new Map();
  if (!isPlainObject(lengths))
    throw new TypeError(`[rearrange] lengths must be an object of axis lengths; got ${describe(lengths)}`);
  return new Map(
    Object.entries(lengths).map(([name, length]) => {
      if (!Number.isSafeInteger(length) || (length as number) < 1)
        throw new InvalidArgumentError(
          `[rearrange] the length of ${name} must be a positive integer; got ${describe(length)}`,
        );
      return [name, length as number];
    }),
  );
}

const definition: OperationDefinition = {
  module: 'einops',
  className: 'Rearrange',
  tensors: ['tensor', 'pattern'],
  keywords: true,
  run: ([tensor, pattern, lengths]) => {
    const x = toTensor(tensor, null, 'rearrange', 'tensor');
    const [from, to] = sidesOf(pattern);
    const sizes = lengthsOf(from, shapeOf(x), namedLengths(lengths), pattern as string);
    const [before, after] = [from.flat(), to.flat()];
    const sizeOf = (name: string): number => sizes.get(name) as number;
    const parts = reshape(x, before.map(sizeOf));
    const moved = transpose(parts, { perm: after.map((name) => before.indexOf(name)) });
    return reshape(
      moved,
      to.map((names) => names.reduce((product, name) => product * sizeOf(name), 1)),
    );
  },
};
operation(definition);

/**
 * A tensor with its axes rearranged, as einops says it: `rearrange(images, 'b (h s) w c -> b h w (s c)', { s: 2 })`. Names stand for
 * axes; those in parentheses are parts of one dimension, and the lengths of all but one of these are named. @tf tf.keras.ops.rearrange
 */
export function rearrange(
  tensor: KerasTensor,
  pattern: string,
  lengths?: Readonly<Record<string, number>>,
): KerasTensor;
export function rearrange(
  tensor: TensorLike,
  pattern: string,
  lengths?: Readonly<Record<string, number>>,
): Tensor;
export function rearrange(
  tensor: Operand,
  pattern: string,
  lengths?: Readonly<Record<string, number>>,
): Tensor | KerasTensor {
  sidesOf(pattern);
  const named = Object.fromEntries(namedLengths(lengths));
  const keywords = Object.keys(named).length > 0 ? [named] : [];
  return applyOperation(definition, [tensor, pattern, ...keywords], {}) as Tensor;
}
