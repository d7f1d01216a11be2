/** The optimizers against Keras 3.15: five recorded steps in many settings, the known numbers, refusals. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from 'gradtape';
import { bufferOf } from '../../lib/core/tensor';

interface Encoded {
  shape: number[];
  dtype: tf.DType;
  values: number[];
}
interface EncodedSlices {
  indexedSlices: true;
  values: Encoded;
  indices: Encoded;
  denseShape: Encoded;
}
interface Case {
  optimizer: 'SGD' | 'Adam';
  options: Record<string, unknown>;
  data: string;
  learningRates?: Record<string, number>;
  steps: { variables: Encoded[]; optimizer: Record<string, Encoded | number> }[];
}
interface Golden {
  data: Record<string, { start: Encoded[]; gradients: (Encoded | EncodedSlices)[][] }>;
  cases: Record<string, Case>;
}

const golden = JSON.parse(
  fs.readFileSync(path.join(__dirname, '../golden/fixtures/optimizers.json'), 'utf8'),
) as Golden;

function decode(e: Encoded): tf.Tensor {
  const list = e.values.map(Number);
  const data =
    e.dtype === 'float32'
      ? Float32Array.from(list)
      : e.dtype === 'float64'
        ? Float64Array.from(list)
        : Int32Array.from(list);
  return tf.reshape(tf.constant(data), e.shape);
}
function decodeGradient(e: Encoded | EncodedSlices): tf.Tensor | tf.IndexedSlices {
  if (!('indexedSlices' in e)) return decode(e);
  return new tf.IndexedSlices(decode(e.values), decode(e.indices), e.denseShape.values);
}

/**
 * Within a few units in the last place, of the largest element where values are differences (a momentum can come out
 * near 0), else of each.
 */
function expectClose(got: ArrayLike<number | bigint>, want: readonly unknown[], dtype: string, what: string) {
  const unit = dtype === 'float64' ? 2 ** -52 : 2 ** -23;
  expect(got.length).toBe(want.length);
  const largest = what.includes('velocity') ? 0 : Math.max(...want.map((w) => Math.abs(Number(w))));
  want.forEach((w, i) => {
    const v = Number(w);
    const bound = 8 * unit * Math.max(Math.abs(v), largest);
    if (!(Math.abs(Number(got[i]) - v) <= bound)) throw new Error(`${what}[${i}]: ${got[i]}, Keras has ${v}`);
  });
}

test.each(Object.entries(golden.cases))('%s', (_, c) => {
  const { start, gradients } = golden.data[c.data];
  const optimizer = new tf.keras.optimizers[c.optimizer](c.options);
  const variables = start.map((s, i) => new tf.Variable(decode(s), { name: 'ab'[i] }));
  c.steps.forEach((want, k) => {
    const rate = c.learningRates?.[k];
    if (rate !== undefined) optimizer.learningRate = rate;
    const before = variables.map((v) => v.read());
    const copies = before.map((t) => t.data());
    optimizer.applyGradients(gradients[k].map((g, i) => [decodeGradient(g), variables[i]] as const));
    variables.forEach((v, i) =>
      expectClose(v.data(), want.variables[i].values, v.dtype, `step ${k} variable ${i}`),
    );
    // Values read before the step never change.
    before.forEach((t, i) => expect(t.data()).toEqual(copies[i]));
    const own = new Map(optimizer.variables.map((v) => [v.name.replace(/:0$/, ''), v]));
    expect([...own.keys()].sort()).toEqual(Object.keys(want.optimizer).sort());
    for (const [name, value] of Object.entries(want.optimizer)) {
      const v = own.get(name) as tf.Variable;
      expectClose(v.data(), typeof value === 'number' ? [value] : value.values, v.dtype, `step ${k} ${name}`);
    }
  });
});

/** One or more steps with the same gradient from [1, 2, 3, 4]. */
function steps(optimizer: tf.keras.optimizers.Optimizer, n: number): number[] {
  const v = new tf.Variable([1, 2, 3, 4]);
  for (let i = 0; i < n; i++) optimizer.applyGradients([[tf.constant([1, 6, 7, 2]), v]]);
  return Array.from(v.data() as Float32Array);
}

