/** The command line of the example. */
import { parseArgs } from 'node:util';

export interface Options {
  epochs: number;
  learningRate: number;
  examples: number;
  /** Null: other numbers at every run. */
  seed: number | null;
  /** Where the pictures go; null: none are drawn. */
  out: string | null;
}

const help = `Usage: npm start -- [options]

Fits a line to noisy data with tf.Variable and tf.GradientTape.

  --epochs N           steps of training (default 10)
  --learning-rate R    how far each step goes (default 0.1)
  --examples N         points of data (default 1000)
  --seed N             the same random numbers at every run (default 1234; "none" for other ones each time)
  --out DIR            where the pictures go (default out/custom-training; "none" for no pictures)
  --help               this text`;

class UsageError extends Error {
  constructor(message: string) {
    super(`${message}\nRun with --help for the options.`);
  }
}

/** Reads the options; on --help prints the text and ends the process. */
export function readOptions(argv: string[]): Options {
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: argv,
      options: {
        epochs: { type: 'string' },
        'learning-rate': { type: 'string' },
        examples: { type: 'string' },
        seed: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean' },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help === true) {
    console.log(help);
    process.exit(0);
  }
  return {
    epochs: whole('--epochs', values.epochs, 10, 0, 1e6),
    learningRate: positive('--learning-rate', values['learning-rate'], 0.1),
    examples: whole('--examples', values.examples, 1000, 1, 1e8),
    seed: values.seed === 'none' ? null : whole('--seed', values.seed, 1234, 0, 2 ** 53 - 1),
    out: values.out === 'none' ? null : path('--out', values.out, 'out/custom-training'),
  };
}

function numberOf(text: unknown): number {
  return typeof text === 'string' && text.trim() !== '' ? Number(text) : NaN;
}

function whole(name: string, text: unknown, fallback: number, least: number, most: number): number {
  if (text === undefined) return fallback;
  const value = numberOf(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(
      `${name} must be a whole number from ${least} to ${most}; got ${JSON.stringify(text)}`,
    );
  }
  return value;
}

function positive(name: string, text: unknown, fallback: number): number {
  if (text === undefined) return fallback;
  const value = numberOf(text);
  if (!(value > 0) || value === Infinity) {
    throw new UsageError(`${name} must be a number greater than 0; got ${JSON.stringify(text)}`);
  }
  return value;
}

function path(name: string, text: unknown, fallback: string): string {
  if (text === undefined) return fallback;
  if (typeof text !== 'string' || text.trim() === '') throw new UsageError(`${name} must be a folder's path`);
  return text;
}
