/** Draws programs. */
import type { OpDefinition } from '../../lib/op/registry';
import { everyType, type DType } from '../../lib/core/dtype';
import { examplesOf } from '../../test/conformance/examples';
import type { Rng } from '../shrinkable';
import { Builder, code, isFloat, sameShapes, type Trial, type Value, type Whole } from './builder';
import { helpers } from './helpers';
import {
  statementsIn,
  type Argument,
  type Block,
  type Dim,
  type Program,
  type Sizes,
  type Statement,
} from './program';
import { arithmeticRules } from './rules/arithmetic';
import { controlRules, failure } from './rules/control';
import { addCall, drawables, isSample, registryRule } from './rules/registry';
import { shapeRules } from './rules/shapes';
import { addOptimizer, addVariable, stateRules } from './rules/state';
import { shapeFor } from './text';
import { Scope } from './trial';

const rules = [
  { weight: 45, rule: registryRule },
  ...arithmeticRules,
  ...shapeRules,
  ...controlRules,
  ...stateRules,
];

function grow(b: Builder, count: number): void {
  const end = b.body.length + count;
  for (let tries = 0; b.body.length < end && tries < 4 * count && b.isAlive; tries++)
    b.rng.weighted(rules).rule(b);
}

const shapes: readonly (readonly Dim[])[] = [
  ...[
    ['n'],
    ['n'],
    ['n'],
    ['n', 3],
    ['n', 3],
    [2, 'n'],
    ['n', 'n'],
    ['n', 'm'],
    [],
    [3],
    [1, 'n'],
    ['n', 1],
    ['n', 2, 2],
    [8],
  ],
] as Dim[][];
/** All dtypes, but float32 and int32 more often than others. */
const types: readonly DType[] = [...everyType, ...new Array<DType>(6).fill('float32'), 'int32'];

/** Arguments like the tensors of an op's example, one dimension of which varies, and that op. */
function argumentsLike(rng: Rng): { args: Argument[]; n: number; row: OpDefinition } | null {
  const row = rng.pick(drawables);
  const example = rng.pick(examplesOf(row));
  const samples = [...example.args, ...Object.values(example.options ?? {})].flat().filter(isSample);
  const free = rng.pick(row.dtypes);
  const dims = samples.flatMap(({ tensor }) => (tensor.values === undefined ? tensor.shape : []));
  if (dims.length === 0 || samples.length > 3) return null;
  const n = rng.pick(dims);
  const args = samples
    .filter(({ tensor }) => tensor.values === undefined && tensor.shape.reduce((x, y) => x * y, 1) < 3000)
    .map(({ tensor }) => ({
      dtype: tensor.dtype ?? free,
      shape: tensor.shape.map((d) => (d === n ? ('n' as const) : d)),
    }));
  return args.length === 0 ? null : { args, n, row };
}

function drawSizes(rng: Rng, preferred: number | null): Sizes[] {
  const small = [1, 1, 2, 3, 4, 5, 2, 3, 4, 0, 6, 8];
  const large = [17, 40, 64, 130, 300, 2500];
  const one = (): number => (rng.chance(0.95) ? rng.pick(small) : rng.pick(large));
  const pool = Array.from({ length: rng.between(1, 3) }, () => ({ n: one(), m: one() }));
  if (preferred !== null) pool[0] = { ...pool[0], n: preferred };
  const count = rng.between(2, 7);
  return Array.from({ length: count }, (_, i) => ({
    ...(i < pool.length ? pool[i] : rng.pick(pool)),
    seed: rng.below(12),
  }));
}

/** The element count above which arguments are not worth their time. */
const mostElements = 10_000;

