/** Helpers for gradtape's workloads. */
import * as tf from 'gradtape';
import type { Input, Output, Task } from './library';

export type Tensors = tf.Tensor | readonly tf.Tensor[];
export type AnyFunction = (...args: unknown[]) => Tensors;

/** A public function by its path, such as `nn.conv2d`; undefined if this version does not have it. */
export function find(path: string): AnyFunction | undefined {
  let at: unknown = tf;
  for (const part of path.split('.')) at = (at as Record<string, unknown> | undefined)?.[part];
  return typeof at === 'function' ? (at as AnyFunction) : undefined;
}

export function tensor({ data, shape, dtype }: Input): tf.Tensor {
  return tf.reshape(tf.constant(data, { dtype }), shape);
}

export function outputsOf(result: Tensors): Output[] {
  const list = result instanceof tf.Tensor ? [result] : result;
  return list.map((t) => ({
    shape: t.shape,
    dtype: t.dtype as Output['dtype'],
    data: t.data() as Output['data'],
  }));
}

/** A task that calls the first of some functions that this version has. */
export function calling(paths: readonly string[], use: (f: AnyFunction) => () => Tensors): Task | string {
  const f = paths.map(find).find((g) => g !== undefined);
  return f === undefined ? `this version has no tf.${paths[0]}` : { run: use(f), outputs: outputsOf };
}
