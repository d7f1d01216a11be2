/** Elementwise ops, reductions and products of values that fit each other: what connects a program. */
import { everyType } from '../../../lib/core/dtype';
import { broadcastShapes } from '../../../lib/core/shape';
import {
  code,
  everyShape,
  isFloat,
  rankOf,
  sameRank,
  sameShapes,
  type Builder,
  type Value,
} from '../builder';
import type { Rule } from './operands';

const smooth = ['tanh', 'sin', 'sigmoid', 'exp', 'softplus', 'cos'].map((f) => `tf.${f}`);
const simple = ['tf.negative', 'tf.square', 'tf.abs', 'tf.nn.relu', 'tf.identity', 'tf.stopGradient'];
const sharp = ['tf.sign', 'tf.floor', 'tf.round', 'tf.math.ceil'];
const pairs = ['tf.add', 'tf.subtract', 'tf.multiply', 'tf.maximum', 'tf.minimum', 'tf.squaredDifference'];
const compares = ['tf.greater', 'tf.equal', 'tf.lessEqual', 'tf.less', 'tf.notEqual'];
/** Such that change nothing, or nearly, come up often. */
const numbers = ['0', '-0', '1', '2', '-1.5', '0.5'];
const reductions = ['tf.reduceSum', 'tf.reduceMean', 'tf.reduceMax', 'tf.reduceMin', 'tf.reduceProd'];

const broadcasts = (a: Value, c: Value): boolean =>
  a.shapes.every((s, i) => {
    const other = c.shapes[i];
    return s === null || other === null || broadcastShapes(s, other) !== null;
  });

const unary: Rule = (b) => {
  const a = b.pickFloat();
  if (a === null) return false;
  const draw = b.rng.below(10);
  if (draw < 5) return b.add(code`${b.rng.pick(simple)}(${a})`) !== null;
  if (draw < 9) return b.add(code`${b.rng.pick(smooth)}(${a})`, { flow: 'sum' }) !== null;
  return b.add(code`${b.rng.pick(sharp)}(${a})`, { flow: 'sharp' }) !== null;
};

const binary: Rule = (b) => {
  const a = b.pick((v) => v.dtype !== 'bool');
  if (a === null) return false;
  const c = b.pick((v) => v.dtype === a.dtype && broadcasts(a, v));
  if (c === null || b.rng.chance(0.2)) {
    const k = b.rng.pick(isFloat(a) ? numbers : numbers.slice(2, 4));
    const f = b.rng.pick(pairs.slice(0, 5));
    return b.add(b.rng.chance(0.5) ? code`${f}(${a}, ${k})` : code`${f}(${k}, ${a})`) !== null;
  }
  return b.add(code`${b.rng.pick(pairs)}(${a}, ${c})`) !== null;
};

const compare: Rule = (b) => {
  const a = b.pick((v) => v.dtype !== 'bool' && !v.loose);
  if (a === null) return false;
  const c = b.rng.chance(0.5) ? b.pick((v) => v.dtype === a.dtype && broadcasts(a, v) && !v.loose) : null;
  return (
    b.add(code`${b.rng.pick(compares)}(${a}, ${c ?? b.rng.pick(['0', '1', '2'])})`, { flow: 'sharp' }) !==
    null
  );
};

const choose: Rule = (b) => {
  const m = b.pick((v) => v.dtype === 'bool');
  const x = m === null ? null : b.pick((v) => broadcasts(m, v));
  const y = x === null ? null : b.pick((v) => v.dtype === x.dtype && broadcasts(x, v));
  if (m === null || x === null || y === null) return false;
  return b.add(code`tf.where(${m}, ${x}, ${y})`) !== null;
};

/** An axis of the value, in all its sizes. */
export function axisOf(b: Builder, v: Value): string {
  const rank = rankOf(v);
  const axis = b.rng.below(Math.max(1, rank));
  return String(b.rng.chance(0.3) ? axis - rank : axis);
}

const reduce: Rule = (b) => {
  const a = b.pick((v) => v.dtype !== 'bool');
  if (a === null) return false;
  const f = b.rng.pick(reductions);
  const isMost = f.endsWith('Max') || f.endsWith('Min');
  const axis =
    rankOf(a) === 0 || b.rng.chance(0.3) ? '' : `, { axis: ${axisOf(b, a)}, keepdims: ${b.rng.chance(0.5)} }`;
  return b.add(code`${f}(${a}${axis})`, { flow: isMost ? 'exact' : 'sum' }) !== null;
};

