/** Windows of signals by name. */

/** The coefficients of windows that are sums of cosines. */
const cosineSums: Readonly<Record<string, readonly number[]>> = {
  boxcar: [1],
  hann: [0.5, 0.5],
  hamming: [0.54, 0.46],
  blackman: [0.42, 0.5, 0.08],
  nuttall: [0.3635819, 0.4891775, 0.1365995, 0.0106411],
  blackmanharris: [0.35875, 0.48829, 0.14128, 0.01168],
  flattop: [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368],
};
const otherWindows: Readonly<Record<string, (i: number, n: number) => number>> = {
  bartlett: (i, n) => 1 - Math.abs((2 * i) / (n - 1) - 1),
  cosine: (i, n) => Math.sin((Math.PI / n) * (i + 0.5)),
};
const aliases: Readonly<Record<string, string>> = {
  ...{ hanning: 'hann', han: 'hann', hamm: 'hamming', ham: 'hamming', black: 'blackman', blk: 'blackman' },
  ...{
    box: 'boxcar',
    ones: 'boxcar',
    rect: 'boxcar',
    rectangular: 'boxcar',
    nutt: 'nuttall',
    nut: 'nuttall',
  },
  ...{ blackharr: 'blackmanharris', bkh: 'blackmanharris', flat: 'flattop', flt: 'flattop' },
  ...{ bart: 'bartlett', brt: 'bartlett', halfcosine: 'cosine' },
};
export const windowNames: readonly string[] = [...Object.keys(cosineSums), ...Object.keys(otherWindows)];

/** Whether a name, or a short form of one, is that of a window. */
export const isWindowName = (name: string): boolean => windowNames.includes(aliases[name] ?? name);

/** The values of a window of SciPy; a periodic one is the symmetric one of the next size without its last value. */
export function windowValues(name: string, size: number, periodic: boolean): Float64Array {
  const n = periodic ? size + 1 : size;
  const kind = aliases[name] ?? name;
  const sum = cosineSums[kind] as readonly number[] | undefined;
  const value = (i: number): number => {
    if (n === 1) return 1;
    if (sum === undefined) return otherWindows[kind](i, n);
    return sum.reduce((a, c, k) => a + (k % 2 === 0 ? c : -c) * Math.cos((2 * Math.PI * k * i) / (n - 1)), 0);
  };
  return Float64Array.from({ length: size }, (_, i) => value(i));
}
