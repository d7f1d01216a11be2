/** Ops that move elements, sizes as values, and results with as many elements as the data say. */
import {
  code,
  everyShape,
  isFloat,
  isInteger,
  listed,
  rankOf,
  sameRank,
  sameShapes,
  type Builder,
  type Expression,
  type Value,
} from '../builder';
import { axisOf } from './arithmetic';
import type { Rule } from './operands';

const ranked = (b: Builder, least = 1): Value | null => b.pick((v) => sameRank(v) && rankOf(v) >= least);

const reshape: Rule = (b) => {
  const a = ranked(b, 0);
  if (a === null) return false;
  const other = b.pick() ?? a;
  const rank = rankOf(a);
  const forms: (() => Expression)[] = [
    () => code`tf.reshape(${a}, [-1])`,
    () => code`tf.reshape(${a}, ${a}.shape)`,
    () => code`tf.reshape(${a}, [...${a}.shape].reverse())`,
    () => code`tf.reshape(${a}, tf.shape(${a}))`,
    () => code`tf.reshape(${a}, tf.shape(${other}))`,
    () => code`tf.reshape(${a}, [1, ${a}.size])`,
    () => code`tf.reshape(${a}, [${a}.shape[0], -1])`,
    () => code`tf.reshape(${a}, [-1, ${b.rng.pick(['1', '2', '3'])}])`,
    () => code`tf.expandDims(${a}, ${String(b.rng.below(rank + 1))})`,
    () => code`tf.squeeze(${a})`,
    () => code`tf.squeeze(${a}, { axis: ${axisOf(b, a)} })`,
    () => code`tf.transpose(${a})`,
    () => code`tf.identity(${a})`,
    () => code`tf.broadcastTo(${a}, [2, ...${a}.shape])`,
    () => code`tf.broadcastTo(${a}, tf.concat([[2], tf.shape(${a})], 0))`,
  ];
  return b.add(b.rng.pick(forms)()) !== null;
};

const move: Rule = (b) => {
  const a = ranked(b);
  if (a === null) return false;
  const axis = axisOf(b, a);
  const k = String(b.rng.between(-2, 4));
  const n = rankOf(a);
  const pairs = (pair: string): string =>
    `[${Array.from({ length: n }, (_, i) => (i === 0 ? pair : '[0, 0]')).join(', ')}]`;
  const forms: (() => Expression)[] = [
    () => code`tf.roll(${a}, ${k}, ${axis})`,
    () => code`tf.roll(${a}, ${a}.shape[0], 0)`,
    () => code`tf.roll(${a}, ${String(b.rng.between(0, 5))}, 0)`,
    () => code`tf.subtract(${a}, tf.roll(${a}, ${String(b.rng.between(1, 5))}, 0))`,
    () => code`tf.reverse(${a}, [${axis}])`,
    () =>
      code`tf.tile(${a}, [${Array.from({ length: n }, (_, i) => 1 + ((i + b.rng.below(2)) % 2)).join(', ')}])`,
    () => code`tf.pad(${a}, ${pairs('[1, 2]')})`,
    () => code`tf.pad(${a}, ${pairs('[1, 0]')}, { constantValues: 2 })`,
    () => code`${a}.at(${String(b.rng.between(-1, 2))})`,
    () => code`${a}.at('${b.rng.pick([':', '::2', '1:', ':-1', '::-1', '1:3', ':0', '-2:'])}')`,
    () => code`${a}.at('...', ${b.rng.pick(["'1:'", '-1', 'null', "':1'"])})`,
    () => code`${a}.at(tf.constant(0, { dtype: 'int32' }))`,
    () =>
      code`tf.slice(${a}, [${Array.from({ length: n }, () => 0).join(', ')}], [${Array.from({ length: n }, () => '-1').join(', ')}])`,
    () => code`tf.gather(${a}, [0, 0], { axis: ${axis} })`,
    () => code`tf.sort(${a})`,
    () => code`tf.zerosLike(${a})`,
  ];
  const form = b.rng.pick(forms)();
  return b.add(form, { flow: form.template.startsWith('tf.sort') ? 'sharp' : 'exact' }) !== null;
};

