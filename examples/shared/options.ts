/** The common command line of the examples that train networks. */
import { folder, readArguments, seed, whole } from './arguments';

export interface Options {
  /** The number of epochs or steps, depending on the example. */
  length: number;
  quick: boolean;
  /** The random seed; null: different numbers in each run. */
  seed: number | null;
  /** The folder of the chart; null: none is drawn. */
  out: string | null;
}

/** Parses the options of an example; by default, it trains for `length` (or, with --quick, `quick`) epochs or steps (`unit`). */
export function readOptions(
  name: string,
  about: string,
  unit: 'epochs' | 'steps',
  length: number,
  quick: number,
): Options {
  const help = `Usage: node dist/examples/${name}/main.js [options]

${about}

  ${`--${unit} N`.padEnd(12)} how long to train (default ${length})
  --quick      less data, ${quick} ${unit}: to see that it runs
  --seed N     the same random numbers at every run (default 1; "none" for other ones each time)
  --out DIR    where the picture goes (default out/${name}; "none" for no picture)
  --help       this text`;
  const values = readArguments(process.argv.slice(2), help, [unit, 'seed', 'out'], ['quick']);
  const short = values.quick === true;
  return {
    length: whole(`--${unit}`, values[unit], short ? quick : length, 1, 1e6),
    quick: short,
    seed: seed('--seed', values.seed, 1),
    out: folder('--out', values.out, `out/${name}`),
  };
}

/** Runs an example; prints the message of an error and exits with status 1. */
export function start(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
