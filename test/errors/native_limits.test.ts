/** Limits of the native code, as users meet them: errors of the library that name the op. */
import * as fs from 'node:fs';
import * as tf from 'gradtape';
import { runChild } from '../helpers/child';

/** Of so many dimensions, every other of size 2, the others 1. */
const alternating = (rank: number, first: number): tf.Tensor =>
  tf.ones(Array.from({ length: rank }, (_, i) => (i % 2 === first ? 2 : 1)));

describe('operands that alternate over more than 16 dimensions', () => {
  const [a, b] = [alternating(18, 0), alternating(18, 1)];
  const message = (op: string) =>
    new RegExp(`^\\[${op}\\] Broadcast between \\[2,1,.*\\], \\[1,2,.* is not supported.* 18 dim.* 16 `);

  const calls: [string, string, () => unknown][] = [
    ['add', 'add', () => tf.add(a, b)],
    ['greater', 'greater', () => tf.greater(a, b)],
    ['where', 'where', () => tf.where(tf.greater(a, 0), a, b)],
    ['compiled add', 'add', () => tf.function((x: tf.Tensor, y: tf.Tensor) => tf.add(x, y))(a, b)],
    [
      'compiled where',
      'where',
      () => tf.function((x: tf.Tensor, y: tf.Tensor) => tf.where(tf.greater(x, 0), x, y))(a, b),
    ],
  ];
  test.each(calls)('%s', (_, op, call) => {
    expect(call).toThrow(tf.errors.UnimplementedError);
    expect(call).toThrow(op === 'where' ? /^\[where\] Broadcast between / : message(op));
  });

  test('sixteen are possible', () => {
    const y = tf.add(alternating(16, 0), alternating(16, 1));
    expect(y.shape).toEqual(Array.from({ length: 16 }, () => 2));
    expect(new Set(y.data() as Float32Array)).toEqual(new Set([2]));
    expect(tf.where(tf.greater(alternating(16, 0), 0), 3, alternating(16, 1)).data()[65535]).toBe(3);
  });
});

const prlimit = '/usr/bin/prlimit';
const limited =
  process.platform === 'linux' && fs.existsSync(prlimit) && process.env.GRADTAPE_SANITIZED === undefined;

// The address space is limited so that the results can be had, and what the kernels need besides cannot.
(limited ? test.each : test.skip.each)([
  ['sort', 'tf.sort(x)'],
  ['argsort', 'tf.argsort(x)'],
  ['a compiled sort', 'compiled(x)'],
  ['an asynchronous sort', 'await compiled.async(x)'],
])('%s without memory', (_, call) => {
  const found = runChild(
    `(async () => {
      const limit = (bytes) => require('node:child_process')
        .execFileSync(${JSON.stringify(prlimit)}, ['--pid', String(process.pid), '--as=' + bytes + ':']);
      const compiled = tf.function(function sorted(x) { return tf.sort(x); });
      const x = tf.random.uniform([1 << 24]);
      for (const t of [x, tf.ones([100])]) await compiled.async(t);
      tf.sort(tf.argsort(tf.ones([100])));
      const now = 1024 * Number(/VmSize:\\s+(\\d+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))[1]);
      limit(now + (100 << 20));
      let error;
      try { ${call}; } catch (e) { error = e; }
      limit('unlimited');
      report({ name: error?.name, op: error instanceof tf.errors.ResourceExhaustedError, message: error?.message, after: tf.sort(x).size });
    })();`,
  );
  expect(found).toEqual({
    name: 'ResourceExhaustedError',
    op: true,
    message: expect.stringMatching(
      /^\[\w*sort\w*\] the system has no memory for intermediate results/i,
    ) as unknown,
    after: 1 << 24,
  });
});