test("the numbers of Keras's tests", () => {
  const { SGD, Adam } = tf.keras.optimizers;
  const close = (got: number[], want: number[], digits = 4) =>
    got.forEach((v, i) => expect(v).toBeCloseTo(want[i], digits));
  close(steps(new SGD(0.5), 1), [0.5, -1, -0.5, 3]);
  close(steps(new SGD({ learningRate: 0.5, momentum: 0.9 }), 3), [-1.805, -14.83, -16.635, -1.61]);
  close(steps(new SGD({ learningRate: 0.5, momentum: 0.9, nesterov: true }), 1), [0.05, -3.7, -3.65, 2.1]);
  close(
    steps(new SGD({ learningRate: 0.5, momentum: 0.9, nesterov: true }), 3),
    [-3.0245, -22.147, -25.171497, -4.049],
  );
  close(steps(new Adam(0.5), 1), [0.500005, 1.5000036, 2.5000036, 3.500004], 6);

  const ten = Array.from({ length: 10 }, (_, i) => (i + 1) / 10);
  const v = new tf.Variable(new Float32Array(10).fill(1));
  const amsgrad = new Adam({ amsgrad: true });
  const first: number[] = [];
  for (let k = 0; k < 5; k++) {
    amsgrad.applyGradients([
      [tf.constant(k === 0 ? new Float32Array(10).fill(0.01) : Float32Array.from(ten)), v],
    ]);
    first.push((v.data() as Float32Array)[0]);
  }
  close([first[0], first[4]], [0.999, 0.9955], 3);

  const decayed = new tf.Variable([2]);
  const sgd = new SGD({ learningRate: 1, weightDecay: 0.004 });
  for (let k = 0; k < 3; k++) sgd.applyGradients([[tf.constant([0]), decayed]]);
  close([decayed.data()[0]], [1.9760959], 6);

  const averaged = new tf.Variable([3]);
  const ema = new SGD({ learningRate: 1, useEma: true, emaMomentum: 0.9, emaOverwriteFrequency: 3 });
  const seen: number[] = [];
  for (let k = 0; k < 3; k++) {
    ema.applyGradients([[tf.constant([1]), averaged]]);
    seen.push(averaged.data()[0]);
  }
  close(seen, [2, 1, 1.71], 5);
});

