/** The library with gradients that are a little off: what sums of gradients make of it shows how much their order may matter. */
import * as tf from 'gradtape';

type Library = Readonly<Record<string, unknown>>;

/**
 * Every op gives what it gives, and multiplies the gradients that come back, to it and to each of its operands, by nearly 1, each by
 * another number. Gradients that
 * cancel no longer do: what they leave moves by their rounding, which moved arguments may not show (`x / x` is 1, and has two
 * gradients that are equal but for their sign). `stepOf` is the rounding of a dtype.
 */
export function nudged(stepOf: (dtype: tf.DType) => number): typeof tf {
  let ops = 0;
  const result = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(result);
    if (!(value instanceof tf.Tensor) || !value.dtype.includes('float')) return value;
    const factor = 1 + stepOf(value.dtype) * ((ops++ % 5) - 2);
    const off = tf.customGradient((x: tf.Tensor) => [
      tf.identity(x),
      (dy: tf.Tensor) => tf.multiply(dy, factor),
    ]);
    return off(value);
  };
  const wrapped = (library: Library): unknown =>
    new Proxy(
      {},
      {
        get: (_, name) => {
          const found = library[name as string];
          // Classes, the namespaces of classes, and what makes functions remain.
          if (/^(?:[A-Z]|keras$|function$|customGradient$)/.test(String(name))) return found;
          if (typeof found === 'function')
            return (...args: unknown[]): unknown =>
              result((found as (...args: unknown[]) => unknown).apply(library, args.map(result)));
          return typeof found === 'object' && found !== null ? wrapped(found as Library) : found;
        },
      },
    );
  return wrapped(tf) as typeof tf;
}
