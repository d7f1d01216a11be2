/** Every work, in the order of the table. */
import { elementwiseWorks } from './elementwise';
import { matmulWorks } from './matmul';
import type { Work } from './work';

export const works: readonly Work[] = [...elementwiseWorks, ...matmulWorks];
