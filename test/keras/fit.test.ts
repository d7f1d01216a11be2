/** What fit, evaluate and predict do besides training: steps, validation, callbacks, ends of it, texts. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { buildSync } from 'esbuild';

const { Callback, LambdaCallback } = tf.keras.callbacks;
const quiet = { verbose: 0, shuffle: false } as const;

function model(options: { useEma?: boolean; runEagerly?: boolean } = {}): tf.keras.Sequential {
  const made = new tf.keras.Sequential([
    tf.keras.Input([2]),
    new tf.keras.layers.Dense(1, { kernelInitializer: 'ones' }),
  ]);
  const { useEma = false, runEagerly = false } = options;
  made.compile({
    optimizer: new tf.keras.optimizers.SGD({ learningRate: 0.01, useEma }),
    loss: 'mse',
    runEagerly,
  });
  return made;
}
const x = tf.reshape(tf.cast(tf.range(16), 'float32'), [8, 2]);
const y = tf.ones([8, 1]);

/** Batches of one example, each new, and how many were asked for. */
function counted(n = Infinity): { batches: AsyncIterable<unknown>; seen: () => number } {
  let seen = 0;
  async function* generate(): AsyncIterable<unknown> {
    for (let i = 0; i < n; i++) {
      seen++;
      await Promise.resolve();
      yield [tf.fill([1, 2], i), tf.ones([1, 1])];
    }
  }
  return { batches: generate(), seen: () => seen };
}

/** The names of the methods of callbacks, in the order of the calls. */
function recorder(): { calls: string[]; callback: tf.keras.callbacks.Callback } {
  const calls: string[] = [];
  const note = (name: string) => (n?: unknown) =>
    void calls.push(typeof n === 'number' ? `${name} ${n}` : name);
  const callback = new LambdaCallback({
    onTrainBegin: note('train{'),
    onTrainEnd: note('}train'),
    onEpochBegin: note('epoch{'),
    onEpochEnd: note('}epoch'),
    onTrainBatchBegin: note('b{'),
    onTrainBatchEnd: note('}b'),
    onTestBegin: note('test{'),
    onTestEnd: note('}test'),
    onTestBatchEnd: note('}t'),
    onPredictBegin: note('predict{'),
    onPredictEnd: note('}predict'),
    onPredictBatchEnd: note('}p'),
  });
  return { calls, callback };
}

describe('the order of callbacks', () => {
  test('fit with validation', async () => {
    const { calls, callback } = recorder();
    const options = { ...quiet, batchSize: 4, callbacks: [callback] };
    await model().fit(x, y, {
      ...options,
      epochs: 3,
      initialEpoch: 1,
      validationData: [x, y],
      validationFreq: 2,
    });
    expect(calls.join(' ')).toBe(
      'train{ epoch{ 1 b{ 0 }b 0 b{ 1 }b 1 test{ }t 0 }t 1 }test }epoch 1 ' +
        'epoch{ 2 b{ 0 }b 0 b{ 1 }b 1 }epoch 2 }train',
    );
  });

  test('evaluate and predict', async () => {
    const { calls, callback } = recorder();
    const m = model();
    await m.evaluate(x, y, { verbose: 0, steps: 1, callbacks: [callback] });
    await m.predict(x, { verbose: 0, batchSize: 4, callbacks: [callback] });
    expect(calls.join(' ')).toBe('test{ }t 0 }test predict{ }p 0 }p 1 }predict');
  });
});

