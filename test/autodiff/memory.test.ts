/** What a tape keeps, and for how long. */
import * as v8 from 'node:v8';
import * as vm from 'node:vm';
import * as tf from 'gradtape';

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc') as () => void;

const { GradientTape } = tf;
const MiB = 2 ** 20;
const million = () => tf.ones([1024, 1024]);

function held(): number {
  gc();
  gc();
  return process.memoryUsage().arrayBuffers - tf.memory().freeBytes;
}

test('ops whose gradients read no values keep none: a hundred additions to 4 MB', () => {
  const x = million();
  const before = held();
  const tape = new GradientTape();
  tape.watch(x);
  const y = tape.run(() => {
    let y = x;
    for (let k = 0; k < 100; k++) y = y.add(1);
    return y;
  });
  // The last sum, and nothing of what led to it.
  expect(held() - before).toBeLessThan(16 * MiB);
  const g = tape.gradient(y, x) as tf.Tensor;
  expect(g.at(0, 0).item()).toBe(1);
});

test('ops whose gradients read values keep those: twenty squares of 4 MB', () => {
  const x = million();
  const before = held();
  const tape = new GradientTape(true);
  tape.watch(x);
  const y = tape.run(() => {
    let y = x;
    for (let k = 0; k < 20; k++) y = tf.square(y);
    return y;
  });
  expect(held() - before).toBeGreaterThan(19 * 4 * MiB - MiB);
  tape.reset();
  expect(held() - before).toBeLessThan(16 * MiB);
  expect(y.at(0, 0).item()).toBe(1);
});

test('the way back lets go of what it has passed', () => {
  const x = million();
  const before = held();
  let atTheEnd = Infinity;
  const measure = tf.customGradient((x) => [
    x.add(0),
    (dy) => {
      atTheEnd = held() - before;
      return dy;
    },
  ]);
  const tape = new GradientTape();
  tape.watch(x);
  const y = tape.run(() => {
    let y = measure(x);
    for (let k = 0; k < 20; k++) y = tf.square(y);
    return y;
  });
  tape.gradient(y, x);
  // Of 80 MB: the target, and a gradient or two on their way.
  expect(atTheEnd).toBeLessThan(32 * MiB);
});

test('a record that nobody asks for a gradient goes with its tape', () => {
  const x = million();
  const before = held();
  for (let k = 0; k < 60; k++) {
    const tape = new GradientTape();
    tape.watch(x);
    tape.run(() => tf.square(tf.square(x)));
  }
  expect(held() - before).toBeLessThan(32 * MiB);
});

describe('disposed tensors', () => {
  const sizes: [string, () => tf.Tensor][] = [
    ['small', () => tf.ones([3])],
    ['large', million],
  ];
  test.each(sizes)('%s: what the tape saved differentiates all the same', (_, make) => {
    const x = make();
    const tape = new GradientTape(true);
    tape.watch(x);
    const y = tape.run(() => {
      const a = x.mul(3);
      const b = tf.square(a);
      a.dispose();
      const d = tf.exp(b.mul(0));
      b.dispose();
      return d.mul(x);
    });
    // Memory of the same size goes back and forth meanwhile.
    for (let k = 0; k < 4; k++) make().mul(7).dispose();
    const at = (t: unknown) => (t as tf.Tensor).data()[0];
    expect(at(tape.gradient(y, x))).toBe(1);
    y.dispose();
    expect(at(tape.gradient(y, x))).toBe(1);
    x.dispose();
    expect(at(tape.gradient(y, x))).toBe(1);
    expect(() => x.mul(1)).toThrow(tf.errors.FailedPreconditionError);
  });

  test.each(sizes)('%s: tidy inside run frees nothing that the tape saved', (_, make) => {
    const x = make();
    const tape = new GradientTape();
    tape.watch(x);
    const y = tape.run(() => tf.tidy(() => tf.square(tf.square(x.mul(2)))));
    for (let k = 0; k < 4; k++) tf.tidy(() => make().mul(7));
    expect((tape.gradient(y, x) as tf.Tensor).data()[0]).toBe(64);
  });

  test('second order through values disposed in between', () => {
    const x = tf.ones([64, 64]).mul(2);
    const outer = new GradientTape();
    outer.watch(x);
    const g = outer.run(() => {
      const inner = new GradientTape();
      inner.watch(x);
      const y = inner.run(() => tf.tidy(() => x.mul(x).mul(x)));
      const g = inner.gradient(y, x) as tf.Tensor;
      y.dispose();
      return g;
    });
    for (let k = 0; k < 4; k++) tf.ones([64, 64]).mul(9).dispose();
    expect((outer.gradient(g, x) as tf.Tensor).data()[0]).toBe(12);
  });
});

test('the gradient of a used tape gives its blocks back to be used again', () => {
  const x = million();
  const step = () => {
    const tape = new GradientTape();
    tape.watch(x);
    const y = tape.run(() => tf.square(tf.exp(x.mul(0.5))));
    tape.gradient(y, x);
  };
  tf.tidy(step);
  tf.tidy(step);
  const before = tf.memory().blocksAllocated;
  for (let k = 0; k < 10; k++) tf.tidy(step);
  expect(tf.memory().blocksAllocated - before).toBe(0);
});

test('what the gradient function of a custom gradient puts aside is not freed behind its back', () => {
  const aside: tf.Tensor[] = [];
  const f = tf.customGradient((x) => [
    x.mul(1),
    (dy) => {
      const mine = dy.mul(5);
      aside.push(dy, mine);
      return mine;
    },
  ]);
  const x = million();
  const tape = new GradientTape();
  tape.watch(x);
  const y = tape.run(() => f(x).mul(2));
  tape.gradient(y, x);
  for (let k = 0; k < 4; k++) million().mul(9).dispose();
  expect(aside.map((t) => t.data()[17])).toEqual([2, 10]);
});

test('a tape that waits while millions of tensors are made does not grow with them', () => {
  const v = new tf.Variable(3);
  const tape = new GradientTape();
  const early = tape.run(() => v.mul(v));
  const before = held();
  const spin = tf.ones([]);
  for (let k = 0; k < 300_000; k++) spin.add(1);
  const y = tape.run(() => v.mul(early));
  expect(held() - before).toBeLessThan(4 * MiB);
  expect((tape.gradient(y, v) as tf.Tensor).item()).toBe(27);
});

test('tidy keeps the parts of sparse rows that it returns', () => {
  const v = new tf.Variable(tf.ones([4096, 4]));
  const s = tf.tidy(() => {
    const tape = new GradientTape();
    const y = tape.run(() => tf.gather(v, tf.range(4096)).mul(3));
    return tape.gradient(y, v) as tf.IndexedSlices;
  });
  for (let k = 0; k < 4; k++) tf.fill([4096, 4], 9);
  expect([s.values.data()[5], s.indices.data()[4095]]).toEqual([3, 4095]);
});
