/**
 * Equality of tensors for Jest and Vitest. Importing it, or naming it among the set-up files, extends the global `expect`;
 * `extend(expect)` any other. Imported as `gradtape/jest`; it imports nothing of gradtape.
 * @module gradtape/jest
 */
import { type CloseOptions, type NestedElements, toBeCloseToTensor } from './close';
import { equalTensors } from './equality';
import type { TensorValue } from './values';

export type { CloseOptions, NestedElements, TensorValue };

/** The matchers that `extend` adds; `R` is what a matcher returns. */
export interface TensorMatchers<R = void> {
  /**
   * |received − expected| ≤ atol + rtol · |expected| for all elements of a tensor or variable. `expected` may be a tensor, a variable,
   * a number or nested arrays of the same shape; dtypes may differ. NaN is close to NaN, an infinity to itself.
   */
  toBeCloseToTensor(expected: TensorValue | NestedElements, options?: CloseOptions): R;
}

/** What is needed of `expect`: Jest 29.4 or later, Vitest 1.2 or later. */
export interface Expect {
  extend(matchers: Record<string, unknown>): void;
  /** Optional, since @types/jest does not declare it. */
  addEqualityTesters?(testers: ((a: unknown, b: unknown) => boolean | undefined)[]): void;
}

/** Extends `expect`: tensors, variables and IndexedSlices are compared by dtype, shape and elements, and it has `toBeCloseToTensor`. */
export function extend(expect: Expect): void {
  if (!isExpect(expect)) {
    throw new TypeError(
      '[gradtape/jest] extend takes the `expect` of Jest (29.4 or later) or Vitest (1.2 or later): ' +
        'it needs expect.extend and expect.addEqualityTesters',
    );
  }
  expect.addEqualityTesters([equalTensors]);
  expect.extend({ toBeCloseToTensor });
}

function isExpect(value: unknown): value is Required<Expect> {
  const { extend: extends_, addEqualityTesters } = (value ?? {}) as Partial<Record<keyof Expect, unknown>>;
  return typeof extends_ === 'function' && typeof addEqualityTesters === 'function';
}

// Vitest has its `expect` under this symbol where `globals` is not set.
const globals = globalThis as { expect?: unknown; [vitest]?: unknown };
const vitest = Symbol.for('expect-global');
const found = [globals.expect, globals[vitest]].find(isExpect);
if (found !== undefined) extend(found);

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- as @types/jest has it
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars -- as @types/jest has it
    interface Matchers<R, T = {}> extends TensorMatchers<R> {}
  }
}

// The declarations below hold where the framework is installed and are ignored elsewhere.
/* eslint-disable @typescript-eslint/ban-ts-comment, @typescript-eslint/no-empty-object-type, @typescript-eslint/no-explicit-any, @typescript-eslint/no-unused-vars -- as the frameworks have them */
/** @ts-ignore */
declare module 'vitest' {
  interface Assertion<T = any> extends TensorMatchers<void> {}
}
/** @ts-ignore */
declare module '@jest/expect' {
  interface Matchers<R extends void | Promise<void>> extends TensorMatchers<R> {}
}
