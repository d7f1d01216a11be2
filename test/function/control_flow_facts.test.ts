/** All control flow against what TensorFlow 2.21 gave: eager, compiled with a tape around it, compiled with the tape inside. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { expectRecorded, type Recorded } from '../golden/facts';

interface RecordedTensor {
  shape: number[];
  dtype: tf.DType;
  values: number[];
}
interface RecordedError {
  class: string;
  message: string;
}
interface Outcome {
  y: Recorded;
  gradients: (RecordedTensor | null)[];
  second?: (RecordedTensor | null)[];
}
interface Case {
  what: string;
  inputs: { args: RecordedTensor[] };
  result: Outcome & {
    outside?: Outcome;
    inside?: Outcome;
    eager?: RecordedError | null;
    function?: RecordedError | null;
  };
}

const file = path.join(__dirname, '..', 'golden', 'fixtures', 'control_flow.json');
const { cases } = JSON.parse(fs.readFileSync(file, 'utf8')) as { cases: Record<string, Case> };

// Loosely typed on purpose: a case is a list of tensors.
type F = (...args: tf.Tensor[]) => unknown;
const positive = (x: tf.Tensor): tf.Tensor => tf.greater(tf.reduceSum(x), 0);
const step = (s: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.add(tf.multiply(tf.multiply(s, x), 0.5), x);
const branches = (v: tf.Tensor) => [() => v, () => tf.multiply(v, v), () => tf.exp(v)];
const int = (n: number): tf.Tensor => tf.constant(n, 'int32');

const functions: Record<string, F> = {
  'cond/basic': (x) =>
    tf.cond(
      positive(x),
      () => tf.multiply(x, 2),
      () => tf.subtract(x, 1),
    ),
  'cond/structure': (x) =>
    tf.cond(
      positive(x),
      () => ({ a: tf.add(x, 1), b: [x, tf.multiply(x, 2)] }),
      () => ({ a: x, b: [tf.multiply(x, 3), x] }),
    ),
  'cond/captured': (x, y) =>
    tf.cond(
      positive(x),
      () => tf.multiply(x, y),
      () => tf.multiply(y, y),
    ),
  'cond/nested': (x) =>
    tf.cond(
      positive(x),
      () =>
        tf.cond(
          tf.greater(tf.reduceSum(x), 2),
          () => tf.exp(x),
          () => tf.multiply(x, 5),
        ),
      () => tf.sin(x),
    ),
  'cond/unused': (x) =>
    tf.cond(
      positive(x),
      () => tf.multiply(x, x),
      () => tf.constant([7, 8]),
    ),
  'cond/mixed': (x, n) =>
    tf.cond(
      tf.greater(n, 2),
      () => [tf.add(n, 1), tf.multiply(x, 2)],
      () => [tf.subtract(n, 1), x],
    ),
  'cond/second': (x) =>
    tf.cond(
      positive(x),
      () => tf.pow(x, 3),
      () => tf.exp(x),
    ),
  'cond/shapes': (x) =>
    tf.cond(
      positive(x),
      () => x,
      () => tf.reduceSum(x),
    ),
  'case/default': (x) =>
    tf.case(
      [
        [tf.less(x, 0), () => tf.multiply(x, -1)],
        [tf.less(x, 10), () => tf.multiply(x, x)],
      ],
      { default: () => tf.add(x, 100) },
    ),
  'case/no_default': (x) =>
    tf.case([
      [tf.less(x, 10), () => tf.multiply(x, 2)],
      [tf.less(x, 100), () => tf.multiply(x, 3)],
    ]),
  'switch_case/last': (v, i) => tf.switchCase(i, branches(v)),
  'switch_case/default': (v, i) => tf.switchCase(i, branches(v), () => tf.multiply(v, -1)),
  'switch_case/second': (v, i) => tf.switchCase(i, branches(v)),
  'while_loop/collatz': (n) =>
    tf.whileLoop(
      (k: tf.Tensor, _: tf.Tensor) => tf.greater(k, 1),
      (k, steps) => [
        tf.cond(
          tf.equal(tf.floormod(k, 2), 0),
          () => tf.floordiv(k, 2),
          () => tf.add(tf.multiply(k, 3), 1),
        ),
        tf.add(steps, 1),
      ],
      [n, int(0)],
    ),
  'while_loop/squares': (x, k) =>
    tf.whileLoop(
      (y: tf.Tensor) => tf.less(tf.reduceSum(y), 50),
      (y) => [tf.add(tf.multiply(y, y), k)],
      [x],
    ),
  'while_loop/structure': (x) =>
    tf.whileLoop(
      (i: tf.Tensor, _: { a: tf.Tensor; b: tf.Tensor[] }) => tf.less(i, 4),
      (i, s) => [tf.add(i, 1), { a: tf.multiply(s.a, 2), b: [s.a, tf.add(s.b[0], s.b[1])] }],
      [int(0), { a: x, b: [x, tf.multiply(x, x)] }],
    ),
  'while_loop/limit': (x, most) =>
    tf.whileLoop(
      (y: tf.Tensor) => tf.less(y, 1000),
      (y) => [tf.multiply(y, 3)],
      [x],
      most,
    ),
  'while_loop/nested': (x, n) =>
    tf.whileLoop(
      (i: tf.Tensor, _: tf.Tensor) => tf.less(i, n),
      (i, y) => {
        const [, z] = tf.whileLoop(
          (j: tf.Tensor, _: tf.Tensor) => tf.less(j, i),
          (j, z) => [tf.add(j, 1), tf.add(tf.multiply(z, x), tf.cast(j, 'float32'))],
          [int(0), y],
        );
        return [tf.add(i, 1), tf.sin(z)];
      },
      [int(0), x],
    ),
  'while_loop/none': (x) =>
    tf.whileLoop(
      (_: tf.Tensor) => false,
      (y) => [tf.multiply(y, 2)],
      [x],
    ),
  'scan/plain': (x) => tf.scan(step, x),
  'scan/initializer': (x, s) => tf.scan(step, x, { initializer: s }),
  'scan/reverse': (x) => tf.scan(step, x, { reverse: true }),
  'scan/reverse_initializer': (x, s) => tf.scan(step, x, { initializer: s, reverse: true }),
  'scan/one': (x) => tf.scan(step, x),
  'scan/empty': (x, s) => tf.scan(step, x, { initializer: s }),
  'scan/integers': (n) =>
    tf.scan((a: tf.Tensor[]) => [a[1], tf.add(a[0], a[1])], n as never, { initializer: [int(0), int(1)] }),
  'scan/structure': (x, y) =>
    tf.scan(
      (s: { p: tf.Tensor; q: tf.Tensor }, e: tf.Tensor[]) => ({
        p: tf.add(tf.multiply(s.p, 0.5), e[0]),
        q: tf.add(s.q, e[1]),
      }),
      [x, y],
      { initializer: { p: tf.zeros([2]), q: tf.constant(1) } },
    ),
  'scan/captured': (x, w) => tf.scan((s: tf.Tensor, e: tf.Tensor) => tf.add(tf.multiply(s, w), e), x),
  'scan/second': (x, s) => tf.scan(step, x, { initializer: s }),
  'foldl/plain': (x) => tf.foldl(step, x),
  'foldl/initializer': (x, s) => tf.foldl(step, x, { initializer: s }),
  'foldl/subtract': (x) => tf.foldl((a: tf.Tensor, b: tf.Tensor) => tf.subtract(a, b), x),
  'foldl/empty': (x, s) => tf.foldl(step, x, { initializer: s }),
  'foldr/plain': (x) => tf.foldr(step, x),
  'foldr/initializer': (x, s) => tf.foldr(step, x, { initializer: s }),
  'foldr/subtract': (x) => tf.foldr((a: tf.Tensor, b: tf.Tensor) => tf.subtract(a, b), x),
  'foldr/empty': (x, s) => tf.foldr(step, x, { initializer: s }),
  'map_fn/rows': (x) => tf.mapFn((row: tf.Tensor) => tf.reduceSum(tf.multiply(row, row)), x),
  'map_fn/nested': (x) =>
    tf.mapFn((row: tf.Tensor) => tf.mapFn((e: tf.Tensor) => tf.multiply(tf.multiply(e, e), 0.5), row), x),
  'map_fn/captured': (x, w) => tf.mapFn((row: tf.Tensor) => tf.multiply(row, w), x),
  'map_fn/several': (x, n) =>
    tf.mapFn((e: tf.Tensor[]) => [tf.multiply(e[0], 2), { k: tf.add(e[1], 1) }], [x, n], {
      fnOutputSignature: ['float32', { k: 'int32' }],
    }),
  'map_fn/dtype': (n) => tf.mapFn((k: tf.Tensor) => tf.divide(tf.cast(k, 'float32'), 2), n, 'float32'),
  'map_fn/second': (x) => tf.mapFn((row: tf.Tensor) => tf.multiply(tf.sin(row), row), x),
  'map_fn/one': (x) => tf.mapFn(tf.exp, x),
  'vectorized_map/rows': (x) => tf.vectorizedMap((row: tf.Tensor) => tf.reduceSum(tf.multiply(row, row)), x),
};

const floats = (structure: unknown): tf.Tensor[] => {
  if (structure instanceof tf.Tensor) return structure.dtype === 'float32' ? [structure] : [];
  return Object.values(structure as object).flatMap(floats);
};
const sum = (list: readonly tf.Tensor[]): tf.Tensor =>
  list.map((t) => tf.reduceSum(t)).reduce((a, b) => tf.add(a, b));

/** The results, and the gradients of the sum of the floating ones, to the first or second order. */
function evaluate(
  f: F,
  args: tf.Tensor[],
  second: boolean,
): { y: unknown; gradients: unknown; second?: unknown } {
  const sources = floats(args);
  const outer = new tf.GradientTape();
  outer.watch(sources);
  const run = () => {
    const tape = new tf.GradientTape();
    tape.watch(sources);
    let total: tf.Tensor | null = null;
    const y = tape.run(() => {
      const results = f(...args);
      if (floats(results).length > 0) total = sum(floats(results));
      return results;
    });
    const gradients =
      total === null ? [] : (tape.gradient(total, sources) as unknown as (tf.Tensor | null)[]);
    return { y, gradients };
  };
  if (!second) return run();
  let result: ReturnType<typeof run> | null = null;
  const squares = outer.run(() => {
    result = run();
    return sum(result.gradients.flatMap((g) => (g === null ? [] : [tf.square(g)])));
  });
  return { ...(result as unknown as ReturnType<typeof run>), second: outer.gradient(squares, sources) };
}

