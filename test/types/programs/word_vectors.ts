/** Word vectors (skip-grams with negative samples): the gradient of a lookup touches only the rows that were read. */
import * as tf from 'gradtape';

const text = 'the cat sat on the mat the dog sat on the rug a cat and a dog';

export class WordVectors {
  private readonly words: string[];
  private readonly ids: Map<string, number>;
  private readonly vectors: tf.Variable<'float32'>;
  private readonly contexts: tf.Variable<'float32'>;

  constructor(words: Iterable<string>, size: number) {
    this.words = [...new Set(words)];
    this.ids = new Map(this.words.map((word, id) => [word, id]));
    const shape = [this.words.length, size];
    this.vectors = new tf.Variable(tf.random.statelessUniform(shape, [1, 1], { minval: -0.5, maxval: 0.5 }));
    this.contexts = new tf.Variable(tf.zeros(shape));
  }

  id(word: string): number {
    const id = this.ids.get(word);
    if (id === undefined) throw new Error(`no word '${word}'`);
    return id;
  }

  /** One step of gradient descent: labels are 1 where the words are neighbours. */
  step(centers: number[], others: number[], labels: number[], rate: number): { loss: number; rows: number } {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => {
      const v = tf.nn.embeddingLookup(this.vectors, centers);
      const u = tf.nn.embeddingLookup(this.contexts, others);
      const logits = v.mul(u).sum(1);
      return logits.softplus().sub(logits.mul(labels)).mean();
    });
    const [dv, du] = tape.gradient(loss, [this.vectors, this.contexts]);
    this.vectors.assignSub(dv.mul(rate));
    this.contexts.assignSub(du.mul(rate));
    const rows = dv instanceof tf.IndexedSlices ? dv.indices.size : this.words.length;
    return { loss: loss.item(), rows };
  }

  nearest(word: string, count: number): { word: string; similarity: number }[] {
    const unit = tf.math.l2Normalize(this.vectors, 1);
    const similarities = unit.matmul(unit.at(this.id(word)).expandDims(1)).squeeze();
    const { values, indices } = tf.math.topK(similarities, count);
    const scores = values.data();
    return Array.from(indices.data(), (id, k) => ({
      word: this.words[id] ?? '?',
      similarity: scores[k] ?? Number.NaN,
    }));
  }
}

export function train(steps: number): { losses: number[]; rows: number; nearest: string[] } {
  const words = text.split(' ');
  const model = new WordVectors(words, 8);
  const centers: number[] = [];
  const others: number[] = [];
  words.forEach((word, i) => {
    const next = words[i + 1];
    if (next === undefined) return;
    centers.push(model.id(word), model.id(next), model.id(word));
    others.push(model.id(next), model.id(word), (model.id(word) + 3) % 5);
  });
  const labels = centers.map((_, i) => (i % 3 < 2 ? 1 : 0));
  const losses: number[] = [];
  let rows = 0;
  for (let k = 0; k < steps; k++) {
    const done = model.step(centers, others, labels, 2);
    losses.push(done.loss);
    rows = done.rows;
  }
  return { losses, rows, nearest: model.nearest('cat', 3).map(({ word }) => word) };
}
