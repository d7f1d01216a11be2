/** Weights in a SharedArrayBuffer, which all threads read in place. */
import * as tf from 'gradtape';

/** What has weights: a model or a layer. */
export interface WithWeights {
  readonly weights: readonly tf.Variable[];
}

/** Where the elements of a weight are. */
export interface SharedWeight {
  readonly name: string;
  readonly dtype: tf.DType;
  readonly shape: readonly number[];
  /** Byte offset in the buffer. */
  readonly offset: number;
}

/** The weights of a model, to be posted to worker threads: the buffer is shared, not copied. */
export interface SharedWeights {
  readonly buffer: SharedArrayBuffer;
  readonly weights: readonly SharedWeight[];
}

/** Vectors of 64 bytes. */
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Copies the weights once into a SharedArrayBuffer, in the order of `model.weights`. */
export function shareWeights(model: WithWeights): SharedWeights {
  const weights: SharedWeight[] = [];
  const values = model.weights.map((w) => w.data());
  let bytes = 0;
  model.weights.forEach((w, i) => {
    weights.push({ name: w.name, dtype: w.dtype, shape: [...w.shape], offset: bytes });
    bytes += aligned(values[i].byteLength);
  });
  const buffer = new SharedArrayBuffer(Math.max(bytes, 64));
  values.forEach((from, i) => {
    const { byteLength, byteOffset } = from;
    new Uint8Array(buffer, weights[i].offset).set(new Uint8Array(from.buffer, byteOffset, byteLength));
  });
  return { buffer, weights };
}

/**
 * Makes a model of the same architecture read the shared weights: float32 and float64 ones in place, others (such as the state of a
 * dropout layer's generator) from a copy. The buffer must not be written to as long as a model uses it; share newer weights as another
 * one. Training such a model does not change the buffer: its variables then get memory of their own. Returns the model.
 * InvalidArgumentError if number, shapes or dtypes of the weights differ.
 */
export function useSharedWeights<M extends WithWeights>(model: M, shared: SharedWeights): M {
  const { weights, buffer } = shared;
  const mine = model.weights;
  const fail = (why: string): never => {
    throw new tf.errors.InvalidArgumentError(`[useSharedWeights] ${why}`);
  };
  if (mine.length !== weights.length)
    fail(`the model has ${mine.length} weights, and ${weights.length} are shared: is it built?`);
  weights.forEach(({ name, dtype, shape }, i) => {
    const own = mine[i];
    if (own.dtype !== dtype || own.shape.join() !== shape.join()) {
      fail(
        `weight ${i}, ${own.name}, is ${own.dtype} of shape [${own.shape.join(',')}]; the shared one, ${name}, is ${dtype} of ` +
          `shape [${shape.join(',')}]`,
      );
    }
  });
  weights.forEach(({ dtype, shape, offset }, i) => {
    const size = shape.reduce((product, n) => product * n, 1);
    if ((dtype === 'float32' || dtype === 'float64') && size > 0) {
      const values =
        dtype === 'float32' ? new Float32Array(buffer, offset, size) : new Float64Array(buffer, offset, size);
      mine[i].assign(tf.constant(values, { shape: [...shape], copy: false }));
    } else {
      const elements = mine[i].data();
      const view = new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
      view.set(new Uint8Array(buffer, offset, view.length));
      mine[i].assign(tf.constant(elements, { dtype, shape: [...shape] }));
    }
  });
  return model;
}
