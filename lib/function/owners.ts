/** Values keyed by lists of objects. A value can be garbage-collected as soon as one of its objects is. */

export class OwnedBy<T> {
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
