/** Dynamic batching: requests that arrive at about the same time are computed by one call of a function. */
import * as tf from 'gradtape';
import { checkOptions, checkSignal, type Options } from './options';
import { checkResult, mapResult } from './result';
import type { BatchFunction, BatchResult, BatcherOptions, BatcherStats, RunOptions } from './types';

interface Request<R> {
  readonly rows: tf.Tensor;
  /** Whether the batcher made the tensor. */
  readonly owned: boolean;
  readonly count: number;
  /** When it must start at the latest, by performance.now(). */
  readonly deadline: number;
  settled: boolean;
  resolve: (result: R) => void;
  reject: (reason: unknown) => void;
}

/** Requests whose rows have one dtype and shape, in the order of their arrival. */
interface Group<R> {
  readonly waiting: Request<R>[];
  rows: number;
}

/**
 * Batches requests: `await batcher.run(rows)` concatenates the rows of several callers along the first axis, runs the function once, and
 * gives each its rows of the result. A batch begins when it is full or its oldest request has waited for `maxLatency`, and one of the
 * `maxRunning` places is free; requests whose rows have different dtypes or shapes go into different batches. An error of the function
 * reaches the callers of its batch only.
 *
 * ```ts
 * const predict = tf.function((x: tf.Tensor) => tf.nn.softmax(tf.matmul(x, w)));
 * const batcher = new Batcher((x, { signal }) => predict.asyncWith({ signal })(x), { maxBatchSize: 64 });
 * const probabilities = await batcher.run([[0, 1, 2]]);
 * ```
 */
export class Batcher<R extends BatchResult = tf.Tensor> {
  readonly #options: Options;
  readonly #groups = new Map<string, Group<R>>();
  readonly #running = new Set<Promise<void>>();
  readonly #counts = { requests: 0, refused: 0, failed: 0, aborted: 0, batches: 0, rows: 0, padding: 0 };
  #compute: BatchFunction<R>;
  #queued = 0;
  #timer: NodeJS.Timeout | null = null;
  /** When the timer ends. */
  #due = Infinity;
  #closed = false;

  /** Throws a TypeError or InvalidArgumentError for arguments that cannot be. */
  constructor(compute: BatchFunction<R>, options: BatcherOptions = {}) {
    this.#compute = checkFunction(compute);
    this.#options = checkOptions(options);
  }

  /** Rows that wait, what is in progress, and totals. */
  get stats(): BatcherStats {
    return { queued: this.#queued, running: this.#running.size, ...this.#counts };
  }

  /**
   * The function's result for these rows: a tensor, or what is converted to one, of at least rank 1 and at most `maxBatchSize` rows. A
   * tensor must not be disposed before the promise is settled. Rejects with a ResourceExhaustedError if the queue is full, a
   * FailedPreconditionError after `close`, an InvalidArgumentError for what are no rows, the reason of the signal, or what the function
   * throws.
   */
  async run(rows: tf.TensorLike, options: RunOptions = {}): Promise<R> {
    const signal = checkSignal(options);
    if (this.#closed) throw new tf.errors.FailedPreconditionError('[Batcher] run: the batcher was closed');
    const owned = !(rows instanceof tf.Tensor);
    const tensor = owned ? tf.convertToTensor(rows) : rows;
    const count = this.#countRows(tensor);
    const { maxQueue, maxLatency } = this.#options;
    if (this.#queued + count > maxQueue) {
      this.#counts.refused++;
      if (owned) tensor.dispose();
      throw new tf.errors.ResourceExhaustedError(
        `[Batcher] run: ${this.#queued} rows wait already, and maxQueue is ${maxQueue}: try again later`,
      );
    }
    return new Promise<R>((resolve, reject) => {
      const deadline = performance.now() + maxLatency;
      const request = { rows: tensor, owned, count, deadline, settled: false, resolve, reject };
      if (signal !== null) this.#watch(request, signal);
      this.#enqueue(request);
    });
  }

  /**
   * Computes batches that begin from now on by another function, such as a newer model. Resolves when those of the former have
   * ended: then nothing uses it any more. No request is lost.
   */
  async replace(compute: BatchFunction<R>): Promise<void> {
    this.#compute = checkFunction(compute);
    await Promise.all([...this.#running]);
  }

  /** Accepts no more requests and computes those that wait, at once. Resolves when all have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#begin();
    while (this.#running.size > 0) await Promise.race(this.#running);
  }

  #countRows(t: tf.Tensor): number {
    const { maxBatchSize } = this.#options;
    if (t.rank > 0 && t.shape[0] > 0 && t.shape[0] <= maxBatchSize) return t.shape[0];
    throw new tf.errors.InvalidArgumentError(
      `[Batcher] run: rows must have from 1 to ${maxBatchSize} rows (maxBatchSize) along their first axis; ` +
        `got shape [${t.shape.join(',')}]`,
    );
  }

  #enqueue(request: Request<R>): void {
    const { rows, count } = request;
    const key = `${rows.dtype} ${rows.shape.slice(1).join()}`;
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = { waiting: [], rows: 0 }));
    group.waiting.push(request);
    group.rows += count;
    this.#queued += count;
    this.#counts.requests++;
    this.#begin();
  }

  /** Rejects the request when the signal is aborted, and removes it if it waits. */
  #watch(request: Request<R>, signal: AbortSignal): void {
    const abort = (): void => {
      if (request.settled) return;
      this.#counts.aborted++;
      request.reject(signal.reason);
      for (const [key, group] of this.#groups) {
        const at = group.waiting.indexOf(request);
        if (at < 0) continue;
        group.waiting.splice(at, 1);
        this.#remove(key, group, request);
        if (request.owned) request.rows.dispose();
      }
    };
    const { resolve, reject } = request;
    const settle = (): void => {
      request.settled = true;
      signal.removeEventListener('abort', abort);
    };
    request.resolve = (result) => {
      settle();
      resolve(result);
    };
    request.reject = (reason) => {
      settle();
      reject(reason);
    };
    signal.addEventListener('abort', abort, { once: true });
  }

  #remove(key: string, group: Group<R>, { count }: Request<R>): void {
    group.rows -= count;
    this.#queued -= count;
    if (group.waiting.length === 0) this.#groups.delete(key);
  }

  /** Begins the batches that are due, and sets the timer for the next one. */
  #begin(): void {
    const { maxBatchSize, maxRunning } = this.#options;
    let next = Infinity;
    const now = performance.now();
    for (const [key, group] of this.#groups) {
      for (;;) {
        if (this.#running.size >= maxRunning || group.waiting.length === 0) break;
        const { deadline } = group.waiting[0];
        if (group.rows >= maxBatchSize || deadline <= now || this.#closed) {
          this.#start(this.#take(key, group));
        } else {
          next = Math.min(next, deadline);
          break;
        }
      }
    }
    if (next !== this.#due) this.#setTimer(next, now);
  }

  #setTimer(due: number, now: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#due = due;
    if (due === Infinity) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#due = Infinity;
        this.#begin();
      },
      Math.max(0, Math.ceil(due - now)),
    );
  }

