/** Programs drawn at random compute what they compute eagerly, whichever passes run. */
import fc from 'fast-check';
import * as tf from 'gradtape';
import { broadcastShapes } from '../../lib/core/shape';
import { passes } from '../../lib/graph/passes/optimize';
import { bytesOf } from '../helpers/threads';

/** Numbers that say what is done: which op, and which of the values there are. Every list of them is a program. */
type Step = readonly [op: number, a: number, b: number, c: number];

/** A value, and whether it rests on sums, whose order the passes may change. */
interface Value {
  t: tf.Tensor;
  sums: boolean;
}

interface State {
  readonly values: Value[];
  readonly variables: readonly { v: tf.Variable; sums: boolean }[];
  readonly flag: tf.Tensor;
}

/** Those of the last two are so large that some passes begin to care. */
const shapes = [
  ...[[], [3], [2, 3], [1, 3], [2, 1], [4, 2, 3], [3, 3], [6], [0, 3], [130, 130], [130]],
  ...[[12, 48], [4, 32], [64]],
];

const smooth = [
  tf.tanh,
  tf.sin,
  tf.sigmoid,
  tf.negative,
  tf.square,
  tf.abs,
  tf.nn.relu,
  tf.nn.softplus,
  tf.identity,
] as const;
const sharp = [tf.sign, tf.floor, tf.round, tf.math.ceil] as const;
const pairs = [tf.add, tf.subtract, tf.multiply, tf.maximum, tf.minimum, tf.atan2, tf.squaredDifference];
const operands = [0, -0, 1, 2, -1.5];
const sums = [tf.reduceSum, tf.reduceMean, tf.reduceMax, tf.reduceMin];

type Rule = (s: State, a: Value, b: Value, c: number) => Value | null;

const isFloat = (x: Value): boolean => x.t.dtype === 'float32';
const bounded = (t: tf.Tensor): tf.Tensor => tf.sin(t);

const withConstants: Rule = (_, a, __, c) => {
  if (!isFloat(a)) return null;
  const k = operands[c % operands.length];
  const list = [
    () => tf.multiply(a.t, k),
    () => tf.multiply(k, a.t),
    () => tf.add(a.t, k),
    () => tf.subtract(a.t, k),
    () => tf.subtract(k, a.t),
    () => tf.divide(a.t, k === 0 ? 1 : k),
    () => tf.multiply(a.t, tf.fill(a.t.shape, k)),
    () => tf.add(tf.fill([2, 3], k), a.t),
    () => tf.divide(k, tf.add(tf.square(a.t), 1)),
  ];
  const at = (c >> 3) % list.length;
  if (at === 7 && broadcastShapes(a.t.shape, [2, 3]) === null) return null;
  return { ...a, t: list[at]() };
};

