/**
 * How close is close: the one place that says so.
 *
 * Integers and booleans are equal. NaN equals NaN, infinities equal themselves; so do zeros of either sign where results
 * need not be equal. Where TensorFlow flushes a denormal
 * result to zero, ours may be the denormal. Everything else:
 *
 * - Results of unary, binary and compare op definitions: within `ulp` units in the last place as the op definition states it. Up to 0.5
 *   means correctly rounded here and there, so equal; above it, TensorFlow's own error comes on top (`theirUlp`).
 * - Results of other op definitions (sums, products of matrices, whatever cancels): within `ulp + theirUlp` units of the last place
 *   or of what rounding every input does to the element, whichever is larger. That is measured, by perturbing inputs in
 *   float64, so a sum of large terms that cancel is compared on the scale of its terms, and nothing else is loosened.
 *   `scales` names the op definitions whose formula rounds a number near 1 in the middle.
 * - Gradients: the same with `gradientUlp`, and no stricter than that many units of the largest upstream gradient, because
 *   formulas such as 1 − y² lose what y rounds off.
 * - float64 results follow the same rules in float64's units, with `doubleUlp` for the op definition's.
 */
import { dtypes, leastNormal, type DType } from '../../lib/core/dtype';
import { type Tensor, tensorFrom, valuesOf } from '../../lib/core/tensor';
import type { OpDefinition } from '../../lib/op/registry';
import { gradients, invoke, isFloat, type Call } from './calls';
import { anyZero } from './exclusions';
import { random } from './examples';
import { elements, toNumber, type Recorded } from './fixtures';

/** Eigen's elementary functions are within this of the truth (in float32; float64 alike), see `theirUlpOf`. */
const theirUlp = 2;
/** Unless an op definition says how good it is. */
const defaultUlp = 4;
const doubleUlp = 4;
const gradientUlp = 16;
/**
 * Rounding the inputs may not excuse more than this share of the largest element (more of 16-bit floats, whose last place is a larger
 * share): kinks and ties stay kinks and ties.
 */
const cap = (dtype: DType): number => Math.max(1e-4, 8 * dtypes[dtype].epsilon);

/** Op definitions where TensorFlow's own results are worse, with the error seen. */
const theirUlpOf: Readonly<Record<string, number>> = {
  // Eigen multiplies out an estimate: 1 / 1 is 0.99999994 in float32.
  reciprocal: 1,
  // Polynomials with float32 coefficients, evaluated in float32.
  erfinv: 16,
  besselI0: 8,
  besselI1: 16,
};

/**
 * The logarithm of a sum that is near 1 is as exact as that sum, here and in TensorFlow: an error on the scale of 1. So is
 * 1 + tanh in TensorFlow's gelu, and x − tanh(x).
 */
const scales: Readonly<Record<string, number>> = {
  gelu: 1,
  tanhShrink: 0.5,
  logSoftmax: 1,
  logSoftmaxLast: 1,
  // TensorFlow subtracts a mean that is rounded to float32: an error on the scale of the deviation, which becomes 1.
  perImageStandardization: 1,
  softmaxCrossEntropyWithLogits: 1,
  sparseSoftmaxCrossEntropyWithLogits: 1,
};

/** The least normal number. */
export const tiny = (dtype: DType): number => leastNormal(dtypes[dtype]);

/** One unit in the last place at |x|. */
export function ulpAt(x: number, dtype: DType): number {
  const magnitude = Math.max(Math.abs(x), tiny(dtype));
  let exponent = Math.floor(Math.log2(magnitude));
  if (2 ** exponent > magnitude) exponent--;
  return 2 ** exponent * dtypes[dtype].epsilon;
}

const delta = 2 ** -30;

/**
 * For each element of each result, by how much it moves when each input moves by one part in 2³⁰, up or down; null where the call cannot
 * be made in float64.
 */
function sensitivity(call: Call, results: (tensors: Tensor[]) => (Tensor | null)[]): Float64Array[] | null {
  const wide = call.tensors.map((t) =>
    isFloat(t) ? tensorFrom(dtypes.float64, t.shape, [...numbers(t)]) : t,
  );
  const rng = random(call.label);
  try {
    const base = results(wide);
    if (base.some((t) => t !== null && isFloat(t) && t.dtype !== 'float64')) return null;
    const moved = base.map((t) => new Float64Array(t === null ? 0 : t.size));
    const rounds = 6;
    for (let round = 0; round < rounds; round++) {
      const near = wide.map((t) =>
        isFloat(t)
          ? tensorFrom(
              dtypes.float64,
              t.shape,
              Array.from(numbers(t), (v) => v * (1 + delta * (rng() < 0.5 ? -1 : 1))),
            )
          : t,
      );
      results(near).forEach((t, i) => {
        const was = base[i];
        if (t === null || was === null || t.size !== was.size) return;
        const now = numbers(t);
        numbers(was).forEach((v, k) => {
          moved[i][k] += (now[k] - v) ** 2 / rounds;
        });
      });
    }
    return moved.map((m) => m.map((v) => 1.25 * Math.sqrt(v)));
  } catch {
    return null;
  }
}

export function numbers(t: Tensor): Float64Array {
  return Float64Array.from(valuesOf(t) as ArrayLike<number | bigint>, Number);
}

export interface Allowance {
  ulp: number;
  /** What rounding the inputs does to each element, in absolute terms. */
  rounding?: Float64Array;
  /** An absolute floor. */
  floor?: number;
  /** 0 and −0 differ. */
  signedZero?: boolean;
}

