/** Transposes meet and cancel; not where it takes more of them, nor what must stay in its order. */
import * as tf from 'gradtape';
import { deadCode } from '../../../lib/graph/passes/dead_code';
import { layout } from '../../../lib/graph/passes/layout';
import { commonSubexpressions } from '../../../lib/graph/passes/common_subexpressions';
import { simplify } from '../../../lib/graph/passes/simplify';
import { graphOf, leaves, namesOf, type F } from './graphs';

const left = (f: F, ...args: tf.Tensor[]): string[] => leaves(layout, f, ...args);
const wave = (...shape: number[]): tf.Tensor =>
  tf.reshape(tf.sin(tf.cast(tf.range(shape.reduce((a, b) => a * b, 1)), 'float32')), shape);
const count = (names: readonly string[], name: string): number => names.filter((n) => n === name).length;
const last = [0, 2, 3, 1];
const first = [0, 3, 1, 2];
const x = wave(2, 5, 7, 6);
const bias = wave(5);
const toLast = (t: tf.Tensor): tf.Tensor => tf.transpose(t, last);
const toFirst = (t: tf.Tensor): tf.Tensor => tf.transpose(t, first);

test('through elementwise ops and a bias', () => {
  expect(left((a) => toLast(tf.exp(toFirst(a))), wave(2, 7, 6, 5))).toEqual(['exp']);
  expect(left((a, b) => toLast(tf.add(toFirst(a), toFirst(b))), wave(2, 7, 6, 5), wave(2, 7, 6, 5))).toEqual([
    'add',
  ]);
  const channels: F = (a, b) => toLast(tf.nn.relu(tf.nn.biasAdd(toFirst(a), b, 'NCHW')));
  expect(left(channels, wave(2, 7, 6, 5), bias)).toEqual(['reshape', 'add', 'relu'].slice(1));
  const chosen: F = (a, b) => toLast(tf.where(tf.greater(toFirst(a), 0), toFirst(b), 1));
  expect(left(chosen, wave(2, 7, 6, 5), wave(2, 7, 6, 5))).toEqual(['greater', 'where']);
  expect(left((a) => toLast(tf.cast(toFirst(a), 'float64')), wave(2, 7, 6, 5))).toEqual(['cast']);
});

test('operands that broadcast, of any rank', () => {
  const f: F = (a, b) => toLast(tf.multiply(toFirst(a), b));
  const a = wave(2, 7, 6, 5);
  for (const shape of [[], [1], [5, 1, 1], [1, 5, 1, 1], [2, 1, 1, 1], [2, 5, 1, 1], [7, 6], [7, 1], [6]]) {
    const names = left(f, a, wave(...shape));
    expect(count(names, 'transpose')).toBe(0);
    expect(count(names, 'multiply')).toBe(1);
  }
  // These are transposed, being smaller.
  for (const shape of [
    [5, 7, 6],
    [1, 5, 7, 6],
  ])
    expect(count(left(f, a, wave(...shape)), 'transpose')).toBe(1);
  // Both repeat.
  const both: F = (b, c) => toLast(tf.add(toFirst(b), toFirst(c)));
  expect(count(left(both, wave(2, 7, 1, 5), wave(1, 1, 6, 5)), 'transpose')).toBe(0);
  expect(left((b) => toLast(tf.broadcastTo(b, [2, 5, 7, 6])), wave(5, 1, 1))).not.toContain('transpose');
});

