/**
 * Word vectors by skip-gram with negative sampling, on a text whose sentences follow a small grammar. The gradient of tf.gather is
 * sparse (IndexedSlices): a step updates the rows of the words that are in its batch, and no others.
 *
 * `node dist/examples/word-vectors/main.js --help` lists the options.
 */
import * as tf from 'gradtape';
import { readOptions, start } from '../shared/options';
import { Progress } from '../shared/progress';

const kinds = {
  animals: ['cat', 'dog', 'horse', 'bird', 'cow', 'sheep'],
  people: ['king', 'queen', 'doctor', 'teacher', 'farmer', 'poet'],
  eats: ['grass', 'seeds', 'bones', 'hay'],
  does: ['reads', 'writes', 'sings', 'counts'],
  things: ['letters', 'songs', 'books', 'coins'],
};
const words = Object.values(kinds).flat();
const size = 16;
const batch = 128;
const negatives = 5;

/** n sentences of three words, as indices: an animal eats twice, or a person does a thing. */
function makeSentences(n: number, seed: number): Int32Array {
  const random = tf.random.statelessUniform([n * 4], [seed, 1]).data() as Float32Array;
  const pick = (list: readonly string[], r: number): number =>
    words.indexOf(list[Math.floor(r * list.length)]);
  const sentences = new Int32Array(3 * n);
  for (let i = 0; i < n; i++) {
    const [kind, a, b, c] = random.subarray(4 * i, 4 * i + 4);
    const { animals, people, eats, does, things } = kinds;
    const parts = kind < 0.5 ? [animals, eats, eats] : [people, does, things];
    sentences.set([pick(parts[0], a), pick(parts[1], b), pick(parts[2], c)], 3 * i);
  }
  return sentences;
}

start(async () => {
  const options = readOptions('word-vectors', 'Learns vectors of words.', 'steps', 3000, 600);
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  tf.random.setSeed(seed);
  const sentences = tf.reshape(tf.constant(makeSentences(20_000, seed)), [-1, 3]);
  const make = (): tf.Variable =>
    new tf.Variable(tf.random.uniform([words.length, size], { minval: -0.5 / size, maxval: 0.5 / size }));
  const [vectors, contexts] = [make(), make()];
  const optimizer = new tf.keras.optimizers.Adam(5e-3);
  /** Scores of words [n] with contexts [n, m]: [n, m]. */
  const scores = (word: tf.Tensor, context: tf.Tensor): tf.Tensor =>
    tf.einsum('nd,nmd->nm', tf.gather(vectors, word), tf.gather(contexts, context));
  const step = tf.function((places: tf.Tensor) => {
    const [a, b, c] = tf.unstack(tf.gather(sentences, places), { axis: 1 });
    const word = tf.concat([a, b, c], 0);
    const context = tf.stack([tf.concat([b, a, a], 0), tf.concat([c, c, b], 0)], 1);
    const others = tf.random.uniform([3 * batch, negatives], {
      minval: 0,
      maxval: words.length,
      dtype: 'int32',
    });
    const tape = new tf.GradientTape();
    const loss = tape.run(() => {
      const near = tf.reduceMean(tf.nn.softplus(tf.negative(scores(word, context))));
      return tf.add(near, tf.reduceMean(tf.nn.softplus(scores(word, others))));
    });
    const [dv, dc] = tape.gradient(loss, [vectors, contexts]);
    optimizer.applyGradients([
      [dv, vectors],
      [dc, contexts],
    ]);
    return loss;
  });

  const progress = new Progress();
  for (let i = 1; i <= options.length; i++) {
    const places = tf.random.uniform([batch], { minval: 0, maxval: 20_000, dtype: 'int32' });
    progress.step(i, Number(step(places).item()), 10);
    if (i % 200 === 0)
      progress.keep(`step ${i} of ${options.length}  loss ${progress.training.loss.at(-1)?.toFixed(3)}`);
  }
  const unit = tf.math.l2Normalize(vectors, 1);
  const near = tf.matmul(unit, unit, { transposeB: true }).array() as number[][];
  const kindOf = (word: string): string | undefined =>
    Object.entries(kinds).find(([, list]) => list.includes(word))?.[0];
  let right = 0;
  for (const [i, word] of words.entries()) {
    const order = words.map((_, k) => k).sort((p, q) => near[i][q] - near[i][p]);
    const nearest = words[order[order[0] === i ? 1 : 0]];
    if (kindOf(nearest) === kindOf(word)) right++;
    if (['cat', 'queen', 'books'].includes(word)) console.log(`Nearest to ${word}: ${nearest}`);
  }
  console.log(`Neighbours of the same kind: ${((100 * right) / words.length).toFixed(0)}%`);
  if (options.out !== null) await progress.draw('Word vectors', 'step', options.out);
});
