/** Worker threads that compute batches. They read the weights in one SharedArrayBuffer. */
import { once } from 'node:events';
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import * as tf from 'gradtape';
import { shareWeights, type BatchFunction, type SharedWeights } from 'gradtape/serving';
import { digits } from './model';

/** What a worker receives: a model, or a batch for it. */
export type ToWorker =
  | { kind: 'model'; config: string; shared: SharedWeights }
  | { kind: 'batch'; rows: number; values: Float32Array };
export type FromWorker = { values: Float32Array } | { error: string } | 'ready';

export class WorkerPool {
  private readonly idle: Worker[];
  private readonly all: Worker[];
  private readonly waiting: ((worker: Worker) => void)[] = [];

  constructor(count: number) {
    const file = path.join(__dirname, 'worker.js');
    this.all = Array.from({ length: count }, () => new Worker(file));
    this.idle = [...this.all];
  }

  /** The function that computes batches by this model. Each worker takes it over before its first batch of it. */
  serve(model: tf.keras.Model): BatchFunction {
    const shared = shareWeights(model);
    const message: ToWorker = { kind: 'model', config: model.toJson(), shared };
    const ready = new WeakSet<Worker>();
    return async (batch) => {
      const [rows] = batch.shape;
      const worker = this.idle.shift() ?? (await this.nextIdle());
      try {
        if (!ready.has(worker)) {
          await ask(worker, message);
          ready.add(worker);
        }
        const values = batch.data() as Float32Array;
        const answer = await ask(worker, { kind: 'batch', rows, values }, [values.buffer as ArrayBuffer]);
        if (answer === 'ready') throw new Error('the worker did not compute');
        return tf.constant(answer.values, { shape: [rows, digits] });
      } finally {
        const next = this.waiting.shift();
        if (next === undefined) this.idle.push(worker);
        else next(worker);
      }
    };
  }

  private nextIdle(): Promise<Worker> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((worker) => worker.terminate()));
  }
}

async function ask(
  worker: Worker,
  message: ToWorker,
  transfer: ArrayBuffer[] = [],
): Promise<Exclude<FromWorker, { error: string }>> {
  worker.postMessage(message, transfer);
  // An error or the end of the worker rejects, too.
  const [answer] = (await once(worker, 'message')) as [FromWorker];
  if (answer !== 'ready' && 'error' in answer) throw new Error(answer.error);
  return answer;
}