const join: Rule = (b) => {
  const a = ranked(b);
  if (a === null) return false;
  const stacks = b.rng.chance(0.4);
  const axis = b.rng.below(rankOf(a));
  const fits = (v: Value): boolean =>
    v.dtype === a.dtype &&
    v.shapes.every((s, i) => {
      const own = a.shapes[i];
      if (s === null || own === null) return true;
      return s.length === own.length && s.every((d, k) => d === own[k] || (!stacks && k === axis));
    });
  const parts = Array.from({ length: b.rng.between(1, 3) }, () => b.pick(fits) ?? a);
  return b.add(listed(stacks ? 'tf.stack([' : 'tf.concat([', [a, ...parts], `], ${axis})`)) !== null;
};

/** Cut into parts, each of which is used in another way, and joined again. */
const parts: Rule = (b) => {
  const a = ranked(b);
  if (a === null || a.dtype === 'bool') return false;
  const axis = axisOf(b, a);
  const forms: (() => Expression)[] = [
    () => code`tf.unstack(${a}).reduce((x, y) => tf.add(x, y))`,
    () => code`tf.stack(tf.unstack(${a}).map((x, i) => (i % 2 === 0 ? tf.multiply(x, 2) : tf.negative(x))))`,
    () => code`tf.unstack(${a})`,
    () => code`tf.unstack(${a}, { axis: ${axis} }).at(-1)!`,
    () => code`tf.split(${a}, ${b.rng.pick(['1', '2', '3'])}, ${axis})`,
    () => code`tf.split(${a}, 3, { axis: ${axis} }).reduce((x, y) => tf.subtract(x, tf.multiply(y, 2)))`,
    () => code`tf.concat(tf.split(${a}, 2, { axis: ${axis} }).reverse(), ${axis})`,
    () => code`tf.split(${a}, [1, -1], ${axis})`,
    () => code`tf.split(${a}, ${a}.shape[0])`,
    () => code`tf.concat(tf.unstack(${a}).map((x) => tf.reshape(x, [-1])), 0)`,
  ];
  return b.add(b.rng.pick(forms)()) !== null;
};

/** What JavaScript sees of a shape. */
const sizes: Rule = (b) => {
  const a = ranked(b, 0);
  const v = b.pick((w) => w.dtype !== 'bool');
  if (a === null || v === null) return false;
  const forms: (() => Expression)[] = [
    () => code`tf.shape(${a})`,
    () => code`tf.size(${a})`,
    () => code`tf.rank(${a})`,
    () => code`tf.multiply(${v}, ${a}.rank)`,
    () => code`tf.multiply(${v}, ${a}.shape.length)`,
    () => code`tf.add(${v}, ${a}.size)`,
    () => code`tf.multiply(${v}, tf.squeeze(${a}).rank)`,
    () => code`tf.add(${v}, tf.squeeze(${a}).shape.length)`,
    () => code`tf.constant(tf.squeeze(${a}).shape.map((d) => d + 1))`,
    () => code`tf.add(${v}, ${a}.shape[0])`,
    () => code`tf.constant(${a}.shape.map((d) => d + 1))`,
    () => code`tf.constant([...${a}.shape])`,
    () => code`(${a}.shape[0] > 2 ? ${v} : tf.negative(${v}))`,
    () => code`(${a}.rank > 1 ? ${v} : tf.add(${v}, 1))`,
    () => code`tf.zeros(${a}.shape)`,
    () => code`tf.fill(tf.shape(${a}), 2)`,
    () => code`tf.ones([${a}.shape.length])`,
    () => code`tf.range(${a}.shape[0])`,
    () => code`tf.divide(${v}, ${a}.size + 1)`,
    () => code`tf.cast(tf.shape(${a}), 'float32')`,
    () => code`tf.oneHot([0, 1], ${a}.shape[0])`,
  ];
  return b.add(b.rng.pick(forms)()) !== null;
};