/** Null where it does not apply to such operands. */
const rules: Rule[] = [
  (_, a, __, c) => (isFloat(a) ? { ...a, t: smooth[c % smooth.length](a.t) } : null),
  (_, a, __, c) => (isFloat(a) ? { ...a, t: smooth[(c >> 1) % smooth.length](a.t) } : null),
  (_, a, __, c) => (isFloat(a) && !a.sums ? { ...a, t: sharp[c % sharp.length](a.t) } : null),
  (_, a, b, c) => {
    if (!isFloat(a) || !isFloat(b) || broadcastShapes(a.t.shape, b.t.shape) === null) return null;
    return { t: pairs[c % pairs.length](bounded(a.t), b.t), sums: a.sums || b.sums };
  },
  (_, a, b, c) => {
    if (!isFloat(a) || !isFloat(b) || broadcastShapes(a.t.shape, b.t.shape) === null) return null;
    return { t: bounded(pairs[c % pairs.length](a.t, b.t)), sums: a.sums || b.sums };
  },
  (_, a, __, c) => {
    if (!isFloat(a)) return null;
    const f = sums[c % sums.length];
    const axis = a.t.rank === 0 || c % 5 === 0 ? null : (c >> 2) % a.t.rank;
    if (a.t.size === 0) return null;
    return { t: f(a.t, { axis, keepdims: c % 3 === 0 }), sums: true };
  },
  (_, a, b) => {
    if (!isFloat(a) || !isFloat(b) || a.t.rank !== 2 || b.t.rank !== 2) return null;
    if (a.t.shape[1] === b.t.shape[0]) return { t: bounded(tf.matmul(a.t, b.t)), sums: true };
    if (a.t.shape[1] === b.t.shape[1]) return { t: bounded(tf.matmul(a.t, tf.transpose(b.t))), sums: true };
    if (a.t.shape[0] === b.t.shape[0]) return { t: bounded(tf.matmul(tf.transpose(a.t), b.t)), sums: true };
    return null;
  },
  (_, a, __, c) => {
    const { size, shape, rank } = a.t;
    const moves = [
      () => tf.reshape(a.t, [size]),
      () => tf.expandDims(a.t, c % (rank + 1)),
      () => tf.squeeze(a.t),
      () => tf.reshape(a.t, [...shape].reverse()),
      () => tf.transpose(a.t),
      () => (rank === 0 ? a.t : tf.reverse(a.t, [c % rank])),
      () => tf.broadcastTo(a.t, size > 100 ? shape : [2, ...shape]),
      () =>
        rank === 0 ? a.t : tf.tile(a.t, size > 100 ? shape.map(() => 1) : shape.map((_, i) => 1 + (i % 2))),
      () => (rank === 0 || shape[0] === 0 ? a.t : a.t.at(c % shape[0])),
      () => (rank === 0 ? a.t : a.t.at(c % 2 === 0 ? ':' : '::2')),
      () => tf.stopGradient(a.t),
    ];
    return { ...a, t: moves[(c >> 2) % moves.length]() };
  },
  (_, a, b, c) => {
    if (!isFloat(a) || !isFloat(b) || a.sums || b.sums) return null;
    if (broadcastShapes(a.t.shape, b.t.shape) === null) return null;
    return { t: [tf.greater, tf.equal, tf.lessEqual][c % 3](a.t, b.t), sums: false };
  },
  (s, a, b, c) => {
    const chosen = s.values[c % s.values.length];
    if (a.t.dtype !== 'bool' || b.t.dtype !== chosen.t.dtype) return null;
    const both = broadcastShapes(b.t.shape, chosen.t.shape);
    if (both === null || broadcastShapes(a.t.shape, both) === null) return null;
    return { t: tf.where(a.t, b.t, chosen.t), sums: b.sums || chosen.sums };
  },
  (_, a, __, c) => {
    if (a.sums) return null;
    const small = isFloat(a) ? tf.clipByValue(a.t, -100, 100) : a.t;
    return { ...a, t: tf.cast(small, (['float32', 'float64', 'int32'] as const)[c % 3]) };
  },
  (_, a) => (a.t.dtype === 'float64' || a.t.dtype === 'int32' ? { ...a, t: tf.cast(a.t, 'float32') } : null),
  (_, a, b) => {
    if (a.t.dtype !== b.t.dtype || a.t.rank === 0 || a.t.rank !== b.t.rank) return null;
    if (a.t.shape.slice(1).join() !== b.t.shape.slice(1).join() || a.t.size > 100) return null;
    return { t: tf.concat([a.t, b.t], 0), sums: a.sums || b.sums };
  },
  (_, a, b, c) => {
    const axis = a.t.rank - 1 - (c % 2);
    if (a.t.dtype !== b.t.dtype || axis < 0 || a.t.shape.join() !== b.t.shape.join() || a.t.size > 1000)
      return null;
    const parts = [a.t, b.t, a.t].slice(0, 2 + (c % 3 === 0 ? 1 : 0));
    return { t: c % 4 < 2 ? tf.concat(parts, axis) : tf.stack(parts, axis), sums: a.sums || b.sums };
  },
  // Cut apart, each part used in another way, and joined again.
  (_, a, __, c) => {
    const axis = a.t.rank - 1 - (c % 2);
    if (!isFloat(a) || axis < 0 || a.t.size === 0 || a.t.size > 1000 || a.t.shape[axis] % 3 !== 0)
      return null;
    const [x, y, z] = tf.split(a.t, 3, axis);
    const list = [tf.tanh(x), tf.multiply(y, x), c % 5 === 0 ? z : tf.subtract(z, tf.sigmoid(y))];
    return { ...a, t: c % 7 === 0 ? tf.add(list[0], list[2]) : tf.concat(list, axis) };
  },
  (_, a, __, c) => {
    if (!isFloat(a) || a.t.rank < 2 || a.t.size === 0 || a.t.size > 1000) return null;
    const rows = tf.unstack(a.t).map((t, i) => (i % 2 === 0 ? tf.sin(t) : tf.multiply(t, 0.5)));
    return { ...a, t: c % 2 === 0 ? tf.stack(rows) : tf.concat(rows, 0) };
  },
  (s, _, __, c) => {
    const held = s.variables[c % s.variables.length];
    return { t: held.v.read(), sums: held.sums };
  },
  (s, a, _, c) => {
    const held = s.variables[c % s.variables.length];
    if (!isFloat(a) || a.t.shape.join() !== held.v.shape.join()) return null;
    const value = bounded(a.t);
    const f = [() => held.v.assign(value), () => held.v.assignAdd(value), () => held.v.assignSub(value)];
    held.sums = a.sums || ((c >> 2) % 3 !== 0 && held.sums);
    f[(c >> 2) % 3]();
    return null;
  },
  (s, a, _, c) => {
    const held = s.variables[c % s.variables.length];
    if (!isFloat(a) || a.t.shape.join() !== held.v.shape.join()) return null;
    const t = tf.cond(
      s.flag,
      () => {
        held.v.assignAdd(tf.sin(a.t));
        return tf.multiply(held.v, 2);
      },
      () => tf.multiply(a.t, 1),
    );
    held.sums ||= a.sums;
    return { t, sums: a.sums || held.sums };
  },
];