describe('the way of a step', () => {
  const { SGD, Adam } = tf.keras.optimizers;
  const v = () => new tf.Variable([1, 2], { name: 'v' });
  const g = tf.constant([1, 1]);

  test('learning rates: assigned, scheduled, computed', () => {
    const optimizer = new SGD(0.5);
    const w = v();
    expect(Number(optimizer.learningRate.item())).toBe(0.5);
    optimizer.learningRate = 0.25;
    optimizer.applyGradients([[g, w]]);
    expect(w.array()).toEqual([0.75, 1.75]);
    optimizer.learningRate.assign(1);
    optimizer.applyGradients([[g, w]]);
    expect(w.array()).toEqual([-0.25, 0.75]);
    expect(Number(optimizer.iterations.item())).toBe(2);

    const seen: number[] = [];
    const halving = new SGD((step) => (seen.push(step), 2 ** -step));
    const x = v();
    for (let i = 0; i < 3; i++) halving.applyGradients([[g, x]]);
    expect(x.array()).toEqual([-0.75, 0.25]);
    expect(seen).toEqual([0, 1, 2]);
    expect(() => (halving.learningRate = 0.1)).toThrow('not settable');
    expect(() => halving.learningRate.assign(0.1)).toThrow(tf.errors.FailedPreconditionError);
    expect(
      new SGD({ learningRate: { call: (step: number) => tf.constant(step + 1) } }).learningRate.item(),
    ).toBe(1);
    expect(halving.variables.map((u) => u.name)).toEqual(['iteration:0']);
  });

  test('null gradients are skipped with a warning, all null is an error', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      const [a, b] = [new tf.Variable([1]), new tf.Variable([2])];
      const optimizer = new SGD(0.1);
      optimizer.applyGradients([
        [tf.constant([1]), a],
        [null, b],
      ]);
      expect([a.item(), b.item()]).toEqual([Math.fround(0.9), 2]);
      expect(warn.mock.calls[0][0]).toContain(
        "Gradients do not exist for variables ['Variable:0'] when minimizing",
      );
      expect(() => optimizer.applyGradients([[null, a]])).toThrow('No gradients provided for any variable.');
      expect(Number(optimizer.iterations.item())).toBe(1);
    } finally {
      warn.mockRestore();
    }
  });

  test('constraints project after the update', () => {
    const w = new tf.Variable([1, -1], { constraint: (t) => tf.maximum(t, 0) });
    new SGD(1).applyGradients([[tf.constant([3, -3]), w]]);
    expect(w.array()).toEqual([0, 2]);
  });

  test('minimize, apply, build, a model fitted', () => {
    const w = new tf.Variable(5, { name: 'w' });
    const optimizer = new Adam(0.5);
    for (let i = 0; i < 200; i++) optimizer.minimize(() => tf.square(tf.subtract(w, 3)));
    expect(w.item()).toBeCloseTo(3, 2);
    const built = new SGD(1);
    const [a, b] = [v(), v()];
    expect(() => built.apply([g, g])).toThrow('must already be built');
    built.build([a, b]);
    built.apply([g, g]);
    expect(b.array()).toEqual([0, 1]);
    expect(() => built.apply([g])).toThrow('1 gradients for 2 variables');
  });

  test('gradients of embedding rows touch what Keras 3 would after summing duplicates', () => {
    const table = new tf.Variable([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    const tape = new tf.GradientTape();
    const y = tape.run(() => tf.reduceSum(tf.gather(table, [2, 0, 2])));
    const [gradient] = tape.gradient(y, [table]);
    expect(gradient).toBeInstanceOf(tf.IndexedSlices);
    new SGD(1).applyGradients([[gradient, table]]);
    expect(table.array()).toEqual([
      [0, 0],
      [2, 2],
      [1, 1],
    ]);
  });

  test('a variable that comes twice leaves the others their own state', () => {
    const [a, b, c] = [1, 1, 1].map((n) => new tf.Variable(n));
    const one = tf.constant(2);
    const twice = new Adam(0.1);
    const once = new Adam(0.1);
    for (let i = 0; i < 3; i++) {
      twice.applyGradients([
        [one, a],
        [one, a],
        [one, b],
      ]);
      once.applyGradients([[one, c]]);
    }
    expect(b.item()).toBe(c.item());
    expect(a.item()).toBeLessThan(b.item());
  });

  test('slots that were read are not overwritten, and assigned ones count', () => {
    const w = v();
    const optimizer = new SGD({ learningRate: 1, momentum: 0.5 });
    optimizer.applyGradients([[g, w]]);
    const slot = optimizer.variables.find((u) => u.name === 'v_momentum:0') as tf.Variable;
    const read = slot.read();
    const given = tf.constant([10, 20]);
    optimizer.applyGradients([[g, w]]);
    expect(read.array()).toEqual([-1, -1]);
    expect(slot.array()).toEqual([-1.5, -1.5]);
    slot.assign(given);
    optimizer.applyGradients([[g, w]]);
    expect(slot.array()).toEqual([4, 9]);
    expect(given.array()).toEqual([10, 20]);
  });

  test('config goes there and back', () => {
    const config = new Adam({
      learningRate: 0.25,
      beta1: 0.5,
      amsgrad: true,
      clipnorm: 2,
      name: 'mine',
    }).getConfig();
    expect(config).toMatchObject({
      learningRate: 0.25,
      beta1: 0.5,
      amsgrad: true,
      clipnorm: 2,
      name: 'mine',
    });
    expect(Adam.fromConfig(config).getConfig()).toEqual(config);
    expect(SGD.fromConfig(new SGD().getConfig()).getConfig()).toMatchObject({ name: 'sgd', momentum: 0 });
  });

  test('weight decay spares excepted variables', () => {
    const [kernel, bias] = [new tf.Variable([1], { name: 'kernel' }), new tf.Variable([1], { name: 'bias' })];
    const optimizer = new SGD({ learningRate: 1, weightDecay: 0.5 });
    optimizer.excludeFromWeightDecay({ varNames: ['bias'] });
    const zero = tf.constant([0]);
    optimizer.applyGradients([
      [zero, kernel],
      [zero, bias],
    ]);
    expect([kernel.item(), bias.item()]).toEqual([0.5, 1]);
  });

  test('refusals leave everything as it was', () => {
    const w = v();
    const optimizer = new SGD({ learningRate: 0.5, momentum: 0.9 });
    optimizer.applyGradients([[g, w]]);
    const before = [w.array(), ...optimizer.variables.map((u) => u.array())];
    expect(() => optimizer.applyGradients([])).toThrow('at least one pair');
    expect(() => optimizer.applyGradients([[g, v()]])).toThrow("Unknown variable: 'v:0'");
    expect(() => optimizer.applyGradients([[tf.constant([1, 2, 3]), w]])).toThrow(
      'Cannot update variable with shape [2] using a Tensor with shape [3], shapes must be equal.',
    );
    expect(() => optimizer.applyGradients([[tf.constant([1, 2], 'int32'), w]])).toThrow('must be floating');
    expect(() => optimizer.applyGradients([['x' as never, w]])).toThrow(TypeError);
    const rows = (values: tf.Tensor, index: number) =>
      new tf.IndexedSlices(values, tf.constant(Int32Array.of(index)), [2]);
    expect(() => optimizer.applyGradients([[rows(tf.ones([1]), 2), w]])).toThrow(
      'indices[0] = 2 is not in [0, 2)',
    );
    expect(() => optimizer.applyGradients([[rows(tf.ones([1, 1]), 0), w]])).toThrow('has rows of shape [1]');
    expect([w.array(), ...optimizer.variables.map((u) => u.array())]).toEqual(before);
    expect(() => new SGD().applyGradients([[g, new tf.Variable([1, 2], { dtype: 'int32' })]])).toThrow(
      'only floating variables can be optimized',
    );
    expect(() => new SGD().applyGradients([[g, g as never]])).toThrow(TypeError);
  });

  test('options that make no sense', () => {
    const bad = (o: unknown) => () => new SGD(o as never);
    expect(bad({ momentum: 1.5 })).toThrow('momentum must be a number in [0, 1]');
    expect(bad({ momentum: -0.5 })).toThrow(tf.errors.InvalidArgumentError);
    expect(bad({ nesterov: 1 })).toThrow(TypeError);
    expect(bad({ clipnorm: 1, clipvalue: 1 })).toThrow(
      'Only one of clipnorm, clipvalue and globalClipnorm can be set',
    );
    expect(bad({ foo: 1 })).toThrow('Argument(s) not recognized: foo');
    expect(bad('a')).toThrow('learningRate must be a number, or a learning rate schedule');
    expect(bad(NaN)).toThrow('must not be NaN');
    expect(bad({ useEma: true, emaMomentum: 1.5 })).toThrow('emaMomentum must be in the range [0, 1]');
    expect(bad({ gradientAccumulationSteps: 1 })).toThrow(
      'gradientAccumulationSteps must be an integer >= 2',
    );
    expect(() => new Adam({ beta1: 1 })).toThrow('beta1 must be in [0, 1)');
    expect(() => new Adam({ epsilon: 'x' as never })).toThrow(TypeError);
  });
});

test('weights that go back and forth between two storages keep both to themselves', () => {
  const { threading } = tf.config;
  const threads = threading.getIntraOpParallelismThreads();
  threading.setIntraOpParallelismThreads(2);
  try {
    const w = new tf.Variable(tf.zeros([100, 200]));
    const optimizer = new tf.keras.optimizers.SGD(1);
    // The first value is the caller's too.
    optimizer.applyGradients([[tf.fill([100, 200], -1), w]]);
    const storages = new Set<ArrayBuffer>();
    for (let step = 1; step < 6; step++) {
      storages.add(bufferOf(w.held));
      const gradient = tf.fill([100, 200], -1);
      expect(storages.has(bufferOf(gradient))).toBe(false);
      optimizer.applyGradients([[gradient, w]]);
    }
    expect(storages.size).toBe(2);
    const seen = w.read();
    optimizer.applyGradients([[tf.fill([100, 200], -1), w]]);
    optimizer.applyGradients([[tf.fill([100, 200], -1), w]]);
    // What somebody has read stays.
    expect([seen.data()[0], w.read().data()[19999]]).toEqual([6, 8]);
  } finally {
    threading.setIntraOpParallelismThreads(threads);
  }
});
