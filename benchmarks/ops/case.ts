/** What a row is measured on. */
import type { Numbers } from '../loops/elementwise';

export interface Case {
  /** The arguments of the row's public function. */
  args: readonly unknown[];
  /** The loop that a person would write for it; its result has the elements of the row's (first) result. */
  loop?: () => Numbers | number;
  /** Results that need not be equal (random numbers). */
  unequal?: boolean;
}

/** The case of about `n` elements. */
export type MakeCase = (n: number) => Case;
