/** Values that belong to objects: they can be collected with the first of these that is. */

export class OwnedBy<T> {
  private value: T | null = null;
  private next: WeakMap<object, OwnedBy<T>> | null = null;

  constructor(private readonly make: () => T) {}

  /** That of these objects, in this order; created at the first time. */
  of(owners: readonly object[]): T {
    let at: OwnedBy<T> = this; // eslint-disable-line @typescript-eslint/no-this-alias
    for (const owner of owners) {
      const next = (at.next ??= new WeakMap());
      let owned = next.get(owner);
      if (owned === undefined) next.set(owner, (owned = new OwnedBy(this.make)));
      at = owned;
    }
    return (at.value ??= this.make());
  }
}
