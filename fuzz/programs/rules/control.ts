/** Control flow over blocks of statements, and tapes and functions inside the function. */
import { hasTapes, isApart, type Block } from '../program';
import {
  code,
  everyShape,
  isFloat,
  listed,
  named,
  rankOf,
  sameRank,
  sameShapes,
  spliced,
  type Builder,
  type Expression,
  type Value,
} from '../builder';
import { condition, scalarOf, type Rule } from './operands';

/** How deep blocks may lie in blocks. */
const deepest = 2;
const mayNest = (b: Builder): boolean => b.depth < deepest && !b.flat;

/** A branch whose result is like `target`. */
function branch(b: Builder, target: Value, otherShapes: boolean): Block | null {
  return b.block(
    [],
    (inner) => {
      b.whole.grow(inner, b.rng.below(4));
      const fits = (v: Value): boolean => v.dtype === target.dtype && !v.isVariable;
      const result = inner.pick((v) => fits(v) && (otherShapes || sameShapes(v, target)));
      return [result ?? target];
    },
    { single: true },
  );
}

const branches: Rule = (b) => {
  const target = b.pick((v) => !v.isVariable && sameRank(v));
  const kind = b.rng.pick(['cond', 'cond', 'case', 'switchCase']);
  if (!mayNest(b) || target === null) return false;
  const p = condition(b);
  const q = kind === 'case' ? condition(b) : p;
  const other = b.rng.chance(0.15);
  const [x, y, z] = [0, 1, kind === 'cond' ? null : 2].map((k) =>
    k === null ? null : branch(b, target, other),
  );
  if (p === null || q === null || x === null || y === null) return false;
  if (kind === 'cond') return b.add(code`tf.cond(${p}, ${x}, ${y})`) !== null;
  if (z === null) return false;
  if (kind === 'case') return b.add(code`tf.case([[${p}, ${x}], [${q}, ${y}]], { default: ${z} })`) !== null;
  const at = b.pick((v) => v.dtype === 'int32' && everyShape(v, (s) => s.length === 0));
  const index = at ?? b.add(code`tf.cast(${p}, 'int32')`, { flow: 'sharp' })?.[0];
  return (
    index !== undefined &&
    b.add(code`tf.switchCase(${index}, [${x}, ${y}, ${z}])`, { flow: 'sharp' }) !== null
  );
};

/** Something with the dtype and shape of `like`, as the next value of what a loop carries. */
function nextLike(inner: Builder, like: Value): Value | null {
  inner.whole.grow(inner, inner.rng.below(4));
  const fits = (v: Value): boolean =>
    v.dtype === like.dtype && sameShapes(v, like) && !v.isVariable && v.ref !== like.ref;
  const found = inner.pick(fits);
  if (found !== null && inner.rng.chance(0.8)) return found;
  if (like.dtype === 'bool') return inner.add(code`tf.logicalNot(${like})`)?.[0] ?? null;
  const captured = inner.pick((v) => v.dtype === like.dtype && sameShapes(v, like));
  return (
    inner.add(captured === null ? code`tf.add(${like}, 1)` : code`tf.add(${like}, ${captured})`)?.[0] ?? null
  );
}

const loop: Rule = (b) => {
  const v = b.pick((w) => sameRank(w) && !w.isVariable);
  if (!mayNest(b) || v === null) return false;
  const integer = b.rng.chance(0.6);
  const start = b.add(
    { template: integer ? `tf.constant(0, { dtype: 'int32' })` : 'tf.constant(0)', holes: [] },
    { fixed: true },
  )?.[0];
  if (start === undefined) return false;
  const count = b.rng.between(1, 4);
  const test = b.block(
    [start, v],
    (inner, [i, z]) => {
      const less = inner.add(code`tf.less(${i}, ${String(count)})`, { fixed: true })?.[0];
      if (less === undefined) return null;
      if (z.dtype === 'bool' || z.loose || b.rng.chance(0.6)) return [less];
      const more = inner.add(code`tf.less(tf.reduceSum(${z}), 20)`, { flow: 'sharp' })?.[0];
      const both =
        more === undefined
          ? undefined
          : inner.add(code`tf.logicalAnd(${less}, ${more})`, { fixed: true })?.[0];
      return [both ?? less];
    },
    { single: true },
  );
  const body = b.block([start, v], (inner, [i, z]) => {
    const next = inner.add(code`tf.add(${i}, 1)`, { fixed: true })?.[0];
    const value = nextLike(inner, z);
    return next === undefined || value === null ? null : [next, value];
  });
  if (test === null || body === null) return false;
  const most = b.rng.chance(0.2) ? `, { maximumIterations: 2 }` : '';
  return b.add(code`tf.whileLoop(${test}, ${body}, [${start}, ${v}]${most})`) !== null;
};

