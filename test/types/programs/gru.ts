/** A gated recurrent unit: `tf.scan` over time, arguments and gradients as structures. */
import * as tf from 'gradtape';

const [time, batch, features, units] = [6, 4, 3, 5];

function weights(seed: number, ...shape: number[]) {
  return new tf.Variable(tf.random.statelessNormal(shape, [seed, 7], { stddev: 0.3 }));
}

export function train(steps: number): { losses: number[]; states: readonly number[]; positive: boolean[] } {
  const model = {
    update: { x: weights(1, features, units), h: weights(2, units, units) },
    reset: { x: weights(3, features, units), h: weights(4, units, units) },
    candidate: { x: weights(5, features, units), h: weights(6, units, units) },
    out: weights(7, units, 1),
  };
  type Gate = typeof model.update;
  const gate = ({ x, h }: Gate, input: tf.Tensor, state: tf.Tensor) => input.matmul(x).add(state.matmul(h));

  const run = (inputs: tf.Tensor) =>
    tf.scan(
      (state, input) => {
        const z = gate(model.update, input, state).sigmoid();
        const r = gate(model.reset, input, state).sigmoid();
        const candidate = gate(model.candidate, input, r.mul(state)).tanh();
        return z.mul(state).add(tf.subtract(1, z).mul(candidate));
      },
      inputs,
      { initializer: tf.zeros([batch, units]) },
    );

  const inputs = tf.random.statelessNormal([time, batch, features], [8, 7]);
  const target = inputs.sum({ axis: [0, 2] }).expandDims(1);
  const sgd = new tf.keras.optimizers.SGD({ learningRate: 0.05, momentum: 0.9 });
  const step = tf.function((x: tf.Tensor) => {
    const tape = new tf.GradientTape();
    const loss = tape.run(() => run(x).at(-1).matmul(model.out).squaredDifference(target).mean());
    const { update, reset, candidate, out } = tape.gradient(loss, model);
    sgd.applyGradients([
      [update.x, model.update.x],
      [update.h, model.update.h],
      [reset.x, model.reset.x],
      [reset.h, model.reset.h],
      [candidate.x, model.candidate.x],
      [candidate.h, model.candidate.h],
      [out, model.out],
    ]);
    return loss;
  });

  const losses: number[] = [];
  for (let k = 0; k < steps; k++) losses.push(step(inputs).item());
  const states = run(inputs);
  return {
    losses,
    states: states.shape,
    positive: Array.from(states.at(-1).sum(1).greater(0).data(), (byte) => byte === 1),
  };
}
