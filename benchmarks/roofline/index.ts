/** `roofline`: what the machine can do, and each kernel's share of that. */
import type { Benchmark, Settings } from '../suite';
import { kernelShares } from './kernels';
import { levels, measurable, measureLimits, streams, type Limits } from './machine';

export function showLimits(limits: Limits): string {
  const lines = [
    `call into the addon ${limits.call.toFixed(0)} ns; round trip to all threads ${limits.roundTrip.toFixed(0)} ns`,
  ];
  for (const { threads, gflops, gbps } of limits.threads) {
    lines.push(
      `${threads} thread${threads > 1 ? 's' : ''}: ${gflops.toFixed(0)} GFLOP/s (float32, ${limits.isa})`,
    );
    for (const { name } of levels) {
      const rates = streams.map((s) => `${s} ${gbps[name][s].toFixed(0)}`);
      lines.push(`  GB/s in ${name.padEnd(4)}: ${rates.join(', ')}`);
    }
  }
  return lines.join('\n');
}

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
