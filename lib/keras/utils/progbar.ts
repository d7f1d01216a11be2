/** Keras's progress bar. */
import { InvalidArgumentError } from '../../core/errors';
import { withDefaults } from '../base/named_options';
import { fixed, scientific } from '../base/python_text';
import { standardStream } from '../base/settings';

export interface ProgbarOptions {
  /** Default 20. */
  width?: number;
  /** 1: a bar; 2: one line for an epoch; 0: nothing. Default 1. */
  verbose?: 0 | 1 | 2;
  /** The least number of seconds between two drawings. Default 0.05. */
  interval?: number;
  /** The values that are shown as they are; of others, the mean over the steps is. */
  statefulMetrics?: readonly string[] | null;
  /** The values of which the mean over the steps is shown; others are shown as they are. */
  statelessMetrics?: readonly string[] | null;
  /** 'step' or 'sample'. */
  unitName?: string;
  /** Where it is written, a terminal for the bar. Default: standard output. */
  stream?: { write(text: string): unknown; isTTY?: boolean };
}

const defaults: Required<ProgbarOptions> = {
  width: 20,
  verbose: 1,
  interval: 0.05,
  statefulMetrics: null,
  statelessMetrics: null,
  unitName: 'step',
  stream: standardStream,
};

/** Values by name, or pairs of name and value. */
export type ProgbarValues = Readonly<Record<string, number>> | readonly (readonly [string, number])[];

const bold = (text: string): string => `\x1b[1m${text}\x1b[0m`;
/** Printed characters, without the codes that color them. */

