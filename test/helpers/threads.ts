/** Runs with one thread and with two. */
import { native } from '../../lib/binding';
import type { Tensor } from '../../lib/core/tensor';

/** What f gives with one thread, and with two; then the number of threads is what it was. */
export function withOneAndTwo<T>(f: () => T): [one: T, two: T] {
  const before = native.numThreads();
  try {
    const [one, two] = [1, 2].map((threads) => {
      native.setNumThreads(threads);
      return f();
    });
    return [one, two];
  } finally {
    native.setNumThreads(before);
  }
}

/** The elements' bytes. */
export function bytesOf(t: Tensor): Buffer {
  return Buffer.from(t.data().buffer);
}