  /** Takes as many requests as fit into a batch. */
  #take(key: string, group: Group<R>): Request<R>[] {
    let rows = 0;
    let n = 0;
    while (n < group.waiting.length && rows + group.waiting[n].count <= this.#options.maxBatchSize)
      rows += group.waiting[n++].count;
    const taken = group.waiting.splice(0, n);
    for (const request of taken) this.#remove(key, group, request);
    // Behind the others: a busy group must not keep them waiting.
    if (this.#groups.delete(key)) this.#groups.set(key, group);
    return taken;
  }

  #start(requests: Request<R>[]): void {
    const done: Promise<void> = this.#runBatch(requests).then(() => {
      this.#running.delete(done);
      this.#begin();
    });
    this.#running.add(done);
  }

  /** Never rejects: errors go to the callers. */
  async #runBatch(requests: readonly Request<R>[]): Promise<void> {
    const controller = new AbortController();
    /** What a function has returned as it was: the caller has it now. */
    const returned = new Set<tf.Tensor>();
    let left = requests.length;
    for (const request of requests) {
      const { reject } = request;
      request.reject = (reason) => {
        reject(reason);
        if (--left === 0) controller.abort(reason);
      };
    }
    try {
      const rows = requests.reduce((sum, { count }) => sum + count, 0);
      const size = this.#options.batchSizes.find((n) => n >= rows) ?? rows;
      this.#counts.batches++;
      this.#counts.rows += rows;
      this.#counts.padding += size - rows;
      const batch = joinRows(
        requests.map((request) => request.rows),
        size - rows,
      );
      const { signal } = controller;
      const result = await this.#compute(batch, { signal });
      checkResult(result, size);
      mapResult(result, (t) => (returned.add(t), t));
      let from = 0;
      for (const request of requests) {
        const { count } = request;
        if (!request.settled) request.resolve(mapResult(result, (t) => sliceRows(t, from, count)));
        from += count;
      }
      if (batch !== requests[0].rows && !returned.has(batch)) batch.dispose();
    } catch (error) {
      for (const request of requests) {
        if (request.settled) continue;
        this.#counts.failed++;
        request.reject(error);
      }
    } finally {
      for (const { rows, owned } of requests) if (owned && !returned.has(rows)) rows.dispose();
    }
  }
}

function checkFunction<F>(compute: F): F {
  if (typeof compute !== 'function')
    throw new TypeError(`[Batcher] takes a function of a batch; got ${String(compute)}`);
  return compute;
}

/** The rows in one tensor, and `padding` rows of zeros. */
function joinRows(parts: tf.Tensor[], padding: number): tf.Tensor {
  if (parts.length === 1 && padding === 0) return parts[0];
  const [{ dtype, shape }] = parts;
  if (padding > 0) parts.push(tf.zeros([padding, ...shape.slice(1)], { dtype }));
  return tf.concat(parts, 0);
}

function sliceRows(t: tf.Tensor, from: number, count: number): tf.Tensor {
  if (count === t.shape[0]) return t;
  return tf.slice(t, [from, ...t.shape.slice(1).map(() => 0)], [count, ...t.shape.slice(1)]);
}
