/** Ops that move elements, on random shapes, against plain loops. */
import * as fc from 'fast-check';
import * as tf from 'gradtape';

/** A tensor in plain JavaScript: what the references compute with. */
interface Plain {
  shape: number[];
  data: number[];
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const stridesOf = (shape: readonly number[]): number[] => shape.map((_, i) => sizeOf(shape.slice(i + 1)));

/** A plain tensor from a function of the indices. */
function build(shape: readonly number[], f: (index: number[]) => number): Plain {
  const strides = stridesOf(shape);
  const data = Array.from({ length: sizeOf(shape) }, (_, i) =>
    f(shape.map((n, d) => Math.floor(i / strides[d]) % n)),
  );
  return { shape: [...shape], data };
}

const get = (p: Plain, index: readonly number[]): number => {
  const strides = stridesOf(p.shape);
  return p.data[index.reduce((at, i, d) => at + i * strides[d], 0)];
};

const dtypes = ['float32', 'float64', 'int32', 'int64', 'uint8', 'bool'] as const;

/** Elements that differ, as far as the dtype can tell them apart. */
function make(shape: number[], dtype: tf.DType): { x: tf.Tensor; p: Plain } {
  const data = Array.from({ length: sizeOf(shape) }, (_, i) =>
    dtype === 'bool' ? ((i * 7) % 3) & 1 : dtype === 'uint8' ? i & 255 : i,
  );
  const whole = tf.cast(tf.constant(Float64Array.from(data)), dtype);
  return { x: tf.reshape(whole, shape), p: { shape, data } };
}

function expectSame(t: tf.Tensor, p: Plain): void {
  if (t.shape.join() !== p.shape.join())
    throw new Error(`shape [${t.shape.join()}], not [${p.shape.join()}]`);
  const data = t.data();
  for (let i = 0; i < p.data.length; i++) {
    if (Number(data[i]) !== p.data[i]) throw new Error(`element ${i} is ${data[i]}, not ${p.data[i]}`);
  }
}

const dimension = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 6 }) }, { weight: 1, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.integer({ min: 7, max: 40 }) }); // prettier-ignore
const shapes = (min: number, max: number): fc.Arbitrary<number[]> =>
  fc.array(dimension, { minLength: min, maxLength: max }).filter((s) => sizeOf(s) <= 20000);
const dtype = fc.constantFrom(...dtypes);
const integer = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const runs = { numRuns: 150 };

test('transpose', () => {
  const cases = shapes(0, 5).chain((shape) =>
    fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }), dtype),
  );
  fc.assert(
    fc.property(cases, ([shape, perm, dt]) => {
      const { x, p } = make(shape, dt);
      const y = tf.transpose(x, { perm });
      expectSame(y, build(perm.map((d) => shape[d]), (i) => get(p, shape.map((_, d) => i[perm.indexOf(d)])))); // prettier-ignore
      const inverse = perm.map((_, d) => perm.indexOf(d));
      expectSame(tf.transpose(y, { perm: inverse }), p);
    }),
    runs,
  );
});

test('ranges with any begin, end and step', () => {
  const bound = fc.option(integer(-12, 12), { nil: null });
  const step = integer(-4, 4).filter((s) => s !== 0);
  const cases = shapes(1, 4).chain((shape) =>
    fc.tuple(fc.constant(shape), fc.tuple(...shape.map(() => fc.tuple(bound, bound, step))), dtype),
  );
  /** The positions that Python's range object of a slice has. */
  const positions = (n: number, [b, e, s]: [number | null, number | null, number]): number[] => {
    const out: number[] = [];
    const clamp = (v: number): number =>
      v < 0 ? Math.max(v + n, s > 0 ? 0 : -1) : Math.min(v, s > 0 ? n : n - 1);
    const from = b === null ? (s > 0 ? 0 : n - 1) : clamp(b);
    const to = e === null ? (s > 0 ? n : -1) : clamp(e);
    for (let i = from; s > 0 ? i < to : i > to; i += s) out.push(i);
    return out;
  };
  fc.assert(
    fc.property(cases, ([shape, ranges, dt]) => {
      const { x, p } = make(shape, dt);
      const index = ranges.map(([b, e, s]) => `${b ?? ''}:${e ?? ''}:${s}`);
      const taken = ranges.map((r, d) => positions(shape[d], r));
      const want = build(
        taken.map((t) => t.length),
        (i) =>
          get(
            p,
            i.map((k, d) => taken[d][k]),
          ),
      );
      expectSame(x.at(...index), want);
      expectSame(
        tf.stridedSlice(
          x,
          ranges.map((r) => r[0] ?? 0),
          ranges.map((r) => r[1] ?? 0),
          {
            strides: ranges.map((r) => r[2]),
            beginMask: ranges.reduce((m, r, d) => m | (r[0] === null ? 1 << d : 0), 0),
            endMask: ranges.reduce((m, r, d) => m | (r[1] === null ? 1 << d : 0), 0),
          },
        ),
        want,
      );
    }),
    runs,
  );
});

