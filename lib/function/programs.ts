/** The programs of a function by signature. Where shapes vary without end, those signatures that come often have one. */

/** Programs for shapes of one declared or relaxed signature, at most. */
const mostPrograms = 64;
/** Calls that a signature waits for a program then; calls without a program after which all counts are halved. */
const worthIt = 64;
const generation = 64 * mostPrograms;
/** Signatures without a program that are counted. */
const mostCounted = 1024;

export interface Used {
  /** How often it ran. */
  uses: number;
}

export class Programs<P extends Used> {
  private readonly known = new Map<string, P>();
  /** Calls of signatures that have no program. */
  private readonly others = new Map<string, number>();
  private missed = 0;

  /** `limited`: shapes that differ are one trace. */
  constructor(private readonly limited: boolean) {}

  get(key: string): P | undefined {
    return this.known.get(key);
  }

  add(key: string, program: P): void {
    if (this.limited && this.known.size >= mostPrograms) this.known.delete(this.leastUsed()[0]);
    program.uses = this.others.get(key) ?? 0;
    this.others.delete(key);
    this.known.set(key, program);
  }

  /** Whether a signature that has come and has no program gets one: there is room, or it comes more often than one that has. */
  admits(key: string): boolean {
    if (!this.limited || this.known.size < mostPrograms) return true;
    if (++this.missed % generation === 0) this.age();
    const { others } = this;
    const count = (others.get(key) ?? 0) + 1;
    if (count === 1 && others.size >= mostCounted) others.clear();
    others.set(key, count);
    // Where all come equally often, nothing is won by a change.
    return count % worthIt === 0 && count > 2 * this.leastUsed()[1];
  }

  private leastUsed(): [key: string, uses: number] {
    let found: [string, number] = ['', Infinity];
    for (const [key, { uses }] of this.known) if (uses < found[1]) found = [key, uses];
    return found;
  }

  private age(): void {
    for (const program of this.known.values()) program.uses >>= 1;
    for (const [key, count] of this.others) this.others.set(key, count >> 1);
  }
}
