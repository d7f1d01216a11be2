/** The measured limits of the hardware. */

export type Stream = 'read' | 'write' | 'copy' | 'add';
export const streams: readonly Stream[] = ['read', 'write', 'copy', 'add'];

/** Bytes that a pass moves per byte of one array. */
export const moved: Readonly<Record<Stream, number>> = { read: 1, write: 1, copy: 2, add: 3 };

/** Bytes of one array, of which three fit the given cache level of current CPUs. */
export const levels = [
  { name: 'L1', bytes: 8 << 10 },
  { name: 'L2', bytes: 192 << 10 },
  { name: 'L3', bytes: 4 << 20 },
  { name: 'DRAM', bytes: 128 << 20 },
] as const;
export type Level = (typeof levels)[number]['name'];

export interface Limits {
  isa: string;
  /** For 1 thread and for all. */
  threads: readonly {
    threads: number;
    /** A multiply-add counts as two operations. */
    gflops: number;
    /** Bytes that a program reads and writes. */
    gbps: Readonly<Record<Level, Readonly<Record<Stream, number>>>>;
  }[];
  /** Nanoseconds. */
  call: number;
  roundTrip: number;
}

export function showLimits(limits: Limits): string {
  const lines = [
    `call into the addon ${limits.call.toFixed(0)} ns; synchronisation of all threads ${limits.roundTrip.toFixed(0)} ns`,
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