function scaled(moved: Float64Array | undefined, dtype: DType): Float64Array | undefined {
  if (moved === undefined || moved.length === 0) return undefined;
  const unit = dtypes[dtype].epsilon / 2 / delta;
  return moved.map((m) => m * unit);
}

/** What results of a call may be off by. */
export function resultAllowances(call: Call, wanted: readonly Recorded[]): Allowance[] {
  const { definition } = call;
  const strict = isStrict(definition);
  const needed = !strict && wanted.some((w) => /float/.test(w.dtype) && w.values.length > 0);
  const moved =
    needed && stated(definition, 'float32') > 0
      ? sensitivity(call, (tensors) => invoke(call, tensors))
      : null;
  return wanted.map((w, i) => {
    const own = stated(definition, w.dtype as DType);
    const theirs = theirUlpOf[definition.name] ?? (own === 0 || (own <= 0.5 && strict) ? 0 : theirUlp);
    return {
      signedZero: theirs === 0 && !anyZero.includes(definition.name),
      ulp: theirs === 0 ? 0 : own + theirs,
      rounding: scaled(moved?.[i], w.dtype as DType),
      floor: definition.name in scales ? 2 * ulpAt(scales[definition.name], w.dtype as DType) : 0,
    };
  });
}

/** Op definitions whose results lose nothing to cancellation. Parts of gradients (dy·(1 − y²)) do. */
export function isStrict(definition: OpDefinition): boolean {
  return (
    definition.tf !== '' &&
    (definition.kind === 'unary' || definition.kind === 'binary' || definition.kind === 'compare')
  );
}

function stated(definition: OpDefinition, dtype: DType): number {
  const own = definition.ulp ?? defaultUlp;
  return dtype === 'float64' && own > 0.5 ? Math.max(own, doubleUlp) : own;
}

/** What gradients of a call may be off by. */
export function gradientAllowances(
  call: Call,
  dy: readonly Recorded[],
  wanted: readonly (Recorded | null)[],
): Allowance[] {
  const weights = dy.map((r) => tensorFrom(dtypes.float64, r.shape, r.values.map(toNumber)));
  const moved = sensitivity(call, (tensors) => gradients(call, tensors, () => weights));
  const largest = Math.max(0, ...dy.flatMap((r) => r.values.map((v) => Math.abs(toNumber(v)))));
  return wanted.map((w, i) => {
    const dtype = (w?.dtype ?? 'float32') as DType;
    return {
      ulp: gradientUlp,
      rounding: scaled(moved?.[i], dtype),
      floor: gradientUlp * ulpAt(largest / 4, dtype),
    };
  });
}

function show(values: ArrayLike<unknown>): string {
  const list = Array.from({ length: Math.min(values.length, 8) }, (_, i) => String(values[i]));
  return `[${list.join(', ')}${values.length > 8 ? ', …' : ''}]`;
}

/** Null, or what differs. `skip` names elements that are excluded. */
export function difference(
  got: Tensor,
  want: Recorded,
  allowance: Allowance,
  skip?: (index: number) => boolean,
): string | null {
  if (got.dtype !== want.dtype) return `dtype ${got.dtype}, TensorFlow has ${want.dtype}`;
  if (got.shape.length !== want.shape.length || got.shape.some((n, d) => n !== want.shape[d])) {
    return `shape [${got.shape.join(', ')}], TensorFlow has [${want.shape.join(', ')}]`;
  }
  const values = elements(want.values, want.dtype);
  const own = valuesOf(got) as ArrayLike<number | bigint>;
  const at = (i: number, why: string): string =>
    `element ${i} is ${String(own[i])}, TensorFlow has ${String(values[i])}${why}; ours ${show(own)}, theirs ${show(values)}`;
  if (!isFloat(got)) {
    const i = values.findIndex((v, k) => v !== own[k] && !skip?.(k));
    return i < 0 ? null : at(i, '');
  }
  const { dtype } = got;
  const finite = (values as number[]).filter((v) => Number.isFinite(v)).map(Math.abs);
  const most = finite.length === 0 ? 0 : finite.reduce((a, b) => Math.max(a, b));
  for (let i = 0; i < values.length; i++) {
    if (skip?.(i)) continue;
    // A fixture's float32 is written in the fewest digits that name it.
    const w = dtype === 'float32' ? Math.fround(values[i] as number) : (values[i] as number);
    const g = own[i] as number;
    if (Number.isNaN(w) || Number.isNaN(g) || !Number.isFinite(w) || !Number.isFinite(g)) {
      if (!Object.is(w, g)) return at(i, '');
      continue;
    }
    if (w === g) {
      if (allowance.signedZero === true && !Object.is(w, g)) return at(i, ', a zero of the other sign');
      continue;
    }
    if (w === 0 && Math.abs(g) < tiny(dtype)) continue;
    const unit = ulpAt(w, dtype);
    const rounding = Math.min(allowance.rounding?.[i] ?? 0, cap(dtype) * most) || 0;
    const allowed = Math.max(allowance.ulp * Math.max(unit, rounding), allowance.floor ?? 0);
    const error = Math.abs(g - w);
    if (error > allowed) {
      return at(
        i,
        ` (${(error / unit).toPrecision(3)} ulp away, ${(allowed / unit).toPrecision(3)} allowed)`,
      );
    }
  }
  return null;
}