const fold: Rule = (b) => {
  const v = b.pick(
    (w) => sameRank(w) && rankOf(w) > 0 && !w.isVariable && everyShape(w, (s) => s[0] > 0 && s[0] < 70),
  );
  if (!mayNest(b) || v === null) return false;
  const row = b.add(code`${v}.at(0)`)?.[0];
  if (row === undefined) return false;
  const name = b.rng.pick(['scan', 'foldl', 'foldr', 'mapFn']);
  const f = b.block(
    name === 'mapFn' ? [row] : [row, row],
    (inner, [first]) => {
      const next = nextLike(inner, first);
      return next === null ? null : [next];
    },
    { single: true },
  );
  if (f === null) return false;
  const options: Expression[] = [code``, code``, code`, { initializer: ${row} }`];
  if (name === 'scan') options.push(code`, { reverse: true }`);
  const option = name === 'mapFn' ? code`)` : spliced(b.rng.pick(options), code`)`);
  return b.add(spliced(code`tf.${name}(${f}, ${v}`, option)) !== null;
};

const tape: Rule = (b) => {
  const source = b.pickFloat((v) => !v.comesOut);
  if (b.depth >= deepest || !b.mayTape || source === null) return false;
  const more = b.rng.chance(0.5) ? b.pickFloat((v) => v.ref !== source.ref && !v.comesOut) : null;
  const block = b.block(
    [],
    (inner) => {
      inner.add(code`tf.multiply(${source}, ${source})`);
      b.whole.grow(inner, b.rng.between(1, 4));
      const own = inner.values.slice(b.values.length).filter((v) => isFloat(v) && !v.isVariable);
      return own.length === 0 ? null : [...new Set([own[0], b.rng.pick(own)])];
    },
    { flat: true },
  );
  if (block === null) return false;
  const sources = more === null ? [source] : [source, more];
  const first = spliced(code`gradients(${block}, `, listed('[', sources, '])'));
  if (b.rng.chance(0.7)) return b.add(first, { flow: 'sum' }) !== null;
  const twice = { template: `gradients(() => ${first.template}, [$1])`, holes: first.holes };
  return b.add(twice, { flow: 'sum' }) !== null;
};

const customGradient: Rule = (b) => {
  const a = b.pickFloat();
  const c = a === null ? null : b.pick((v) => v.dtype === a.dtype && sameShapes(v, a) && !v.isVariable);
  if (a === null || c === null) return false;
  const forms: Expression[] = [
    code`tf.customGradient((x) => [tf.multiply(x, 2), (dy) => tf.multiply(dy, ${c})])(${a})`,
    code`tf.customGradient((x) => [tf.sin(x), (dy) => tf.multiply(dy, tf.cos(x))])(${a})`,
    code`tf.stopGradient(${a})`,
  ];
  return b.add(b.rng.pick(forms), { flow: 'sum' }) !== null;
};