interface Result {
  readonly values: readonly tf.Tensor[];
  readonly sums: readonly boolean[];
}

/** Carries a program out. Everything it made and the gradients of that are its results. */
function run(
  { steps, alias, shown }: Case,
  args: readonly tf.Tensor[],
  flag: tf.Tensor,
  variables: readonly tf.Variable[],
): Result {
  // To a function the same tensor given twice is two arguments.
  const sources = [...args.slice(alias ? 2 : 0), ...variables];
  const state: State = {
    values: args.map((t) => ({ t, sums: false })),
    variables: variables.map((v) => ({ v, sums: false })),
    flag,
  };
  const tape = new tf.GradientTape();
  tape.watch([...args]);
  const loss = tape.run(() => {
    for (const [op, a, b, c] of steps) {
      const { values } = state;
      // Operands that change nothing, or nearly, come up more often.
      const rule = op % 4 === 0 ? withConstants : rules[(op >> 2) % rules.length];
      const made = rule(state, values[a % values.length], values[b % values.length], c);
      if (made !== null) values.push(made);
    }
    return state.values
      .filter(isFloat)
      .map((x) => tf.reduceSum(tf.sin(x.t)))
      .reduce((x, y) => tf.add(x, y));
  });
  const gradients = tape.gradient(loss, sources, {
    unconnectedGradients: 'zero',
  }) as tf.Tensor[];
  const values = state.values.filter((_, i) => shown === 0 || i % shown === 1);
  return {
    values: [...values.map((x) => x.t), loss, ...gradients],
    sums: [...values.map((x) => x.sums), true, ...gradients.map(() => true)],
  };
}

interface Case {
  readonly steps: readonly Step[];
  /** The shape of each argument, and the seed of its elements. */
  readonly inputs: readonly (readonly [shape: number, seed: number])[];
  readonly flag: boolean;
  /** The second argument is the first one. */
  readonly alias: boolean;
  /** 0: everything that is computed is a result; else one value of so many is, and the others need not be kept. */
  readonly shown: number;
}

const numbers = [0, -0, -0, 1, -1, 0.5, -2.5, 3.25, 1e-3, 7];

