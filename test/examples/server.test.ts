/** The server of examples/server: answers, limits, reload, the end; with worker threads too. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import * as tf from 'gradtape';
import { createServer, type ServerOptions } from '../../examples/server/app';
import { buildModel } from '../../examples/server/model';
import { root } from '../helpers/child';

const out = fs.mkdtempSync(path.join(os.tmpdir(), 'server-'));
const file = path.join(out, 'digits.keras');
const image = Array.from({ length: 784 }, (_, i) => (i % 7) / 7);

beforeAll(async () => {
  tf.keras.utils.setRandomSeed(1);
  await buildModel().save(file);
});
afterAll(() => {
  fs.rmSync(out, { recursive: true });
});

interface Prediction {
  digit: number;
  probabilities: number[];
}

async function post(
  url: string,
  body: unknown,
  options: RequestInit = {},
): Promise<{ status: number; answer: { predictions?: Prediction[]; error?: string; version?: number } }> {
  const isBinary = body instanceof Uint8Array;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': isBinary ? 'application/octet-stream' : 'application/json' },
    body: isBinary ? Buffer.from(body) : JSON.stringify(body),
    ...options,
  });
  return { status: response.status, answer: (await response.json()) as { error?: string } };
}

/** Runs `use` with the URL of a server in this process, and closes that. */
async function withServer(
  options: Partial<ServerOptions>,
  use: (url: string, close: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const defaults = { file, workers: 0, maxQueue: 64, maxLatency: 1, constant: false };
  const app = await createServer({ ...defaults, ...options });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  try {
    await use(url, () => app.close());
  } finally {
    await app.close();
  }
}

test('JSON and binary requests get the probabilities of the model', async () => {
  const model = await tf.keras.models.loadModel(file);
  const expected = [...(model(tf.constant([image])).data() as Float32Array)];
  await withServer({}, async (url) => {
    const one = await post(`${url}/predict`, { pixels: image });
    expect(one.status).toBe(200);
    const [{ digit, probabilities }] = one.answer.predictions ?? [];
    probabilities.forEach((p, k) => expect(Math.abs(p - expected[k])).toBeLessThan(1e-4));
    expect(digit).toBe(expected.indexOf(Math.max(...expected)));
    const two = await post(`${url}/predict`, { images: [image, image] });
    const bytes = new Uint8Array(Float32Array.from([...image, ...image]).buffer);
    const binary = await post(`${url}/predict`, bytes);
    expect(two.answer.predictions).toEqual([one.answer.predictions?.[0], one.answer.predictions?.[0]]);
    expect(binary.answer).toEqual(two.answer);
  });
});

test('bad input gets status 400 and what is wrong', async () => {
  await withServer({}, async (url) => {
    const cases: [unknown, RegExp][] = [
      [{}, /either "pixels" .* or "images"/],
      [{ pixels: [1, 2] }, /"pixels" must have 784 numbers; it has 2/],
      [{ images: [] }, /1 to 32 images/],
      [{ images: [image, image.with(3, 2)] }, /"images"\[1\]\[3\] must be a number from 0 to 1; got 2/],
      [{ pixels: image.map(String) }, /"pixels"\[0\] must be a number/],
      [new Uint8Array(10), /a binary body must be .* got 10 bytes/],
      [new Uint8Array(Float32Array.from(image.with(5, NaN)).buffer), /number 5 of the body/],
    ];
    for (const [body, message] of cases) {
      const { status, answer } = await post(`${url}/predict`, body);
      expect([status, answer.error]).toEqual([400, expect.stringMatching(message)]);
    }
    expect((await post(`${url}/predict`, null, { body: '{' })).status).toBe(400);
    expect((await post(`${url}/predict`, null, { headers: { 'content-type': 'text/csv' } })).status).toBe(
      415,
    );
  });
});

test('health and metrics', async () => {
  await withServer({}, async (url) => {
    await Promise.all(Array.from({ length: 10 }, () => post(`${url}/predict`, { pixels: image })));
    const health = await (await fetch(`${url}/health`)).json();
    expect(health).toEqual({ status: 'ok', queued: 0, version: 1 });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/^http_requests_total\{status="200"\} 1[01]$/m);
    expect(metrics).toMatch(/^batcher_rows_total 10$/m);
    expect(metrics).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
    for (const line of metrics.trim().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? \S+)$/);
  });
});

