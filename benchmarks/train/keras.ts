/** Keras compared with a hand-written training loop, first calls, and the cost of importing. Each is measured in separate processes. */
import { spawnSync } from 'node:child_process';
import * as tf from 'gradtape';
import { quantile, showTime, summary, type Timing } from '../measure';
import type { Benchmark, Result, Settings } from '../suite';
import { layersOf, trainedModel, type NetworkParams } from '../workers/gradtape_keras';
import { forward, modelOf } from '../workers/gradtape_networks';
import { tensor } from '../workers/gradtape_task';
import { kerasWorkloads } from '../workloads/keras';
import type { Workload } from '../workloads/workload';
import { inputsOf } from './workloads';

const fits = kerasWorkloads.filter((w) => w.kind === 'kerasFit');
/** The maximum ratio of the time of an epoch of `fit` to that of the loop, by row. */
const fitLimits = [1.15, 1.1];
const firsts = kerasWorkloads.filter((w) => w.kind === 'kerasFirst');

type Samples = Record<string, number[]>;

const now = (): number => Number(process.hrtime.bigint());

/** Nanoseconds of epochs of `fit` and of a loop over a compiled step, alternating. */
async function epochs(workload: Workload, seconds: number): Promise<Samples> {
  const params = workload.params as unknown as NetworkParams & { batch: number };
  const [x, y, ...parameters] = inputsOf(workload).map(tensor);
  const { batch: batchSize } = params;
  const model = trainedModel(params, parameters);
  const fit = async (): Promise<number> => {
    const options = { batchSize, shuffle: false, verbose: 0 } as const;
    return (await model.fit(x, y, options)).history.loss[0];
  };
  const loop = loopOf(params, x, y, parameters);
  const [first, second] = [await fit(), loop()];
  if (Math.abs(first - second) > 5e-3 * second)
    throw new Error(`losses ${first} by fit, ${second} by a loop`);
  const samples: Samples = { fit: [], loop: [] };
  for (let i = 0; i < 3; i++) {
    await fit();
    loop();
  }
  for (const begin = now(); now() - begin < 1e9 * seconds || samples.fit.length < 5;) {
    for (const [name, epoch] of [
      ['fit', fit],
      ['loop', loop],
    ] as const) {
      const start = now();
      await epoch();
      samples[name].push(now() - start);
    }
  }
  return samples;
}

/** An epoch by a compiled step on slices of the data; returns the mean of the losses, which are read at the end. */
function loopOf(
  params: NetworkParams & { batch: number },
  x: tf.Tensor,
  y: tf.Tensor,
  parameters: readonly tf.Tensor[],
): () => number {
  const { batch, rate, epsilon } = params;
  const layers = layersOf(params);
  const variables = parameters.map((t) => new tf.Variable(t));
  const optimizer = new tf.keras.optimizers.Adam({ learningRate: rate, epsilon });
  const total = new tf.Variable(0);
  const step = tf.function((x: tf.Tensor, y: tf.Tensor) => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() =>
      tf.reduceMean(tf.nn.sparseSoftmaxCrossEntropyWithLogits(y, forward(layers, variables, x))),
    );
    const gradients = tape.gradient(loss, variables);
    optimizer.applyGradients(gradients.map((g, i) => [g, variables[i]]));
    total.assignAdd(tf.multiply(loss, x.shape[0]));
    return loss;
  });
  const n = x.shape[0];
  const rest = x.shape.slice(1);
  return () => {
    total.assign(0);
    for (let at = 0; at < n; at += batch) {
      const size = Math.min(batch, n - at);
      step(tf.slice(x, [at, ...rest.map(() => 0)], [size, ...rest]), tf.slice(y, [at], [size]));
    }
    return Number(total.item()) / n;
  };
}

/** Nanoseconds of the first step or prediction of a process, after the model was built. */
async function first(workload: Workload): Promise<Samples> {
  const params = workload.params as unknown as NetworkParams & { train: boolean };
  const tensors = inputsOf(workload).map(tensor);
  if (params.train) {
    const [x, y, ...parameters] = tensors;
    const model = trainedModel(params, parameters);
    const start = now();
    await model.trainOnBatch(x, y);
    const once = now() - start;
    const again = now();
    await model.trainOnBatch(x, y);
    return { first: [once], second: [now() - again] };
  }
  const [x, ...parameters] = tensors;
  const model = modelOf(layersOf(params), params.shape, parameters);
  const start = now();
  model.predictOnBatch(x);
  const once = now() - start;
  const again = now();
  model.predictOnBatch(x);
  return { first: [once], second: [now() - again] };
}

