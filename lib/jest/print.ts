/**
 * How tensors are printed where a comparison fails. Jest and Vitest print copies, made of the prototype and the properties of a
 * tensor without its elements, and call `toJSON` of these. So each tensor that is compared gets a `toJSON` of its own, which goes
 * into its copies and knows what it was made for; on the tensor itself it does what that of the class does.
 */
import { type Elements, elementOf, showIndex, type TensorValue } from './values';

/** The most elements that are printed whole. */
const few = 100;
/** Of more elements, the most that are printed among those that differ. */
const listed = 20;

/** Where a tensor differs from the one that it was compared with last: flat indices. */
const differences = new WeakMap<object, readonly number[]>();

/** Keeps where a tensor differs from another one, so that its printed form shows these elements. */
export function noteDifferences(t: object, indices: readonly number[]): void {
  differences.set(t, indices);
}

// The printers write the name of the constructor.
const printedAs = {
  Tensor: class {},
  Variable: class {},
};
for (const [name, made] of Object.entries(printedAs)) {
  Object.defineProperty(made, 'name', { value: `tf.${name}` });
}

/** A plain object with what is to be printed of a tensor. */
function printed(t: TensorValue, kind: 'Tensor' | 'Variable'): object {
  return Object.assign(new printedAs[kind](), {
    dtype: t.dtype,
    shape: `[${t.shape.join(', ')}]`,
    elements: printedElements(t),
  });
}

function printedElements(t: TensorValue): unknown {
  const data = t.data();
  if (data.length <= few) return nested(t, data);
  const different = differences.get(t) ?? [];
  const out: Record<string, unknown> = {};
  for (const i of different.slice(0, listed)) out[showIndex(i, t.shape)] = elementOf(t.dtype, data, i);
  if (different.length > listed) out['…'] = `${different.length - listed} more that differ`;
  if (different.length === 0) out['…'] = `${data.length} elements`;
  return out;
}

function nested({ dtype, shape }: TensorValue, data: Elements): unknown {
  let next = 0;
  const build = (axis: number): unknown =>
    axis === shape.length
      ? elementOf(dtype, data, next++)
      : Array.from({ length: shape[axis] }, () => build(axis + 1));
  return build(0);
}

/** What is printed of a tensor that was not reached by the comparison, and of which the printer has a copy alone. */
const unread = { Tensor: new printedAs.Tensor(), Variable: new printedAs.Variable() };

type ToJSON = (this: unknown) => unknown;

/** A copy has the values of getters as properties (Jest), or no elements to get them from (Vitest). */
function isCopy(t: unknown): boolean {
  try {
    return Object.hasOwn(t as object, 'dtype') || (t as TensorValue).dtype === undefined;
  } catch {
    return true;
  }
}

function define(object: object, toJSON: ToJSON): void {
  Object.defineProperty(object, 'toJSON', { value: toJSON, configurable: true, writable: true });
}

const originals = new WeakMap<object, ToJSON>();

/** The `toJSON` of the class, which from now on does not throw for copies. */
function methodOf(t: object, kind: 'Tensor' | 'Variable'): ToJSON | undefined {
  let prototype = Object.getPrototypeOf(t) as object | null;
  while (prototype !== null && !Object.hasOwn(prototype, 'toJSON')) {
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  if (prototype === null) return undefined;
  const known = originals.get(prototype);
  if (known !== undefined) return known;
  const { toJSON } = prototype as { toJSON: ToJSON };
  originals.set(prototype, toJSON);
  define(prototype, function (this: unknown) {
    return isCopy(this) ? unread[kind] : toJSON.call(this);
  });
  return toJSON;
}

/** Defines `toJSON` on the tensor itself, so that copies of it have the method too and print its elements. */
export function makePrintable(t: TensorValue, kind: 'Tensor' | 'Variable'): void {
  const toJSON = methodOf(t, kind);
  if (toJSON === undefined || Object.hasOwn(t, 'toJSON') || !Object.isExtensible(t)) return;
  define(t, function (this: unknown) {
    return this === t ? toJSON.call(t) : printed(t, kind);
  });
}