/** A compiled function of its own, called once or twice. */
const inner: Rule = (b) => {
  const a = b.pick((v) => !v.isVariable);
  if (!mayNest(b) || a === null) return false;
  const c = b.rng.chance(0.4) ? b.pick((v) => !v.isVariable) : null;
  const variable = b.rng.chance(0.3) ? b.pick((v) => v.isVariable && /^v\d+$/.test(v.ref)) : null;
  const f = b.block(
    c === null ? [a] : [a, c],
    (within, params) => {
      b.whole.grow(within, b.rng.between(1, 4));
      const own = within.values.slice(-4).filter((v) => !v.isVariable && !/^c\d/.test(v.ref));
      return own.length === 0 ? [params[0]] : [...new Set([own[0], own[own.length - 1]])];
    },
    { alone: true, self: variable },
  );
  if (f === null) return false;
  const option = b.rng.chance(0.4) ? ', { reduceRetracing: true }' : '';
  const before = b.whole.captured.length;
  const made =
    variable === null
      ? b.add(code`compile(${f}${option})`, { captured: true, prefix: 'g' })
      : b.add(code`({ v: ${variable}, step: compile(${f}${option}) })`, { captured: true, prefix: 'g' });
  if (made === null || b.whole.captured.length === before) return false;
  const g = named(b.whole.captured[b.whole.captured.length - 1].name);
  const method = variable === null ? '' : '.step';
  const taping = hasTapes(f.body);
  const mayPass = (v: Value, before: readonly string[]): boolean =>
    !taping || (isApart(v.ref, before) && !v.comesOut);
  if (!mayPass(a, []) || (c !== null && !mayPass(c, [a.ref]))) return false;
  const call = spliced(code`${g}${method}`, listed('(', c === null ? [a] : [a, c], ')'));
  if (b.add(call, { flow: 'sum' }) === null) return false;
  if (c === null && b.rng.chance(0.5)) {
    const other = b.pick((v) => v.dtype === a.dtype && !v.isVariable);
    if (other !== null && mayPass(other, [])) b.add(code`${g}${method}(${other})`, { flow: 'sum' });
  }
  return true;
};

const random: Rule = (b) => {
  if (b.whole.mayFail) return false;
  const a = b.pick();
  if (a === null) return false;
  const forms = [
    code`tf.random.uniform(${a}.shape)`,
    code`tf.random.normal([3])`,
    code`tf.random.uniform(tf.shape(${a}))`,
    code`tf.random.statelessUniform([2, 2], [1, 2])`,
    code`tf.random.uniform([3], { minval: 0, maxval: 9, dtype: 'int32' })`,
  ];
  return b.add(b.rng.pick(forms), { flow: 'exact' }) !== null;
};

/** Errors that depend on values or sizes. */
export const failure: Rule = (b) => {
  if (!b.whole.mayFail) return false;
  const a = b.pick((v) => v.dtype !== 'bool' && !v.loose);
  if (a === null) return false;
  const effects: (() => Expression)[] = [
    () => code`tf.debugging.assertGreater(${a}, -3)`,
    () => code`tf.debugging.assertNonNegative(${a})`,
    () => code`tf.debugging.assertEqual(tf.size(${a}), 3)`,
    () => code`tf.debugging.assertLess(${a}, 6)`,
    () => code`tf.Assert(tf.reduceAny(tf.equal(${a}, 1)), ['there is no 1 in', ${a}])`,
  ];
  const values: (() => Expression)[] = [
    () => code`tf.reshape(tf.booleanMask(${a}, tf.greater(${a}, 0)), [${b.rng.pick(['1', '2', '3'])}])`,
    () => code`tf.gather(${a}, ${b.pick((v) => v.dtype === 'int32') ?? '[1, 2]'})`,
    () => code`tf.squeeze(${a}, { axis: 0 })`,
    () => code`tf.split(${a}, 2)`,
    () => code`${a}.at(2)`,
    () => code`tf.reshape(${a}, [2, -1])`,
    () =>
      code`tf.debugging.checkNumerics(tf.divide(tf.cast(${a}, 'float32'), tf.cast(tf.reduceMin(tf.abs(${a})), 'float32')), 'a zero')`,
    () => code`tf.booleanMask(${a}, [true, false, true])`,
  ];
  return b.rng.chance(0.4)
    ? b.add(b.rng.pick(effects)(), { effect: true, flow: 'sharp' }) !== null
    : b.add(b.rng.pick(values)(), { flow: 'sharp' }) !== null;
};

const connect: Rule = (b) => {
  const a = b.pick();
  const to = b.pickFloat();
  const s = a === null || to === null || to.dtype !== 'float32' ? null : scalarOf(b, a);
  return s !== null && to !== null && b.add(code`tf.add(${to}, tf.cast(${s}, 'float32'))`) !== null;
};

export const controlRules: readonly { weight: number; rule: Rule }[] = [
  { weight: 4, rule: branches },
  { weight: 4, rule: loop },
  { weight: 3, rule: fold },
  { weight: 3, rule: tape },
  { weight: 1, rule: customGradient },
  { weight: 4, rule: inner },
  { weight: 1, rule: random },
  { weight: 9, rule: failure },
  { weight: 2, rule: connect },
];
