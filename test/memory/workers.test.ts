/** Worker threads: each loads the addon into an environment of its own; the pool is shared; any may end at any time. */
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import type * as gradtape from 'gradtape';
import { built, root, runChild } from '../helpers/child';

const code = `
  const { parentPort, workerData } = require('node:worker_threads');
  const tf = require(${JSON.stringify(built)});
  const n = workerData.n;
  const a = tf.reshape(tf.range(n * n).cast('float32'), [n, n]).div(n * n);
  const w = new tf.Variable(tf.eye(n));
  const tape = new tf.GradientTape();
  const loss = tape.run(() => tf.reduceSum(tf.square(tf.matmul(a, w))));
  const g = tape.gradient(loss, w);
  const big = tf.ones([400000]).add(1).mul(3);
  parentPort.postMessage([loss.item(), tf.reduceSum(g).item(), tf.reduceMean(big).item()]);
  if (workerData.linger) setInterval(() => tf.matmul(a, w), 0);
`;

function run(n: number, linger: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(code, { eval: true, workerData: { n, linger } });
    let answer: unknown;
    worker.on('message', (message: unknown) => {
      answer = message;
      // Ended in the middle of its work.
      if (linger) setTimeout(() => void worker.terminate(), 2);
    });
    worker.on('error', reject);
    worker.on('exit', (status) => {
      if (answer === undefined) reject(new Error(`the worker ended with ${status} and no answer`));
      else resolve(answer);
    });
  });
}

test('eight workers load, compute and exit, 50 times over', async () => {
  let expected: unknown;
  for (let round = 0; round < 50; round++) {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => run(60, i === 0)));
    expected ??= answers[0];
    for (const answer of answers) expect(answer).toEqual(expected);
  }
  const [loss, gradient, mean] = expected as number[];
  expect(loss).toBeGreaterThan(0);
  expect(gradient).toBeGreaterThan(0);
  expect(mean).toBe(6);
}, 180_000);

test('thirty workers are ended while they load the addon', () => {
  const addon = process.env.GRADTAPE_BINARY ?? path.join(root, 'build', 'Release', 'gradtape.node');
  const load = `
    require('node:worker_threads').parentPort.postMessage('ready');
    for (;;) process.dlopen({ exports: {} }, ${JSON.stringify(addon)});`;
  const ended = runChild(`
    const { Worker } = require('node:worker_threads');
    let ended = 0;
    const next = () => {
      const worker = new Worker(${JSON.stringify(load)}, { eval: true });
      worker.once('message', () => setTimeout(() => worker.terminate(), ended % 4));
      worker.on('exit', () => (++ended < 30 ? next() : report(ended)));
    };
    next();`);
  expect(ended).toBe(30);
});

test('a tensor of another thread is refused by name', async () => {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const tf = require(${JSON.stringify(built)});
     try { parentPort.postMessage(tf.constant([1, 2])); } catch (e) { parentPort.postMessage('refused: ' + e.message); }`,
    { eval: true },
  );
  const got = await new Promise((resolve) => {
    worker.once('message', resolve);
  });
  await worker.terminate();
  // Either the clone itself is refused or what arrives is no tensor.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const tf = require(built) as typeof gradtape;
  if (typeof got !== 'string') expect(() => tf.add(got as never, 1)).toThrow(/must be a tensor/);
  else expect(got).toMatch(/refused/);
});
