/** Predictions in batches, off the event loop: on the library's threads, or on worker threads that share the weights. */
import type * as tf from 'gradtape';
import { Batcher, type BatchFunction, type BatcherStats } from 'gradtape/serving';
import { batchSizes, compile, loadServed, maxBatchSize } from './model';
import { WorkerPool } from './worker_pool';

export interface PredictorOptions {
  /** The .keras file. */
  file: string;
  /** Worker threads; 0: the batches run on the threads of the library. */
  workers: number;
  maxQueue: number;
  /** Milliseconds. */
  maxLatency: number;
}

export class Predictor {
  private readonly batcher: Batcher;
  private reloading: Promise<void> = Promise.resolve();
  /** How many times a model was loaded. */
  version = 1;

  private constructor(
    private readonly options: PredictorOptions,
    private readonly pool: WorkerPool | null,
    compute: BatchFunction,
  ) {
    const { maxQueue, maxLatency, workers } = options;
    this.batcher = new Batcher(compute, {
      maxBatchSize,
      maxLatency,
      maxQueue,
      maxRunning: Math.max(1, workers),
      batchSizes,
    });
  }

  static async create(options: PredictorOptions): Promise<Predictor> {
    const pool = options.workers > 0 ? new WorkerPool(options.workers) : null;
    return new Predictor(options, pool, await load(options.file, pool));
  }

  get stats(): BatcherStats {
    return this.batcher.stats;
  }

  /** The probabilities of the digits for each row, [n, 10]. */
  async run(rows: tf.Tensor, signal: AbortSignal): Promise<Float32Array> {
    return (await this.batcher.run(rows, { signal })).data() as Float32Array;
  }

  /** Reads the file again. Requests continue: batches that have begun end with the former model. */
  reload(): Promise<void> {
    const next = this.reloading.then(async () => {
      await this.batcher.replace(await load(this.options.file, this.pool));
      this.version++;
    });
    this.reloading = next.catch(() => undefined);
    return next;
  }

  async close(): Promise<void> {
    await this.batcher.close();
    await this.pool?.close();
  }
}

async function load(file: string, pool: WorkerPool | null): Promise<BatchFunction> {
  const model = await loadServed(file);
  if (pool !== null) return pool.serve(model);
  const predict = compile(model, batchSizes);
  return (batch, { signal }) => predict.asyncWith({ signal })(batch);
}
