/** What is left out because it changes nothing: and that what looks like it, but does, stays. */
import * as tf from 'gradtape';
import { regroup, simplify } from '../../../lib/graph/passes/simplify';
import { leaves, special, type F } from './graphs';

const left = (f: F, ...args: tf.Tensor[]): string[] => leaves(simplify, f, ...args);
const matrix = tf.reshape(tf.range(6, { dtype: 'float32' }), [2, 3]);
const whole = tf.constant([0, 1, -7, 2 ** 31 - 1, -(2 ** 31)], 'int32');
const flags = tf.constant([true, false]);

describe('neutral elements and involutions', () => {
  const gone: [string, F, tf.Tensor][] = [
    ['x·1', (x) => x.mul(1), special],
    ['1·x', (x) => tf.multiply(1, x), special],
    ['x·[1, 1, …]', (x) => x.mul(tf.ones([10])), special],
    ['x/1', (x) => x.div(1), special],
    ['x − 0', (x) => x.sub(0), special],
    ['x + (−0)', (x) => x.add(-0), special],
    ['−0 + x', (x) => tf.add(-0, x), special],
    ['−(−x)', (x) => x.neg().neg(), special],
    ['integers + 0', (x) => x.add(0), whole],
    ['integers − 0', (x) => x.sub(0), whole],
    ['integers · 1', (x) => x.mul(1), whole],
    ['integers, −(−x)', (x) => x.neg().neg(), whole],
    ['not not', (x) => tf.logicalNot(tf.logicalNot(x)), flags],
    ['float64 · 1', (x) => x.mul(1), tf.cast(special, 'float64')],
    ['several in a row', (x) => x.mul(1).sub(0).neg().neg().div(1), special],
  ];
  test.each(gone)('%s', (_, f, x) => {
    expect(left(f, x)).toEqual([]);
  });

  const one: [string, F, string[]][] = [
    ['| |x| |', (x) => x.abs().abs(), ['abs']],
    ['|−x|', (x) => x.neg().abs(), ['abs']],
    ['relu relu', (x) => tf.nn.relu(tf.nn.relu(x)), ['relu']],
    ['floor floor', (x) => tf.floor(tf.floor(x)), ['floor']],
    ['ceil ceil', (x) => tf.math.ceil(tf.math.ceil(x)), ['ceil']],
    ['round round', (x) => tf.round(tf.round(x)), ['round']],
  ];
  test.each(one)('%s', (_, f, names) => {
    expect(left(f, special)).toEqual(names);
  });

  const kept: [string, F, string[]][] = [
    ['x + 0, which makes 0 of −0', (x) => x.add(0), ['add']],
    ['x − (−0), which does too', (x) => x.sub(-0), ['subtract']],
    ['0 − x', (x) => tf.subtract(0, x), ['subtract']],
    ['1 / x', (x) => tf.divide(1, x), ['divide']],
    ['x · NaN', (x) => x.mul(NaN), ['multiply']],
    ['x · [1, …, 2]', (x) => x.mul(tf.concat([tf.ones([9]), [2]], 0)), ['multiply']],
    ['x + [0, −0, …]', (x) => x.add(tf.concat([tf.constant([0]), tf.fill([9], -0)], 0)), ['add']],
    ['x · 1 that repeats x', (x) => x.mul(tf.ones([2, 10])), ['multiply']],
    ['floor ceil', (x) => tf.floor(tf.math.ceil(x)), ['ceil', 'floor']],
  ];
  test.each(kept)('not %s', (_, f, names) => {
    expect(left(f, special)).toEqual(names);
  });
});

