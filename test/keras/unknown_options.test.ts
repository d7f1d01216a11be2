/** No class of tf.keras takes an option that it does not have. */
import * as tf from 'gradtape';

const { layers } = tf.keras;

type Class = (new (...args: unknown[]) => object) & { readonly positional?: readonly string[] };

/** The public classes, each with the first of its names. */
function classesIn(namespace: object, path = '', found = new Map<Class, string>()): Map<Class, string> {
  for (const [name, value] of Object.entries(namespace) as [string, unknown][]) {
    const isClass =
      typeof value === 'function' && Function.prototype.toString.call(value).startsWith('class ');
    if (isClass && !found.has(value as Class)) found.set(value as Class, path + name);
    if (typeof value === 'object' && value !== null) classesIn(value, `${path}${name}.`, found);
  }
  return found;
}

/** A class has several names: in which namespace it is found first depends on the build. */
const last = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** Values of the arguments before the options, by the names that the classes list. */
const values: Record<string, unknown> = {
  activation: 'relu',
  axes: 1,
  binBoundaries: [1],
  boundaries: [1],
  cell: new layers.LSTMCell(2),
  cells: [new layers.LSTMCell(2)],
  cropping: 1,
  dims: [1],
  equation: 'ab,bc->ac',
  fn: () => 0,
  function: () => 0,
  layer: new layers.Dense(1),
  layers: [new layers.Dense(1)],
  outputShape: [2],
  outputSize: 2,
  targetClassIds: [0],
  targetShape: [2],
  values: [1, 2],
};
const numbers: Record<string, number> = {
  rate: 0.5,
  factor: 0.5,
  precision: 0.5,
  recall: 0.5,
  sensitivity: 0.5,
  specificity: 0.5,
  stddev: 0.5,
};

/** The arguments before the options, of classes that do not list them. */
const before: Record<string, unknown[]> = {
  Sequential: [[]],
  BackupAndRestore: ['folder'],
  CSVLogger: ['file.csv'],
  CallbackList: [[]],
  LearningRateScheduler: [() => 1],
  ModelCheckpoint: ['file.keras'],
  LossScaleOptimizer: [new tf.keras.optimizers.SGD()],
  Progbar: [1],
};

/** DTypePolicy and KerasTensor have no options, those of MeanMetricWrapper are its function's, and no one makes an Optimizer. */
const without = ['DTypePolicy', 'KerasTensor', 'MeanMetricWrapper', 'Optimizer'];

const classes = [...classesIn(tf.keras)].filter(([, name]) => !without.includes(last(name)));

test('there are classes', () => {
  expect(classes.length).toBeGreaterThan(250);
});

test.each(classes.map(([type, name]) => [name, type] as const))('%s', (name, type) => {
  const listed = (type.positional ?? []).map((key) => values[key] ?? numbers[key] ?? 2);
  const make = (): object => new type(...(before[last(name)] ?? listed), { noSuchOption: 1 });
  expect(make).toThrow(TypeError);
  expect(make).toThrow(/noSuchOption.*It takes |noSuchOption.*it takes /);
});

test('classes without options say so, and losses name those that all have', () => {
  expect(() => new tf.keras.initializers.Zeros({ seed: 1 } as never)).toThrow(
    "[Zeros] has no option 'seed'; it takes none",
  );
  expect(() => new tf.keras.losses.Huber({ beta: 1 } as never)).toThrow(
    "[Huber] has no option 'beta'; it takes reduction, name, dtype, delta",
  );
});

test('classes of the user refuse what they do not take, under their own names', () => {
  class Own extends tf.keras.losses.Loss {
    call(yTrue: tf.Tensor, yPred: tf.Tensor): tf.Tensor {
      return tf.subtract(yTrue, yPred);
    }
  }
  class Stop extends tf.keras.callbacks.Callback {}
  expect(() => new Own({ margin: 1 } as never)).toThrow("[Own] has no option 'margin'");
  expect(() => new Stop({ after: 1 } as never)).toThrow("[Stop] has no option 'after'; it takes none");
});
