/// <reference lib="es2018.asynciterable" preserve="true" />
/** The options of compile, fit, evaluate and predict. */
import type { Signal } from '../../core/abort_signal';
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { namedOptions } from '../base/named_options';
import type { Callback } from '../callbacks/callback';
import type { CallbackList } from '../callbacks/callback_list';
import type { LossLike } from '../losses/get';
import type { MetricLike } from '../metrics/get';
import type { OptimizerLike } from '../optimizers/get';
import type { PerOutput } from './per_output';
import { maxEpochs } from '../base/settings';
import type { Data } from './data';
import type { BatchSequence } from './sequence_source';

/** Batches: of an iterable, an async iterable, or by number. */
export type Batches = Iterable<unknown> | AsyncIterable<unknown> | BatchSequence;

export interface CompileOptions {
  /** Default 'rmsprop'. */
  optimizer?: OptimizerLike;
  /** One for each output, or several for the only one. */
  loss?: PerOutput<LossLike> | null;
  /** The factor of each output's loss. */
  lossWeights?: PerOutput<number> | null;
  metrics?: PerOutput<MetricLike | readonly MetricLike[]> | null;
  /** Metrics that weight examples by sampleWeight and classWeight. */
  weightedMetrics?: PerOutput<MetricLike | readonly MetricLike[]> | null;
  /** Runs steps op by op, for a debugger. Default false: a step is one compiled function. */
  runEagerly?: boolean;
  /** Whether a model whose policy is `mixed_float16` gets its optimizer in a LossScaleOptimizer. Default true. */
  autoScaleLoss?: boolean;
}

const compileOptionNames: readonly string[] = [
  'optimizer',
  'loss',
  'lossWeights',
  'metrics',
  'weightedMetrics',
  'runEagerly',
  'autoScaleLoss',
];

/** TypeError for options that compile does not have. */
export function checkCompileOptions(options: CompileOptions): void {
  const unknown = Object.keys(options).find((key) => !compileOptionNames.includes(key));
  if (unknown !== undefined)
    throw new TypeError(`[compile] has no option '${unknown}'; it takes ${compileOptionNames.join(', ')}`);
}

/** The options of compile as files have them. */
export function compileOptionsFrom(config: Readonly<Record<string, unknown>>): CompileOptions {
  return {
    optimizer: config.optimizer as OptimizerLike,
    loss: (config.loss ?? null) as CompileOptions['loss'],
    lossWeights: (config.loss_weights ?? null) as CompileOptions['lossWeights'],
    metrics: (config.metrics ?? null) as CompileOptions['metrics'],
    weightedMetrics: (config.weighted_metrics ?? null) as CompileOptions['weightedMetrics'],
    runEagerly: config.run_eagerly === true,
  };
}

export interface EvaluateOptions {
  /** Examples in a batch. Default 32. */
  batchSize?: number;
  /**
   * 1: a progress bar on a terminal, elsewhere a line at the end; 2: one line for an epoch; 0: nothing. Default 'auto': 1 on a
   * terminal, else 2, and for `predict` 0.
   */
  verbose?: 0 | 1 | 2 | 'auto';
  sampleWeight?: Data | null;
  /** The number of batches; default: all. */
  steps?: number | null;
  callbacks?: readonly Callback[] | CallbackList;
  /** Ends it before the next step: the promise is rejected with the signal's reason. */
  signal?: StopSignal | null;
}

/** What of an AbortSignal ends training. */
export type StopSignal = Pick<Signal, 'aborted' | 'throwIfAborted'>;

export interface FitOptions extends Omit<EvaluateOptions, 'steps'> {
  /** Passes over the data. Default 1. */
  epochs?: number;
  /** The share of the last examples that is held back for validation. */
  validationSplit?: number;
  /** Data for validation: [x, y], [x, y, sampleWeight] or batches. */
  validationData?: readonly Data[] | Batches | null;
  /** Whether examples are shuffled before each epoch. Default true. */
  shuffle?: boolean | 'batch';
  /** The weight of the examples of each class; 1 for others. */
  classWeight?: Readonly<Record<number, number>> | null;
  /** The epoch with which it begins, as `epochs` counts them. Default 0. */
  initialEpoch?: number;
  /** The number of batches of an epoch; the next goes on with the batches that follow. Default: all. */
  stepsPerEpoch?: number | null;
  /** The number of batches of a validation. Default: all. */
  validationSteps?: number | null;
  /** Default: batchSize. */
  validationBatchSize?: number | null;
  /** The number of epochs from one validation to the next, or the epochs after which there is one. Default 1. */
  validationFreq?: number | readonly number[];
}

const evaluateNames = ['batchSize', 'verbose', 'sampleWeight', 'steps', 'callbacks', 'signal'];
const fitNames = [
  ...[
    'epochs',
    'validationSplit',
    'validationData',
    'shuffle',
    'classWeight',
    'initialEpoch',
    'stepsPerEpoch',
  ],
  ...['validationSteps', 'validationBatchSize', 'validationFreq'],
  ...evaluateNames.filter((name) => name !== 'steps'),
];

/** The options of a call, of which the names and counts have been checked. */
export function checkOptions<O extends EvaluateOptions | FitOptions>(options: O, where: string): O {
  const checked = namedOptions(options, where);
  const names = where === 'fit' ? fitNames : evaluateNames;
  const unknown = Object.keys(checked).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`[${where}] has no option '${unknown}'; it takes ${names.join(', ')}`);
  const { verbose = 'auto' } = checked;
  if (!([0, 1, 2, 'auto'] as unknown[]).includes(verbose))
    throw new InvalidArgumentError(`[${where}] verbose must be 0, 1, 2 or 'auto'; got ${describe(verbose)}`);
  const counts = checked as Readonly<Record<string, unknown>>;
  for (const name of [
    'epochs',
    'initialEpoch',
    'steps',
    'stepsPerEpoch',
    'validationSteps',
    'validationBatchSize',
  ]) {
    const value = counts[name] ?? null;
    const least = name === 'epochs' || name === 'initialEpoch' ? 0 : 1;
    if (value !== null && (!Number.isInteger(value) || (value as number) < least))
      throw new InvalidArgumentError(
        `[${where}] ${name} must be ${least === 0 ? 'a whole number that is not negative' : 'a positive integer'}; got ` +
          describe(value),
      );
  }
  const { validationSplit = 0, validationFreq = 1 } = checked as FitOptions;
  if (typeof validationSplit !== 'number' || !(validationSplit >= 0 && validationSplit < 1))
    throw new InvalidArgumentError(
      `[${where}] validationSplit must be at least 0 and less than 1; got ${describe(validationSplit)}`,
    );
  const frequencies = Array.isArray(validationFreq) ? (validationFreq as unknown[]) : [validationFreq];
  if (!frequencies.every((n) => Number.isInteger(n) && (n as number) > 0))
    throw new InvalidArgumentError(
      `[${where}] Expected \`validationFreq\` to be a positive integer or an array of these; got ${describe(validationFreq)}`,
    );
  const { epochs = 1 } = checked as FitOptions;
  const most = maxEpochs() || Infinity;
  if (where !== 'fit' || epochs <= most) return checked;
  process.emitWarning(`Limiting epochs to ${most}`);
  return { ...checked, epochs: most };
}
