/** The checks of the options of callbacks. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { write } from '../base/settings';

export function checkNumber(value: unknown, name: string, where: string): number {
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new TypeError(`[${where}] ${name} must be a number; got ${describe(value)}`);
  return value;
}

/** A whole number that is not negative. */
export function checkCount(value: unknown, name: string, where: string): number {
  if (!Number.isInteger(checkNumber(value, name, where)) || (value as number) < 0)
    throw new InvalidArgumentError(
      `[${where}] ${name} must be a whole number that is not negative; got ${describe(value)}`,
    );
  return value as number;
}

export function checkText(value: unknown, name: string, where: string): string {
  if (typeof value !== 'string')
    throw new TypeError(`[${where}] ${name} must be a string; got ${describe(value)}`);
  return value;
}

export function checkFunction<F>(value: F, name: string, where: string): F {
  if (typeof value !== 'function')
    throw new TypeError(`[${where}] ${name} must be a function; got ${describe(value)}`);
  return value;
}

/** 'epoch', or after how many batches. */
export function checkSaveFreq(value: unknown, where: string): 'epoch' | number {
  if (value === 'epoch' || (Number.isInteger(value) && (value as number) > 0))
    return value as 'epoch' | number;
  throw new InvalidArgumentError(
    `[${where}] Unrecognized saveFreq: ${describe(value)}. Expected saveFreq are 'epoch' or integer values`,
  );
}

/** Counts batches over epochs: says after which of them `every` have passed since it said so before. */
export class BatchCounter {
  private seen = 0;
  private last = -1;

  constructor(private readonly every: number) {}

  isDue(batch: number): boolean {
    this.seen += batch <= this.last ? batch + 1 : batch - this.last;
    this.last = batch;
    if (this.seen < this.every) return false;
    this.seen = 0;
    return true;
  }

  /** An epoch has ended: the next batch has the number 0. */
  endEpoch(): void {
    this.last = -1;
  }
}

/** A line of text on standard output. */
export const print = (text: string): void => {
  write(`${text}\n`);
};

export const warn = (text: string): void => {
  process.emitWarning(text);
};
