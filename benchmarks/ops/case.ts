/** The arguments with which an op definition is measured. */
import type { Numbers } from '../loops/elementwise';

export interface Case {
  /** The arguments of the op definition's public function. */
  args: readonly unknown[];
  /** The equivalent hand-written loop; its result has the elements of the op's (first) result. */
  loop?: () => Numbers | number;
  /** The results may differ (random numbers). */
  unequal?: boolean;
}

/** The case of about `n` elements. */
export type MakeCase = (n: number) => Case;
