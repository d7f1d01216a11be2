/** Dynamic batching: what goes into a batch, and when; errors, limits, aborts, the end. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from 'gradtape';
import { Batcher, type BatcherOptions } from 'gradtape/serving';

/** A batcher that doubles, and the shapes of its batches. */
function doubling(options: BatcherOptions = {}): { batcher: Batcher; shapes: (readonly number[])[] } {
  const shapes: (readonly number[])[] = [];
  const f = tf.function((x: tf.Tensor) => tf.multiply(x, 2));
  const batcher = new Batcher((x, { signal }) => {
    shapes.push(x.shape);
    return f.asyncWith({ signal })(x);
  }, options);
  return { batcher, shapes };
}

test('requests of one turn are one batch, padded to a power of two, and get their own rows', async () => {
  const { batcher, shapes } = doubling();
  const results = await Promise.all([
    batcher.run([[1, 2]]),
    batcher.run(
      tf.constant([
        [3, 4],
        [5, 6],
      ]),
    ),
    batcher.run([[7, 8]]),
    batcher.run([[9, 10]]),
  ]);
  expect(results.map((t) => t.array())).toEqual([
    [[2, 4]],
    [
      [6, 8],
      [10, 12],
    ],
    [[14, 16]],
    [[18, 20]],
  ]);
  expect(shapes).toEqual([[8, 2]]);
  expect(batcher.stats).toEqual({
    queued: 0,
    running: 0,
    requests: 4,
    refused: 0,
    failed: 0,
    aborted: 0,
    batches: 1,
    rows: 5,
    padding: 3,
  });
});

test('a full batch does not wait; the sizes are few', async () => {
  const { batcher, shapes } = doubling({ maxBatchSize: 6, maxLatency: 60_000, maxRunning: 2 });
  const six = Array.from({ length: 6 }, (_, i) => batcher.run([[i]]));
  expect((await Promise.all(six)).map((t) => t.item())).toEqual([0, 2, 4, 6, 8, 10]);
  expect(shapes).toEqual([[6, 1]]);
  const rest = batcher.run([[1]]);
  await batcher.close();
  expect((await rest).item()).toBe(2);
  expect(shapes).toEqual([
    [6, 1],
    [1, 1],
  ]);
});

test('batchSizes: [] does not pad; rows of other shapes and dtypes are other batches', async () => {
  const { batcher, shapes } = doubling({ batchSizes: [], maxRunning: 4 });
  await Promise.all([
    batcher.run([[1], [2], [3]]),
    batcher.run([[1, 2]]),
    batcher.run(tf.constant([[1]], 'float64')),
  ]);
  expect(shapes).toEqual([
    [3, 1],
    [1, 2],
    [1, 1],
  ]);
});

test('records and arrays of tensors are split as well', async () => {
  const batcher = new Batcher((x) => ({ y: tf.multiply(x, 2), sum: tf.reduceSum(x, 1) }), { maxLatency: 0 });
  const [a, b] = await Promise.all([batcher.run([[1, 2]]), batcher.run([[3, 4]])]);
  expect([a.y.array(), a.sum.array(), b.y.array(), b.sum.array()]).toEqual([[[2, 4]], [3], [[6, 8]], [7]]);
  const pairs = new Batcher((x) => [x, tf.negative(x)], { maxLatency: 0 });
  expect((await pairs.run([[1]])).map((t) => t.item())).toEqual([1, -1]);
});

