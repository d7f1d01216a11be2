/** Loops over the elements of arrays. Each is compiled separately: shared code would call all functions from one megamorphic call site. */

export type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;
export type NumbersType = new (n: number) => Numbers;

type Unary = (x: number) => number;
type Binary = (x: number, y: number) => number;

/* eslint-disable @typescript-eslint/no-implied-eval -- the loops are compiled from text on purpose */

/** x ↦ [f(x[0]), f(x[1]), …] in a fresh array. */
export function mapLoop(f: Unary, Type: NumbersType): (x: Numbers) => Numbers {
  const make = new Function(
    'f',
    'Type',
    `return (x) => {
      const n = x.length;
      const y = new Type(n);
      for (let i = 0; i < n; i++) y[i] = f(x[i], 0);
      return y;
    };`,
  ) as (f: Unary, Type: NumbersType) => (x: Numbers) => Numbers;
  return make(f, Type);
}

/** (x, y) ↦ [f(x[0], y[0]), …] in a fresh array. */
export function zipLoop(f: Binary, Type: NumbersType): (x: Numbers, y: Numbers) => Numbers {
  const make = new Function(
    'f',
    'Type',
    `return (x, y) => {
      const n = x.length;
      const z = new Type(n);
      for (let i = 0; i < n; i++) z[i] = f(x[i], y[i]);
      return z;
    };`,
  ) as (f: Binary, Type: NumbersType) => (x: Numbers, y: Numbers) => Numbers;
  return make(f, Type);
}

/** x ↦ f(… f(f(start, x[0]), x[1]) …). */
export function foldLoop(f: Binary, start: number): (x: Numbers) => number {
  const make = new Function(
    'f',
    'start',
    `return (x) => {
      let a = start;
      const n = x.length;
      for (let i = 0; i < n; i++) a = f(a, x[i]);
      return a;
    };`,
  ) as (f: Binary, start: number) => (x: Numbers) => number;
  return make(f, start);
}
