/** What elements should be: plain arrays, which share nothing, and derivatives of one value with respect to others. */
export type Elements = Float32Array | Float64Array | Int32Array;
export type Type = 'float32' | 'float64' | 'int32';

/** d value / d source, element by element: every op of a walk is elementwise. By the number of the source. */
export type Slopes = ReadonlyMap<number, Float64Array>;

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

export function fill(type: Type, size: number, f: (i: number) => number): Elements {
  const out = new arrays[type](size);
  for (let i = 0; i < size; i++) out[i] = f(i);
  return out;
}

export const copy = (x: Elements): Elements => x.slice();

export const typeOf = (x: Elements): Type =>
  x instanceof Float32Array ? 'float32' : x instanceof Float64Array ? 'float64' : 'int32';

export interface Elementwise {
  /** How a program writes it. */
  readonly name: string;
  f(x: number, y: number): number;
  /** Derivatives with respect to x and y. */
  slopes(x: number, y: number): readonly [number, number];
}

export const binaries: readonly Elementwise[] = [
  { name: 'add', f: (x, y) => x + y, slopes: () => [1, 1] },
  { name: 'subtract', f: (x, y) => x - y, slopes: () => [1, -1] },
  { name: 'multiply', f: (x, y) => x * y, slopes: (x, y) => [y, x] },
  {
    name: 'maximum',
    f: (x, y) => (x >= y || Number.isNaN(x) ? x : y),
    slopes: (x, y) => [x >= y ? 1 : 0, x >= y ? 0 : 1],
  },
  {
    name: 'minimum',
    f: (x, y) => (x <= y || Number.isNaN(x) ? x : y),
    slopes: (x, y) => [x <= y ? 1 : 0, x <= y ? 0 : 1],
  },
];

export const unaries: readonly Elementwise[] = [
  { name: 'negative', f: (x) => -x, slopes: () => [-1, 0] },
  { name: 'square', f: (x) => x * x, slopes: (x) => [2 * x, 0] },
  { name: 'abs', f: Math.abs, slopes: (x) => [Math.sign(x), 0] },
];

/** Integers wrap around. */
export function apply(op: Elementwise, x: Elements, y: Elements): Elements {
  if (!(x instanceof Int32Array)) return fill(typeOf(x), x.length, (i) => op.f(x[i], y[i]));
  const product = op.name === 'multiply' || op.name === 'square';
  return fill('int32', x.length, (i) =>
    product ? Math.imul(x[i], op.name === 'square' ? x[i] : y[i]) : op.f(x[i], y[i]) | 0,
  );
}

/** The chain rule. */
export function chain(op: Elementwise, x: Elements, dx: Slopes, y: Elements, dy: Slopes): Slopes {
  const out = new Map<number, Float64Array>();
  for (const source of new Set([...dx.keys(), ...dy.keys()])) {
    const [a, b] = [dx.get(source), dy.get(source)];
    out.set(
      source,
      Float64Array.from({ length: x.length }, (_, i) => {
        const [p, q] = op.slopes(x[i], y[i]);
        return (a === undefined ? 0 : p * a[i]) + (b === undefined ? 0 : q * b[i]);
      }),
    );
  }
  return out;
}