test('split and concat undo each other', () => {
  const cases = shapes(1, 4).chain((shape) =>
    integer(0, shape.length - 1).chain((axis) =>
      fc.tuple(
        fc.constant(shape),
        fc.constant(axis),
        fc.array(integer(0, shape[axis]), { maxLength: 3 }).map((cuts) => [...cuts].sort((a, b) => a - b)),
        dtype,
      ),
    ),
  );
  fc.assert(
    fc.property(cases, ([shape, axis, cuts, dt]) => {
      const { x, p } = make(shape, dt);
      const edges = [0, ...cuts, shape[axis]];
      const sizes = edges.slice(1).map((e, i) => e - edges[i]);
      const parts = tf.split(x, sizes, axis);
      parts.forEach((part, k) =>
        expectSame(
          part,
          build(shape.map((n, d) => (d === axis ? sizes[k] : n)), (i) => get(p, i.map((v, d) => (d === axis ? v + edges[k] : v)))), // prettier-ignore
        ),
      );
      expectSame(tf.concat(parts, axis), p);
      const whole = tf.unstack(x, { axis });
      if (whole.length > 0) expectSame(tf.stack(whole, { axis }), p);
    }),
    runs,
  );
});

test('tile, broadcastTo, reverse, roll and pad', () => {
  const cases = shapes(0, 4).chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.tuple(...shape.map(() => fc.record({ times: integer(0, 3), shift: integer(-9, 9), turn: fc.boolean(), before: integer(0, 3), after: integer(0, 3), once: fc.boolean() }))), // prettier-ignore
      dtype,
    ),
  );
  fc.assert(
    fc.property(cases, ([shape, by, dt]) => {
      const { x, p } = make(shape, dt);
      const multiples = by.map((b) => b.times);
      if (sizeOf(multiples) * sizeOf(shape) <= 50000) {
        expectSame(
          tf.tile(x, multiples),
          build(shape.map((n, d) => n * multiples[d]), (i) => get(p, i.map((v, d) => v % shape[d]))), // prettier-ignore
        );
      }
      const from = shape.map((n, d) => (by[d].once && n > 0 ? 1 : n));
      const narrow = make(from, dt);
      expectSame(
        tf.broadcastTo(narrow.x, [2, ...shape]),
        build([2, ...shape], (i) => get(narrow.p, from.map((n, d) => (n === 1 ? 0 : i[d + 1])))), // prettier-ignore
      );
      const axes = [...shape.keys()].filter((d) => by[d].turn);
      expectSame(
        tf.reverse(x, axes),
        build(shape, (i) => get(p, i.map((v, d) => (by[d].turn ? shape[d] - 1 - v : v)))), // prettier-ignore
      );
      expectSame(
        tf.roll(x, by.map((b) => b.shift), [...shape.keys()]), // prettier-ignore
        build(shape, (i) => get(p, i.map((v, d) => (((v - by[d].shift) % shape[d]) + shape[d]) % shape[d]))), // prettier-ignore
      );
      const value = dt === 'bool' ? 1 : 9;
      expectSame(
        tf.pad(x, by.map((b) => [b.before, b.after]), { constantValues: dt === 'bool' ? true : 9 }), // prettier-ignore
        build(
          shape.map((n, d) => n + by[d].before + by[d].after),
          (i) => {
            // prettier-ignore
            const at = i.map((v, d) => v - by[d].before);
            return at.every((v, d) => v >= 0 && v < shape[d]) ? get(p, at) : value;
          },
        ),
      );
    }),
    runs,
  );
});

test('mirrored padding', () => {
  const cases = shapes(1, 3)
    .filter((s) => s.every((n) => n > 0))
    .chain((shape) =>
      fc.constantFrom('REFLECT', 'SYMMETRIC').chain((mode) =>
        fc.tuple(
          fc.constant(shape),
          fc.constant(mode),
          fc.tuple(
            ...shape.map((n) => {
              // prettier-ignore
              const most = Math.min(4, mode === 'REFLECT' ? n - 1 : n);
              return fc.tuple(integer(0, most), integer(0, most));
            }),
          ),
        ),
      ),
    );
  fc.assert(
    fc.property(cases, ([shape, mode, paddings]) => {
      const { x, p } = make(shape, 'float32');
      const skip = mode === 'REFLECT' ? 0 : 1;
      const mirror = (v: number, n: number): number =>
        v < 0 ? -v - skip : v >= n ? 2 * n - 2 + skip - v : v;
      expectSame(
        tf.pad(x, paddings, mode),
        build(shape.map((n, d) => n + paddings[d][0] + paddings[d][1]), (i) => get(p, i.map((v, d) => mirror(v - paddings[d][0], shape[d])))), // prettier-ignore
      );
    }),
    runs,
  );
});

