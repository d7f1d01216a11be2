/** The command line of the example. */
import { folder, positive, readArguments, seed, whole } from '../shared/arguments';

export interface Options {
  epochs: number;
  learningRate: number;
  examples: number;
  /** The random seed; null: different numbers in each run. */
  seed: number | null;
  /** The folder of the charts; null: none are drawn. */
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

/** Parses the options; --help prints the help text and ends the process. */
export function readOptions(argv: string[]): Options {
  const values = readArguments(argv, help, ['epochs', 'learning-rate', 'examples', 'seed', 'out']);
  return {
    epochs: whole('--epochs', values.epochs, 10, 0, 1e6),
    learningRate: positive('--learning-rate', values['learning-rate'], 0.1),
    examples: whole('--examples', values.examples, 1000, 1, 1e8),
    seed: seed('--seed', values.seed, 1234),
    out: folder('--out', values.out, 'out/custom-training'),
  };
}