describe('copies that move nothing', () => {
  const gone: [string, F, tf.Tensor, string[]][] = [
    ['a reshape to the same shape', (x) => tf.reshape(x, [2, 3]), matrix, []],
    ['there and back', (x) => tf.reshape(tf.reshape(x, [6]), [2, 3]), matrix, []],
    ['a view of a view', (x) => tf.expandDims(tf.reshape(x, [3, 2]), 0), matrix, ['alias']],
    ['transposed twice', (x) => tf.transpose(tf.transpose(x)), matrix, []],
    ['a transpose that keeps the order', (x) => tf.transpose(x, [0, 1]), matrix, []],
    ['a transpose of a row', (x) => tf.transpose(x), tf.constant([[1, 2, 3]]), ['alias']],
    ['broadcast to its own shape', (x) => tf.broadcastTo(x, [2, 3]), matrix, []],
    ['one more dimension', (x) => tf.broadcastTo(x, [1, 2, 3]), matrix, ['alias']],
    ['tiled once', (x) => tf.tile(x, [1, 1]), matrix, []],
    ['a slice of all', (x) => tf.slice(x, [0, 0], [2, 3]), matrix, []],
    ['an index of all', (x) => x.at(':', ':'), matrix, []],
    ['wider and back', (x) => tf.cast(tf.cast(x, 'float64'), 'float32'), special, []],
    ['int32 as float64', (x) => tf.cast(tf.cast(x, 'float64'), 'int32'), whole, []],
    ['bool as int32', (x) => tf.cast(tf.cast(x, 'int32'), 'bool'), flags, []],
  ];
  test.each(gone)('%s', (_, f, x, names) => {
    expect(left(f, x)).toEqual(names);
  });

  test('three transposes become one', () => {
    const x = tf.random.normal([2, 3, 4], { seed: 1 });
    expect(left((t) => tf.transpose(tf.transpose(t, [1, 2, 0]), [2, 1, 0]), x)).toEqual(['transpose']);
    expect(left((t) => tf.transpose(tf.transpose(t, [1, 2, 0]), [2, 0, 1]), x)).toEqual([]);
  });

  test('not a lossy cast', () => {
    expect(left((x) => tf.cast(tf.cast(x, 'int32'), 'float32'), matrix)).toEqual(['cast', 'cast']);
    expect(left((x) => tf.cast(tf.cast(x, 'float32'), 'int32'), whole)).toEqual(['cast', 'cast']);
    expect(left((x) => tf.cast(tf.cast(x, 'float64'), 'int64'), tf.cast(whole, 'int64'))).toHaveLength(2);
    expect(left((x) => tf.cast(tf.cast(x, 'bool'), 'int32'), whole)).toEqual(['cast', 'cast']);
    expect(left((x) => tf.cast(tf.cast(x, 'uint8'), 'int32'), whole)).toEqual(['cast', 'cast']);
  });
});

describe('smaller operands', () => {
  test('a broadcast operand is replaced by its source', () => {
    const f: F = (x, row) => x.mul(tf.broadcastTo(row, [2, 3]));
    expect(left(f, matrix, tf.constant([1, 2, 3]))).toEqual(['multiply']);
    const g: F = (x, row) => tf.where(tf.greater(x, 1), tf.broadcastTo(row, [2, 3]), x);
    expect(left(g, matrix, tf.constant([1, 2, 3]))).toEqual(['greater', 'where']);
    // Here nothing else has the shape.
    const h: F = (row) => tf.broadcastTo(row, [2, 3]).mul(row);
    expect(left(h, tf.constant([1, 2, 3]))).toEqual(['broadcastTo', 'multiply']);
  });

  test('a uniform constant becomes a scalar', () => {
    const f: F = (x) => x.mul(tf.fill([2, 3], 2.5));
    const trace = simplify;
    expect(left(f, matrix)).toEqual(['multiply']);
    const sizes = (pass: typeof simplify): number[] => {
      const found: number[] = [];
      leaves(
        (g) => {
          const after = pass(g);
          for (const n of after.nodes) if (n.kind === 'op') found.push(...n.inputs.map((t) => t.size));
          return after;
        },
        f,
        matrix,
      );
      return found.slice(-2);
    };
    expect(sizes(trace)).toEqual([6, 1]);
  });
});

describe('transposes of a matrix product', () => {
  test('are absorbed by the product', () => {
    const a = tf.random.normal([3, 4], { seed: 1 });
    const b = tf.random.normal([5, 4], { seed: 2 });
    const all = (f: F, ...x: tf.Tensor[]) => leaves(regroup, f, ...x);
    expect(all((x, y) => tf.matmul(x, tf.transpose(y)), a, b)).toEqual(['matmul']);
    expect(all((x, y) => tf.matmul(tf.transpose(x), tf.transpose(y)), tf.transpose(a), b)).toEqual([
      'matmul',
    ]);
    expect(all((x, y) => tf.matmul(tf.transpose(x), y, { transposeA: true }), a, tf.transpose(b))).toEqual([
      'matmul',
    ]);
    const batch = tf.random.normal([2, 3, 4], { seed: 3 });
    expect(all((x) => tf.matmul(x, tf.transpose(x, [0, 2, 1])), batch)).toEqual(['matmul']);
    expect(all((x) => tf.matmul(x, tf.transpose(x, [1, 2, 0])), tf.random.normal([3, 3, 3]))).toHaveLength(2);
  });
});
