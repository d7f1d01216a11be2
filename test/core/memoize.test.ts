import { memoized } from '../../lib/core/memoize';

test('equal arguments give the same result, arrays by their elements', () => {
  let calls = 0;
  const f = memoized((a: unknown, b: unknown) => ({ a, b, number: ++calls }));
  const first = f([2, [3, 4]], 'SAME');
  expect(f([2, [3, 4]], 'SAME')).toBe(first);
  expect(f([2, [3, 5]], 'SAME')).not.toBe(first);
  expect(f([2, [3, 4]], 'VALID')).not.toBe(first);
  expect(f([2, [3, 4], 1], 'SAME')).not.toBe(first);
  expect(f('2', 'SAME')).not.toBe(f(2, 'SAME'));
  expect(f(null, undefined)).not.toBe(f(undefined, null));
});

test('an array that is changed later is another argument', () => {
  const sum = memoized((list: readonly number[]) => list.reduce((a, b) => a + b, 0));
  const list = [1, 2];
  expect(sum(list)).toBe(3);
  list[1] = 5;
  expect(sum(list)).toBe(6);
});

test('only the last calls are kept, and nothing of one that throws', () => {
  let calls = 0;
  const f = memoized((n: number) => {
    calls++;
    if (n < 0) throw new RangeError('negative');
    return n;
  });
  for (let n = 0; n < 100; n++) f(n);
  expect(f(99)).toBe(99);
  expect(calls).toBe(100);
  f(0);
  expect(calls).toBe(101);
  expect(() => f(-1)).toThrow('negative');
  expect(() => f(-1)).toThrow('negative');
  expect(calls).toBe(103);
});