test("an error reaches the callers of its batch only; the caller's tensors survive", async () => {
  const batcher = new Batcher(
    async (x) => {
      await sleep(1);
      if (Number(tf.reduceMax(x).item()) > 9) throw new Error('too large');
      return x;
    },
    { maxBatchSize: 2 },
  );
  const mine = tf.constant([[1], [2]]);
  const results = await Promise.allSettled([
    batcher.run([[10]]),
    batcher.run([[1]]),
    batcher.run(mine),
    batcher.run(mine),
  ]);
  expect(results.map((r) => r.status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled']);
  expect(mine.array()).toEqual([[1], [2]]);
  expect(batcher.stats).toMatchObject({ failed: 2, queued: 0, running: 0 });
});

test('a full queue refuses at once; what waits is computed', async () => {
  const { batcher } = doubling({ maxBatchSize: 2, maxQueue: 4 });
  // Two are in progress.
  const accepted = Array.from({ length: 6 }, (_, i) => batcher.run([[i]]));
  const refused = batcher.run([[7]]);
  await expect(refused).rejects.toThrow(tf.errors.ResourceExhaustedError);
  await expect(refused).rejects.toThrow(/4 rows wait already, and maxQueue is 4/);
  expect((await Promise.all(accepted)).map((t) => t.item())).toEqual([0, 2, 4, 6, 8, 10]);
  expect(batcher.stats).toMatchObject({ refused: 1, queued: 0 });
});

test('an abort removes what waits, and ends a batch that nobody wants', async () => {
  const signals: AbortSignal[] = [];
  const batcher = new Batcher(
    async (x, { signal }) => {
      signals.push(signal);
      await sleep(20);
      return x;
    },
    { maxBatchSize: 1 },
  );
  const [first, second] = [new AbortController(), new AbortController()];
  const running = batcher.run([[1]], { signal: first.signal });
  const waiting = batcher.run([[2]], { signal: second.signal });
  const other = batcher.run([[3]], { signal: new AbortController().signal });
  second.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  expect(batcher.stats).toMatchObject({ queued: 1, aborted: 1 });
  first.abort(new Error('gone too'));
  await expect(running).rejects.toThrow('gone too');
  expect((await other).item()).toBe(3);
  expect(signals.map((s) => s.aborted)).toEqual([true, false]);
  await expect(batcher.run([[1]], { signal: first.signal })).rejects.toThrow('gone too');
});

test('close computes what waits and accepts nothing more; replace loses nothing', async () => {
  const { batcher } = doubling({ maxLatency: 60_000 });
  const before = batcher.run([[1]]);
  await batcher.replace((x) => tf.multiply(x, 3));
  const after = batcher.run([[2]]);
  await batcher.close();
  expect([(await before).item(), (await after).item()]).toEqual([3, 6]);
  await expect(batcher.run([[1]])).rejects.toThrow(tf.errors.FailedPreconditionError);
  const slow = new Batcher(async (x) => (await sleep(10), x), { maxBatchSize: 1 });
  const [one, two] = [slow.run([[1]]), slow.run([[2]])];
  await slow.replace((x) => tf.negative(x));
  expect([(await one).item(), (await two).item()]).toEqual([1, -2]);
});

test.each([
  [{ maxBatchSize: 0 }, /maxBatchSize must be a whole number above 0/],
  [{ maxLatency: -1 }, /maxLatency/],
  [{ maxQueue: 1.5 }, /maxQueue/],
  [{ batchSizes: [0] }, /batchSizes/],
  [{ maxBatch: 3 } as BatcherOptions, /no option maxBatch/],
])('options %p are refused', (options, message) => {
  expect(() => new Batcher((x) => x, options)).toThrow(message);
});

test('rows and results that cannot be are refused', async () => {
  const { batcher } = doubling({ maxBatchSize: 2 });
  await expect(batcher.run(3)).rejects.toThrow(/rows must have from 1 to 2 rows .* got shape \[\]/);
  await expect(batcher.run([[1], [2], [3]])).rejects.toThrow(/got shape \[3,1\]/);
  await expect(batcher.run([[1]], { signal: {} as AbortSignal })).rejects.toThrow(/must be an AbortSignal/);
  const short = new Batcher((x) => tf.reduceSum(x));
  await expect(short.run([[1]])).rejects.toThrow(/with a row for each of the 1 rows .* shape \[\]/);
});
