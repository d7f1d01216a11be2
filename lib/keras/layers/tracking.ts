/** What a layer's properties hold: other layers, seed generators, metrics. */
import { isPlain } from '../../core/options';
import { Callable } from '../base/callable';
import { toPythonName } from '../base/naming';

/**
 * The objects of a kind in the properties of `owner`, in the order in which they were set, each once: arrays, maps and plain
 * objects there are looked into, other layers are not.
 */
export function partsOf<T extends object>(owner: object, isPart: (value: object) => value is T): T[] {
  const found = new Set<T>();
  const seen = new Set<object>([owner]);
  const visit = (value: unknown): void => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      return;
    seen.add(value);
    if (isPart(value)) found.add(value);
    else if (value instanceof Callable) return;
    else if (Array.isArray(value)) value.forEach(visit);
    else if (value instanceof Map) value.forEach(visit);
    else if (typeof value === 'object' && isPlain(value)) Object.values(value).forEach(visit);
  };
  for (const value of Object.values(owner)) visit(value);
  return [...found];
}

/** The parts of a kind in the properties of `owner`, under the properties' names in snake case: one, or a list of them. */
export function childrenOf<T extends object>(
  owner: object,
  isPart: (value: object) => value is T,
): [string, T | readonly T[]][] {
  const found: [string, T | readonly T[]][] = [];
  for (const [key, value] of Object.entries(owner) as [string, unknown][]) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) continue;
    const name = toPythonName(key);
    if (isPart(value)) found.push([name, value]);
    else if (Array.isArray(value)) {
      const parts = (value as object[]).filter((part) => part !== null && isPart(part));
      if (parts.length > 0) found.push([name, parts]);
    }
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}
