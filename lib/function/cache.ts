/**
 * The cache of specializations, which a call searches in this order:
 *
 * 1. `Recent`: the last few specializations whose arguments were all tensors, found by comparing dtypes and shapes. It spares such
 *    calls the computation of a signature.
 * 2. `OwnedBy`: by the identities of the objects and variables among the arguments; it holds them weakly.
 * 3. `Programs`: by the rest of the signature, a string.
 */
import type { DTypeInfo } from '../core/dtype';
import { sameShape, type Shape } from '../core/shape';
import { placeholderOf, shapeOf, Tensor } from '../core/tensor';
import type { Specialization } from './specialization';

interface Entry {
  readonly dts: readonly DTypeInfo[];
  readonly shapes: Shape[];
  readonly specialization: Specialization;
}

const maxRecent = 4;

/** The last few specializations for tensors alone. `find` builds no key, which would take longer than a small call. */
export class Recent {
  private readonly entries: Entry[] = [];

  find(args: readonly unknown[]): Specialization | null {
    for (const entry of this.entries) if (matches(entry, args)) return entry.specialization;
    return null;
  }

  /** Adds a specialization that `find` did not find. */
  remember(args: readonly unknown[], specialization: Specialization): void {
    const tensors = args.filter((a): a is Tensor => a instanceof Tensor);
    if (tensors.length !== args.length) return;
    this.entries.unshift({
      dts: tensors.map((t) => t.dt),
      shapes: tensors.map((t) => shapeOf(t)),
      specialization,
    });
    if (this.entries.length > maxRecent) this.entries.pop();
  }
}

function matches({ dts, shapes }: Entry, args: readonly unknown[]): boolean {
  if (args.length !== dts.length) return false;
  for (let i = 0; i < args.length; i++) {
    const t = args[i];
    // Symbolic tensors take the slow path.
    if (!(t instanceof Tensor) || t.dt !== dts[i] || placeholderOf(t) !== null) return false;
    if (shapeOf(t) !== shapes[i] && !sameShape(shapeOf(t), shapes[i])) return false;
  }
  return true;
}

/** Values keyed by lists of objects. A value can be garbage-collected as soon as one of its objects is. */
export class OwnedBy<T> {
  /** The value for the list of objects that leads here, and the continuations of the list. */
  private value: T | null = null;
  private next: WeakMap<object, OwnedBy<T>> | null = null;

  constructor(private readonly create: () => T) {}

  /** The value for these objects in this order; created on first use. */
  of(owners: readonly object[]): T {
    let at: OwnedBy<T> = this; // eslint-disable-line @typescript-eslint/no-this-alias
    for (const owner of owners) {
      const next = (at.next ??= new WeakMap());
      let owned = next.get(owner);
      if (owned === undefined) next.set(owner, (owned = new OwnedBy(this.create)));
      at = owned;
    }
    return (at.value ??= this.create());
  }
}

/** The most programs for the shapes of one declared or relaxed signature. */
const maxPrograms = 64;
/** Beyond that: the calls of a signature before it may get a program, and the uncompiled calls between two halvings of all counts. */
const minCalls = 64;
const agingInterval = 64 * maxPrograms;
/** The most signatures without a program whose calls are counted. */
const maxCounted = 1024;

/** Specializations by signature. Beyond `maxPrograms`, only frequent signatures have one; calls of others run op by op. */
export class Programs {
  private readonly programs = new Map<string, Specialization>();
  /** Number of calls by signature, for signatures without a program. */
  private readonly uncompiledCalls = new Map<string, number>();
  private missed = 0;

  /** `limited`: different shapes count as one trace, so that the number of programs is bounded. */
  constructor(private readonly limited: boolean) {}

  get(key: string): Specialization | undefined {
    return this.programs.get(key);
  }

  add(key: string, program: Specialization): void {
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
