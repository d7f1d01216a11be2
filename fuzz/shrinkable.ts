/** What fast-check needs to draw a value and to shrink it, where the value is a data structure of our own. */
import fc from 'fast-check';

/** Draws of one value, in the order in which the generator requests them. */
export class Rng {
  constructor(private readonly source: fc.Random) {}

  /** From 0 to n − 1. */
  below(n: number): number {
    return this.source.nextInt(0, n - 1);
  }

  /** Both ends included. */
  between(low: number, high: number): number {
    return this.source.nextInt(low, high);
  }

  chance(probability: number): boolean {
    return this.source.nextInt(0, 999_999) < probability * 1_000_000;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** One of `list`, by the weight of each. */
  weighted<T extends { readonly weight: number }>(list: readonly T[]): T {
    let left = this.below(list.reduce((sum, { weight }) => sum + weight, 0));
    return list.find(({ weight }) => (left -= weight) < 0) ?? list[0];
  }
}

/** Values that `draw` generates and that shrink to the first of `smaller(value)` which still fails, and so on. */
export class Shrinkable<T> extends fc.Arbitrary<T> {
  constructor(
    private readonly draw: (rng: Rng) => T,
    private readonly smaller: (value: T) => Iterable<T>,
  ) {
    super();
  }

  override generate(random: fc.Random): fc.Value<T> {
    return new fc.Value(this.draw(new Rng(random)), undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is T {
    return true;
  }

  override shrink(value: T): fc.Stream<fc.Value<T>> {
    const { smaller } = this;
    return fc.stream(
      (function* (): Generator<fc.Value<T>, void> {
        for (const candidate of smaller(value)) yield new fc.Value(candidate, undefined);
      })(),
    );
  }
}

/** The list without one of its runs of elements: long runs first. At least `least` elements stay. */
export function* withoutRuns<T>(list: readonly T[], least = 0): Generator<T[]> {
  for (let length = list.length; length >= 1; length = Math.floor(length / 2)) {
    for (let end = list.length; end > 0; end -= length) {
      const begin = Math.max(0, end - length);
      if (list.length - (end - begin) < least) continue;
      yield [...list.slice(0, begin), ...list.slice(end)];
    }
  }
}
