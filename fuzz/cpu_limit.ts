/** Ends a process that hangs: by the CPU time that one value takes, since a busy machine makes wall-clock time mean nothing. */
import { Worker } from 'node:worker_threads';

/** Seconds of CPU time, of all threads together, that one value may take. */
const mostCpu = 30;
/** What such a process dies of. */
export const cpuSignal = 'SIGVTALRM';

/** How many values have begun, shared with the thread that watches. */
const begun = new Int32Array(new SharedArrayBuffer(4));

export const valueBegins = (): void => {
  Atomics.add(begun, 0, 1);
};

const watching = `
const { begun, most, signal } = require('node:worker_threads').workerData;
const now = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
let [count, since] = [-1, 0];
setInterval(() => {
  const current = Atomics.load(begun, 0);
  if (current !== count) [count, since] = [current, now()];
  else if (now() - since > most) process.kill(process.pid, signal);
}, 500);
`;

/** A thread watches this process from now on: JavaScript and native code that never return are ended too. */
export function limitCpu(most = mostCpu): void {
  new Worker(watching, { eval: true, workerData: { begun, most, signal: cpuSignal } }).unref();
}
