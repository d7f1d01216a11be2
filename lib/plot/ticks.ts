import type { Domain, ScaleType } from './model';

/** A place on an axis and what is written there. */
export interface Tick {
  readonly value: number;
  readonly text: string;
}

/** About `count` round numbers within a domain. */
export function ticks(span: Domain, scale: ScaleType, count: number): Tick[] {
  if (scale === 'log') {
    const powers = powersOfTen(span, count);
    if (powers.length > 0) return powers;
  }
  const even = evenly(span, count);
  return even.length < 2 ? evenly({ ...span, whole: false }, 2 * count) : even;
}

/** Powers of ten within a domain that can be labelled with no others between: two or more, or none. */
export function powersOfTen({ low, high }: Domain, count: number): Tick[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const stride = Math.max(1, Math.ceil((last - first + 1) / count));
  const out: Tick[] = [];
  for (let e = first; e <= last; e += stride) {
    const value = Number(`1e${e}`);
    out.push({ value, text: e >= -3 && e <= 5 ? String(value) : `1e${e}` });
  }
  return out.length < 2 ? [] : out;
}

/** How many digits after the point numbers need in exponential form, where that is the form to write them in. */
export function exponentialDigits({ low, high }: Domain, count: number): number | undefined {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (size >= 1e-4 && size < 1e7) return undefined;
  const digits = Math.max(exponentOf(size) - exponentOf(roundStep((high - low) / count)), 0);
  return digits > 5 && size < 1e15 && size >= 1e-4 ? undefined : Math.min(digits, 12);
}

function evenly(span: Domain, count: number): Tick[] {
  const { low, high, whole } = span;
  let step = roundStep((high - low) / count);
  if (whole) step = Math.max(1, step);
  const digits = exponentialDigits(span, count);
  const decimals = Math.min(Math.max(-exponentOf(step), 0), 15);
  const out: Tick[] = [];
  const last = Math.floor(high / step);
  for (let i = Math.ceil(low / step); i <= last && out.length < 1000; i++) {
    const value = i === 0 ? 0 : i * step;
    if (digits === undefined) out.push({ value, text: value.toFixed(decimals) });
    else out.push({ value, text: i === 0 ? '0' : value.toExponential(digits).replace('e+', 'e') });
  }
  return out;
}

function exponentOf(v: number): number {
  return Math.floor(Math.log10(v) + 1e-9);
}

/** The 1, 2 or 5 times a power of ten that is nearest to v by ratio. */
function roundStep(v: number): number {
  const power = Math.pow(10, Math.floor(Math.log10(v)));
  const ratio = v / power;
  return power * (ratio < Math.SQRT2 ? 1 : ratio < Math.sqrt(10) ? 2 : ratio < Math.sqrt(50) ? 5 : 10);
}
