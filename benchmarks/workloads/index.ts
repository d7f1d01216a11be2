/** Every workload, in the order of the table. */
import { convWorkloads } from './conv';
import { elementwiseWorkloads } from './elementwise';
import { kerasWorkloads } from './keras';
import { matmulWorkloads } from './matmul';
import { otherWorkloads } from './other';
import { rowsWorkloads } from './rows';
import { trainingWorkloads } from './training';
import type { Workload } from './workload';

export const workloads: readonly Workload[] = [
  ...elementwiseWorkloads,
  ...rowsWorkloads,
  ...matmulWorkloads,
  ...convWorkloads,
  ...otherWorkloads,
  ...trainingWorkloads,
  ...kerasWorkloads,
];
