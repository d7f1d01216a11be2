/** Short reviews made from templates, in which the order of the words decides whether they are good. */
import * as tf from 'gradtape';

const good = [
  ...['superb', 'moving', 'clever', 'charming', 'gripping', 'brilliant', 'funny', 'fresh', 'warm', 'elegant'],
  ...['lively', 'wise'],
];
const bad = [
  ...['dull', 'clumsy', 'shallow', 'tedious', 'noisy', 'bland', 'lazy', 'stale', 'cold', 'messy'],
  ...['hollow', 'silly'],
];
const things = ['film', 'plot', 'acting', 'ending', 'music', 'script', 'story', 'cast', 'dialogue', 'sequel'];

/** What the review says: `A` is a word of its opinion, `T` what it is about. */
const said = [
  ...['the T was A', 'it turned out A', 'I call it A', 'a really A T', 'I got a A one'],
  'by the end it was A',
];
/**
 * What it denies, of the other opinion. "The film was superb, not dull" and "the film was dull, not superb" have the same words:
 * a count of them does not show which is good.
 */
const denied = [
  ...['not B', 'I had expected a B one', 'people call it B', 'it looks B at first'],
  ...['nobody could say that it is B', 'the trailer was B'],
];

/** Both, in both orders. Every third pair is left for the test: its parts are known, but not together. */
const pairs = said.flatMap((a, i) =>
  denied.map((b, j) => ({ unseen: (i + j) % 3 === 0, templates: [`${a}, ${b}`, `${b}, ${a}`] })),
);
const trained = pairs.flatMap(({ unseen, templates }) => (unseen ? [] : templates));
const unseen = pairs.flatMap((pair) => (pair.unseen ? pair.templates : []));

export interface Reviews {
  readonly texts: readonly string[];
  /** 1: good, 0: bad; [n, 1]. */
  readonly labels: tf.Tensor;
}

/** `n` reviews in a random order of a seed, half of them good. */
function make(templates: readonly string[], n: number, seed: number): Reviews {
  const draws = tf.random.statelessUniform([n, 4], [seed, 0]).data() as Float32Array;
  const texts: string[] = [];
  const labels = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const pick = (list: readonly string[], k: number): string =>
      list[Math.floor(draws[4 * i + k] * list.length)];
    labels[i] = i % 2;
    const [own, other] = labels[i] === 1 ? [good, bad] : [bad, good];
    const words: Record<string, string> = { A: pick(own, 0), B: pick(other, 1), T: pick(things, 2) };
    const text = pick(templates, 3).replace(/\b[ABT]\b/g, (slot) => words[slot]);
    texts.push(text.replace(/\ba (?=[aeiou])/g, 'an '));
  }
  return { texts, labels: tf.reshape(tf.constant(labels), [n, 1]) };
}

/** Reviews to train on, others from the same templates, and reviews from templates that were not seen. */
export function makeReviews(n: number): { training: Reviews; similar: Reviews; unseen: Reviews } {
  return { training: make(trained, n, 1), similar: make(trained, 1000, 2), unseen: make(unseen, 1000, 3) };
}
