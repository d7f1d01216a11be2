/** Every work, in the order of the table. */
import { convWorks } from './conv';
import { elementwiseWorks } from './elementwise';
import { matmulWorks } from './matmul';
import { otherWorks } from './other';
import { rowsWorks } from './rows';
import { trainingWorks } from './training';
import type { Work } from './work';

export const works: readonly Work[] = [
  ...elementwiseWorks,
  ...rowsWorks,
  ...matmulWorks,
  ...convWorks,
  ...otherWorks,
  ...trainingWorks,
];
