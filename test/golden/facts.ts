/**
 * The recorded facts of fixtures/semantics.json as tests. A test file takes some of the groups ('tape/', 'watch/'…) and
 * says for each case what it is in gradtape; `complete` fails for those that it left out.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { inspect } from 'node:util';
import * as tf from 'gradtape';

export type Recorded =
  null | number | string | boolean | readonly Recorded[] | { readonly [key: string]: Recorded };

export interface Fact {
  what: string;
  inputs: Record<string, Recorded>;
  result?: Recorded;
  error?: { class: string; message: string };
}

const file = path.join(__dirname, 'fixtures', 'semantics.json');
export const facts = (JSON.parse(fs.readFileSync(file, 'utf8')) as { cases: Record<string, Fact> }).cases;

/** Python's exceptions as ours. */
const errorClasses: Record<string, new (...args: never[]) => Error> = {
  ValueError: tf.errors.InvalidArgumentError,
  InvalidArgumentError: tf.errors.InvalidArgumentError,
  RuntimeError: tf.errors.FailedPreconditionError,
  LookupError: tf.errors.NotFoundError,
  OutOfRangeError: tf.errors.OutOfRangeError,
  TypeError,
  AttributeError: TypeError,
};

function number(value: unknown): number {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? Number(value)
    : Number(value);
}

/** Whether a result is the recorded one: to a few units in the last place, signs of zeros aside. */
function close(actual: number, expected: number, dtype: string): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  if (!Number.isFinite(expected) || (dtype !== 'float32' && dtype !== 'float64')) return actual === expected;
  const [relative, absolute] = dtype === 'float64' ? [4e-15, 1e-15] : [1e-6, 1e-7];
  return Math.abs(actual - expected) <= relative * Math.abs(expected) + absolute;
}

/** Fails where `actual` is not what was recorded. Integers that TensorFlow returns as int64 may be int32 here. */
export function expectRecorded(actual: unknown, recorded: Recorded, where = 'result'): void {
  const differ = (what: string): never => {
    throw new Error(`${where}: ${what}; recorded is ${JSON.stringify(recorded)}`);
  };
  if (recorded === null) {
    if (actual !== null) differ(`should be null, is ${inspect(actual)}`);
    return;
  }
  if (typeof recorded === 'number' || typeof recorded === 'boolean' || typeof recorded === 'string') {
    const value = actual instanceof tf.Tensor || actual instanceof tf.Variable ? actual.item() : actual;
    if (typeof recorded === 'number') {
      if (!close(number(value), recorded, 'float64')) differ(`is ${inspect(value)}`);
    } else if (value !== recorded) differ(`is ${inspect(value)}`);
    return;
  }
  if (Array.isArray(recorded)) {
    const list = recorded as readonly Recorded[];
    if (!Array.isArray(actual) || actual.length !== list.length) return differ(`is ${inspect(actual)}`);
    list.forEach((r, i) => expectRecorded(actual[i], r, `${where}[${i}]`));
    return;
  }
  const o = recorded as Record<string, Recorded>;
  if (o.indexedSlices === true) {
    if (!(actual instanceof tf.IndexedSlices))
      return differ(`should be IndexedSlices, is ${inspect(actual)}`);
    expectRecorded(actual.values, o.values, `${where}.values`);
    expectRecorded(actual.indices, o.indices, `${where}.indices`);
    const dense = o.denseShape as { values: number[] } | null;
    expect(actual.denseShape).toEqual(dense === null ? null : dense.values);
    return;
  }
  if (Array.isArray(o.values) && Array.isArray(o.shape) && typeof o.dtype === 'string') {
    if (!(actual instanceof tf.Tensor || actual instanceof tf.Variable)) {
      return differ(`should be a tensor, is ${inspect(actual)}`);
    }
    expect(`${where}: ${actual.dtype} [${actual.shape.join()}]`).toBe(
      `${where}: ${o.dtype} [${o.shape.join()}]`,
    );
    const values = o.values as readonly Recorded[];
    const data = actual.data();
    values.forEach((v, i) => {
      const expected = number(v);
      if (!close(number(data[i]), expected, o.dtype as string)) {
        differ(
          `element ${i} is ${String(data[i])}, not ${expected}: [${Array.from(data as Float32Array).join()}]`,
        );
      }
    });
    return;
  }
  if (typeof actual !== 'object' || actual === null) return differ(`is ${inspect(actual)}`);
  for (const [key, r] of Object.entries(o)) {
    expectRecorded((actual as Record<string, unknown>)[key], r, `${where}.${key}`);
  }
}

/** Python's names as ours, without quotes, brackets and spaces, which messages set in their own way. */
function words(message: string): string {
  return message
    .replace(
      /\b(?!dense_shape=)([a-z]+)((?:_[a-z]+)+)/g,
      (_, first: string, rest: string) =>
        first + rest.replace(/_([a-z])/g, (__, c: string) => c.toUpperCase()),
    )
    .replace(/[`'"\s()[\],]/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

/** Fails unless f throws what TensorFlow throws: its class as ours, its words within ours. */
export function expectRecordedError(f: () => unknown, error: { class: string; message: string }): void {
  let thrown: unknown;
  try {
    f();
  } catch (e) {
    thrown = e;
  }
  if (!(thrown instanceof Error))
    throw new Error(`threw nothing; recorded is ${error.class}: ${error.message}`);
  if (!(thrown instanceof errorClasses[error.class])) {
    throw new Error(`recorded is a ${error.class}`, { cause: thrown });
  }
  if (!words(thrown.message).includes(words(error.message))) {
    throw new Error(`message: ${thrown.message}\nlacks the recorded words: ${error.message}`);
  }
}

/** The inputs of a case: whatever the test makes of them. */
export type Inputs = Record<string, never>;

/** The tests of some groups of facts. */
export class Facts {
  private readonly seen = new Set<string>();

  constructor(private readonly groups: readonly string[]) {}

  private take(name: string): Fact {
    if (!this.groups.includes(name.split('/')[0])) throw new Error(`${name} is of another group`);
    if (this.seen.has(name)) throw new Error(`${name} is tested twice`);
    this.seen.add(name);
    const fact = facts[name];
    if (fact === undefined) throw new Error(`${name} was never recorded`);
    return fact;
  }

  /** gradtape does as TensorFlow does. */
  same(name: string, f: (inputs: Inputs) => unknown): void {
    const fact = this.take(name);
    test(`${name}: ${fact.what}`, () => {
      if (fact.error !== undefined) expectRecordedError(() => f(fact.inputs as Inputs), fact.error);
      else expectRecorded(f(fact.inputs as Inputs), fact.result as Recorded);
    });
  }

  /** As `same`, where the test compares several results with the recorded one. */
  compares(name: string, f: (fact: Fact) => void): void {
    const fact = this.take(name);
    test(`${name}: ${fact.what}`, () => f(fact));
  }

  /** gradtape does something else, on purpose (docs/differences.md). */
  differs(name: string, f: (fact: Fact) => void): void {
    const fact = this.take(name);
    test(`${name}: ${fact.what} (differs)`, () => f(fact));
  }

  /** Nothing in gradtape corresponds to the case. */
  absent(name: string, _why: string): void {
    this.take(name);
  }

  /** Fails where a case of the groups was not dealt with. */
  complete(): void {
    test(`every recorded case of ${this.groups.join(', ')} is dealt with`, () => {
      const all = Object.keys(facts).filter((name) => this.groups.includes(name.split('/')[0]));
      expect(all.length).toBeGreaterThan(0);
      expect(all.filter((name) => !this.seen.has(name))).toEqual([]);
    });
  }
}