/** The program of an otherwise empty process: loads the library, calls an op, and accesses Keras. Nanoseconds of each. */
const importing = `
const now = () => Number(process.hrtime.bigint());
const start = now();
const tf = require(${JSON.stringify(require.resolve('gradtape'))});
const loaded = now();
tf.add(1, 2);
const used = now();
void tf.keras.layers;
const samples = { import: [loaded - start], op: [used - loaded], keras: [now() - used] };
process.stdout.write(JSON.stringify(samples));`;

function child(...args: string[]): Samples {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`a process that measures Keras failed: ${stderr}`);
  return JSON.parse(stdout) as Samples;
}

/** Collects the samples of several processes. */
function processes(count: number, ...args: string[]): Record<string, Timing & { least: number }> {
  const all: Samples = {};
  for (let i = 0; i < count; i++) {
    for (const [name, list] of Object.entries(child(...args))) (all[name] ??= []).push(...list);
  }
  return Object.fromEntries(
    Object.entries(all).map(([name, list]) => [name, { ...summary(list), least: Math.min(...list) }]),
  );
}

function runFit(workload: Workload, limit: number, seconds: number): Result {
  const samples = child(__filename, 'fit', workload.name, String(seconds));
  const [fit, loop] = [summary(samples.fit), summary(samples.loop)];
  // The ratio of adjacent epochs, so that changes of the machine's speed affect both.
  const ratios = samples.fit.map((t, i) => t / samples.loop[i]).sort((a, b) => a - b);
  const ratio = quantile(ratios, 0.5);
  const least = Math.min(...samples.fit) / Math.min(...samples.loop);
  return {
    name: workload.name,
    timings: [
      { name: 'gradtape', timing: fit },
      { name: 'own compiled loop', timing: loop },
    ],
    figures: {
      'ratio to the loop, median of pairs': ratio.toFixed(3),
      'ratio of the minima': least.toFixed(3),
      minima: `${showTime(Math.min(...samples.fit))}, loop ${showTime(Math.min(...samples.loop))}`,
    },
    aim: { text: `≤ ${limit}× the own compiled loop`, met: ratio <= limit },
  };
}

function runFirst(workload: Workload): Result {
  const samples = processes(5, __filename, 'first', workload.name);
  const { target } = workload;
  const limit = target?.kind === 'time' ? target.ns : Infinity;
  return {
    name: workload.name,
    timings: [{ name: 'gradtape', timing: samples.first }],
    figures: {
      'least of the processes': showTime(samples.first.least),
      'the second': showTime(samples.second.median),
    },
    aim: { text: `≤ ${showTime(limit)}`, met: samples.first.median <= limit },
  };
}

function runImport(): Result {
  const { import: loaded, op, keras } = processes(9, '-e', importing);
  return {
    name: 'keras/import of gradtape without Keras',
    timings: [{ name: 'gradtape', timing: loaded }],
    figures: {
      least: showTime(loaded.least),
      'the first op': showTime(op.median),
      'Keras, where it is first used': showTime(keras.median),
    },
  };
}

export function kerasBenchmarks({ seconds }: Settings): Benchmark[] {
  return [
    ...fits.map((w, i) => ({ name: w.name, run: () => runFit(w, fitLimits[i], 8 * seconds) })),
    ...firsts.map((w) => ({ name: w.name, run: () => runFirst(w) })),
    { name: 'keras/import of gradtape without Keras', run: runImport },
  ];
}

async function main(task: string, name: string, seconds: string): Promise<Samples> {
  const workload = kerasWorkloads.find((w) => w.name === name)!;
  return task === 'fit' ? epochs(workload, Number(seconds)) : first(workload);
}

if (require.main === module) {
  const [task, name, seconds] = process.argv.slice(2);
  void main(task, name, seconds).then((samples) => process.stdout.write(JSON.stringify(samples)));
}
