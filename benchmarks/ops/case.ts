/** What an op definition is measured on. */
import type { Numbers } from '../loops/elementwise';

export interface Case {
  /** The arguments of the op definition's public function. */
  args: readonly unknown[];
  /** The loop that a person would write for it; its result has the elements of the op definition's (first) result. */
  loop?: () => Numbers | number;
  /** Results that need not be equal (random numbers). */
  unequal?: boolean;
}

/** The case of about `n` elements. */
export type MakeCase = (n: number) => Case;
