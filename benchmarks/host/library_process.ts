/** The processes that the libraries run in. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import * as readline from 'node:readline';
import {
  parseReply,
  type Opened,
  type Prepared,
  type Reply,
  type Request,
  type Results,
  type Timed,
} from './protocol';

type ReplyTo<R extends Request> = R extends { do: 'open' }
  ? Opened
  : R extends { do: 'prepare' }
    ? Prepared
    : R extends { do: 'result' }
      ? Results
      : Timed;

interface Waiting {
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
}

export interface Command {
  file: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** Processes that are still running. None may outlive the host, least of all a stopped one, which only SIGKILL can end. */
const running = new Set<ChildProcessWithoutNullStreams>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => process.exit(code));
}

/**
 * A process that serves a library. It is stopped (SIGSTOP) between requests: otherwise threads that spin while they wait for work, as those
 * of OpenMP and XLA do, would occupy a CPU while the next library is timed.
 */
export class LibraryProcess {
  private readonly process: ChildProcessWithoutNullStreams;
  private waiting: Waiting | null = null;
  private said = '';
  private gone: Error | null = null;

  constructor(command: Command) {
    this.process = spawn(command.file, command.args, { env: { ...process.env, ...command.env } });
    running.add(this.process);
    const end = (why: string): void => {
      const tail = this.said.trim().split('\n').slice(-3).join(' | ');
      this.gone ??= new Error(tail === '' ? why : `${why}: ${tail}`);
      this.waiting?.reject(this.gone);
      this.waiting = null;
    };
    this.process.on('error', (error) => end(error.message));
    this.process.on('close', (code, signal) => {
      running.delete(this.process);
      end(`its process ended (${signal ?? code})`);
    });
    this.process.stdin.on('error', () => undefined);
    const hear = (text: string): void => {
      this.said = (this.said + text).slice(-4000);
    };
    this.process.stderr.setEncoding('utf8').on('data', hear);
    readline.createInterface({ input: this.process.stdout }).on('line', (line) => {
      const reply = parseReply(line);
      if (reply === null) return hear(`${line}\n`);
      const { waiting } = this;
      this.waiting = null;
      waiting?.resolve(reply);
    });
  }

  /** Sends a request and waits for its reply. Rejects if the library reports an error or its process ends. */
  async ask<R extends Request>(request: R, seconds = 120): Promise<ReplyTo<R>> {
    if (this.gone !== null) throw this.gone;
    let clock: NodeJS.Timeout | undefined;
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.waiting = { resolve, reject };
      clock = setTimeout(() => {
        this.gone ??= new Error(`no reply to '${request.do}' within ${seconds} s`);
        this.kill();
        reject(this.gone);
      }, seconds * 1000);
      this.halt(false);
      this.process.stdin.write(`${JSON.stringify(request)}\n`);
    }).finally(() => {
      clearTimeout(clock);
      this.halt(true);
    });
    if ('error' in reply) throw new Error(reply.error);
    return reply as ReplyTo<R>;
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Whether its process is still running. */
  get alive(): boolean {
    return this.gone === null;
  }

  private halt(halt: boolean): void {
    if (process.platform !== 'win32' && this.gone === null) this.process.kill(halt ? 'SIGSTOP' : 'SIGCONT');
  }

  end(): void {
    this.halt(false);
    this.process.stdin.end();
    setTimeout(() => this.kill(), 2000).unref();
  }

  private kill(): void {
    this.process.kill('SIGKILL');
  }
}