/** Zeros for what nothing flowed to: whether it is null differs within TensorFlow, too. */
function expectOutcome(got: ReturnType<typeof evaluate>, want: Outcome): void {
  expectRecorded(got.y, want.y);
  for (const [actual, recorded] of [
    [got.gradients, want.gradients],
    [got.second, want.second],
  ] as [(tf.Tensor | null)[], (RecordedTensor | null)[] | undefined][]) {
    recorded?.forEach((r, i) => {
      if (r !== null && actual[i] === null) expect(r.values.every((v) => v === 0)).toBe(true);
      else if (r === null && actual[i] !== null) expect(tf.reduceSum(tf.abs(actual[i])).item()).toBe(0);
      else expectRecorded(actual[i], r as unknown as Recorded, `gradient ${i}`);
    });
  }
}

const tensors = (c: Case): tf.Tensor[] =>
  c.inputs.args.map((a) => tf.reshape(tf.constant(a.values, a.dtype), a.shape));
const results = Object.entries(cases).filter(([name]) => !name.includes('/error/'));

test('every recorded function is there', () => {
  expect(results.length).toBeGreaterThan(60);
  expect(new Set(results.map(([name]) => name.replace(/\/\d+$/, '')))).toEqual(
    new Set(Object.keys(functions)),
  );
});

