/**
 * Detection of foreign tensors. A process may load several copies of the library (nested node_modules, `jest.resetModules`).
 * Each copy has its own classes, so `instanceof Tensor` is false for the tensors of another copy. A mark on the prototypes
 * lets error messages identify these.
 */
import { version } from '../version';

/** A loaded copy of the library. */
interface Copy {
  readonly version: string;
  /** The file that it was loaded from; undefined in an ES module bundle. */
  readonly file: string | undefined;
}

/** The mark on the prototypes; gradtape/jest recognizes tensors of any copy by it. */
interface Mark {
  readonly kind: 'Tensor' | 'Variable' | 'IndexedSlices';
  readonly copy: Copy;
}

// All copies share the global symbol registry.
const key = Symbol.for('gradtape.copy');

const thisCopy: Copy = Object.freeze({
  version,
  file: typeof __filename === 'string' ? __filename : undefined,
});

/** @internal Marks a class of this copy. */
export function markClass(prototype: object, kind: Mark['kind']): void {
  Object.defineProperty(prototype, key, { value: Object.freeze({ kind, copy: thisCopy }) });
}

/** @internal Describes an object of another copy of the library for an error message; null for all other objects. */
export function describeForeign(value: object): string | null {
  const mark = (value as { [key]?: Mark })[key];
  if (mark === undefined || mark.copy === thisCopy) return null;
  const { kind, copy } = mark;
  const what = `${kind === 'IndexedSlices' ? 'an' : 'a'} ${kind}`;
  if (copy.file !== undefined && copy.file === thisCopy.file) {
    return (
      `${what} of another copy of gradtape: ${copy.file}, version ${copy.version}, was loaded twice ` +
      `(jest.resetModules() and the like do that), and this copy is the other one`
    );
  }
  return `${what} of another copy of gradtape: ${named(copy)}, while this copy is ${named(thisCopy)}`;
}

const named = ({ version, file }: Copy): string =>
  `version ${version} in ${file ?? 'a bundle that is an ES module'}`;