export function drawProgram(rng: Rng): Program {
  const like = rng.chance(0.5) ? argumentsLike(rng) : null;
  const args =
    like?.args ??
    Array.from({ length: rng.between(1, 3) }, () => ({ dtype: rng.pick(types), shape: rng.pick(shapes) }));
  const sizeOf = (sizes: Sizes): number =>
    Math.max(...args.map((a) => shapeFor(a, sizes).reduce((x, y) => x * y, 1)));
  const calls = drawSizes(rng, like?.n ?? null).map((s) =>
    sizeOf(s) > mostElements ? { ...s, n: 2, m: 3 } : s,
  );
  const passes = rng.weighted([
    { weight: 6, passes: 'exact' },
    { weight: 3, passes: 'all' },
    { weight: 1, passes: 'none' },
  ] as const).passes;
  const tried = calls.filter(
    (s, i) => i < 4 && calls.findIndex((o) => o.n === s.n && o.m === s.m && o.seed === s.seed) === i,
  );
  const trials: Trial[] = tried.map(() => ({ scope: new Scope(), alive: true }));
  const whole: Whole = {
    captured: [],
    trials,
    strict: passes === 'all',
    computesSizes: rng.chance(0.5),
    mayFail: rng.chance(0.2),
    names: 0,
    grow,
    optimizers: [],
  };
  const roots = trials.map(({ scope }) => scope);
  const outside = new Builder(rng, whole, roots, [], 0);
  const method = rng.chance(0.08);
  for (let i = method ? rng.between(1, 2) : rng.below(3); i > 0; i--) addVariable(outside);
  if (rng.chance(0.3)) addOptimizer(outside);
  const self = method ? (outside.values.find((v) => v.isVariable) ?? null) : null;

  const inside = new Builder(
    rng,
    whole,
    roots.map((scope) => new Scope(scope)),
    outside.values,
    0,
  );
  if (self !== null) inside.bindThis(self);
  const params = args.map((a, i) => {
    const name = `x${i}`;
    inside.define(
      name,
      tried.map((s) =>
        (helpers.data as (d: DType, s: number[], k: number) => unknown)(a.dtype, shapeFor(a, s), s.seed + i),
      ),
    );
    return name;
  });
  if (like !== null) addCall(inside, like.row);
  grow(inside, rng.between(3, 12));
  if (whole.mayFail) {
    for (let tries = 0; tries < 10 && trials.every((t) => t.alive); tries++) failure(inside);
    grow(inside, rng.below(4));
  }
  if (inside.body.every((s) => s.name === ''))
    inside.add(code`tf.identity(${inside.values[inside.values.length - 1]})`);

  const own = inside.values.filter((v) => /^a\d/.test(v.ref) && !v.isVariable);
  const shown = rng.chance(0.7) || whole.mayFail ? own : own.filter(() => rng.chance(0.4));
  const results = (shown.length === 0 ? own.slice(-1) : shown).slice(-24);
  const body: Block = {
    params,
    body: inside.body,
    results: results.map((v) => v.ref),
    single: false,
    ...(self === null ? {} : { self: true as const }),
  };
  const tapes = method || !results.some(isFloat) ? 0 : rng.pick([0, 0, 0, 0, 0, 0, 1, 1, 2] as const);
  return {
    captured: usedOf(whole.captured, inside.body),
    args,
    body,
    calls,
    signature: rng.pick(['none', 'reduceRetracing', 'inputSignature'] as const),
    passes,
    tapes,
    selves: self === null ? [] : outside.values.filter((v) => isLike(v, self)).map((v) => v.ref),
    sources: tapes === 0 ? [] : sourcesOf(outside.values),
    together: rng.chance(0.3),
  };
}

const sourcesOf = (values: readonly Value[]): string[] =>
  values.filter((v) => isFloat(v) && v.isVariable).map((v) => v.ref);

const isLike = (v: Value, other: Value): boolean =>
  v.isVariable && v.dtype === other.dtype && sameShapes(v, other);

/** What drawing left over is not captured. */
function usedOf(captured: readonly Statement[], body: readonly Statement[]): Statement[] {
  const used = new Set<string>();
  const scan = (list: readonly Statement[]): void => {
    for (const { holes } of statementsIn(list)) {
      for (const hole of holes) {
        for (const ref of 'ref' in hole ? [hole.ref] : hole.block.results)
          used.add(ref.replace(/[.[].*$/, ''));
      }
    }
  };
  scan(body);
  const kept: Statement[] = [];
  for (const s of [...captured].reverse()) {
    if (!used.has(s.name) && !s.template.startsWith('new tf.')) continue;
    scan([s]);
    kept.unshift(s);
  }
  return kept;
}
