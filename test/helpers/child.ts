/** Runs a piece of JavaScript in a Node process of its own, on the built library. */
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';

export const root = path.join(__dirname, '..', '..');
/** The built library, as users load it. */
export const built = path.join(root, 'dist', 'index.js');

export interface ChildOptions {
  /** Flags of Node. */
  flags?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  timeout?: number;
}

/** Runs `code`, in which `tf` is the library and `report(value)` hands a value back. Throws if the process fails. */
export function runChild(code: string, options: ChildOptions = {}): unknown {
  const script =
    `const tf = require(${JSON.stringify(built)});\n` +
    `const report = (value) => process.stdout.write('\\n@@' + JSON.stringify(value) + '\\n');\n${code}`;
  const result = spawnSync(process.execPath, [...(options.flags ?? []), '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, ...options.env },
    timeout: options.timeout ?? 120_000,
    cwd: root,
  });
  if (result.status !== 0) {
    throw new Error(
      `the process ended with ${result.signal ?? result.status}:\n${result.stdout.slice(-2000)}\n${result.stderr.slice(-4000)}`,
    );
  }
  const reports = [...result.stdout.matchAll(/^@@(.*)$/gm)];
  return reports.length === 0 ? undefined : JSON.parse(reports[reports.length - 1][1]);
}
