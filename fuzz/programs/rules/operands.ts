/** Constants and captured tensors, and values that are made to fit. */
import type { DType } from '../../../lib/core/dtype';
import { dataText } from '../text';
import { code, everyShape, isFloat, rankOf, type Builder, type Expression, type Value } from '../builder';

/** A rule adds statements; false where nothing came of it. */
export type Rule = (b: Builder) => boolean;

/** A tensor that the function captures. */
export function captured(b: Builder, text: string, prefix = 'c'): Value | null {
  return b.add({ template: text, holes: [] }, { captured: true, prefix })?.[0] ?? null;
}

/** A constant: captured, or made at each run. */
export function constant(b: Builder, dtype: DType, shape: readonly number[]): Value | null {
  const text = dataText(dtype, shape, b.rng.below(12));
  if (b.rng.chance(0.6)) return captured(b, text);
  return b.add({ template: text, holes: [] })?.[0] ?? null;
}

/** A value with the elements of another, repeated or cut, in a given shape. */
export function fitted(b: Builder, v: Value, shape: readonly number[]): Value | null {
  if (!everyShape(v, (s) => !s.includes(0))) return null;
  const size = shape.reduce((x, y) => x * y, 1);
  const flat = b.add(code`tf.reshape(${v}, [-1])`)?.[0];
  if (flat === undefined) return null;
  const tiled = b.add(code`tf.tile(${flat}, [${String(Math.max(1, size))}])`)?.[0];
  if (tiled === undefined) return null;
  const part = b.add(code`tf.slice(${tiled}, [0], [${String(size)}])`)?.[0];
  return part === undefined ? null : (b.add(code`tf.reshape(${part}, [${shape.join(', ')}])`)?.[0] ?? null);
}

/** A float32 scalar that depends on `v`. */
export function scalarOf(b: Builder, v: Value): Value | null {
  const f = isFloat(v) ? v : b.add(code`tf.cast(${v}, 'float32')`)?.[0];
  if (f === undefined) return null;
  const rank = rankOf(f);
  if (rank === 0 && everyShape(f, (s) => s.length === 0)) return f;
  if (!everyShape(f, (s) => !s.includes(0)))
    return b.add(code`tf.reduceSum(${f})`, { flow: 'sum' })?.[0] ?? null;
  return b.add(code`${b.rng.pick(['tf.reduceMax', 'tf.reduceMin'])}(${f})`)?.[0] ?? null;
}

/** A bool scalar that depends on values, in ways that passes leave alone; null where there is nothing to ask. */
export function condition(b: Builder): Value | null {
  const bool = b.pick((v) => v.dtype === 'bool' && !v.loose && everyShape(v, (s) => s.length === 0));
  if (bool !== null && b.rng.chance(0.3)) return bool;
  const v = b.pick((w) => w.dtype !== 'bool' && !w.loose && everyShape(w, (s) => !s.includes(0)));
  if (v === null) return null;
  const asks: (() => Expression)[] = [
    () => code`tf.greater(tf.reduceMax(${v}), ${b.rng.pick(['1', '2', '3'])})`,
    () => code`tf.less(tf.reduceMin(${v}), ${b.rng.pick(['0', '1'])})`,
    () => code`tf.reduceAny(tf.equal(${v}, 7))`,
    () => code`tf.reduceAll(tf.less(${v}, 4))`,
    () => code`tf.greater(tf.size(${v}), 3)`,
  ];
  return b.add(b.rng.pick(asks)(), { flow: 'sharp' })?.[0] ?? null;
}
