/** Every row of the registry is measured, and the loop beside it computes the same. */
import * as tf from 'gradtape';
import { caseOf, elementsOf, mismatch, sizes } from '../../benchmarks/ops/definitions';

const call = (row: tf.OpInfo, args: readonly unknown[]): unknown =>
  (row.call as unknown as (...args: unknown[]) => unknown)(...args);

const rows = [...tf.registry().values()];

it.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
  const made = caseOf(row, sizes.small);
  // Only what is a part of other functions may have no benchmark of its own.
  if (row.tf !== '') expect(made).not.toBeNull();
  if (made === null) return;
  const result = elementsOf(call(row, made.args));
  expect(result.length).toBeGreaterThan(0);
  expect(typeof made.loop).toBe('function');
  if (made.unequal !== true) expect(mismatch(result, made.loop!())).toBeNull();
});

it('says where a loop computes something else', () => {
  expect(mismatch([1, 2], Float32Array.of(1, 2))).toBeNull();
  expect(mismatch([1, 2], Float32Array.of(1, 2.1))).toMatch(/element 1 is 2, but 2.09\d* in the loop/);
  expect(mismatch([1, NaN], Float32Array.of(1, 2))).toMatch(/element 1 is NaN/);
  expect(mismatch([1, 2], Float32Array.of(1))).toMatch(/2 elements, but 1/);
  expect(mismatch([3], 3)).toBeNull();
});
