/** The HTTP server: predictions, health, metrics, reload. */
import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import * as tf from 'gradtape';
import { fromBinary, fromJson, maxRows } from './input';
import { Metrics } from './metrics';
import { digits, pixels } from './model';
import { Predictor, type PredictorOptions } from './predictor';

export interface ServerOptions extends PredictorOptions {
  /** Parses and checks bodies, but answers with a constant: what the server costs without the model. */
  constant: boolean;
}

/** A number of JSON takes at most some 25 characters. */
const bodyLimit = maxRows * pixels * 26;

/** The answer: the digit and the probabilities of each image. */
function answer(probabilities: Float32Array): string {
  const rows: string[] = [];
  for (let i = 0; i < probabilities.length; i += digits) {
    let best = 0;
    let list = '';
    for (let k = 0; k < digits; k++) {
      if (probabilities[i + k] > probabilities[i + best]) best = k;
      list += `${k === 0 ? '' : ','}${Math.round(probabilities[i + k] * 1e4) / 1e4}`;
    }
    rows.push(`{"digit":${best},"probabilities":[${list}]}`);
  }
  return `{"predictions":[${rows.join(',')}]}`;
}

/** Aborted when the client goes before it has its answer. */
function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the client has gone'));
  });
  return controller.signal;
}

function statusOf(error: unknown): number {
  if (error instanceof tf.errors.ResourceExhaustedError) return 503;
  if (error instanceof tf.errors.FailedPreconditionError) return 503;
  const { statusCode } = error as { statusCode?: number };
  return statusCode ?? 500;
}

/** A server that is ready to listen. `close` answers what was accepted, then ends. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const predictor = await Predictor.create(options);
  const metrics = new Metrics();
  const app = fastify({ bodyLimit, forceCloseConnections: 'idle', exposeHeadRoutes: false });
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  app.addHook('onResponse', (_request, reply, done) => {
    metrics.record(reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
  app.setErrorHandler(async (error, _request, reply) => {
    const status = statusOf(error);
    if (status === 503) reply.header('retry-after', '1');
    const message = error instanceof Error ? error.message : String(error);
    return reply.code(status).send({ error: status === 500 ? 'the server failed' : message });
  });
  const constant = new Float32Array(digits).fill(0.1);
  app.post('/predict', async (request, reply) => {
    const rows = Buffer.isBuffer(request.body) ? fromBinary(request.body) : fromJson(request.body);
    reply.type('application/json');
    if (options.constant) return answer(constant);
    return answer(await predictor.run(rows, signalOf(reply)));
  });
  // For a load balancer: 503 as long as the queue is more than half full.
  app.get('/health', async (_request, reply) => {
    const { queued } = predictor.stats;
    const isOverloaded = queued > options.maxQueue / 2;
    return reply
      .code(isOverloaded ? 503 : 200)
      .send({ status: isOverloaded ? 'overloaded' : 'ok', queued, version: predictor.version });
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(metrics.text(predictor.stats, predictor.version)),
  );
  app.post('/reload', async () => {
    await predictor.reload();
    return { version: predictor.version };
  });
  // What waits is computed at once, and connections end with their answers instead of idling.
  let isClosing = false;
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done();
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    await predictor.close();
  });
  return app;
}