describe.each(results)('%s', (name, c) => {
  const f = functions[name.replace(/\/\d+$/, '')];
  const second = c.result.second !== undefined;
  test('eager', () => {
    expectOutcome(evaluate(f, tensors(c), second), c.result);
  });
  test('compiled, the tape outside', () => {
    const g = tf.function(f);
    for (let k = 0; k < 2; k++) expectOutcome(evaluate(g, tensors(c), second), c.result.outside ?? c.result);
  });
  test('compiled, the tape inside', () => {
    const g = tf.function((...args: tf.Tensor[]) => evaluate(f, args, second));
    for (let k = 0; k < 2; k++) expectOutcome(g(...tensors(c)), c.result.inside ?? c.result);
  });
});

/** Errors: the call, and words of TensorFlow's message; null where nothing is wrong here. */
const any = tf as unknown as Record<string, (...args: unknown[]) => unknown>;
const errors: Record<string, { f: F; eager: RegExp | null; compiled: RegExp | null; differs?: string }> = {
  'cond/error/structure': {
    f: (x) =>
      any.cond(
        positive(x),
        () => [x, x],
        () => [x],
      ),
    eager: null,
    compiled: /must have the same number, type, and overall structure/,
  },
  'cond/error/dtype': {
    f: (x) =>
      any.cond(
        positive(x),
        () => x,
        () => tf.cast(x, 'int32'),
      ),
    eager: null,
    compiled:
      /must have the same number, type, and overall structure of return values[^]*have different types/,
  },
  'cond/error/callable': {
    f: (x) => any.cond(positive(x), 3, () => x),
    eager: /'trueFn' must be callable/,
    compiled: /'trueFn' must be callable/,
  },
  'cond/error/callable_false': {
    f: (x) => any.cond(positive(x), () => x, null),
    eager: /'falseFn' must be callable/,
    compiled: /'falseFn' must be callable/,
  },
  'case/error/none': {
    f: (x) =>
      tf.case([
        [tf.less(x, 0), () => x],
        [tf.less(x, 10), () => x],
      ]),
    eager: /None of conditions evaluated as True:\n.*alse, .*alse/,
    compiled: /None of conditions evaluated as True:\n.*alse, .*alse/,
  },
  'case/error/exclusive': {
    f: (x) =>
      tf.case(
        [
          [tf.greater(x, 0), () => x],
          [tf.greater(x, 1), () => x],
        ],
        { default: () => x, exclusive: true },
      ),
    eager: /more than 1 conditions evaluated as true/,
    compiled: /more than 1 conditions evaluated as true/,
  },
  'case/error/bool': {
    f: (x) => tf.case([[x, () => x]], { default: () => x }),
    eager: /must be of type bool/,
    compiled: /must be of type bool/,
  },
  'case/error/callable': {
    f: (x) => any.case([[tf.less(x, 1), 3]], () => x),
    eager: /must be callable/,
    compiled: /must be callable/,
  },
  'case/error/default': {
    f: (x) => any.case([[tf.less(x, 1), () => x]], { default: 3 }),
    eager: /must be callable/,
    compiled: /must be callable/,
  },
  'switch_case/error/float': {
    f: (x) => tf.switchCase(x.at(0), branches(x)),
    eager: /'branchIndex' must be an integer tensor, got float32/,
    compiled: /'branchIndex' must be an integer tensor, got float32/,
  },
  'switch_case/error/empty': {
    f: () => tf.switchCase(int(0), []),
    eager: /Must provide at least one item in 'branchFns'/,
    compiled: /Must provide at least one item in 'branchFns'/,
  },
  'while_loop/error/one': {
    f: (x) =>
      tf.whileLoop(
        (y: tf.Tensor) => tf.less(y, 10),
        (y) => tf.add(y, x) as never,
        [x],
      ),
    eager: null,
    compiled: null,
    differs: 'one variable needs no array around it, eagerly too',
  },
  'while_loop/error/shape': {
    f: (x, n) =>
      tf.whileLoop(
        (i: tf.Tensor, _: tf.Tensor) => tf.less(i, n),
        (i, y) => [tf.add(i, 1), tf.concat([y, y], 0)],
        [int(0), x],
      ),
    eager: null,
    compiled: /enters the loop with shape \[1\], but has shape \[2\] after one iteration/,
  },
  'while_loop/error/dtype': {
    f: (x, n) =>
      tf.whileLoop(
        (i: tf.Tensor, _: tf.Tensor) => tf.less(i, n),
        (i, y) => [tf.add(i, 1), tf.cast(y, 'int32')],
        [int(0), x],
      ),
    eager: /enters the loop with type float32 but has type int32 after 1 iteration/,
    compiled: /enters the loop with type float32 but has type int32 after 1 iteration/,
    differs: 'the dtype is checked eagerly, too',
  },
  'while_loop/error/structure': {
    f: (x, n) =>
      tf.whileLoop(
        (i: tf.Tensor, _: tf.Tensor) => tf.less(i, n),
        (i) => [tf.add(i, 1)] as never,
        [int(0), x],
      ),
    eager: /The two structures don't have the same nested structure/,
    compiled: /The two structures don't have the same nested structure/,
  },
  'while_loop/error/cond': {
    f: (x) => any.whileLoop(3, (y: tf.Tensor) => y, [x]),
    eager: /'cond' must be callable/,
    compiled: /'cond' must be callable/,
  },
  'while_loop/error/body': {
    f: (x) => any.whileLoop((y: tf.Tensor) => tf.less(y, 1), 3, [x]),
    eager: /'body' must be callable/,
    compiled: /'body' must be callable/,
  },
  'scan/error/empty': {
    f: (x) => tf.scan(step, x),
    eager: /elems are empty/,
    compiled: /elems are empty/,
  },
  'scan/error/scalar': { f: (x) => tf.scan(step, x), eager: /not scalars/, compiled: /not scalars/ },
  'scan/error/callable': {
    f: (x) => any.scan(3, x),
    eager: /must be callable/,
    compiled: /must be callable/,
  },
  'foldl/error/callable': {
    f: (x) => any.foldl(3, x),
    eager: /must be callable/,
    compiled: /must be callable/,
  },
  'foldr/error/callable': {
    f: (x) => any.foldr(3, x),
    eager: /must be callable/,
    compiled: /must be callable/,
  },
  'map_fn/error/scalar': {
    f: (x) => tf.mapFn(tf.exp, x),
    eager: /elements in elems must be 1\+ dimensional Tensors, not scalars/,
    compiled: /elements in elems must be 1\+ dimensional Tensors, not scalars/,
  },
  'map_fn/error/callable': {
    f: (x) => any.mapFn(3, x),
    eager: /must be callable/,
    compiled: /must be callable/,
  },
};

describe('errors', () => {
  const recorded = Object.keys(cases).filter((name) => name.includes('/error/'));
  test('every recorded one is there', () => {
    expect(new Set(recorded)).toEqual(new Set(Object.keys(errors)));
  });
  test.each(recorded)('%s', (name) => {
    const { f, eager, compiled, differs } = errors[name];
    const c = cases[name];
    for (const [g, pattern, theirs] of [
      [f, eager, c.result.eager],
      [tf.function(f), compiled, c.result.function],
    ] as const) {
      if (differs === undefined) expect(pattern === null).toBe(theirs === null);
      if (pattern === null) g(...tensors(c));
      else expect(() => g(...tensors(c))).toThrow(pattern);
    }
  });
});
