/**
 * Serves a network that recognizes handwritten digits: JSON and binary requests, in batches, with health, metrics and reload.
 *
 * `npm run example:server -- --help` lists the options; README.md says more.
 */
import * as fs from 'node:fs';
import { file as filePath, readArguments, whole, positive } from '../shared/arguments';
import { start } from '../shared/options';
import { createServer } from './app';
import { runLoad } from './load';
import { trainModel } from './model';

const help = `Usage: npm run example:server -- [options]

Serves a network that recognizes handwritten digits. POST /predict, GET /health, GET /metrics, POST /reload.

  --port N         default 3000; 0 for a free one
  --host HOST      default 127.0.0.1
  --file FILE      the model (default out/server/digits.keras; trained first if there is no such file)
  --epochs N       how long it is trained (default 12)
  --workers N      compute on so many worker threads, which share the weights (default 0: on the library's threads)
  --max-queue N    the most images that wait; others get status 503 (default 512)
  --max-latency N  milliseconds that a request waits for others (default 1)
  --constant       check the requests, and answer with a constant
  --load           measure throughput and latency instead
    --duration N     seconds of each measurement (default 20)
    --connections N  default 64
    --binary         binary bodies instead of JSON
  --help           this text`;

start(async () => {
  const names = [
    'port',
    'host',
    'file',
    'epochs',
    'workers',
    'max-queue',
    'max-latency',
    'duration',
    'connections',
  ];
  const values = readArguments(process.argv.slice(2), help, names, ['constant', 'load', 'binary']);
  const file = filePath('--file', values.file, 'out/server/digits.keras');
  const epochs = whole('--epochs', values.epochs, 12, 1, 1000);
  const workers = whole('--workers', values.workers, 0, 0, 64);
  const port = whole('--port', values.port, 3000, 0, 65535);
  const maxQueue = whole('--max-queue', values['max-queue'], 512, 1, 1e6);
  const maxLatency = positive('--max-latency', values['max-latency'], 1);
  const duration = whole('--duration', values.duration, 20, 1, 3600);
  const connections = whole('--connections', values.connections, 64, 1, 10_000);
  if (!fs.existsSync(file)) {
    console.log(`Training ${file}`);
    console.log(`Test accuracy: ${(100 * (await trainModel(file, epochs))).toFixed(1)}%`);
  }
  if (values.load === true) {
    await runLoad({ file, workers, duration, connections, binary: values.binary === true });
    return;
  }
  const app = await createServer({ file, workers, maxQueue, maxLatency, constant: values.constant === true });
  console.log(`Listening on ${await app.listen({ port, host: String(values.host ?? '127.0.0.1') })}`);
  const stop = (): void => {
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
});
