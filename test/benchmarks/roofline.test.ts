/** The limits of the machine, and what holds for which kernel. */
import { steps } from '../../benchmarks/ops/sizes';
import { limitOf } from '../../benchmarks/roofline/kernels';
import { levels, streams, type Limits } from '../../benchmarks/roofline/levels';
import { measurable, measureLimits } from '../../benchmarks/roofline/machine';

(measurable ? it : it.skip)('the machine is measured', () => {
  const limits = measureLimits(0.05);
  expect(limits.threads[0].threads).toBe(1);
  for (const { gflops, gbps } of limits.threads) {
    expect(gflops).toBeGreaterThan(0.05);
    for (const { name } of levels)
      for (const stream of streams) expect(gbps[name][stream]).toBeGreaterThan(0.01);
  }
  expect(limits.call).toBeGreaterThan(1);
  expect(limits.roundTrip).toBeGreaterThan(0);
});

it('a kernel is held to the level that holds its arrays', () => {
  const rate = (x: number) => ({ read: x, write: x, copy: x, add: x });
  const gbps = { L1: rate(100), L2: rate(50), L3: rate(20), DRAM: rate(10) };
  const limits: Limits = {
    isa: 'avx2',
    threads: [
      { threads: 1, gflops: 100, gbps },
      { threads: 2, gflops: 200, gbps },
    ],
    call: 50,
    roundTrip: 100,
  };
  const add = (bytes: number) => limitOf({ bytes, stream: 'add', working: bytes }, limits, 1);
  expect(add(24 << 10)).toEqual({ text: '100 GB/s (add, L1)', ns: (24 << 10) / 100 });
  expect(add(500 << 10).text).toBe('50 GB/s (add, L2)');
  expect(add(12 << 20).text).toBe('20 GB/s (add, L3)');
  expect(add(1 << 30).text).toBe('10 GB/s (add, DRAM)');
  expect(limitOf({ operations: 4000 }, limits, 2)).toEqual({ text: '200 GFLOP/s', ns: 20 });
});

it('sizes go up in steps', () => {
  expect(steps(100, false)).toEqual([1, 2, 5, 10, 20, 50, 100]);
  expect(steps(1000, true)).toEqual([1, 10, 100, 1000]);
});