describe('steps and epochs', () => {
  test('stepsPerEpoch goes on with the batches that follow', async () => {
    const { batches, seen } = counted();
    const { history, epoch } = await model().fit(batches, null, { ...quiet, epochs: 3, stepsPerEpoch: 4 });
    expect(seen()).toBe(12);
    expect(epoch).toEqual([0, 1, 2]);
    expect(history.loss).toHaveLength(3);
  });

  test('data that end early end training with a warning', async () => {
    const warning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { batches } = counted(6);
    const { epoch } = await model().fit(batches, null, { ...quiet, epochs: 5, stepsPerEpoch: 4 });
    expect(epoch).toEqual([0, 1]);
    expect(warning).toHaveBeenCalledWith(expect.stringContaining('Your input ran out of data'));
    warning.mockRestore();
  });

  test('validationSteps, validationSplit and validationFreq by epochs', async () => {
    const { calls, callback } = recorder();
    const options = { ...quiet, batchSize: 2, epochs: 3, callbacks: [callback] };
    const { history } = await model().fit(x, y, {
      ...options,
      validationSplit: 0.5,
      validationSteps: 1,
      validationFreq: [1, 3],
    });
    expect(calls.filter((name) => name.startsWith('}t '))).toEqual(['}t 0', '}t 0']);
    expect(history.val_loss).toHaveLength(2);
  });

  test('stopTraining ends after the step', async () => {
    const m = model();
    const stop = new LambdaCallback({ onTrainBatchEnd: (b) => void (m.stopTraining = b === 1) });
    const { calls, callback } = recorder();
    await m.fit(x, y, { ...quiet, batchSize: 1, epochs: 9, callbacks: [stop, callback] });
    expect(calls.join(' ')).toBe('train{ epoch{ 0 b{ 0 }b 0 b{ 1 }b 1 }epoch 0 }train');
  });

  test('classWeight and sampleWeight weigh examples', async () => {
    const labels = tf.constant([[0], [1], [0], [1], [0], [1], [0], [1]], { dtype: 'float32' });
    const losses: number[] = [];
    for (const options of [
      { classWeight: { 0: 1, 1: 3 } },
      { sampleWeight: tf.constant([1, 3, 1, 3, 1, 3, 1, 3], { dtype: 'float32' }) },
      {},
    ])
      losses.push((await model().fit(x, labels, { ...quiet, ...options })).history.loss[0]);
    expect(losses[0]).toBeCloseTo(losses[1], 3);
    expect(Math.abs(losses[0] - losses[2])).toBeGreaterThan(1);
  });

  test('classes without a weight count once', async () => {
    const labels = tf.constant([[0], [1], [2], [-1], [0], [1], [2], [0]], { dtype: 'float32' });
    const loss = async (options: object): Promise<number> =>
      (await model().fit(x, labels, { ...quiet, ...options })).history.loss[0];
    const sampleWeight = tf.constant([2, 1, 1, 1, 2, 1, 1, 2], { dtype: 'float32' });
    expect(await loss({ classWeight: { 0: 2 } })).toBe(await loss({ sampleWeight }));
    expect(await loss({ classWeight: {} })).toBe(await loss({}));
    await expect(loss({ classWeight: { cat: 2 } })).rejects.toThrow(
      'classWeight must have a number for each',
    );
  });

  test('options in the place of labels: the error says where they belong', async () => {
    const batches = new Set([[x, y]]).values();
    await expect(model().fit(batches as never, { epochs: 2 })).rejects.toThrow(
      'options are the third argument, fit(batches, null, { … })',
    );
  });

  test('steps that a subclass overrides, compiled and eager', async () => {
    class Own extends tf.keras.Sequential {
      override trainStep(batch: Parameters<tf.keras.Sequential['trainStep']>[0]): Record<string, tf.Tensor> {
        return { ...super.trainStep(batch), extra: tf.constant(7) };
      }
      override testStep(): Record<string, tf.Tensor> {
        return { extra: tf.constant(8) };
      }
      override predictStep(inputs: unknown): unknown {
        return tf.negative(inputs as tf.Tensor);
      }
    }
    for (const runEagerly of [false, true]) {
      const own = new Own([tf.keras.Input([2]), new tf.keras.layers.Dense(1)]);
      own.compile({ optimizer: 'sgd', loss: 'mse', runEagerly });
      const { history } = await own.fit(x, y, { ...quiet, validationData: [x, y] });
      expect(history).toMatchObject({ extra: [7], val_extra: [8] });
      expect([...(await own.predict(x, { verbose: 0 })).data()].slice(0, 3)).toEqual([-0, -1, -2]);
    }
  });
});