/** As many elements as the data say. */
const dataShapes: Rule = (b) => {
  const exact = (v: Value): boolean => !v.loose && v.dtype !== 'bool';
  const a = b.pick((v) => exact(v) && rankOf(v) > 0);
  if (a === null) return false;
  const mask = b.pick((v) => v.dtype === 'bool' && sameShapes(v, a) && rankOf(v) > 0);
  const whole = b.pick((v) => isInteger(v) && everyShape(v, (s) => s.length === 0));
  const forms: (() => Expression)[] = [
    () => code`tf.booleanMask(${a}, tf.greater(${a}, ${b.rng.pick(['0', '1', '2'])}))`,
    () => code`tf.booleanMask(${a}, ${mask ?? code0(b, a)})`,
    () => code`tf.where(tf.greater(${a}, 1))`,
    () => code`tf.where(${mask ?? code0(b, a)})`,
    () => code`${a}.at(tf.less(${a}, 1))`,
    () => code`tf.unique(tf.reshape(${a}, [-1]))`,
    () => code`tf.uniqueWithCounts(tf.reshape(${a}, [-1]))`,
    () => code`tf.range(tf.minimum(tf.cast(tf.reduceMax(tf.abs(${a})), 'int32'), 500))`,
    () => code`tf.range(tf.reduceSum(tf.cast(tf.greater(${a}, 0), 'int32')))`,
    () =>
      code`tf.reshape(${a}, tf.stack([tf.size(${a}), tf.cast(tf.greaterEqual(tf.reduceSum(tf.abs(${a})), 0), 'int32')]))`,
    () => code`tf.zeros(tf.reshape(tf.minimum(${whole ?? '3'}, 5), [1]))`,
    () => code`tf.fill(tf.stack([tf.minimum(tf.maximum(${whole ?? '2'}, 1), 500)]), 1.5)`,
    () => code`tf.slice(${a}, [${Array.from({ length: rankOf(a) }, () => 0).join(', ')}], tf.shape(${a}))`,
    () => code`tf.tile(tf.reshape(${a}, [-1]), tf.reshape(tf.minimum(${whole ?? '2'}, 3), [1]))`,
  ];
  return b.add(b.rng.pick(forms)(), { flow: 'sharp' }) !== null;
};

const code0 = (b: Builder, a: Value): Value | string =>
  b.add(code`tf.equal(${a}, 1)`, { flow: 'sharp' })?.[0] ?? a;

/** Rows by positions that the data give: some are out of range. */
const index: Rule = (b) => {
  const a = ranked(b);
  const at = b.pick((v) => v.dtype === 'int32' || v.dtype === 'int64');
  if (a === null || at === null) return false;
  const forms: (() => Expression)[] = [
    () => code`tf.gather(${a}, ${at})`,
    () => code`tf.gather(${a}, tf.minimum(tf.abs(${at}), 0))`,
    () => code`tf.gather(${a}, tf.floormod(${at}, ${a}.shape[0]))`,
    () => code`${a}.at(tf.reduceMin(tf.abs(${at})))`,
    () => code`tf.gatherNd(${a}, tf.reshape(tf.floormod(tf.reshape(${at}, [-1]), 2), [-1, 1]))`,
    () =>
      code`tf.tensorScatterNdAdd(${a}, tf.constant([[0]], { dtype: 'int32' }), tf.expandDims(${a}.at(0), 0))`,
    () => code`tf.oneHot(${at}, 4)`,
    () =>
      code`tf.scatterNd(tf.constant([[1], [0]], { dtype: 'int32' }), tf.stack([${a}.at(0), ${a}.at(0)]), tf.concat([[3], tf.shape(${a}).at('1:')], 0))`,
  ];
  return b.add(b.rng.pick(forms)(), { flow: isFloat(a) ? 'sum' : 'exact' }) !== null;
};

export const shapeRules: readonly { weight: number; rule: Rule }[] = [
  { weight: 12, rule: reshape },
  { weight: 12, rule: move },
  { weight: 5, rule: join },
  { weight: 5, rule: parts },
  { weight: 9, rule: sizes },
  { weight: 7, rule: dataShapes },
  { weight: 4, rule: index },
];
