/** Serves one JavaScript library to the host: `node serve.js MODULE SETTING`, requests on stdin, replies on stdout. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as readline from 'node:readline';
import { pathToFileURL } from 'node:url';
import { lacking, mark, type Reply, type Request, type TensorFile } from '../host/protocol';
import { timer } from '../measure';
import type { Elements } from '../workloads/workload';
import type { Input, Library, Open, Task } from './library';

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

function readTensor({ file, shape, dtype }: TensorFile): Input {
  const bytes = fs.readFileSync(file);
  // Copied, because the offset of a pooled buffer may not be aligned.
  const own = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const type = dtype as Input['dtype'];
  return { shape: [...shape], dtype: type, data: new arrays[type](own) };
}

function writeElements(file: string, data: Elements): void {
  fs.writeFileSync(file, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
}

export class Server {
  private library: Library | null = null;
  private task: Task | null = null;
  /** The result of the first call, until it is written. */
  private first: unknown = null;
  private time: ((calls: number) => number | Promise<number>) | null = null;

  constructor(
    private readonly load: () => Promise<Open>,
    private readonly setting: string,
  ) {}

  async answer(request: Request): Promise<Reply> {
    if (request.do === 'open') {
      const open = await this.load();
      this.library = await open(request.threads, this.setting);
      return { version: this.library.version, about: this.library.about };
    }
    if (this.library === null) throw new Error('the first request must be open');
    if (request.do === 'prepare') return this.prepare(this.library, request);
    if (this.task === null || this.time === null) throw new Error('no workload is prepared');
    if (request.do === 'time') return { ns: await this.time(request.calls) };
    const outputs = await this.task.outputs(this.first as never);
    this.task.free?.(this.first as never);
    this.first = null;
    return {
      outputs: outputs.map(({ shape, dtype, data }, i) => {
        const file = path.join(request.folder, String(i));
        writeElements(file, data);
        return { file, shape, dtype };
      }),
    };
  }

  private async prepare(library: Library, request: Request & { do: 'prepare' }): Promise<Reply> {
    this.task = this.time = null;
    const make = Object.hasOwn(library.kinds, request.kind) ? library.kinds[request.kind] : undefined;
    if (make === undefined) return { reason: lacking };
    const task = await make(request.params as never, request.inputs.map(readTensor));
    if (typeof task === 'string') return { reason: task };
    this.task = task;
    const first = task.run();
    const asynchronous = first instanceof Promise;
    this.first = await first;
    this.time = asynchronous ? asyncTimer(task) : syncTimer(task);
    return { note: task.note, compiled: task.compiled };
  }
}

/** Nanoseconds of `calls` calls. */
function syncTimer({ run, free }: Task): (calls: number) => number {
  const sample = timer(free === undefined ? run : () => free(run() as never));
  return (calls) => sample(calls) * calls;
}

function asyncTimer({ run, free }: Task): (calls: number) => Promise<number> {
  return async (calls) => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) {
      if (free === undefined) await run();
      else free((await run()) as never);
    }
    return Number(process.hrtime.bigint() - start);
  };
}

async function main(): Promise<void> {
  const [module, setting = ''] = process.argv.slice(2);
  const server = new Server(
    async () => ((await import(pathToFileURL(module).href)) as { open: Open }).open,
    setting,
  );
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let reply: Reply;
    try {
      reply = await server.answer(JSON.parse(line) as Request);
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${mark}${JSON.stringify(reply)}\n`);
  }
  process.exit(0);
}

if (require.main === module) void main();