describe('memory of batches', () => {
  test('an eager step may keep shuffled batches; epochs of them are those of the data', async () => {
    class Keeps extends tf.keras.Sequential {
      readonly kept = new Map<tf.Tensor, number>();
      override trainStep(batch: Parameters<tf.keras.Sequential['trainStep']>[0]): Record<string, tf.Tensor> {
        this.kept.set(batch.x as tf.Tensor, this.kept.size);
        return super.trainStep(batch);
      }
    }
    // Rows of more than 1024 bytes have blocks of their own, which are reused.
    const wide = tf.random.normal([12, 512]);
    const labels = tf.ones([12, 1]);
    const sums: unknown[] = [];
    for (const runEagerly of [false, true]) {
      const own = new Keeps([
        tf.keras.Input([512]),
        new tf.keras.layers.Dense(1, { kernelInitializer: 'ones' }),
      ]);
      own.compile({ optimizer: new tf.keras.optimizers.SGD({ learningRate: 0 }), loss: 'mse', runEagerly });
      const options = { verbose: 0, batchSize: 4, epochs: 2 } as const;
      sums.push((await own.fit(wide, labels, options)).history.loss);
      if (!runEagerly) continue;
      const batches = [...own.kept.keys()];
      expect(batches.length).toBe(6);
      const total = tf.reduceSum(tf.concat(batches.slice(0, 3), 0)).item();
      expect(total).toBeCloseTo(tf.reduceSum(wide).item(), 2);
    }
    expect(sums[0]).toEqual((sums[1] as number[]).map((loss) => expect.closeTo(loss, 1)));
  });

  test('predictions stay when the data, whose rows are read in place, are disposed', async () => {
    const wide = tf.random.normal([8, 512]);
    const same = new tf.keras.Sequential([tf.keras.Input([512]), new tf.keras.layers.Identity()]);
    const values = wide.data();
    const found = await same.predict(wide, { verbose: 0, batchSize: 8 });
    const parts = await same.predict(wide, { verbose: 0, batchSize: 3 });
    wide.dispose();
    tf.zeros([8, 512]);
    expect(found.data()).toEqual(values);
    expect(parts.data()).toEqual(values);
  });
});

