/** Loops with a known number of iterations are instructions of the enclosing segment. */
import * as tf from 'gradtape';
import { recur, type Recurrence } from '../../lib/function/control/recurrence';

type State = readonly tf.Tensor[];
type Step = (s: State, slices: readonly tf.Tensor[]) => { next: State; output: tf.Tensor | null };

const noise = (shape: number[], seed: number): tf.Tensor =>
  tf.random.statelessNormal(shape, [seed, 0], { stddev: 0.5 });
const bits = (results: readonly (tf.Tensor | null)[]): unknown =>
  results.map((t) => (t === null ? null : { shape: [...t.shape], values: [...(t.data() as Float32Array)] }));

/** The results of a recurrence and its gradients: eagerly, inlined, as calls of its body, and off the event loop. */
async function compare(step: Step, start: State, count: number): Promise<void> {
  const elements = [noise([count, 2, 3], 7), noise([count, 2, 3], 8)];
  for (const reverse of [false, true]) {
    const f = (a: tf.Tensor, b: tf.Tensor): (tf.Tensor | null)[] => {
      const tape = new tf.GradientTape();
      const sources = [a, b, ...start];
      return tape.run(() => {
        sources.forEach((t) => tape.watch(t));
        const recurrence: Recurrence<State> = {
          name: 'test',
          step,
          start,
          elements: [a, b],
          reverse,
          unroll: false,
        };
        const { last, outputs } = recur(recurrence);
        const all = [...last, ...(outputs === null ? [] : [outputs])];
        let loss: tf.Tensor = tf.constant(0);
        all.forEach((t, i) => (loss = tf.add(loss, tf.reduceSum(tf.multiply(tf.square(t), i + 1)))));
        const gradients = tape.gradient(loss, sources, { unconnectedGradients: 'zero' }) as tf.Tensor[];
        return [...all, ...gradients];
      });
    };
    const inlined = tf.function(f);
    const before = process.env.GRADTAPE_DISABLE_PASS;
    process.env.GRADTAPE_DISABLE_PASS = 'loops';
    const called = tf.function(f);
    try {
      called(elements[0], elements[1]);
    } finally {
      if (before === undefined) delete process.env.GRADTAPE_DISABLE_PASS;
      else process.env.GRADTAPE_DISABLE_PASS = before;
    }
    const results = inlined(elements[0], elements[1]);
    expect(inlined.program(elements[0], elements[1]).steps.map(({ kind }) => kind)).toEqual(['segment']);
    expect(called.program(elements[0], elements[1]).steps.some(({ kind }) => kind === 'host')).toBe(true);
    expect(bits(called(elements[0], elements[1]))).toEqual(bits(results));
    expect(bits(await inlined.async(elements[0], elements[1]))).toEqual(bits(results));
    f(elements[0], elements[1]).forEach((t, i) => {
      const [got, want] = [results[i] as tf.Tensor, t as tf.Tensor].map((u) => [
        ...(u.data() as Float32Array),
      ]);
      want.forEach((v, k) => {
        expect(Math.abs(got[k] - v)).toBeLessThanOrEqual(2e-5 * Math.max(1, Math.abs(v)));
      });
    });
  }
}

const zeros = (): tf.Tensor => tf.zeros([2, 3]);

describe.each([2, 3, 8])('%i steps', (count) => {
  test('a state and outputs', () =>
    compare(
      ([h], [a, b]) => {
        const next = tf.tanh(tf.add(tf.multiply(h, b), a));
        return { next: [next], output: next };
      },
      [noise([2, 3], 1)],
      count,
    ));

  test('states that change places', () =>
    compare(
      ([p, q], [a]) => ({ next: [q, tf.add(p, tf.multiply(q, a))], output: p }),
      [zeros(), noise([2, 3], 2)],
      count,
    ));

  test('values that come back steps later', () =>
    compare(
      ([h, p, q, r], [a]) => ({ next: [tf.add(tf.multiply(r, 0.5), a), h, p, q], output: tf.multiply(h, q) }),
      [noise([2, 3], 1), noise([2, 3], 2), noise([2, 3], 3), noise([2, 3], 4)],
      count,
    ));

  test('states that are slices, constants, or stay; results that are the same', () =>
    compare(
      ([h, stays, slice, constant, same], [a, b]) => {
        const next = tf.add(tf.multiply(h, stays), tf.multiply(tf.add(slice, constant), same));
        return {
          next: [
            next,
            stays,
            b,
            tf.constant([
              [1, 2, 3],
              [4, 5, 6],
            ]),
            next,
          ],
          output: a,
        };
      },
      [noise([2, 3], 1), noise([2, 3], 2), noise([2, 3], 3), noise([2, 3], 4), noise([2, 3], 5)],
      count,
    ));

  test('without outputs', () =>
    compare(
      ([h], [a, b]) => ({ next: [tf.sigmoid(tf.add(tf.multiply(h, a), b))], output: null }),
      [zeros()],
      count,
    ));
});

test('a step that may fail is called from JavaScript, and fails with its error', () => {
  const rows = tf.constant([1, 2, 3]);
  const f = tf.function((indices: tf.Tensor) => {
    const step: Step = ([sum], [i]) => ({ next: [tf.add(sum, tf.gather(rows, i))], output: null });
    return recur({
      name: 'test',
      step,
      start: [tf.constant(0)],
      elements: [indices],
      reverse: false,
      unroll: false,
    }).last[0];
  });
  expect(f(tf.constant([0, 1, 2, 2], 'int32')).item()).toBe(9);
  expect(() => f(tf.constant([0, 1, 3, 2], 'int32'))).toThrow(tf.errors.InvalidArgumentError);
  expect(f.program(tf.constant([0, 1, 2, 2], 'int32')).steps.some(({ kind }) => kind === 'host')).toBe(true);
});
