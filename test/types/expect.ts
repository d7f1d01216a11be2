/**
 * What the files of this folder say about types. Nothing here runs: `npm run typecheck` is the test, and a wrong claim,
 * or a `@ts-expect-error` above a line that compiles, fails it.
 */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `typeOf(value).is<T>()`: exactly T, not merely assignable to it. */
export declare function typeOf<T>(value: T): {
  is<E>(...mismatch: Same<T, E> extends true ? [] : [{ expected: E; found: T }]): void;
};
