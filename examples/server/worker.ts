/** A worker thread of the server: computes the batches that it is sent. */
import { parentPort } from 'node:worker_threads';
import * as tf from 'gradtape';
import { useSharedWeights } from 'gradtape/serving';
import { batchSizes, compile, pixels } from './model';
import type { FromWorker, ToWorker } from './worker_pool';

let predict: ((x: tf.Tensor) => tf.Tensor) | null = null;

function answerTo(message: ToWorker): FromWorker {
  if (message.kind === 'model') {
    const model = tf.keras.models.modelFromJson(message.config);
    predict = compile(useSharedWeights(model, message.shared), batchSizes);
    return 'ready';
  }
  if (predict === null) throw new Error('a batch came before the model');
  const result = predict(tf.constant(message.values, { shape: [message.rows, pixels] }));
  return { values: result.data() as Float32Array };
}

parentPort?.on('message', (message: ToWorker) => {
  let answer: FromWorker;
  try {
    answer = answerTo(message);
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(
    answer,
    answer !== 'ready' && 'values' in answer ? [answer.values.buffer as ArrayBuffer] : [],
  );
});
