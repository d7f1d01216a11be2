/** Recurrent layers as users write them: cells of their own, states, errors. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from 'gradtape';

const { layers } = tf.keras;
const close = (t: tf.Tensor, values: number[]): void => {
  expect(t.size).toBe(values.length);
  [...(t.data() as Float32Array)].forEach((v, i) => expect(v).toBeCloseTo(values[i], 5));
};

class Sums extends layers.Layer {
  readonly stateSize = 2;
  factor: tf.Variable | null = null;

  override build(): void {
    this.factor = this.addWeight({ name: 'factor', shape: [2], initializer: 'ones' });
    this.built = true;
  }

  call(x: tf.Tensor, [h]: readonly tf.Tensor[]): [tf.Tensor, tf.Tensor[]] {
    const next = tf.add(h, tf.multiply(x, this.factor as tf.Variable));
    return [tf.multiply(next, 10), [next]];
  }
}

const x = tf.constant([[[1, 2], [3, 4], [5, 6]]]); // prettier-ignore

test('a cell of the user: a layer, or an object; eagerly and compiled', () => {
  const plain = {
    stateSize: 2,
    call: (input: tf.Tensor, [h]: readonly tf.Tensor[]): [tf.Tensor, tf.Tensor[]] => {
      const next = tf.add(h, input);
      return [tf.multiply(next, 10), [next]];
    },
  };
  for (const cell of [new Sums(), plain]) {
    const rnn = new layers.RNN(cell, { returnSequences: true, returnState: true });
    for (const f of [(t: tf.Tensor) => rnn(t), tf.function((t: tf.Tensor) => rnn(t))]) {
      const [output, state] = f(x) as unknown as tf.Tensor[];
      close(output, [10, 20, 40, 60, 90, 120]);
      close(state, [9, 12]);
    }
    const mask = tf.constant([[true, false, true]]);
    const [masked] = rnn<tf.Tensor[]>(x, { mask });
    close(masked, [10, 20, 10, 20, 60, 80]);
    close(new layers.RNN(cell as never, { goBackwards: true })(x), [90, 120]);
  }
  const rnn = new layers.RNN(new Sums());
  rnn(x);
  const tape = new tf.GradientTape();
  const loss = tape.run(() => tf.reduceSum(rnn(x)));
  close(tape.gradient(loss, rnn.trainableWeights)[0] as tf.Tensor, [90, 120]);
  const both = new layers.Bidirectional(new layers.RNN(new Sums()));
  close(both(x), [90, 120, 90, 120]);
  expect(both.weights.map((w) => w.path.split('/').slice(1).join('/'))).toHaveLength(2);
});

test('states of stateful layers, and initial states in functional models', () => {
  const rnn = new layers.RNN(new Sums(), { stateful: true });
  close(rnn(x), [90, 120]);
  close(rnn(x), [180, 240]);
  rnn.resetStates();
  close(tf.function((t: tf.Tensor) => rnn(t))(x), [90, 120]);
  expect(() => rnn(tf.zeros([2, 3, 2]))).toThrow('Expected batch size: 1');
  const [input, state] = [tf.keras.Input([3, 2]), tf.keras.Input([4])];
  const gru = new layers.GRU(4);
  const model = new tf.keras.Model([input, state], gru(input, { initialState: state }));
  close(model([x, tf.ones([1, 4])]), [...(gru(x, { initialState: tf.ones([1, 4]) }).data() as Float32Array)]);
});

test('a model with an LSTM over 50 steps is traced as one step', () => {
  const model = new tf.keras.Sequential([tf.keras.Input([50, 3]), new layers.LSTM(4), new layers.Dense(1)]);
  const step = tf.function((t: tf.Tensor) => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => tf.reduceSum(model(t)));
    return tape.gradient(loss, model.trainableWeights) as tf.Tensor[];
  });
  const { steps } = step.program(tf.zeros([2, 50, 3]));
  const ops = steps.flatMap((s) => (s.kind === 'segment' ? s.ops.map(({ name }) => name) : []));
  expect(steps.some(({ kind }) => kind === 'host')).toBe(false);
  expect(ops.filter((name) => name.endsWith(' ×50'))).toHaveLength(2);
  expect(ops.length).toBeLessThan(40);
});

test('LSTM and GRU go through files', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-rnn-'));
  try {
    const model = new tf.keras.Sequential([
      tf.keras.Input([3, 2]),
      new layers.Bidirectional(new layers.LSTM(3, { returnSequences: true })),
      new layers.TimeDistributed(new layers.Dense(2)),
      new layers.RNN([new layers.GRUCell(2), new layers.LSTMCell(3)]),
    ]);
    const file = path.join(folder, 'm.keras');
    await model.save(file);
    const again = (await tf.keras.models.loadModel(file)) as tf.keras.Sequential;
    close(again(x), [...(model(x).data() as Float32Array)]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test('errors say what is wrong', () => {
  expect(() => new layers.LSTM(0)).toThrow('expected a positive integer');
  expect(() => new layers.GRU(2, { returnSequence: true } as never)).toThrow(
    'Unrecognized keyword arguments',
  );
  expect(() => new layers.LSTM(2, { stateful: 1 } as never)).toThrow(TypeError);
  expect(() => new layers.RNN({} as never)).toThrow('should have a `call` method');
  expect(() => new layers.LSTM(2)(tf.zeros([2, 3]))).toThrow('expected ndim=3');
  expect(() => new layers.LSTM(2)(x, { initialState: [tf.zeros([1, 2])] })).toThrow('must have 2 states');
  expect(() => new layers.Bidirectional(new layers.LSTM(2), { mergeMode: 'max' as never })).toThrow(
    'Invalid merge mode',
  );
});