describe('ends from outside', () => {
  test('an AbortSignal rejects between two steps', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let last = -1;
    const abort = new LambdaCallback({
      onTrainBatchEnd: (b) => {
        last = b;
        if (b === 2) controller.abort(reason);
      },
    });
    const fit = model().fit(x, y, { ...quiet, batchSize: 1, callbacks: [abort], signal: controller.signal });
    await expect(fit).rejects.toBe(reason);
    expect(last).toBe(2);
    const { signal } = controller;
    await expect(model().fit(x, y, { ...quiet, signal })).rejects.toBe(reason);
    await expect(model().evaluate(x, y, { verbose: 0, signal })).rejects.toBe(reason);
    await expect(model().predict(x, { verbose: 0, signal })).rejects.toBe(reason);
    await expect(model().fit(x, y, { ...quiet, signal: {} as never })).rejects.toThrow(
      'must be an AbortSignal',
    );
  });

  test('Ctrl-C at a bar ends training, and the listener goes', async () => {
    const { isTTY } = process.stdout;
    process.stdout.isTTY = true;
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      const before = process.listenerCount('SIGINT');
      const m = model();
      const press = new LambdaCallback({
        onTrainBatchEnd: (b) => {
          expect(process.listenerCount('SIGINT')).toBe(before + (b <= 1 ? 1 : 0));
          if (b === 1) process.emit('SIGINT');
        },
      });
      const { calls, callback } = recorder();
      await m.fit(x, y, {
        shuffle: false,
        batchSize: 1,
        epochs: 4,
        verbose: 1,
        callbacks: [press, callback],
      });
      expect(m.interrupted).toBe(true);
      expect(calls.join(' ')).toBe('train{ epoch{ 0 b{ 0 }b 0 b{ 1 }b 1 }train');
      expect(process.listenerCount('SIGINT')).toBe(before);
    } finally {
      process.stdout.isTTY = isTTY;
      write.mockRestore();
    }
  });

  test('a second Ctrl-C ends the process', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-sigint-'));
    try {
      const stop = path.join(folder, 'stop.js');
      buildSync({
        entryPoints: [path.join(__dirname, '../../lib/keras/training/stop.ts')],
        ...{ outfile: stop, bundle: true, platform: 'node', format: 'cjs' },
        external: ['*.node'],
      });
      const program = `
        const { Stop } = require(${JSON.stringify(stop)});
        process.stdout.isTTY = true;
        const stop = new Stop(null, 'fit');
        // Work that never looks whether it should end.
        stop.catchInterrupt(true, () => new Promise(() => setInterval(() => undefined, 1000)));
        process.send('ready');`;
      const script = path.join(folder, 'fit.js');
      fs.writeFileSync(script, program);
      const child = fork(script, [], { execArgv: [], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
      const exit = once(child, 'exit');
      await once(child, 'message');
      const output = child.stdout as NonNullable<typeof child.stdout>;
      child.kill('SIGINT');
      const [text] = (await once(output, 'data')) as [Buffer];
      expect(text.toString()).toContain('Interrupted: training ends after this step');
      expect(child.exitCode).toBeNull();
      child.kill('SIGINT');
      expect(await exit).toEqual([null, 'SIGINT']);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  test('where another listener is, or no bar, SIGINT is left alone', async () => {
    const before = process.listenerCount('SIGINT');
    const look = new LambdaCallback({
      onTrainBatchEnd: () => expect(process.listenerCount('SIGINT')).toBe(before),
    });
    await model().fit(x, y, { ...quiet, callbacks: [look] });
  });

  test('a training that was interrupted goes on with BackupAndRestore', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-backup-'));
    const backups = path.join(folder, 'backup');
    const options = { ...quiet, batchSize: 4, epochs: 5 };
    const whole = model();
    await whole.fit(x, y, options);
    const failing = new LambdaCallback({
      onEpochBegin: (epoch) => {
        if (epoch === 3) throw new Error('power cut');
      },
    });
    const backup = (): tf.keras.callbacks.Callback => new tf.keras.callbacks.BackupAndRestore(backups);
    await expect(model().fit(x, y, { ...options, callbacks: [backup(), failing] })).rejects.toThrow(
      'power cut',
    );
    expect(fs.readdirSync(backups).sort()).toEqual(['latest.weights.h5', 'training_metadata.json']);
    const again = model();
    const { epoch } = await again.fit(x, y, { ...options, callbacks: [backup()] });
    expect(epoch).toEqual([3, 4]);
    expect([...again.getWeights()[0].data()]).toEqual([...whole.getWeights()[0].data()]);
    expect(fs.existsSync(backups)).toBe(false);
    fs.rmSync(folder, { recursive: true });
  });
});

test('SwapEMAWeights evaluates with the averages, and training goes on with the weights', async () => {
  const [plain, swapped] = [model({ useEma: true }), model({ useEma: true })];
  const options = { ...quiet, batchSize: 2, epochs: 2, validationData: [x, y] };
  const a = await plain.fit(x, y, options);
  const swap = new tf.keras.callbacks.SwapEMAWeights();
  const b = await swapped.fit(x, y, { ...options, callbacks: [swap] });
  expect(b.history.loss).toEqual(a.history.loss);
  expect(b.history.val_loss).not.toEqual(a.history.val_loss);
  await expect(model().fit(x, y, { ...options, callbacks: [swap] })).rejects.toThrow('useEma');
});

test('TerminateOnNaN, RemoteMonitor and CallbackList', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const nan = tf.fill([8, 1], NaN);
  const { TerminateOnNaN, RemoteMonitor, CallbackList } = tf.keras.callbacks;
  const ended = await model().fit(x, nan, { ...quiet, epochs: 3, callbacks: [new TerminateOnNaN()] });
  expect(ended.epoch).toEqual([0]);
  expect(write).toHaveBeenCalledWith('Batch 0: Invalid loss, terminating training\n');
  write.mockRestore();
  const raising = model().fit(x, nan, { ...quiet, callbacks: [new TerminateOnNaN(true)] });
  await expect(raising).rejects.toThrow('NaN or Inf loss encountered at batch 0');

  const posted: unknown[] = [];
  const post = jest.spyOn(globalThis, 'fetch').mockImplementation((url, init) => {
    posted.push([url, init?.body]);
    return Promise.resolve(new Response(''));
  });
  const m = model();
  const list = new CallbackList([new RemoteMonitor({ root: 'http://there', sendAsJson: true })], {
    model: m,
    addHistory: true,
    epochs: 1,
  });
  const history = await m.fit(x, y, { ...quiet, callbacks: list });
  expect(history).toBe(list.history);
  expect(posted).toEqual([
    ['http://there/publish/epoch/end/', JSON.stringify({ epoch: 0, loss: history.history.loss[0] })],
  ]);
  post.mockRestore();
  expect(() => new CallbackList([{} as never])).toThrow('must be an object of tf.keras.callbacks.Callback');
});

