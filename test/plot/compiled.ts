import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
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

  /** Runs a test file in a Jest of its own, with Node's flag that lets it load ES modules, and `plot` in it; what that Jest says. */
  runInJest(tests: string): string {
    const index = join(this.dir, 'index.js');
    writeFileSync(join(this.dir, 'own.test.js'), `const plot = require(${JSON.stringify(index)});\n${tests}`);
    writeFileSync(join(this.dir, 'jest.config.json'), '{ "testMatch": ["<rootDir>/own.test.js"] }');
    const jest = join(__dirname, '../../node_modules/jest/bin/jest.js');
    const args = ['--experimental-vm-modules', '--no-warnings', jest, '--ci', '--rootDir', this.dir];
    const { stderr } = spawnSync(process.execPath, args, {
      cwd: this.dir,
      env: { ...process.env, NODE_OPTIONS: '', JEST_WORKER_ID: undefined },
      encoding: 'utf8',
    });
    return stderr;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
