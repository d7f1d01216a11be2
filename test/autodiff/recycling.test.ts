/**
 * The way back gives the storage of what it made to be used again as soon as nothing needs it. On random graphs, with
 * views, sums, rows and several sources and targets, that must change no bit of any gradient.
 */
import * as tf from 'gradtape';

/** A small generator of its own: the graphs are the same in each run. */
function random(seed: number): (n: number) => number {
  let state = seed * 2654435761 + 1;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

// 4 KB each: blocks that are recycled.
const n = 32;

function graph(seed: number, sources: readonly (tf.Tensor | tf.Variable)[]): tf.Tensor[] {
  const pick = random(seed);
  const nodes: tf.Tensor[] = sources.map((s) => tf.multiply(s, 1));
  const any = (): tf.Tensor => nodes[pick(nodes.length)];
  const kinds: (() => tf.Tensor)[] = [
    () => any().add(any()),
    () => any().sub(any()),
    () => any().mul(any()).mul(0.5),
    () => tf.tanh(any()),
    () => tf.sigmoid(any()),
    () => tf.nn.relu(any()),
    () => tf.nn.gelu(tf.nn.elu(any())),
    () =>
      any()
        .reshape([n * n])
        .reshape([n, n]),
    () => tf.transpose(any()),
    () => tf.identity(any()),
    () => tf.gather(any(), [3, 0, 3, ...Array.from({ length: n - 3 }, (_, i) => i)]),
    () => tf.concat(tf.split(any(), 2), 0),
    () => any().add(tf.reduceMean(any(), { axis: 1, keepdims: true })),
    () => tf.maximum(any(), any()),
    () =>
      any().add(
        tf.gather(
          sources[pick(sources.length)],
          Array.from({ length: n }, () => pick(n)),
        ),
      ),
  ];
  for (let k = 0; k < 14; k++) nodes.push(kinds[pick(kinds.length)]());
  return [any(), any(), nodes[nodes.length - 1]];
}

const bits = (g: tf.Tensor | tf.IndexedSlices | null): unknown =>
  g === null ? null : g instanceof tf.IndexedSlices ? [g.values.data(), g.indices.data()] : g.data();

test.each(Array.from({ length: 24 }, (_, i) => i))('graph %i', (seed) => {
  const a = tf.random.statelessUniform([n, n], [seed, 1]);
  const v = new tf.Variable(tf.random.statelessUniform([n, n], [seed, 2]));
  const gradients = (persistent: boolean) => {
    const tape = new tf.GradientTape({ persistent });
    tape.watch(a);
    const targets = tape.run(() => graph(seed, [a, v]));
    // An intermediate as a source too.
    return tape.gradient(targets, [a, v, targets[0], a]);
  };
  // A tape around it sees what is made, so nothing is given up.
  const kept = new tf.GradientTape().run(() => gradients(false));
  for (const persistent of [false, true]) {
    for (const run of [() => gradients(persistent), () => tf.tidy(() => gradients(persistent))]) {
      const found = run();
      // Whatever was given up wrongly is overwritten now.
      for (let k = 0; k < 40; k++) tf.fill([n, n], NaN);
      expect(found.map(bits)).toEqual(kept.map(bits));
    }
  }
});

const activations: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  ...{ relu: tf.nn.relu, relu6: tf.nn.relu6, elu: tf.nn.elu, selu: tf.nn.selu, silu: tf.nn.silu },
  ...{ gelu: (x) => tf.nn.gelu(x), geluTanh: (x) => tf.nn.gelu(x, { approximate: true }) },
  ...{ tanh: tf.tanh, sigmoid: tf.sigmoid },
};

test.each(Object.keys(activations))('the gradient of %s is written over what flows into it', (name) => {
  const f = activations[name];
  // Smaller blocks are not counted.
  const n = 64;
  const x = tf.random.statelessUniform([n, n], [1, 2], { minval: -1, maxval: 1 });
  const given = tf.random.statelessUniform([n, n], [3, 4]);
  const before = given.data();
  const record = (persistent: boolean) => {
    const tape = new tf.GradientTape({ persistent });
    tape.watch(x);
    return { tape, y: tape.run(() => f(f(f(x)))) };
  };
  const blocks = (): number => tf.memory().blocksAllocated + tf.memory().blocksRecycled;
  const { tape, y } = record(true);
  const first = blocks();
  const found = tape.gradient(y, x, { outputGradients: given });
  // What was given is not written over; the two gradients behind it are.
  expect(blocks() - first).toBe(1);
  expect(given.data()).toEqual(before);
  const kept = new tf.GradientTape().run(() => {
    const { tape, y } = record(false);
    return tape.gradient(y, x, { outputGradients: given });
  });
  expect(bits(found)).toEqual(bits(kept));
});

test('what else reads a gradient keeps it from being written over', () => {
  const x = tf.random.statelessUniform([n, n], [1, 2]);
  const gradients = () => {
    const tape = new tf.GradientTape();
    tape.watch(x);
    const [y, inner] = tape.run(() => {
      const inner = tf.tanh(x);
      return [tf.add(tf.nn.relu(tf.multiply(inner, 2)), tf.sigmoid(inner)), inner];
    });
    return tape.gradient(y, [x, inner]);
  };
  const kept = new tf.GradientTape().run(gradients);
  expect(gradients().map(bits)).toEqual(kept.map(bits));
});
