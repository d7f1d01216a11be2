/** Logistic regression, with the updates written out. */
import * as tf from 'gradtape';

export interface Fit {
  readonly losses: readonly number[];
  readonly accuracy: number;
  readonly weights: readonly number[];
}

export function fit(steps: number): Fit {
  const x = tf.random.statelessNormal([200, 2], [1, 2]);
  const labels = x.at(':', 0).add(x.at(':', 1)).greater(0).cast('float32').expandDims(1);
  const w = new tf.Variable(tf.zeros([2, 1]), { name: 'w' });
  const b = new tf.Variable(0, { name: 'b' });

  const logits = (inputs: tf.Tensor) => inputs.matmul(w).add(b);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => {
      const z = logits(x);
      return tf.reduceMean(z.softplus().sub(labels.mul(z)));
    });
    const [dw, db] = tape.gradient(loss, [w, b]);
    w.assignSub(dw.mul(0.5));
    b.assignSub(db.mul(0.5));
    losses.push(loss.item());
  }

  const right = logits(x).sigmoid().greater(0.5).equal(labels.cast('bool'));
  return {
    losses,
    accuracy: right.cast('float32').mean().item(),
    weights: Array.from(w.data()),
  };
}
