/** `roofline`: the limits of the hardware, and each kernel's share of them. */
import type { Benchmark, Settings } from '../suite';
import { kernelShares } from './kernels';
import { measurable, measureLimits } from './machine';

export function rooflineBenchmarks({ seconds }: Settings): Benchmark[] {
  if (!measurable) return [];
  return [
    {
      name: 'roofline',
      run: () => {
        const limits = measureLimits(8 * seconds);
        const machine = { name: 'roofline/machine', timings: [], limits };
        return [machine, ...kernelShares(limits, seconds / 5)];
      },
    },
  ];
}
