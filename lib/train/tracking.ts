/** The variables of what a checkpoint holds, by names that do not depend on the process. */
import { InvalidArgumentError } from '../core/errors';
import { isPlain } from '../core/options';
import { describe } from '../core/shape';
import { Variable } from '../core/variable';
import { saveables, type Saveable } from '../keras/saving/weights';

/** What a checkpoint can hold: a variable, a model, an optimizer, a metric, an object or array of these. */
export type Trackable = object;

const isSaveable = (value: object): value is Saveable =>
  typeof (value as Partial<Saveable>).savedVariables === 'function' &&
  typeof (value as Partial<Saveable>).savedChildren === 'function';

/** Optimizers and metrics list all of their variables. */
function listOf(value: object): readonly Variable[] | null {
  const { variables } = value as { variables?: unknown };
  if (!Array.isArray(variables) || !variables.every((v) => v instanceof Variable)) return null;
  return variables;
}

/** Calls visit with each variable, once, under the first name that leads to it. */
function walk(
  value: unknown,
  name: string,
  seen: Set<unknown>,
  visit: (name: string, v: Variable) => void,
): void {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
  if (value instanceof Variable) {
    seen.add(value);
    visit(name, value);
    return;
  }
  if (isSaveable(value)) {
    for (const { saveable, path } of saveables(value, seen))
      saveable
        .savedVariables()
        .forEach((v, i) => walk(v, [name, ...path, 'vars', `${i}`].join('/'), seen, visit));
    return;
  }
  seen.add(value);
  const list = listOf(value);
  if (list !== null) list.forEach((v, i) => walk(v, `${name}/vars/${i}`, seen, visit));
  else if (Array.isArray(value)) value.forEach((part, i) => walk(part, `${name}/${i}`, seen, visit));
  else if (value instanceof Map)
    for (const [key, part] of value) walk(part, `${name}/${String(key)}`, seen, visit);
  else for (const [key, part] of Object.entries(value)) walk(part, `${name}/${key}`, seen, visit);
}

/** The variables of an object of things to keep, by name. */
export function variablesOf(objects: Readonly<Record<string, unknown>>): Map<string, Variable> {
  const found = new Map<string, Variable>();
  const seen = new Set<unknown>();
  for (const [name, value] of Object.entries(objects))
    walk(value, name, seen, (full, v) => {
      if (found.has(full))
        throw new InvalidArgumentError(`[Checkpoint] two variables have the name '${full}'`);
      found.set(full, v);
    });
  return found;
}

/** TypeError if an entry is nothing that has variables. */
export function checkTrackable(objects: unknown): asserts objects is Readonly<Record<string, Trackable>> {
  if (typeof objects !== 'object' || objects === null || !isPlain(objects))
    throw new TypeError(
      `[Checkpoint] takes what it keeps as one object, { model, optimizer, step }; got ${describe(objects)}`,
    );
  for (const [name, value] of Object.entries(objects) as [string, unknown][])
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null)
      throw new TypeError(
        `[Checkpoint] '${name}' must be a variable, a model, an optimizer, or an object or array of these; got ` +
          describe(value),
      );
}