test('a chain of convolutions has one transpose at each end', () => {
  const conv = (t: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
    tf.nn.relu(tf.nn.biasAdd(tf.nn.conv2d(t, w, 1, 'SAME', { dataFormat: 'NCHW' }), b, 'NCHW'));
  const f: F = (a, w, b) => {
    const one = conv(a, w, b);
    const two = tf.add(one, conv(one, w, b));
    return conv(tf.nn.maxPool2d(two, 2, 2, 'VALID', 'NCHW'), w, b);
  };
  const args = [x, wave(3, 3, 5, 5), bias];
  expect(count(namesOf(graphOf(f, args)), 'transpose')).toBe(8);
  expect(count(left(f, ...args), 'transpose')).toBe(2);
});

test('batch normalisation', () => {
  const f: F = (a, s, o) => {
    const [y] = tf.nn.fusedBatchNorm(a, s, o, { dataFormat: 'NCHW' });
    return tf.nn.avgPool2d(tf.nn.relu(y), 2, 2, 'SAME', 'NCHW');
  };
  expect(count(left(f, x, bias, bias), 'transpose')).toBe(2);
});

test('reductions, if sums may be reassociated', () => {
  const a = wave(2, 7, 6, 5);
  const f: F = (t) => tf.reduceSum(tf.exp(toFirst(t)), { axis: [0, 2, 3] });
  const graph = graphOf(f, [a]);
  expect(namesOf(layout(graph))).toEqual(['exp', 'reduceSum']);
  expect(namesOf(layout(graph, false))).toEqual(['transpose', 'exp', 'reduceSum']);
  // Those of exact numbers have the same bits in any order.
  const exact: F = (t) => [
    tf.reduceMax(toFirst(t), { axis: [0, 2, 3] }),
    tf.reduceMin(toFirst(t), { axis: [2, 3], keepdims: true }),
    tf.reduceMax(toFirst(t), { axis: 1 }),
    tf.reduceMax(toFirst(t)),
  ];
  expect(count(left(exact, a), 'transpose')).toBe(0);
  // What is kept is in another order.
  const kept: F = (t) => tf.reduceMax(tf.transpose(t, [3, 2, 1, 0]), { axis: 1 });
  expect(count(left(kept, a), 'transpose')).toBe(1);
});

test('concatenations, pads and slices', () => {
  const a = wave(2, 7, 6, 5);
  for (const axis of [0, 1, -1]) {
    expect(left((t, u) => toLast(tf.concat([toFirst(t), toFirst(u)], axis)), a, a)).toEqual(['concat']);
  }
  const border: F = (t) =>
    toLast(
      tf.pad(toFirst(t), [
        [0, 0],
        [1, 2],
        [3, 0],
        [0, 4],
      ]),
    );
  expect(left(border, a)).toEqual(['padConstant']);
  expect(left((t) => toLast(tf.slice(toFirst(t), [0, 1, 2, 3], [2, 3, -1, 2])), a)).toEqual(['slice']);
  expect(left((t) => toLast(tf.exp(toFirst(t).slice([0, 1, 2, 3], [2, 3, -1, 2]))), a)).toEqual([
    'slice',
    'exp',
  ]);
  // Dimensions that go: what is left is in another order.
  expect(
    count(
      left((t) => tf.exp(toFirst(t).at(0)), a),
      'transpose',
    ),
  ).toBe(1);
  // Of a block whose inputs are joined to what it computes, forward and backward.
  const dense: F = (t, w, v) => {
    const tape = new tf.GradientTape();
    tape.watch([w, v]);
    const loss = tape.run(() => {
      const one = tf.nn.conv2d(t, w, 1, 'SAME', 'NCHW');
      const both = tf.nn.relu(tf.concat([one, tf.nn.conv2d(one, v, 1, 'SAME', 'NCHW')], 1));
      return tf.reduceMax(tf.nn.avgPool2d(both, 2, 2, 'VALID', 'NCHW'));
    });
    return tape.gradient(loss, [w, v]) as tf.Tensor[];
  };
  const args = [x, wave(1, 1, 5, 4), wave(1, 1, 4, 3)];
  expect(count(left(dense, ...args), 'transpose')).toBe(1);
});

test('gradients of reductions are broadcast in the preferred order', () => {
  const f: F = (a) => {
    const tape = new tf.GradientTape();
    tape.watch(a);
    const loss = tape.run(() => tf.reduceSum(tf.square(tf.reduceMax(toFirst(a), { axis: [2, 3] }))));
    return tape.gradient(loss, a) as tf.Tensor;
  };
  expect(count(left(f, wave(2, 7, 6, 5)), 'transpose')).toBe(0);
});

test('nothing is moved if that needs as many transposes', () => {
  const a = wave(2, 7, 6, 5);
  const graph = graphOf((t) => tf.exp(toFirst(t)), [a]);
  expect(layout(graph)).toBe(graph);
  expect(left((t, u) => tf.add(tf.exp(toFirst(t)), u), a, x)).toEqual(['transpose', 'exp', 'add']);
  const plain = graphOf((t) => tf.exp(t), [a]);
  expect(layout(plain)).toBe(plain);
});

test('a value required in both orders is transposed once', () => {
  const f: F = (t) => {
    const y = tf.exp(toFirst(t));
    return [y, tf.sin(toLast(y)), toLast(tf.cos(y)), tf.nn.softmax(y)];
  };
  expect(count(left(f, wave(2, 7, 6, 5)), 'transpose')).toBe(1);
});

test('other ranks and orders, and empty tensors', () => {
  const f: F = (t) => tf.transpose(tf.exp(tf.transpose(t, [2, 0, 1])), [1, 2, 0]);
  expect(left(f, wave(3, 4, 5))).toEqual(['exp']);
  const g: F = (t) => tf.transpose(tf.exp(tf.transpose(t, [2, 0, 1])), [2, 0, 1]);
  expect(count(left(g, wave(3, 4, 5)), 'transpose')).toBe(1);
  expect(left((t) => tf.transpose(tf.exp(tf.transpose(t))), wave(3, 4))).toEqual(['exp']);
  expect(left((t) => toLast(tf.exp(toFirst(t))), tf.zeros([0, 3, 4, 5]))).toEqual([
    'transpose',
    'exp',
    'transpose',
  ]);
});

test('assigned and read values are unchanged', () => {
  const v = new tf.Variable(tf.zeros([2, 5, 7, 6]));
  const f = tf.function((t: tf.Tensor) => {
    const y = tf.exp(toFirst(t));
    v.assign(y);
    return toLast(tf.add(v, y));
  });
  const a = wave(2, 7, 6, 5);
  const y = tf.exp(toFirst(a));
  const got = f(a);
  expect(got.array()).toEqual(toLast(tf.add(y, y)).array());
  expect(v.array()).toEqual(y.array());
});

let moved = 0;
test.each(Array.from({ length: 60 }, (_, i) => i))('random programs, %i', (seed) => {
  let state = seed * 7919 + 1;
  const below = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const shuffled = (n: number): number[] => {
    const rest = Array.from({ length: n }, (_, i) => i);
    return Array.from({ length: n }, () => rest.splice(below(rest.length), 1)[0]);
  };
  const rank = 3 + below(2);
  const shape = Array.from({ length: rank }, () => 1 + below(3));
  const there = shuffled(rank);
  const perms = [there, there.map((_, i) => there.indexOf(i)), shuffled(rank)];
  // Drawn once: the function is run several times, and must be the same.
  const plan = Array.from({ length: 14 }, () => ({
    what: below(11),
    a: below(4),
    b: below(1000),
    perm: perms[below(3)],
    axis: below(rank),
  }));
  const f: F = (...given) => {
    const values = [...given];
    for (const { what, a, b, perm, axis } of plan) {
      const x = values[Math.max(0, values.length - 1 - a)];
      const same = values.filter((t) => t.shape.join() === x.shape.join());
      const y = same[b % same.length];
      const tail = tf.reshape(tf.reduceMax(x, { axis: [0] }), x.shape.slice(1));
      if (what < 4) values.push(tf.transpose(x, perm));
      else if (what === 4) values.push(tf.sin(y));
      else if (what === 5) values.push(tf.add(x, y));
      else if (what === 6) values.push(tf.multiply(x, tail));
      else if (what === 7) values.push(tf.maximum(x, tf.reduceMax(y, { axis: [axis], keepdims: true })));
      else if (what === 8) values.push(tf.concat([x, y], axis));
      else if (what === 9) values.push(tf.add(tf.broadcastTo(tail, x.shape), y));
      else values.push(tf.where(tf.greater(x, 0.1), x, tf.cos(y)));
    }
    return values.slice(-1 - (seed % 2));
  };
  const args = [wave(...shape), tf.multiply(wave(...shape), 2)];
  const before = count(namesOf(deadCode(graphOf(f, args))), 'transpose');
  if (
    count(
      leaves((graph) => layout(deadCode(graph)), f, ...args),
      'transpose',
    ) < before
  )
    moved++;
});

test('many of them have moved transposes', () => {
  expect(moved).toBeGreaterThan(20);
});

/** A step of training a network with channels in either place. */
function step(format: 'NCHW' | 'NHWC'): { f: (x: tf.Tensor) => tf.Tensor[]; before: () => string[] } {
  const w = [wave(3, 3, 4, 8), wave(3, 3, 8, 8), wave(8, 3)].map((t) => tf.multiply(t, 0.2));
  const b = [wave(8), wave(8)];
  const loss = (t: tf.Tensor, ...p: tf.Tensor[]): tf.Tensor => {
    let y = t;
    for (const i of [0, 1]) {
      y = tf.nn.conv2d(y, p[i], 1, 'SAME', format);
      y = tf.nn.relu(tf.nn.biasAdd(y, p[3 + i], format));
      y = tf.nn.maxPool2d(y, 2, 2, 'VALID', format);
    }
    const pooled = tf.reduceMean(y, { axis: format === 'NCHW' ? [2, 3] : [1, 2] });
    return tf.reduceMean(tf.square(tf.matmul(pooled, p[2])));
  };
  const all = [...w, ...b];
  const gradients = (t: tf.Tensor): tf.Tensor[] => {
    const tape = new tf.GradientTape();
    tape.watch(all);
    const l = tape.run(() => loss(t, ...all));
    return [l, ...(tape.gradient(l, all) as tf.Tensor[])];
  };
  return {
    f: tf.function(gradients),
    before: () =>
      namesOf(deadCode(commonSubexpressions(simplify(graphOf((t) => gradients(t), [wave(2, 4, 8, 8)]))))),
  };
}

test('a channels-first training step matches the channels-last one', () => {
  const t = wave(2, 4, 8, 8);
  const [one, two] = [step('NCHW'), step('NHWC')];
  const names = (f: (x: tf.Tensor) => tf.Tensor[], arg: tf.Tensor): string[] =>
    (f as unknown as { program(x: tf.Tensor): { steps: { ops?: { name: string }[] }[] } })
      .program(arg)
      .steps.flatMap((s) => s.ops ?? [])
      .map((o) => o.name);
  expect(count(one.before(), 'transpose')).toBeGreaterThan(10);
  const [ours, twins] = [names(one.f, t), names(two.f, toLast(t))];
  expect(count(ours, 'transpose')).toBe(1);
  expect(ours.filter((n) => n !== 'transpose')).toEqual(twins);
  const want = two.f(toLast(t)).map((g) => g.data());
  one.f(t).forEach((g, i) => expect(g.data()).toEqual(want[i]));
});
