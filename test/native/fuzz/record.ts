/** Valid calls of the addon's entries, and programs, noted while the library runs: what the fuzz test damages. */
import * as tf from 'gradtape';
import { native, frame } from '../../../lib/binding';
import { attempt, everyCall, random } from '../../conformance/examples';
import { gradients } from '../../conformance/calls';
import { opDefinitions } from '../../../lib/op/registry';

/** One call: the numbers of its argument buffer, as the base64 of doubles, and how many buffers it has. */
export interface NotedCall {
  readonly name: string;
  readonly numbers: string;
  readonly buffers: number;
}
export interface NotedProgram {
  readonly code: string;
  readonly storages: number;
  readonly late: number;
}

type Entry = (...buffers: ArrayBuffer[]) => unknown;
const entries = native as unknown as Record<string, Entry>;

/** What works on other things than array buffers of numbers. */
const others = new Set([
  ...['isa', 'numThreads', 'setNumThreads', 'trimHeap', 'capture', 'fused'],
  ...['loadProgram', 'freeProgram', 'runProgram', 'startProgram'],
]);
export const entryNames = Object.keys(entries).filter(
  (name) => typeof entries[name] === 'function' && !others.has(name),
);

const base64 = (list: Float64Array): string =>
  Buffer.from(list.buffer, list.byteOffset, list.byteLength).toString('base64');

/** The numbers of the call that comes next. */
function numbers(): Float64Array {
  const list = frame.slice();
  const bits = new BigInt64Array(list.buffer);
  let used = list.length;
  while (used > 0 && bits[used - 1] === 0n) used--;
  return list.slice(0, used);
}

/** Runs `f` and notes the programs that it loads, and of each entry a random sample of so many calls. */
function noted(f: () => void, most: number): { calls: NotedCall[]; programs: NotedProgram[] } {
  const samples = new Map<string, NotedCall[]>();
  const draw = random('calls');
  const programs: NotedProgram[] = [];
  const seen = new Map<string, Set<string>>();
  const spies = entryNames.map((name) => {
    const entry = entries[name].bind(native);
    return jest.spyOn(entries, name).mockImplementation((...buffers) => {
      const list = numbers();
      let known = seen.get(name);
      if (known === undefined) seen.set(name, (known = new Set()));
      // Offsets differ from call to call, and stand in the first slots mostly.
      const key = `${list.slice(['parts', 'optimizer', 'measure'].includes(name) ? 0 : buffers.length).join()}`;
      if (!known.has(key)) {
        known.add(key);
        let sample = samples.get(name);
        if (sample === undefined) samples.set(name, (sample = []));
        const at = sample.length < most ? sample.length : Math.floor(draw() * known.size);
        if (at < most) sample[at] = { name, numbers: base64(list), buffers: buffers.length };
      }
      return entry(...buffers);
    });
  });
  const load = native.loadProgram.bind(native);
  spies.push(
    jest.spyOn(native, 'loadProgram').mockImplementation((code) => {
      programs.push({ code: base64(new Float64Array(code)), storages: frame[0], late: frame[1] });
      return load(code);
    }) as never,
  );
  try {
    f();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { calls: [...samples.values()].flat(), programs };
}

function examples(): void {
  for (const row of opDefinitions().values()) {
    for (const call of everyCall(row, 'fuzz')) {
      if (attempt(call) === null || !row.differentiable) continue;
      try {
        gradients(call, call.tensors, (outputs) => outputs.map((y) => tf.onesLike(y)));
      } catch {
        // Some have no gradient of these arguments.
      }
    }
  }
}

/** No op asks how fast the machine is. */
function measured(): void {
  for (let kind = 0; kind < 7; kind++) {
    frame.fill(0);
    frame.set([kind, 3, 100, 0, 512, 1024]);
    const buffer = new ArrayBuffer(2048);
    entries.measure(buffer, buffer, buffer);
  }
}

function training(run: (step: () => tf.Tensor) => () => tf.Tensor): void {
  const images = tf.random.normal([4, 8, 8, 3]);
  const labels = tf.constant([0, 1, 2, 1], 'int32');
  const optimizers = [
    new tf.keras.optimizers.SGD(0.1),
    new tf.keras.optimizers.SGD({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
    new tf.keras.optimizers.SGD({ learningRate: 0.1, momentum: 0.9 }),
    new tf.keras.optimizers.Adam(),
    new tf.keras.optimizers.Adam({ amsgrad: true }),
  ];
  for (const optimizer of optimizers) {
    const filter = new tf.Variable(tf.random.normal([3, 3, 3, 4]));
    const shift = new tf.Variable(tf.zeros([4]));
    const depthwise = new tf.Variable(tf.random.normal([3, 3, 4, 1]));
    const table = new tf.Variable(tf.random.normal([9, 16]));
    const weights = new tf.Variable(tf.random.normal([16, 3]));
    const bias = new tf.Variable(tf.zeros([3]));
    const all = [filter, shift, depthwise, table, weights, bias];
    const step = run(() => {
      const tape = new tf.GradientTape();
      const loss = tape.run(() => {
        let x = tf.nn.relu(tf.add(tf.nn.conv2d(images, filter, 2, 'SAME'), shift));
        x = tf.nn.relu(tf.add(tf.nn.depthwiseConv2d(x, depthwise, [1, 1, 1, 1], 'SAME'), shift));
        x = tf.nn.maxPool2d(x, 2, 2, 'VALID');
        x = tf.reshape(tf.nn.avgPool2d(x, 1, 1, 'VALID'), [4, -1]);
        x = tf.add(x, tf.gather(table, labels));
        x = tf.nn.relu(tf.add(tf.matmul(x, weights), bias));
        const losses = tf.nn.sparseSoftmaxCrossEntropyWithLogits(labels, x);
        return tf.add(tf.reduceMean(losses), tf.reduceVariance(tf.nn.softmax(x)));
      });
      const found = tape.gradient(loss, all);
      optimizer.applyGradients(all.map((v, i) => [found[i], v]));
      return loss;
    });
    step();
    step();
  }
}

/** Programs of other kinds than training steps. */
function otherPrograms(): void {
  const x = tf.random.normal([3, 20]);
  const w = new tf.Variable(tf.random.normal([20, 20]));
  const step = tf.function((t: tf.Tensor) => {
    const h = tf.nn.softmax(tf.add(tf.matmul(t, w), tf.gather(w, tf.constant([1, 2, 3], 'int32'))));
    const chosen = tf.where(tf.greater(h, 0.1), h, tf.exp(h));
    const [a, b] = tf.split(chosen, 2, 1);
    const joined = tf.concat([tf.multiply(tf.sigmoid(a), b), tf.tanh(b)], 1);
    w.assignAdd(tf.matmul(t, joined, { transposeA: true }));
    return tf.add(tf.reduceMean(tf.square(joined)), tf.reduceSum(tf.random.uniform([4])));
  });
  step(x);
  const recurrent = tf.function((t: tf.Tensor) => {
    let state = tf.zeros([32, 20]);
    for (let i = 0; i < 4; i++) state = tf.tanh(tf.add(tf.matmul(state, w), t));
    return tf.reduceSum(state);
  });
  recurrent(tf.random.normal([32, 20]));
}

export function note(): { calls: NotedCall[]; programs: NotedProgram[] } {
  return noted(() => {
    examples();
    measured();
    training((step) => step);
    training((step) => tf.function(step));
    otherPrograms();
  }, 150);
}
