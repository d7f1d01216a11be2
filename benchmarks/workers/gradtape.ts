/** gradtape as a library that takes part. */
import * as tf from 'gradtape';
import type { Input, Library, Maker, Output, Task } from './library';

type Tensors = tf.Tensor | readonly tf.Tensor[];
type AnyFunction = (...args: unknown[]) => Tensors;

/** A public function by its path, `nn.conv2d`; undefined where this version has none. */
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
    data: t.data(),
  }));
}

/** The task of calling a function, which may not be there yet. */
export function calling(paths: readonly string[], use: (f: AnyFunction) => () => Tensors): Task | string {
  const f = paths.map(find).find((g) => g !== undefined);
  return f === undefined ? `this version has no tf.${paths[0]}` : { run: use(f), outputs: outputsOf };
}

const named: Record<string, readonly string[]> = { gelu: ['nn.gelu', 'gelu'] };

const unary = ({ f }: { f: string }, inputs: readonly Input[]): Task | string => {
  const x = tensor(inputs[0]);
  return calling(named[f] ?? [f, `nn.${f}`], (g) => () => g(x));
};

const binary = ({ f }: { f: string }, inputs: readonly Input[]): Task | string => {
  const [a, b] = inputs.map(tensor);
  return calling([f], (g) => () => g(a, b));
};

const matmul = (
  { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean },
  inputs: readonly Input[],
): Task => {
  const [a, b] = inputs.map(tensor);
  const run =
    transposeA || transposeB ? () => tf.matmul(a, b, { transposeA, transposeB }) : () => tf.matmul(a, b);
  return { run, outputs: outputsOf };
};

const kinds: Record<string, Maker> = { unary, binary, matmul };

export function open(threads: number): Library {
  tf.config.threading.setIntraOpParallelismThreads(threads);
  return { version: tf.version, about: { isa: tf.config.isa() }, kinds };
}
