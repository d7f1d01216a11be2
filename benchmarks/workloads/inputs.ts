/** The elements of inputs: a hash of their positions, so that they are the same in every run and on every machine. */
import { product, type InputSpec, type Workload } from './workload';

/** A seed from a text (FNV-1a). */
export function seedOf(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 0;
}

/** A number in [0, 1) from a position and a seed. */
function unit(index: number, seed: number): number {
  let x = Math.imul(index, 0x9e3779b1) ^ seed;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 4294967296;
}

/** The elements of one input. */
export function elements(spec: InputSpec, seed: number): Float32Array | Float64Array | Int32Array {
  const n = product(spec.shape);
  const low = spec.low ?? -1;
  const width = (spec.high ?? 1) - low;
  if (spec.dtype === 'int32') {
    const out = new Int32Array(n);
    for (let i = 0; i < n; i++) out[i] = Math.floor(low + width * unit(i, seed));
    return out;
  }
  const out = spec.dtype === 'float64' ? new Float64Array(n) : new Float32Array(n);
  for (let i = 0; i < n; i++) out[i] = low + width * unit(i, seed);
  return out;
}

/** The elements of a workload's inputs, as every library gets them. */
export function elementsOf({ kind, inputs }: Workload): ReturnType<typeof elements>[] {
  return inputs.map((spec, i) => elements(spec, seedOf(`${kind}/${i}`)));
}
