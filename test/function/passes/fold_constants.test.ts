/** What depends on constants alone is computed when the function is compiled. */
import * as tf from 'gradtape';
import { compile } from '../../../lib/compile/compile';
import { foldConstants } from '../../../lib/graph/passes/fold_constants';
import { optimize } from '../../../lib/graph/passes/optimize';
import { Trace } from '../../../lib/graph/trace';
import type { TracedOp } from '../../../lib/op/contract';
import { shapeOf, specOf } from '../../../lib/core/tensor';
import { opDefinitions } from '../../../lib/op/registry';
import { bytesOf } from '../../helpers/threads';
import { namesOf } from './graphs';

const row = (name: string): TracedOp => opDefinitions().get(name) as unknown as TracedOp;

/** x + op(constant): ops of constants alone run while a function is traced; in parts of other graphs they may stay. */
function graph(name: string, constant: tf.Tensor, attrs: unknown, out: tf.Tensor) {
  const trace = new Trace('f');
  const x = trace.symbol(out.dt, shapeOf(out));
  return trace.run(
    () => {
      const [y] = trace.emit(row(name), [constant], attrs, [specOf(out)]);
      return trace.emit(row('add'), [x, y], null, [specOf(out)]);
    },
    (r) => r,
    [x],
  ).graph;
}

test('an op of constants is a constant', () => {
  const c = tf.constant([1, 2, NaN, -0]);
  const before = graph('exp', c, null, c);
  const after = foldConstants(before);
  expect(namesOf(before)).toEqual(['exp', 'add']);
  expect(namesOf(after)).toEqual(['add']);
  const x = tf.constant([1, 1, 1, 1]);
  const [got] = compile(after).run([x]);
  expect(bytesOf(got).equals(bytesOf(tf.add(x, tf.exp(c))))).toBe(true);
  // What nobody reads any more is no part of the program.
  expect(optimize(before).constants).toHaveLength(1);
});

test('not if the result is large', () => {
  const c = tf.constant([1]);
  const large = tf.zeros([100_000]);
  expect(namesOf(foldConstants(graph('tile', c, [100_000], large)))).toEqual(['tile', 'add']);
  const small = tf.zeros([100]);
  expect(namesOf(foldConstants(graph('tile', c, [100], small)))).toEqual(['add']);
});

test('not if it throws: the error belongs to the run', () => {
  const zero = tf.constant([1, 0], 'int32');
  const trace = new Trace('f');
  const x = trace.symbol(zero.dt, shapeOf(zero));
  const g = trace.run(
    () => trace.emit(row('floordiv'), [tf.constant([1, 1], 'int32'), zero], null, [specOf(zero)]),
    (r) => r,
    [x],
  ).graph;
  expect(namesOf(foldConstants(g))).toEqual(['floordiv']);
  expect(() => compile(foldConstants(g)).run([zero])).toThrow(/division by zero/);
});