describe('texts', () => {
  const timeless = (text: string): string =>
    text.replace(/\d+s - \d+[mu]?s\/step|\d+s \d+[mu]?s\/step/g, 'TIME');
  async function said(f: () => Promise<unknown>): Promise<string> {
    const parts: string[] = [];
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      parts.push(String(text));
      return true;
    });
    try {
      await f();
    } finally {
      write.mockRestore();
    }
    return timeless(parts.join(''));
  }

  test('without a terminal there is a line for each epoch', async () => {
    const options = { shuffle: false, batchSize: 4, epochs: 2, validationData: [x, y] };
    const fit = await said(() => model().fit(x, y, { ...options, verbose: 2 }));
    expect(fit).toMatch(
      /^Epoch 1\/2\n2\/2 - TIME - loss: [\d.]+ - val_loss: [\d.]+\nEpoch 2\/2\n2\/2 - TIME - loss.*\n$/,
    );
    const evaluated = await said(() => model().evaluate(x, y, { batchSize: 4, verbose: 2 }));
    expect(evaluated).toMatch(/^2\/2 - TIME - loss: [\d.]+\n$/);
    expect(await said(() => model().predict(x))).toBe('');
    expect(await said(() => model().predict(x, { verbose: 2 }))).toBe('1/1 - TIME\n');
  });
});

test('options are checked', async () => {
  const m = model();
  await expect(m.fit(x, y, { epoch: 3 } as never)).rejects.toThrow("[fit] has no option 'epoch'");
  await expect(m.fit(x, y, { steps: 3 } as never)).rejects.toThrow("[fit] has no option 'steps'");
  await expect(m.fit(x, y, { epochs: 1.5 })).rejects.toThrow(tf.errors.InvalidArgumentError);
  await expect(m.fit(x, y, { verbose: 3 as never })).rejects.toThrow("verbose must be 0, 1, 2 or 'auto'");
  await expect(m.fit(x, y, { validationSplit: 1 })).rejects.toThrow('validationSplit');
  await expect(m.fit(x, y, { validationFreq: 0 })).rejects.toThrow('validationFreq');
  await expect(m.evaluate(x, y, { steps: 0 })).rejects.toThrow('steps must be a positive integer');
  await expect(m.predict(x, { callbacks: [3 as never] })).rejects.toThrow('Callback');
  expect(new Callback().model).toBeNull();
});