test('a full queue gets status 503; the others are answered', async () => {
  await withServer({ maxQueue: 4, maxLatency: 300 }, async (url) => {
    const all = await Promise.all(Array.from({ length: 8 }, () => post(`${url}/predict`, { pixels: image })));
    expect(all.map((r) => r.status).sort()).toEqual([200, 200, 200, 200, 503, 503, 503, 503]);
    expect(all.find((r) => r.status === 503)?.answer.error).toMatch(/4 rows wait already/);
  });
});

test('a client that goes away leaves the queue', async () => {
  await withServer({ maxLatency: 200 }, async (url) => {
    const controller = new AbortController();
    const gone = post(`${url}/predict`, { pixels: image }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await expect(gone).rejects.toThrow(/abort/);
    for (let i = 0; i < 100; i++) {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      if (/^batcher_aborted_total 1$/m.test(metrics)) return;
    }
    throw new Error('the request was not aborted');
  });
});

test('a reload loses no request, and a damaged file leaves the model', async () => {
  await withServer({}, async (url) => {
    const before = await post(`${url}/predict`, { pixels: image });
    tf.keras.utils.setRandomSeed(2);
    await buildModel().save(file);
    const reload = post(`${url}/reload`, {});
    const during = await Promise.all(
      Array.from({ length: 30 }, () => post(`${url}/predict`, { pixels: image })),
    );
    expect((await reload).answer.version).toBe(2);
    expect(during.every((r) => r.status === 200)).toBe(true);
    const after = await post(`${url}/predict`, { pixels: image });
    expect(after.answer).not.toEqual(before.answer);
    fs.writeFileSync(file, 'damaged');
    expect((await post(`${url}/reload`, {})).status).toBe(500);
    expect((await post(`${url}/predict`, { pixels: image })).answer).toEqual(after.answer);
    await buildModel().save(file);
  });
});

test('what was accepted is answered when the server closes', async () => {
  await withServer({ maxLatency: 10_000 }, async (url, close) => {
    const accepted = Array.from({ length: 5 }, () => post(`${url}/predict`, { pixels: image }));
    let metrics = '';
    while (!metrics.includes('batcher_queued 5')) metrics = await (await fetch(`${url}/metrics`)).text();
    await close();
    expect((await Promise.all(accepted)).map((r) => r.status)).toEqual([200, 200, 200, 200, 200]);
  });
});

test.each([0, 2])('as a program with %i workers: requests, reload, SIGTERM', async (workers) => {
  const main = path.join(root, 'dist/examples/server/main.js');
  const args = ['--file', file, '--port', '0', '--workers', String(workers)];
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  let url = '';
  for await (const line of createInterface({ input: child.stdout })) {
    url = /^Listening on (\S+)/.exec(line)?.[1] ?? '';
    if (url !== '') break;
  }
  const first = await post(`${url}/predict`, { pixels: image });
  const many = await Promise.all(Array.from({ length: 50 }, () => post(`${url}/predict`, { pixels: image })));
  for (const { status, answer } of many) expect([status, answer]).toEqual([200, first.answer]);
  expect((await post(`${url}/reload`, {})).answer.version).toBe(2);
  expect((await post(`${url}/predict`, { pixels: image })).answer).toEqual(first.answer);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(errors).toBe('');
});

test('--help and options that cannot be', () => {
  const main = path.join(root, 'dist/examples/server/main.js');
  const run = (...args: string[]): { stdout: string; stderr: string; status: number | null } =>
    spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  expect(run('--help').stdout).toContain('--max-latency');
  expect(run('--port', 'x').stderr).toMatch(/--port must be a whole number/);
});
