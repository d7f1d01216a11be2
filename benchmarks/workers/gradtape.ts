/** gradtape as a library of `bench:peers`. */
import * as tf from 'gradtape';
import { imageKinds } from './gradtape_images';
import { kerasKinds } from './gradtape_keras';
import { trainKinds } from './gradtape_train';
import { calling, outputsOf, tensor } from './gradtape_task';
import type { Input, Library, Maker, Task } from './library';

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

const reduce = ({ axes }: { axes: readonly number[] }, [input]: readonly Input[]): Task => {
  const x = tensor(input);
  return {
    run: axes.length === x.rank ? () => tf.reduceSum(x) : () => tf.reduceSum(x, axes[0]),
    outputs: outputsOf,
  };
};

const argmax = (_: unknown, [input]: readonly Input[]): Task => {
  const x = tensor(input);
  return { run: () => tf.argmax(x), outputs: outputsOf };
};

const softmax = (_: unknown, [input]: readonly Input[]): Task => {
  const x = tensor(input);
  return { run: () => tf.nn.softmax(x), outputs: outputsOf };
};

const crossEntropy = (_: unknown, inputs: readonly Input[]): Task => {
  const [logits, labels] = inputs.map(tensor);
  return { run: () => tf.nn.sparseSoftmaxCrossEntropyWithLogits(labels, logits), outputs: outputsOf };
};

const transpose = ({ perm }: { perm: readonly number[] }, [input]: readonly Input[]): Task => {
  const x = tensor(input);
  return { run: perm.length === 2 ? () => tf.transpose(x) : () => tf.transpose(x, perm), outputs: outputsOf };
};

const reshape = ({ shape }: { shape: readonly number[] }, [input]: readonly Input[]): Task => {
  const x = tensor(input);
  return { run: () => tf.reshape(x, shape), outputs: outputsOf };
};

/** There is no function that only copies; a cast to the same dtype returns its input. */
const copy = (_: unknown, [input]: readonly Input[]): Task => {
  const x = tensor(input);
  return { run: () => tf.add(x, 0), outputs: outputsOf, note: 'x + 0' };
};

const concat = (_: unknown, inputs: readonly Input[]): Task => {
  const parts = inputs.map(tensor);
  return { run: () => tf.concat(parts, 0), outputs: outputsOf };
};

const gather = (_: unknown, inputs: readonly Input[]): Task => {
  const [table, indices] = inputs.map(tensor);
  return { run: () => tf.gather(table, indices), outputs: outputsOf };
};

/** A step of gradient descent with a sparse gradient in one pass, like index_add_ with alpha. */
const sparseUpdate = ({ rate }: { rate: number }, inputs: readonly Input[]): Task => {
  const [table, indices, updates] = inputs.map(tensor);
  const step = (v: tf.Variable) => {
    const optimizer = new tf.keras.optimizers.SGD(rate);
    return () => {
      optimizer.applyGradients([[new tf.IndexedSlices(updates, indices), v]]);
    };
  };
  return {
    run: step(new tf.Variable(table)),
    outputs: () => {
      const zeros = new tf.Variable(tf.zerosLike(table));
      step(zeros)();
      return outputsOf(zeros.read());
    },
  };
};

const random = ({ f, n }: { f: 'normal' | 'uniform'; n: number }): Task => {
  tf.random.setSeed(1);
  return {
    run: f === 'normal' ? () => tf.random.normal([n]) : () => tf.random.uniform([n]),
    outputs: outputsOf,
  };
};

const sort = (_: unknown, [input]: readonly Input[]): Task | string => {
  const x = tensor(input);
  return calling(['sort'], (f) => () => f(x));
};

const topK = ({ k }: { k: number }, [input]: readonly Input[]): Task | string => {
  const x = tensor(input);
  const task = calling(['math.topK', 'nn.topK'], (f) => () => f(x, k));
  if (typeof task === 'string') return task;
  return {
    ...task,
    outputs: (r: { values: tf.Tensor; indices: tf.Tensor }) => outputsOf([r.values, r.indices]),
  };
};

const kinds: Record<string, Maker> = {
  ...{ unary, binary, matmul, reduce, argmax, softmax, crossEntropy, transpose, reshape, copy, concat },
  ...{ gather, sparseUpdate, random, sort, topK },
  ...imageKinds,
  ...trainKinds,
  ...kerasKinds,
};

export function open(threads: number): Library {
  tf.config.threading.setIntraOpParallelismThreads(threads);
  return { version: tf.version, about: { isa: tf.config.isa() }, kinds };
}
