/** Callbacks, the progress bar and formats as Keras and Python have them (test/golden/keras/callbacks.py). */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { floatText, formatText } from '../../lib/keras/base/python_text';

type Values = Record<string, number | string>;
interface EpochState {
  stop: boolean;
  learningRate: number;
  text: string;
  logs: Values;
  [name: string]: unknown;
}
interface Case {
  className: string;
  options: Record<string, unknown>;
  logs: Values[];
  batches: Values[][] | null;
  epochs: EpochState[];
  end: { text: string; weight: number; files: string[]; csv?: string };
}
interface Bar {
  options: { target: number | null } & tf.keras.utils.ProgbarOptions;
  updates: [seconds: number, current: number, values: [string, number][], finalize: boolean | null][];
  text: string;
}
const recorded = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/keras/callbacks.json'), 'utf8'),
) as {
  callbacks: Case[];
  bars: Bar[];
  formats: [number, string, string][];
  floats: [number, string][];
};

const special: Record<string, number> = { nan: NaN, inf: Infinity, '-inf': -Infinity };
const numbers = (logs: Values): Record<string, number> =>
  Object.fromEntries(Object.entries(logs).map(([k, v]) => [k, typeof v === 'string' ? special[v] : v]));
const schedules: Record<string, (epoch: number, rate: number) => number> = {
  halved: (epoch, rate) => (epoch % 2 === 1 ? rate * 0.5 : rate),
  constant: () => 0.25,
};
const positional: Record<string, string> = {
  LearningRateScheduler: 'schedule',
  CSVLogger: 'filename',
  ModelCheckpoint: 'filepath',
};

let folder: string;
let written: string[];
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-callbacks-'));
  written = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});
/** What was written since the last call; paths as they were recorded. */
const said = (): string => written.splice(0).join('').replaceAll(`${folder}/`, '');

function callbackOf({ className, options }: Case): tf.keras.callbacks.Callback {
  const Class = tf.keras.callbacks[className as 'History'] as new (
    ...args: unknown[]
  ) => tf.keras.callbacks.Callback;
  const { [positional[className]]: first, ...rest } = options;
  if (first === undefined) return new Class(options);
  const isFile = className !== 'LearningRateScheduler';
  return new Class(isFile ? path.join(folder, first as string) : schedules[first as string], rest);
}

async function compiledModel(): Promise<tf.keras.Sequential> {
  const model = new tf.keras.Sequential([
    tf.keras.Input([1]),
    new tf.keras.layers.Dense(1, { useBias: false }),
  ]);
  model.compile({
    optimizer: new tf.keras.optimizers.SGD(0.1),
    loss: 'mse',
    metrics: ['accuracy', 'mae'],
  });
  await model.evaluate(tf.zeros([1, 1]), tf.zeros([1, 1]), { verbose: 0 });
  return model;
}

function expectState(callback: object, state: EpochState): void {
  for (const name of ['wait', 'cooldownCounter', 'stoppedEpoch', 'bestEpoch'])
    if (name in state)
      expect({ [name]: (callback as Record<string, unknown>)[name] }).toEqual({ [name]: state[name] });
  const { best } = callback as { best?: number | null };
  if ('best' in state) expect(best === null || !Number.isFinite(best) ? null : best).toEqual(state.best);
}

test.each(recorded.callbacks)('$className $options', async (given) => {
  const { logs, batches, epochs, end } = given;
  const model = await compiledModel();
  const callback = callbackOf(given);
  const callbacks = new tf.keras.callbacks.CallbackList([callback], { model, epochs: logs.length });
  await callbacks.onTrainBegin();
  let ended = 0;
  for (const [epoch, state] of epochs.entries()) {
    await callbacks.onEpochBegin(epoch);
    for (const [b, values] of (batches?.[epoch] ?? []).entries())
      await callbacks.onTrainBatchEnd(b, numbers(values));
    model.setWeights([tf.fill([1, 1], epoch + 1)]);
    const values = numbers(logs[epoch]);
    await callbacks.onEpochEnd(epoch, values);
    expect(said()).toBe(state.text);
    expect(values).toEqual(numbers(state.logs));
    expect(model.optimizer?.learningRate.item()).toBe(state.learningRate);
    expectState(callback, state);
    ended++;
    expect(model.stopTraining).toBe(state.stop);
    if (model.stopTraining) break;
  }
  expect(ended).toBe(epochs.length);
  await callbacks.onTrainEnd();
  expect(said()).toBe(end.text);
  expect([...model.getWeights()[0].data()]).toEqual([end.weight]);
  const files = (fs.readdirSync(folder, { recursive: true }) as string[])
    .filter((f) => f.includes('.'))
    .sort();
  expect(files).toEqual(end.files);
  if (end.csv !== undefined) expect(fs.readFileSync(path.join(folder, 'log.csv'), 'utf8')).toBe(end.csv);
});

test.each(recorded.bars)('Progbar $options', ({ options, updates, text }) => {
  let now = 1000;
  jest.spyOn(performance, 'now').mockImplementation(() => now * 1000);
  const { target, ...rest } = options;
  const shown: string[] = [];
  const bar = new tf.keras.utils.Progbar(target, {
    ...rest,
    stream: { isTTY: true, write: (part) => shown.push(part) },
  });
  for (const [seconds, current, values, finalize] of updates) {
    now = 1000 + seconds;
    bar.update(current, values, finalize ?? undefined);
  }
  expect(shown.join('')).toBe(text);
});

test('formats of Python', () => {
  for (const [value, spec, text] of recorded.formats)
    expect([value, spec, formatText(`{x:${spec}}`, { x: value }, 'test')]).toEqual([value, spec, text]);
  for (const [value, text] of recorded.floats) expect(floatText(value)).toBe(text);
});