test('gather along any axis with any batch dimensions, and back', () => {
  const cases = shapes(1, 4)
    .filter((s) => s.every((n) => n > 0))
    .chain((shape) => integer(0, shape.length - 1).chain((axis) => integer(0, axis).chain((batchDims) =>
      fc.array(integer(1, 3), { maxLength: 2 }).chain((more) => { // prettier-ignore
        const indices = [...shape.slice(0, batchDims), ...more];
        return fc.tuple(
          fc.constant({ shape, axis, batchDims, indices }),
          fc.array(integer(0, shape[axis] - 1), { minLength: sizeOf(indices), maxLength: sizeOf(indices) }),
          fc.boolean(),
          dtype,
        );
      })))); // prettier-ignore
  fc.assert(
    fc.property(cases, ([{ shape, axis, batchDims, indices }, at, wide, dt]) => {
      const { x, p } = make(shape, dt);
      const where: Plain = { shape: indices, data: at };
      const t = tf.cast(tf.reshape(tf.constant(at, 'int32'), indices), wide ? 'int64' : 'int32');
      const rest = indices.length - batchDims;
      const out = [...shape.slice(0, axis), ...indices.slice(batchDims), ...shape.slice(axis + 1)];
      const source = (i: number[]): number[] => [
        ...i.slice(0, axis),
        get(where, [...i.slice(0, batchDims), ...i.slice(axis, axis + rest)]),
        ...i.slice(axis + rest),
      ];
      const want = build(out, (i) => get(p, source(i)));
      expectSame(tf.gather(x, t, { axis, batchDims }), want);
      if (dt !== 'float64') return;
      const tape = new tf.GradientTape();
      tape.watch(x);
      const weights = make(out, 'float64');
      const y = tape.run(() => tf.gather(x, t, { axis, batchDims }).mul(weights.x));
      const sums = build(shape, () => 0);
      const strides = stridesOf(shape);
      build(out, (i) => {
        sums.data[source(i).reduce((a, v, d) => a + v * strides[d], 0)] += get(weights.p, i);
        return 0;
      });
      expectSame(tf.identity(tape.gradient(y, x) as tf.Tensor), sums);
    }),
    runs,
  );
});

test('tensorScatterNd in the order of the updates', () => {
  const cases = shapes(1, 3)
    .filter((s) => s.every((n) => n > 0))
    .chain((shape) => integer(0, shape.length).chain((depth) => integer(0, 5).chain((k) => // prettier-ignore
      fc.tuple(
        fc.constant(shape),
        fc.array(fc.tuple(...shape.slice(0, depth).map((n) => integer(0, n - 1))), { minLength: k, maxLength: k }),
        fc.constantFrom('float32', 'int32', 'int64', 'uint8'),
        fc.constant(depth),
      )))); // prettier-ignore
  const kinds = {
    Update: (_: number, u: number) => u,
    Add: (a: number, u: number) => a + u,
    Sub: (a: number, u: number) => a - u,
    Min: Math.min,
    Max: Math.max,
  };
  fc.assert(
    fc.property(cases, ([shape, at, dt, depth]) => {
      const { x, p } = make(shape, dt);
      const k = at.length;
      const inner = sizeOf(shape.slice(depth));
      const u = make([k, ...shape.slice(depth)], dt);
      const indices = tf.reshape(tf.constant(at.flat(), 'int32'), [k, depth]);
      const strides = stridesOf(shape);
      for (const [kind, f] of Object.entries(kinds)) {
        const want = { shape, data: [...p.data] };
        at.forEach((tuple, i) => {
          const row = tuple.reduce((a, v, d) => a + v * strides[d], 0);
          for (let j = 0; j < inner; j++) {
            const value = f(want.data[row + j], u.p.data[i * inner + j]);
            want.data[row + j] = dt === 'uint8' ? value & 255 : value;
          }
        });
        const call = tf[`tensorScatterNd${kind}` as 'tensorScatterNdAdd'];
        expectSame(call(x, indices, u.x), want);
      }
    }),
    runs,
  );
});

test('masks', () => {
  const cases = shapes(1, 4).chain((shape) =>
    integer(0, shape.length - 1).chain((axis) =>
      integer(1, shape.length - axis).chain((rank) => {
        const n = sizeOf(shape.slice(axis, axis + rank));
        return fc.tuple(
          fc.constant({ shape, axis, rank }),
          fc.array(fc.boolean(), { minLength: n, maxLength: n }),
          dtype,
        );
      }),
    ),
  );
  fc.assert(
    fc.property(cases, ([{ shape, axis, rank }, mask, dt]) => {
      const { x, p } = make(shape, dt);
      const covered = shape.slice(axis, axis + rank);
      const m = tf.reshape(tf.constant(mask, 'bool'), covered);
      const kept = [...mask.keys()].filter((i) => mask[i]);
      const strides = stridesOf(covered);
      const at = (i: number): number[] => covered.map((n, d) => Math.floor(i / strides[d]) % n);
      expectSame(tf.where(m), { shape: [kept.length, rank], data: kept.flatMap(at) });
      expectSame(
        tf.booleanMask(x, m, axis),
        build([...shape.slice(0, axis), kept.length, ...shape.slice(axis + rank)], (i) =>
          get(p, [...i.slice(0, axis), ...at(kept[i[axis]]), ...i.slice(axis + 1)]),
        ),
      );
    }),
    runs,
  );
});
