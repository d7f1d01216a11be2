/** The programs of a function by signature. If shapes vary without limit, only frequent signatures have one. */

/** The most programs for the shapes of one declared or relaxed signature. */
const maxPrograms = 64;
/** Beyond that: calls of a signature before it may get a program, and uncompiled calls after which all counts are halved. */
const minCalls = 64;
const agingInterval = 64 * maxPrograms;
/** The most signatures without a program whose calls are counted. */
const maxCounted = 1024;

export interface Used {
  /** The number of runs. */
  uses: number;
}

export class Programs<P extends Used> {
  private readonly programs = new Map<string, P>();
  /** Number of calls by signature, for signatures without a program. */
  private readonly uncompiledCalls = new Map<string, number>();
  private missed = 0;

  /** `limited`: different shapes count as one trace, so that the number of programs is bounded. */
  constructor(private readonly limited: boolean) {}

  get(key: string): P | undefined {
    return this.programs.get(key);
  }

  add(key: string, program: P): void {
    if (this.limited && this.programs.size >= maxPrograms) this.programs.delete(this.leastUsed()[0]);
    program.uses = this.uncompiledCalls.get(key) ?? 0;
    this.uncompiledCalls.delete(key);
    this.programs.set(key, program);
  }

  /** Whether a signature without a program gets one: below the limit, or if it is more frequent than the least used program. */
  admits(key: string): boolean {
    if (!this.limited || this.programs.size < maxPrograms) return true;
    if (++this.missed % agingInterval === 0) this.age();
    const { uncompiledCalls } = this;
    const count = (uncompiledCalls.get(key) ?? 0) + 1;
    if (count === 1 && uncompiledCalls.size >= maxCounted) uncompiledCalls.clear();
    uncompiledCalls.set(key, count);
    // If all signatures are equally frequent, replacing programs gains nothing.
    return count % minCalls === 0 && count > 2 * this.leastUsed()[1];
  }

  private leastUsed(): [key: string, uses: number] {
    let least: [string, number] = ['', Infinity];
    for (const [key, { uses }] of this.programs) if (uses < least[1]) least = [key, uses];
    return least;
  }

  private age(): void {
    for (const program of this.programs.values()) program.uses >>= 1;
    for (const [key, count] of this.uncompiledCalls) this.uncompiledCalls.set(key, count >> 1);
  }
}
