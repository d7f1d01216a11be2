/** Functions that Math lacks. */

/** erf by its Taylor series, or by the continued fraction of erfc where that would cancel; accurate to about 1e-15. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && n < 100; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return Math.sign(x) * ((2 / Math.sqrt(Math.PI)) * sum);
  }
  if (!(a < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
}

/** The inverse of erf, by Newton's method. */
export function erfinv(x: number): number {
  let y = 0;
  for (let step = 0; step < 60; step++) {
    const change = ((erf(y) - x) * Math.sqrt(Math.PI) * Math.exp(y * y)) / 2;
    y -= Math.max(-0.5, Math.min(0.5, change));
    if (Math.abs(change) < 1e-12) break;
  }
  return y;
}

/** The modified Bessel function of the first kind of order 0 or 1, by its series. */
export function besselI(order: 0 | 1, x: number): number {
  let term = order === 0 ? 1 : x / 2;
  let sum = term;
  for (let k = 1; k < 200 && Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
    term *= (x * x) / (4 * k * (k + order));
    sum += term;
  }
  return sum;
}