const argument: Rule = (b) => {
  const a = b.pick((v) => v.dtype !== 'bool' && !v.loose && rankOf(v) > 0);
  if (a === null) return false;
  const type = b.rng.pick(['', `, outputType: 'int64'`, `, outputType: 'int32'`]);
  const f = b.rng.pick(['tf.argmax', 'tf.argmin']);
  return b.add(code`${f}(${a}, { axis: ${axisOf(b, a)}${type} })`, { flow: 'sharp' }) !== null;
};

const scan: Rule = (b) => {
  const a = b.pick((v) => v.dtype !== 'bool' && rankOf(v) > 0);
  if (a === null) return false;
  const options = `{ axis: ${axisOf(b, a)}, exclusive: ${b.rng.chance(0.3)}, reverse: ${b.rng.chance(0.3)} }`;
  return (
    b.add(code`${b.rng.pick(['tf.cumsum', 'tf.cumsum', 'tf.math.cumprod'])}(${a}, ${options})`, {
      flow: 'sum',
    }) !== null
  );
};

const softmax: Rule = (b) => {
  const a = b.pickFloat((v) => rankOf(v) > 0);
  return (
    a !== null &&
    b.add(code`${b.rng.pick(['tf.nn.softmax', 'tf.nn.logSoftmax'])}(${a})`, { flow: 'sum' }) !== null
  );
};

const product: Rule = (b) => {
  const matrix = (v: Value): boolean => isFloat(v) && everyShape(v, (s) => s.length === 2);
  const a = b.pick(matrix);
  const c = a === null ? null : b.pick((v) => matrix(v) && v.dtype === a.dtype);
  if (a === null || c === null) return false;
  const fits = (holds: (x: readonly number[], y: readonly number[]) => boolean): boolean =>
    a.shapes.every((s, i) => s === null || c.shapes[i] === null || holds(s, c.shapes[i]));
  const options = fits((x, y) => x[1] === y[0])
    ? ''
    : fits((x, y) => x[1] === y[1])
      ? ', { transposeB: true }'
      : fits((x, y) => x[0] === y[0])
        ? ', { transposeA: true }'
        : null;
  return options !== null && b.add(code`tf.matmul(${a}, ${c}${options})`, { flow: 'sum' }) !== null;
};

/** A dense layer: what epilogues are made of. */
const layer: Rule = (b) => {
  const a = b.pickFloat((v) => everyShape(v, (s) => s.length === 2));
  const width = a?.shapes.find((s) => s !== null)?.[1];
  if (a === null || width === undefined || !everyShape(a, (s) => s[1] === width)) return false;
  const next = b.rng.pick([1, 3, 8, 17]);
  const option = a.dtype === 'float32' ? '' : `, { dtype: '${a.dtype}' }`;
  const w = b.add(
    { template: `data('${a.dtype}', [${width}, ${next}], ${b.rng.below(12)})`, holes: [] },
    { captured: true, prefix: 'c' },
  )?.[0];
  const bias = b.add(
    { template: `tf.fill([${next}], tf.constant(0.5${option}))`, holes: [] },
    { captured: true, prefix: 'c' },
  )?.[0];
  if (w === undefined || bias === undefined) return false;
  const h = b.add(code`tf.add(tf.matmul(${a}, ${w}), ${bias})`, { flow: 'sum' })?.[0];
  return (
    h !== undefined &&
    b.add(code`${b.rng.pick([...smooth, 'tf.nn.relu', 'tf.nn.gelu'])}(${h})`, { flow: 'sum' }) !== null
  );
};

const cast: Rule = (b) => {
  const a = b.pick();
  if (a === null) return false;
  const to = b.rng.pick([...everyType, 'float32']);
  return b.add(code`tf.cast(${a}, '${to}')`, { flow: to.includes('float') ? 'exact' : 'sharp' }) !== null;
};

/** A method in place of the function. */
const method: Rule = (b) => {
  const a = b.pickFloat();
  const c = a === null ? null : b.pick((v) => v.dtype === a.dtype && sameRank(v) && sameShapes(a, v));
  if (a === null || c === null) return false;
  return (
    b.add(b.rng.pick([code`${a}.add(${c})`, code`${a}.neg().mul(${c})`, code`${a}.sub(${c}).square()`])) !==
    null
  );
};

export const arithmeticRules: readonly { weight: number; rule: Rule }[] = [
  { weight: 12, rule: unary },
  { weight: 16, rule: binary },
  { weight: 5, rule: compare },
  { weight: 4, rule: choose },
  { weight: 7, rule: reduce },
  { weight: 2, rule: argument },
  { weight: 2, rule: scan },
  { weight: 2, rule: softmax },
  { weight: 4, rule: product },
  { weight: 2, rule: layer },
  { weight: 4, rule: cast },
  { weight: 2, rule: method },
];
