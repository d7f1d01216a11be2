/** The load test: drives servers in processes of their own by autocannon. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';
import { loadDigits } from '../shared/digits';
import { pixels } from './model';

export interface LoadOptions {
  file: string;
  workers: number;
  /** Seconds of each measurement. */
  duration: number;
  connections: number;
  binary: boolean;
}

interface Server {
  child: ChildProcess;
  url: string;
}

async function startServer(options: LoadOptions, ...more: string[]): Promise<Server> {
  const args = ['--file', options.file, '--port', '0', '--workers', String(options.workers), ...more];
  const child = spawn(process.execPath, ['--expose-gc', path.join(__dirname, 'main.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Listening on (\S+)/.exec(line)?.[1];
    if (url !== undefined) return { child, url };
  }
  throw new Error('the server did not start');
}

async function stopServer({ child }: Server): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  if (code !== 0) console.log(`The server ended with ${code}`);
}

/** A sample of the server's metrics: delay of the event loop (ms) and RSS (MB). */
interface Sample {
  p50: number;
  p99: number;
  rss: number;
}

async function sample(url: string): Promise<Sample> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = (name: string): number =>
    Number(
      text
        .split('\n')
        .find((l) => l.startsWith(name))
        ?.split(' ')[1],
    );
  return {
    p50: 1000 * value('event_loop_delay_seconds{quantile="0.5"}'),
    p99: 1000 * value('event_loop_delay_seconds{quantile="0.99"}'),
    rss: value('process_resident_memory_bytes') / 1e6,
  };
}

/** One measurement; a rate makes it open-loop: latencies count from when a request should have been sent. */
async function measure(
  server: Server,
  options: LoadOptions,
  body: string | Buffer,
  rate?: number,
): Promise<{ result: autocannon.Result; samples: Sample[] }> {
  const samples: Sample[] = [];
  await sample(server.url);
  const timer = setInterval(
    () => void sample(server.url).then((s) => samples.push(s)),
    (options.duration * 1000) / 10,
  );
  const result = await autocannon({
    url: `${server.url}/predict`,
    method: 'POST',
    headers: { 'content-type': options.binary ? 'application/octet-stream' : 'application/json' },
    body,
    connections: options.connections,
    duration: options.duration,
    ...(rate === undefined ? {} : { overallRate: rate }),
  });
  clearInterval(timer);
  return { result, samples };
}

function report(what: string, { result, samples }: { result: autocannon.Result; samples: Sample[] }): void {
  const { latency, requests, errors, timeouts, non2xx } = result;
  console.log(
    `${what}: ${requests.average.toFixed(0)} requests/s, p50 ${latency.p50} ms, p99 ${latency.p99} ms, ` +
      `${requests.total} requests, ${errors + timeouts + non2xx} errors`,
  );
  if (samples.length === 0) return;
  const worst = samples.reduce((a, b) => (a.p99 > b.p99 ? a : b));
  console.log(
    `  event-loop delay: p50 ${worst.p50.toFixed(1)} ms, p99 ${worst.p99.toFixed(1)} ms (worst tenth)`,
  );
  console.log(`  RSS over time (MB): ${samples.map((s) => s.rss.toFixed(0)).join(' ')}`);
}

export async function runLoad(options: LoadOptions): Promise<void> {
  const [{ images }] = loadDigits(1, 0);
  const values = images.data() as Float32Array;
  const json = JSON.stringify({ pixels: [...values].map((v) => Math.round(v * 1000) / 1000) });
  const body = options.binary ? Buffer.from(values.buffer, values.byteOffset, 4 * pixels) : json;
  const short = { ...options, duration: Math.max(2, Math.round(options.duration / 5)) };

  const constant = await startServer(options, '--constant');
  await measure(constant, short, body);
  const parsing = await measure(constant, options, body);
  await stopServer(constant);
  report('A constant as answer, closed loop', parsing);

  const server = await startServer(options);
  await measure(server, short, body);
  const closed = await measure(server, options, body);
  report('Predictions, closed loop', closed);
  const most = closed.result.requests.average;
  console.log(`  ${(most / parsing.result.requests.average).toFixed(2)} of the throughput of the constant`);
  const rate = Math.round(0.8 * most);
  report(`Predictions, open loop at ${rate}/s`, await measure(server, options, body, rate));
  await stopServer(server);
}
