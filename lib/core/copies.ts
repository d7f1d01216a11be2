/**
 * Copies of the library: a process may load several, of one version or of two (nested node_modules, `jest.resetModules`). Each
 * has classes of its own, so a tensor of one is no tensor to another. The classes are marked, so that errors can say so.
 */
import { version } from '../version';

/** A copy of the library, as the others see it. */
interface Copy {
  readonly version: string;
  /** The file that it was loaded from; undefined where a bundler made an ES module of it. */
  readonly file: string | undefined;
}

/** What the prototypes of the marked classes hold; gradtape/jest knows tensors of any copy by it. */
interface Mark {
  readonly kind: 'Tensor' | 'Variable' | 'IndexedSlices';
  readonly copy: Copy;
}

// In the registry of symbols, which all copies share.
const key = Symbol.for('gradtape.copy');

const thisCopy: Copy = Object.freeze({
  version,
  file: typeof __filename === 'string' ? __filename : undefined,
});

/** @internal Marks a class of this copy. */
export function markClass(prototype: object, kind: Mark['kind']): void {
  Object.defineProperty(prototype, key, { value: Object.freeze({ kind, copy: thisCopy }) });
}

/** @internal What an error says of a value whose class belongs to another copy; null for all other values. */
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
