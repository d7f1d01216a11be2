/** Calls off the event loop in processes and threads that end. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { built, root } from '../helpers/child';

/** A step of some milliseconds that assigns a variable. */
const prelude = `
  const tf = require(${JSON.stringify(built)});
  const n = 300;
  const w = new tf.Variable(tf.ones([n, n]));
  const step = tf.function((x) => {
    let y = x;
    for (let i = 0; i < 6; i++) y = tf.multiply(tf.matmul(y, w), 1 / n);
    w.assign(y);
    return tf.reduceMean(y);
  });
  const x = tf.ones([n, n]);
`;

function end(code: string): { status: number | null; signal: string | null; out: string } {
  const r = spawnSync(process.execPath, ['-e', prelude + code], {
    encoding: 'utf8',
    cwd: root,
    timeout: 60_000,
  });
  return { status: r.status, signal: r.signal, out: r.stdout + r.stderr };
}

describe('a process', () => {
  test('ends by process.exit() while calls run', () => {
    for (const wait of [0, 1, 5]) {
      const code = `for (let i = 0; i < 20; i++) step.async(x); setTimeout(() => process.exit(7), ${wait});`;
      expect(end(code)).toEqual({ status: 7, signal: null, out: '' });
    }
    expect(end('step.async(x); process.exit(5);')).toEqual({ status: 5, signal: null, out: '' });
  });

  test('ends by process.exit() while worker threads load the library and run calls', () => {
    const work = `${prelude}(async () => { for (;;) await Promise.all([step.async(x), step.async(x)]); })();`;
    const start = `
      const { Worker } = require('node:worker_threads');
      for (let i = 0; i < 3; i++) new Worker(${JSON.stringify(work)}, { eval: true });
      for (let i = 0; i < 3; i++) step.async(x);`;
    for (const wait of [20, 50, 90, 200, 400]) {
      expect(end(`${start}setTimeout(() => process.exit(7), ${wait});`)).toEqual({
        status: 7,
        signal: null,
        out: '',
      });
    }
  });

  test('that is stopped repeatedly continues', async () => {
    // Under AddressSanitizer a round takes a second.
    const rounds = process.env.GRADTAPE_SANITIZED === undefined ? 40 : 8;
    const code = `(async () => {
      for (let i = 0; i < ${rounds}; i++) await Promise.all([step.async(x), step.async(x), step.async(x)]);
      process.stdout.write('done');
    })();`;
    const child = spawn(process.execPath, ['-e', prelude + code], {
      cwd: root,
      env: { ...process.env, GRADTAPE_NUM_THREADS: '3' },
    });
    let out = '';
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    const stopping = setInterval(() => {
      child.kill('SIGSTOP');
      setTimeout(() => child.kill('SIGCONT'), 10);
    }, 25);
    const [status] = (await once(child, 'exit')) as [number | null];
    clearInterval(stopping);
    expect([status, out]).toEqual([0, 'done']);
  }, 60_000);

  test('ends by an error while calls run', () => {
    const r = end('step.async(x); setTimeout(() => { throw new Error("on purpose"); }, 1);');
    expect(r.status).toBe(1);
    expect(r.signal).toBeNull();
    expect(r.out).toMatch(/on purpose/);
  });

  test('with no other work waits for its calls, and then ends', () => {
    const code = `for (let i = 0; i < 5; i++) step.async(x).then((y) => process.stdout.write(y.item() + ' '));`;
    expect(end(code)).toEqual({ status: 0, signal: null, out: '1 1 1 1 1 ' });
  });

  test('with an unhandled rejection ends as for any other promise', () => {
    const r = end('tf.function((i) => tf.gather(w, i)).async(tf.constant(1000, "int32"));');
    expect(r.status).toBe(1);
    expect(r.out).toMatch(/InvalidArgumentError/);
  });
});

/** Runs code in worker threads; terminates those that say so. What each answered. */
function inWorkers(count: number, code: string): Promise<unknown[]> {
  return Promise.all(
    Array.from(
      { length: count },
      (_, i) =>
        new Promise((resolve, reject) => {
          const worker = new Worker(
            `${prelude}const { parentPort } = require('node:worker_threads');${code}`,
            {
              eval: true,
              workerData: i,
            },
          );
          let answer: unknown;
          worker.on('message', (message: unknown) => {
            answer = message;
            if (message === 'end me') setTimeout(() => void worker.terminate(), i);
          });
          worker.on('error', reject);
          worker.on('exit', () => {
            resolve(answer);
          });
        }),
    ),
  );
}

describe('worker threads', () => {
  test('eight run calls at once, and end by themselves', async () => {
    const code = `
      (async () => {
        const losses = await Promise.all(Array.from({ length: 10 }, () => step.async(x)));
        parentPort.postMessage(losses.map((t) => t.item()));
      })();`;
    for (const answer of await inWorkers(8, code)) expect(answer).toEqual(Array(10).fill(1));
  }, 60_000);

  test('end repeatedly in the middle of calls', async () => {
    const code = `
      (async () => {
        parentPort.postMessage('end me');
        for (;;) await Promise.all([step.async(x), step.async(x), tf.function((y) => tf.matmul(y, y)).async(x)]);
      })();`;
    for (let round = 0; round < 5; round++) {
      expect(await inWorkers(8, code)).toEqual(Array(8).fill('end me'));
    }
  }, 120_000);
});
