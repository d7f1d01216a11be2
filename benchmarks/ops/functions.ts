/** The scalar functions of op definitions that have no `js`, for the hand-written loops. */
import { besselI, erf, erfinv } from '../workloads/special';

type F = (x: number, y: number) => number;

const { abs, exp, log, max, min, tanh, trunc, sign } = Math;

const sigmoid = (x: number): number => 1 / (1 + exp(-x));
const normal = (x: number): number => exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const phi = (x: number): number => 0.5 * (1 + erf(x / Math.SQRT2));
const [geluSlope, geluCubic] = [2 * Math.sqrt(2 / Math.PI), 0.044715];
const [seluAlpha, seluScale] = [1.6732632423543772, 1.0507009873554805];

/** Rounds halves to even. */
function round(x: number): number {
  const r = Math.round(x);
  return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r;
}

export const functions: Readonly<Record<string, F>> = {
  equal: (x, y) => (x === y ? 1 : 0),
  notEqual: (x, y) => (x !== y ? 1 : 0),
  less: (x, y) => (x < y ? 1 : 0),
  lessEqual: (x, y) => (x <= y ? 1 : 0),
  greater: (x, y) => (x > y ? 1 : 0),
  greaterEqual: (x, y) => (x >= y ? 1 : 0),
  logicalAnd: (x, y) => x & y,
  logicalOr: (x, y) => x | y,
  logicalXor: (x, y) => x ^ y,
  logicalNot: (x) => x ^ 1,
  isNan: (x) => (x !== x ? 1 : 0), // eslint-disable-line no-self-compare
  isFinite: (x) => (Number.isFinite(x) ? 1 : 0),
  isInf: (x) => (x === Infinity || x === -Infinity ? 1 : 0),
  round,
  erf: (x) => erf(x),
  erfc: (x) => 1 - erf(x),
  erfinv: (x) => erfinv(x),
  besselI0: (x) => besselI(0, x),
  besselI1: (x) => besselI(1, x),
  nextafter: (x, y) => x + (y > x ? 1 : -1) * abs(x) * 2 ** -24,
  truncatediv: (x, y) => trunc(x / y),
  truncatemod: (x, y) => x % y,
  multiplyNoNan: (x, y) => (y === 0 ? 0 : x * y),
  xlogy: (x, y) => (x === 0 ? 0 : x * log(y)),
  xlog1py: (x, y) => (x === 0 ? 0 : x * Math.log1p(y)),
  xdivy: (x, y) => (x === 0 ? 0 : x / y),
  reluGrad: (dy, y) => (y > 0 ? dy : 0),
  relu6Grad: (dy, x) => (x > 0 && x < 6 ? dy : 0),
  tanhGrad: (dy, y) => dy * (1 - y * y),
  sigmoidGrad: (dy, y) => dy * y * (1 - y),
  eluGrad: (dy, y) => (y < 0 ? dy * (y + 1) : dy),
  seluGrad: (dy, y) => (y < 0 ? dy * (y + seluScale * seluAlpha) : dy * seluScale),
  geluTanhGrad: (dy, x) => {
    const s = sigmoid(geluSlope * (x + geluCubic * x * x * x));
    return dy * (s + x * s * (1 - s) * geluSlope * (1 + 3 * geluCubic * x * x));
  },
  leakyReluSlope: (x, alpha) => (x > 0 ? 1 : alpha),
  leakyReluAlpha: (x, alpha) => (x > 0 ? x : alpha * x),
  gelu: (x) => x * phi(x),
  geluErf: (x) => x * phi(x),
  geluGrad: (dy, x) => dy * (phi(x) + x * normal(x)),
  silu: (x) => x * sigmoid(x),
  siluGrad: (dy, x) => dy * sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  leakyRelu: (x) => (x > 0 ? x : 0.2 * x),
  exponential: (x) => exp(x),
  logSigmoid: (x) => min(x, 0) - Math.log1p(exp(-abs(x))),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => seluScale * (x > 0 ? x : seluAlpha * Math.expm1(x)),
  celu: (x) => max(x, 0) + min(0, Math.expm1(x)),
  celuAlpha: (x, alpha) => (x < 0 ? alpha * Math.expm1(x / alpha) : x),
  hardTanh: (x) => min(1, max(-1, x)),
  tanhShrink: (x) => x - tanh(x),
  hardShrink: (x) => (abs(x) > 0.5 ? x : 0),
  softShrink: (x) => sign(x) * max(abs(x) - 0.5, 0),
  hardShrinkThreshold: (x, b) => (abs(x) > b ? x : 0),
  softShrinkThreshold: (x, b) => (abs(x) > b ? x - b * sign(x) : 0),
  sparsePlus: (x) => (x <= -1 ? 0 : x >= 1 ? x : ((x + 1) * (x + 1)) / 4),
  sparseSigmoid: (x) => min(1, max(0, (x + 1) / 2)),
  squareplus: (x) => (x + Math.sqrt(x * x + 4)) / 2,
  squareplusB: (x, b) => (x + Math.sqrt(x * x + b)) / 2,
  clipByValue: (x) => min(0.5, max(-0.5, x)),
  thresholdedRelu: (x) => max(x, 0),
  scaledElu: (x) => (x > 0 ? x : Math.expm1(x)),
  identity: (x) => x,
};
