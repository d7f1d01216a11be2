/** A server of predictions: fastify, a compiled function that runs off the event loop. */
import fastify, { type FastifyInstance } from 'fastify';
import * as tf from 'gradtape';

interface Query {
  readonly rows: number[][];
}

export function build(): FastifyInstance {
  const w = new tf.Variable([[2], [-1]]);
  const predict = tf.function((x: tf.Tensor<'float32'>) => {
    const y = x.matmul(w).squeeze([1]);
    return { y, positive: y.greater(0) };
  });

  const app = fastify();
  app.post<{ Body: Query }>('/predict', async ({ body }, reply) => {
    try {
      const { y, positive } = await predict.async(tf.constant(body.rows));
      return {
        predictions: Array.from(y.data()),
        positive: positive.array(),
        mean: Number(y.mean().item().toFixed(3)),
        largest: y.argmax().item(),
      };
    } catch (error) {
      if (error instanceof tf.errors.InvalidArgumentError)
        return reply.code(400).send({ error: error.message });
      throw error;
    }
  });
  app.put<{ Params: { row: string }; Body: { value: number } }>('/weights/:row', ({ params, body }) => {
    w.at(Number(params.row)).assign(body.value);
    return { shape: w.shape, weights: w.array(), json: w };
  });
  app.get('/memory', () => tf.memory());
  return app;
}