const lengthOf = (text: string): number => text.replace(/\x1b\[\d+m/g, '').length;

/**
 * Draws the state of a loop: steps, time, and values. A terminal shows a bar that moves; elsewhere there is one line at the end.
 * @tf tf.keras.utils.Progbar
 */
export class Progbar {
  private readonly width: number;
  private readonly verbose: 0 | 1 | 2;
  private readonly interval: number;
  private readonly stream: NonNullable<ProgbarOptions['stream']>;
  private readonly unit: string;
  private readonly stateful: ReadonlySet<string> | null;
  private readonly stateless: ReadonlySet<string>;
  private readonly isTerminal: boolean;
  private readonly values = new Map<string, [sum: number, count: number]>();
  private readonly start = performance.now();
  private seen = 0;
  private lastDrawn = -Infinity;
  private drawnLength = 0;
  /** The time of the first step, which compiles, is left out of the mean. */
  private afterFirst: number | null = null;

  /** @param target The number of steps; null: not known. */
  constructor(
    public target: number | null,
    options: ProgbarOptions = {},
  ) {
    const { width, verbose, interval, stream, unitName, statefulMetrics, statelessMetrics } = withDefaults(
      options,
      defaults,
      'Progbar',
    );
    if (statefulMetrics !== null && statelessMetrics !== null)
      throw new InvalidArgumentError(
        '[Progbar] Only one of `statefulMetrics` or `statelessMetrics` can be provided.',
      );
    this.width = width;
    this.verbose = verbose;
    this.interval = interval;
    this.stream = stream;
    this.isTerminal = stream.isTTY === true;
    this.unit = unitName;
    this.stateful = statelessMetrics === null ? new Set(statefulMetrics ?? []) : null;
    this.stateless = new Set(statelessMetrics ?? []);
  }

  /** @internal Whether an update that does not end the loop would draw now. */
  isDue(): boolean {
    return (
      this.verbose === 1 && this.isTerminal && (performance.now() - this.lastDrawn) / 1000 >= this.interval
    );
  }

  /** Adds steps. */
  add(n: number, values: ProgbarValues = []): void {
    this.update(this.seen + n, values);
  }

  /** @internal Ends the loop; a target that was not known is the number of steps. */
  finish(current: number, values: ProgbarValues): void {
    this.target ??= current;
    this.update(this.target, values, true);
  }

  /** Draws the state after `current` steps; `finalize` (default: whether these are all) ends the line. */
  update(
    current: number,
    values: ProgbarValues = [],
    finalize = this.target !== null && current >= this.target,
  ): void {
    this.collect(current, values, finalize);
    const now = performance.now();
    const perStep = this.secondsPerStep(current, now);
    if (this.verbose === 2) {
      if (finalize && this.target !== null && this.target > 0) this.writeLine(current, now, perStep);
      this.lastDrawn = now;
    } else if (this.verbose === 1 && (finalize || this.isDue())) {
      this.draw(current, now, perStep, finalize);
      this.lastDrawn = now;
    }
  }

  /** Notes the values of a step. */
  private collect(current: number, values: ProgbarValues, finalize: boolean): void {
    const pairs = Array.isArray(values)
      ? (values as readonly (readonly [string, number])[])
      : Object.entries(values);
    for (const [name, value] of pairs) {
      const isMean = this.stateful === null ? this.stateless.has(name) : !this.stateful.has(name);
      const steps = Math.max(current - this.seen, 1);
      const [sum, count] = (isMean && !finalize ? this.values.get(name) : undefined) ?? [0, 0];
      this.values.set(name, isMean && !finalize ? [sum + value * steps, count + steps] : [value, 1]);
    }
    this.seen = current;
  }

  private secondsPerStep(current: number, now: number): number {
    if (current === 0) return 0;
    const seconds =
      this.afterFirst !== null && current > 1
        ? (now - this.afterFirst) / 1000 / (current - 1)
        : (now - this.start) / 1000 / current;
    if (current === 1) this.afterFirst = now;
    return seconds;
  }

  private writeLine(current: number, now: number, perStep: number): void {
    const target = `${this.target}`;
    const steps = `${`${current}`.padStart(target.length)}/${target}`;
    const elapsed = fixed((now - this.start) / 1000, 0);
    this.stream.write(
      `${steps} - ${elapsed}s - ${showRate(perStep, this.unit)}${this.showValues((v) => v)}\n`,
    );
  }

  private draw(current: number, now: number, perStep: number, finalize: boolean): void {
    const known = this.target !== null && this.target > 0;
    const time =
      known && !finalize
        ? showEta(perStep * ((this.target as number) - current))
        : `${fixed((now - this.start) / 1000, 0)}s`;
    const rate = showRate(perStep, this.unit);
    const text = `${this.bar(current)} ${bold(time)} ${rate}${this.showValues(Math.abs)}`;
    const length = lengthOf(text);
    if (this.isTerminal) {
      const back = '\b'.repeat(this.drawnLength);
      const padding = ' '.repeat(Math.max(0, this.drawnLength - length));
      this.stream.write(`${back}\r${text}${padding}${finalize ? '\n' : ''}`);
      this.drawnLength = length;
    } else {
      this.stream.write(`${text.replace(/\x1b\[\d+m/g, '')}\n`);
    }
  }

  private bar(current: number): string {
    if (this.target === null || this.target <= 0) return `${`${current}`.padStart(7)}/Unknown`;
    const target = `${this.target}`;
    const steps = `${`${current}`.padStart(target.length)}/${target}`;
    const done = Math.floor(this.width * (current / this.target));
    const line = '━'.repeat(Math.max(0, this.width - done));
    return `${bold(steps)} ${done > 0 ? `\x1b[32m${'━'.repeat(done)}\x1b[0m` : ''}\x1b[37m${line}\x1b[0m`;
  }

  /** The values; `size` decides which are too small for four digits behind the point. */
  private showValues(size: (value: number) => number): string {
    return [...this.values]
      .map(([name, [sum, count]]) => {
        const mean = sum / Math.max(1, count);
        return ` - ${name}: ${size(mean) > 1e-3 ? fixed(mean, 4) : scientific(mean, 4)}`;
      })
      .join('');
  }
}

const twoDigits = (n: number): string => `${n}`.padStart(2, '0');

function showEta(seconds: number): string {
  const s = Math.floor(seconds);
  if (seconds > 3600)
    return `${Math.floor(s / 3600)}:${twoDigits(Math.floor((s % 3600) / 60))}:${twoDigits(s % 60)}`;
  if (seconds > 60) return `${Math.floor(s / 60)}:${twoDigits(s % 60)}`;
  return `${s}s`;
}

function showRate(seconds: number, unit: string): string {
  if (seconds >= 1 || seconds === 0) return `${fixed(seconds, 0)}s/${unit}`;
  if (seconds >= 1e-3) return `${fixed(seconds * 1e3, 0)}ms/${unit}`;
  return `${fixed(seconds * 1e6, 0)}us/${unit}`;
}