function make({ inputs, alias, flag }: Case): {
  args: tf.Tensor[];
  flag: tf.Tensor;
  fresh: () => tf.Variable[];
} {
  const args = inputs.map(([shape, seed]) => {
    const dims = shapes[shape % shapes.length];
    const n = dims.reduce((x, y) => x * y, 1);
    return tf.reshape(
      tf.constant(
        Float32Array.from({ length: n }, (_, i) => numbers[(seed + 5 * i * (seed % 7)) % numbers.length]),
      ),
      dims,
    );
  });
  if (alias) args[1] = args[0];
  return {
    args,
    flag: tf.constant(flag),
    fresh: () => [new tf.Variable(0.5), new tf.Variable([1, -2, 3]), new tf.Variable(tf.fill([2, 3], 0.25))],
  };
}

function compiledWith(off: string, c: Case): tf.Tensor[][] {
  const { args, flag, fresh } = make(c);
  const variables = fresh();
  process.env.GRADTAPE_DISABLE_PASS = off;
  try {
    const f = tf.function((given: tf.Tensor[], choice: tf.Tensor) => [
      ...run(c, given, choice, variables).values,
    ]);
    // Twice: the second time variables hold what the first one left.
    return [f(args, flag), f(args, flag)].map((r) => [...r, ...variables.map((v) => v.read())]);
  } finally {
    delete process.env.GRADTAPE_DISABLE_PASS;
  }
}

function eagerly(c: Case): { runs: tf.Tensor[][]; sums: boolean[] } {
  const { args, flag, fresh } = make(c);
  const variables = fresh();
  const results = [0, 1].map(() => run(c, args, flag, variables));
  return {
    runs: results.map((r) => [...r.values, ...variables.map((v) => v.read())]),
    sums: [...results[1].sums, ...variables.map(() => true)],
  };
}

function expectSame(
  got: readonly tf.Tensor[],
  want: readonly tf.Tensor[],
  loose: readonly boolean[],
  what: string,
): void {
  expect(got.length).toBe(want.length);
  want.forEach((w, i) => {
    const g = got[i];
    const fail = (): never => {
      throw new Error(`${what}: value ${i} is ${g.repr()}, eagerly ${w.repr()}`);
    };
    if (g.dtype !== w.dtype || g.shape.join() !== w.shape.join()) fail();
    if (bytesOf(g).equals(bytesOf(w))) return;
    if (!loose[i]) fail();
    const y = w.data();
    const scale = Math.max(1, ...Array.from(y as Float32Array, Math.abs));
    g.data().forEach((e, k) => {
      if (!(Math.abs(Number(e) - Number(y[k])) <= 2e-5 * scale) && !Object.is(e, y[k])) fail();
    });
  });
}

const natural = fc.nat(997);
const cases: fc.Arbitrary<Case> = fc.record({
  steps: fc.array(fc.tuple(natural, natural, natural, natural), { minLength: 4, maxLength: 24 }),
  inputs: fc.array(fc.tuple(natural, natural), { minLength: 2, maxLength: 4 }),
  flag: fc.boolean(),
  alias: fc.boolean(),
  shown: fc.constantFrom(0, 3, 7),
});

/** Those that may change the order of sums, or round less often. */
const reorders = ['fuse', 'regroup', 'activations'];

test('random programs, with all passes, with none, and with the bit-exact ones', () => {
  fc.assert(
    fc.property(cases, (c) => {
      const { runs, sums } = eagerly(c);
      const exact = sums.map(() => false);
      const none = compiledWith(passes.join(), c);
      const some = compiledWith(reorders.join(), c);
      const all = compiledWith('', c);
      runs.forEach((want, i) => {
        expectSame(none[i], want, exact, `run ${i}, no passes`);
        expectSame(some[i], none[i], exact, `run ${i}, all passes but ${reorders.join(', ')}`);
        expectSame(all[i], want, sums, `run ${i}, all passes`);
      });
    }),
    { numRuns: Number(process.env.GRADTAPE_RANDOM_PROGRAMS ?? 250), seed: 20261126 },
  );
});
