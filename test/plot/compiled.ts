import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * Jest's module loader cannot load vega and vega-lite, which are ES modules. So what renders runs in a plain node
 * process, on JavaScript compiled from lib/plot just now: never on a dist/ that may be older than the source.
 */
export class Compiled {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true });
    const root = join(__dirname, '../..');
    const config = ts.getParsedCommandLineOfConfigFile(
      join(root, 'tsconfig.build.json'),
      {},
      {
        ...ts.sys,
        onUnRecoverableConfigFileDiagnostic: (d) => {
          throw new Error(ts.flattenDiagnosticMessageText(d.messageText, '\n'));
        },
      },
    )!;
    // Types are checked by `npm run typecheck`; here they would cost seconds.
    const untyped = { noCheck: true, noLib: true, types: [] };
    const options = { ...config.options, outDir: dir, declaration: false, emitDeclarationOnly: false };
    const rootDir = join(root, 'lib/plot');
    const program = ts.createProgram([join(rootDir, 'index.ts')], { ...options, ...untyped, rootDir });
    if (program.emit().emitSkipped) throw new Error('lib/plot did not compile');
  }

  /** Runs the body of an async function of (plot, require, process) in a new node process; returns its result. */
  run<T>(body: string, env: NodeJS.ProcessEnv = {}, index = join(this.dir, 'index.js')): T {
    const script = `
      const plot = require(${JSON.stringify(index)});
      (async () => {${body}})().then(
        (result) => process.stdout.write(JSON.stringify(result ?? null)),
        (error) => { console.error(error); process.exitCode = 1; },
      );`;
    const clean: NodeJS.ProcessEnv = { ...process.env, ...env };
    delete clean.NODE_OPTIONS;
    if (env.JEST_WORKER_ID === undefined) delete clean.JEST_WORKER_ID;
    const out = execFileSync(process.execPath, ['-e', script], {
      cwd: join(__dirname, '../..'),
      env: clean,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    return JSON.parse(out) as T;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
