/** Parsing of command lines. */
import * as fs from 'node:fs';
import { parseArgs } from 'node:util';

export class UsageError extends Error {
  constructor(message: string) {
    super(`${message}\nRun with --help for the options.`);
  }
}

type Values = Record<string, string | boolean | undefined>;

/** Parses options with values, and flags, which become true; --help prints `help` and ends the process. */
export function readArguments(
  argv: string[],
  help: string,
  names: readonly string[],
  flags: readonly string[] = [],
): Values {
  const options: Record<string, { type: 'string' | 'boolean' }> = {};
  for (const name of names) options[name] = { type: 'string' };
  for (const name of ['help', ...flags]) options[name] = { type: 'boolean' };
  let values: Values;
  try {
    values = parseArgs({ args: argv, options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help === true) {
    console.log(help);
    process.exit(0);
  }
  return values;
}

function numberOf(text: unknown): number {
  return typeof text === 'string' && text.trim() !== '' ? Number(text) : NaN;
}

export function whole(name: string, text: unknown, fallback: number, least: number, most: number): number {
  if (text === undefined) return fallback;
  const value = numberOf(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(
      `${name} must be a whole number from ${least} to ${most}; got ${JSON.stringify(text)}`,
    );
  }
  return value;
}

export function positive(name: string, text: unknown, fallback: number): number {
  if (text === undefined) return fallback;
  const value = numberOf(text);
  if (!(value > 0) || value === Infinity) {
    throw new UsageError(`${name} must be a number greater than 0; got ${JSON.stringify(text)}`);
  }
  return value;
}

/** Parses a file's path. */
export function file(name: string, text: unknown, fallback: string): string {
  if (text === undefined) return fallback;
  if (typeof text !== 'string' || text.trim() === '') throw new UsageError(`${name} must be a file's path`);
  return text;
}

/** Parses a folder's path; "none" is null. The folder is made at once: one that cannot be written is refused before the work. */
export function folder(name: string, text: unknown, fallback: string): string | null {
  if (text === undefined) return writable(name, fallback);
  if (typeof text !== 'string' || text.trim() === '') throw new UsageError(`${name} must be a folder's path`);
  return text === 'none' ? null : writable(name, text);
}

function writable(name: string, path: string): string {
  try {
    fs.mkdirSync(path, { recursive: true });
    fs.accessSync(path, fs.constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${name} must be a folder that can be written; ${JSON.stringify(path)} is not (${code})`,
    );
  }
  return path;
}

/** Parses a seed; "none" is null. */
export function seed(name: string, text: unknown, fallback: number): number | null {
  return text === 'none' ? null : whole(name, text, fallback, 0, 2 ** 53 - 1);
}
