/**
 * The entries of the native binding as functions of tensors and numbers. Written by scripts/write-kernels.js from their
 * declarations in native/addon: it is these that are to be edited.
 *
 * A function writes its arguments to the argument buffer and calls the entry. Lists (`copyLists.dims`) are views of that
 * buffer, which the caller fills before the call; what others wrote there since is lost.
 */
import { frame, native as binding } from '../binding';
import { InternalError } from '../core/errors';
import { bufferOf, type Tensor } from '../core/tensor';

if (binding.arguments !== 2258945094) {
  throw new InternalError(
    "the native addon is of another version than gradtape's JavaScript: build it again (npm run build:native)",
  );
}

/** Numbers of a call that the caller writes itself. */
export type List = Float64Array;

/** The slot of the argument buffer in which a list begins. */
export const slotOf = (list: List): number => list.byteOffset / 8;

const list = (slot: number, length: number): List => frame.subarray(slot, slot + length);

interface Entries {
  readonly argReduce: (x: ArrayBuffer, y: ArrayBuffer) => void;
  readonly batchNorm: (
    x: ArrayBuffer,
    scale: ArrayBuffer,
    shift: ArrayBuffer,
    y: ArrayBuffer,
    mean: ArrayBuffer,
    variance: ArrayBuffer,
  ) => void;
  readonly batchNormGiven: (
    x: ArrayBuffer,
    mean: ArrayBuffer,
    variance: ArrayBuffer,
    offset: ArrayBuffer,
    scale: ArrayBuffer,
    y: ArrayBuffer,
  ) => void;
  readonly batchNormGradient: (
    dy: ArrayBuffer,
    x: ArrayBuffer,
    scale: ArrayBuffer,
    mean: ArrayBuffer,
    spread: ArrayBuffer,
    dx: ArrayBuffer,
    dscale: ArrayBuffer,
    dshift: ArrayBuffer,
  ) => void;
  readonly binary: (a: ArrayBuffer, b: ArrayBuffer, y: ArrayBuffer) => void;
  readonly binaryBroadcast: (a: ArrayBuffer, b: ArrayBuffer, y: ArrayBuffer) => void;
  readonly cast: (x: ArrayBuffer, y: ArrayBuffer) => void;
  readonly conv: (
    a: ArrayBuffer,
    b: ArrayBuffer,
    result: ArrayBuffer,
    bias?: ArrayBuffer,
    residual?: ArrayBuffer,
  ) => void;
  readonly copy: (src: ArrayBuffer, dst: ArrayBuffer) => void;
  readonly countNonzero: (mask: ArrayBuffer) => number;
  readonly crelu: (x: ArrayBuffer, y: ArrayBuffer) => void;
  readonly crossEntropy: (
    logits: ArrayBuffer,
    labels: ArrayBuffer,
    loss: ArrayBuffer,
    backprop?: ArrayBuffer,
  ) => number;
  readonly depthwise: (
    x: ArrayBuffer,
    w: ArrayBuffer,
    y: ArrayBuffer,
    bias?: ArrayBuffer,
    residual?: ArrayBuffer,
  ) => void;
  readonly fill: (y: ArrayBuffer) => void;
  readonly find: (x: ArrayBuffer) => number;
  readonly fused: (...buffers: readonly ArrayBuffer[]) => void;
  readonly gather: (params: ArrayBuffer, indices: ArrayBuffer, out: ArrayBuffer) => number;
  readonly glu: (x: ArrayBuffer, y: ArrayBuffer) => void;
  readonly iota: (y: ArrayBuffer) => void;
  readonly layerNorm: (
    x: ArrayBuffer,
    scale: ArrayBuffer,
    shift: ArrayBuffer,
    y: ArrayBuffer,
    mean?: ArrayBuffer,
    rstd?: ArrayBuffer,
  ) => void;
  readonly layerNormGradient: (
    dy: ArrayBuffer,
    x: ArrayBuffer,
    scale: ArrayBuffer,
    mean: ArrayBuffer,
    spread: ArrayBuffer,
    dx: ArrayBuffer,
    dscale: ArrayBuffer,
    dshift: ArrayBuffer,
  ) => void;
  readonly localResponse: (x: ArrayBuffer, band: ArrayBuffer, y: ArrayBuffer) => void;
  readonly logSumExp: (x: ArrayBuffer, y: ArrayBuffer) => void;
  readonly maskGather: (src: ArrayBuffer, mask: ArrayBuffer, out: ArrayBuffer) => void;
  readonly matmul: (
    a: ArrayBuffer,
    b: ArrayBuffer,
    c: ArrayBuffer,
    bias?: ArrayBuffer,
    residual?: ArrayBuffer,
  ) => void;
  readonly measure: (x: ArrayBuffer, a: ArrayBuffer, y: ArrayBuffer) => number;
  readonly moments: (x: ArrayBuffer, mean: ArrayBuffer, variance: ArrayBuffer) => void;
  readonly nonzero: (mask: ArrayBuffer, out: ArrayBuffer) => void;
  readonly normalize: (x: ArrayBuffer, y: ArrayBuffer) => void;
  readonly oneHot: (indices: ArrayBuffer, out: ArrayBuffer) => void;
  readonly optimizer: (...buffers: readonly ArrayBuffer[]) => void;
  readonly optimizerRows: (
    gradient: ArrayBuffer,
    indices: ArrayBuffer,
    from: ArrayBuffer,
    to: ArrayBuffer,
  ) => number;
  readonly parts: (whole: ArrayBuffer, ...buffers: readonly ArrayBuffer[]) => void;
  readonly pool: (x: ArrayBuffer, g: ArrayBuffer, y: ArrayBuffer, dx?: ArrayBuffer) => void;
  readonly random: (y: ArrayBuffer) => void;
  readonly recurrence: (a: ArrayBuffer, b: ArrayBuffer, y: ArrayBuffer) => void;
  readonly reduce: (x: ArrayBuffer, y: ArrayBuffer) => void;
  readonly scan: (x: ArrayBuffer, y: ArrayBuffer) => void;
  readonly scatter: (dst: ArrayBuffer, indices: ArrayBuffer, updates: ArrayBuffer) => number;
  readonly select: (c: ArrayBuffer, a: ArrayBuffer, b: ArrayBuffer, y: ArrayBuffer) => void;
  readonly softmax: (x: ArrayBuffer, y: ArrayBuffer) => void;
  readonly softmaxGradient: (dy: ArrayBuffer, y: ArrayBuffer, dx: ArrayBuffer) => void;
  readonly sort: (x: ArrayBuffer, y: ArrayBuffer) => void;
  readonly topK: (x: ArrayBuffer, values: ArrayBuffer, indices: ArrayBuffer) => void;
  readonly unary: (x: ArrayBuffer, y: ArrayBuffer) => void;
  readonly unique: (
    x: ArrayBuffer,
    index: ArrayBuffer,
    y: ArrayBuffer,
    came: ArrayBuffer,
    counts: ArrayBuffer,
  ) => number;
}
// Functions that are constants cost no look-up at each call.
const {
  argReduce: argReduceEntry,
  batchNorm: batchNormEntry,
  batchNormGiven: batchNormGivenEntry,
  batchNormGradient: batchNormGradientEntry,
  binary: binaryEntry,
  binaryBroadcast: binaryBroadcastEntry,
  cast: castEntry,
  conv: convEntry,
  copy: copyEntry,
  countNonzero: countNonzeroEntry,
  crelu: creluEntry,
  crossEntropy: crossEntropyEntry,
  depthwise: depthwiseEntry,
  fill: fillEntry,
  find: findEntry,
  gather: gatherEntry,
  glu: gluEntry,
  iota: iotaEntry,
  layerNorm: layerNormEntry,
  layerNormGradient: layerNormGradientEntry,
  localResponse: localResponseEntry,
  logSumExp: logSumExpEntry,
  maskGather: maskGatherEntry,
  matmul: matmulEntry,
  measure: measureEntry,
  moments: momentsEntry,
  nonzero: nonzeroEntry,
  normalize: normalizeEntry,
  oneHot: oneHotEntry,
  optimizer: optimizerEntry,
  optimizerRows: optimizerRowsEntry,
  parts: partsEntry,
  pool: poolEntry,
  random: randomEntry,
  recurrence: recurrenceEntry,
  reduce: reduceEntry,
  scan: scanEntry,
  scatter: scatterEntry,
  select: selectEntry,
  softmax: softmaxEntry,
  softmaxGradient: softmaxGradientEntry,
  sort: sortEntry,
  topK: topKEntry,
  unary: unaryEntry,
  unique: uniqueEntry,
} = binding as typeof binding & Entries;

/**
 * The positions of extremes: x is [outer, n, inner], y [outer, inner] of int32; 1 ≤ n < 2³¹.
 */
export function argReduce(
  x: Tensor,
  y: Tensor,
  op: number,
  dtype: number,
  outer: number,
  n: number,
  inner: number,
): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = op;
  frame[3] = dtype;
  frame[4] = outer;
  frame[5] = n;
  frame[6] = inner;
  argReduceEntry(bufferOf(x), bufferOf(y));
}

/**
 * Normalises each column, and writes its mean and its variance.
 */
export function batchNorm(
  x: Tensor,
  scale: Tensor,
  shift: Tensor,
  y: Tensor,
  mean: Tensor,
  variance: Tensor,
  rows: number,
  columns: number,
  dtype: number,
  epsilon: number,
): void {
  frame[0] = x.offset;
  frame[1] = scale.offset;
  frame[2] = shift.offset;
  frame[3] = y.offset;
  frame[4] = mean.offset;
  frame[5] = variance.offset;
  frame[6] = rows;
  frame[7] = columns;
  frame[8] = dtype;
  frame[9] = epsilon;
  batchNormEntry(
    bufferOf(x),
    bufferOf(scale),
    bufferOf(shift),
    bufferOf(y),
    bufferOf(mean),
    bufferOf(variance),
  );
}

/**
 * Normalises with what training left behind. factor = root(variance plus epsilon), times scale if there is
 * one; y = x times factor plus (offset minus mean times factor), or plus negative(mean times factor) without
 * an offset: two unary ops, three binary ones. At most kChannels columns.
 */
export function batchNormGiven(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  offset: Tensor | null,
  scale: Tensor | null,
  y: Tensor,
  rows: number,
  columns: number,
  dtype: number,
  epsilon: number,
  root: number,
  negative: number,
  plus: number,
  minus: number,
  times: number,
): void {
  frame[0] = x.offset;
  frame[1] = mean.offset;
  frame[2] = variance.offset;
  frame[3] = offset === null ? -1 : offset.offset;
  frame[4] = scale === null ? -1 : scale.offset;
  frame[5] = y.offset;
  frame[6] = rows;
  frame[7] = columns;
  frame[8] = dtype;
  frame[9] = epsilon;
  frame[10] = root;
  frame[11] = negative;
  frame[12] = plus;
  frame[13] = minus;
  frame[14] = times;
  batchNormGivenEntry(
    bufferOf(x),
    bufferOf(mean),
    bufferOf(variance),
    bufferOf(offset ?? x),
    bufferOf(scale ?? x),
    bufferOf(y),
  );
}

/**
 * The gradients of batchNorm; `spread` is the variance.
 */
export function batchNormGradient(
  dy: Tensor,
  x: Tensor,
  scale: Tensor,
  mean: Tensor,
  spread: Tensor,
  dx: Tensor,
  dscale: Tensor,
  dshift: Tensor,
  rows: number,
  columns: number,
  dtype: number,
  epsilon: number,
): void {
  frame[0] = dy.offset;
  frame[1] = x.offset;
  frame[2] = scale.offset;
  frame[3] = mean.offset;
  frame[4] = spread.offset;
  frame[5] = dx.offset;
  frame[6] = dscale.offset;
  frame[7] = dshift.offset;
  frame[8] = rows;
  frame[9] = columns;
  frame[10] = dtype;
  frame[11] = epsilon;
  batchNormGradientEntry(
    bufferOf(dy),
    bufferOf(x),
    bufferOf(scale),
    bufferOf(mean),
    bufferOf(spread),
    bufferOf(dx),
    bufferOf(dscale),
    bufferOf(dshift),
  );
}

/**
 * y = op(a, b); y may be a or b. Mode: 0 same shape, 1 a is one element, 2 b is one element.
 */
export function binary(
  a: Tensor,
  b: Tensor,
  y: Tensor,
  n: number,
  op: number,
  dtype: number,
  mode: number,
): void {
  frame[0] = a.offset;
  frame[1] = b.offset;
  frame[2] = y.offset;
  frame[3] = n;
  frame[4] = op;
  frame[5] = dtype;
  frame[6] = mode;
  binaryEntry(bufferOf(a), bufferOf(b), bufferOf(y));
}

/**
 * y = op(a, b) with strides in elements: 0 where an operand is broadcast, the innermost 0 or 1.
 */
export function binaryBroadcast(
  a: Tensor,
  b: Tensor,
  y: Tensor,
  ndim: number,
  op: number,
  dtype: number,
): void {
  frame[0] = a.offset;
  frame[1] = b.offset;
  frame[2] = y.offset;
  frame[3] = ndim;
  frame[4] = op;
  frame[5] = dtype;
  binaryBroadcastEntry(bufferOf(a), bufferOf(b), bufferOf(y));
}
/** Of `binaryBroadcast`. */
export const binaryBroadcastLists = {
  dims: list(6, 16),
  aStrides: list(22, 16),
  bStrides: list(38, 16),
};

/**
 * y = x as another dtype, n elements.
 */
export function cast(x: Tensor, y: Tensor, n: number, from: number, to: number): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = n;
  frame[3] = from;
  frame[4] = to;
  castEntry(bufferOf(x), bufferOf(y));
}

/**
 * A convolution or one of its gradients. Kind: 0 forward, a = x and b = the filter; 1 the input's gradient,
 * a = dy and b = the filter; 2 the filter's gradient, a = x and b = dy. Precision: 0 fast, 1 balanced, 2
 * exact. Lists have one number for each of three dimensions of space: sizes of x, of y and of the filter,
 * strides, dilations, paddings before. x is [batch, sizes, input channels], the filter [sizes, input
 * channels / groups, output channels], y [batch, sizes, output channels]. Forward, the result is f(the
 * convolution + bias + residual); the bias has an element for each output channel, the residual those of y,
 * and `activation` is the unary op f, −1 for none.
 */
export function conv(
  a: Tensor,
  b: Tensor,
  result: Tensor,
  bias: Tensor | null,
  residual: Tensor | null,
  dtype: number,
  kind: number,
  precision: number,
  activation: number,
  batch: number,
  inChannels: number,
  outChannels: number,
  groups: number,
): void {
  frame[0] = a.offset;
  frame[1] = b.offset;
  frame[2] = result.offset;
  frame[3] = bias === null ? -1 : bias.offset;
  frame[4] = residual === null ? -1 : residual.offset;
  frame[5] = dtype;
  frame[6] = kind;
  frame[7] = precision;
  frame[8] = activation;
  frame[9] = batch;
  frame[10] = inChannels;
  frame[11] = outChannels;
  frame[12] = groups;
  if (bias === null && residual === null) convEntry(bufferOf(a), bufferOf(b), bufferOf(result));
  else convEntry(bufferOf(a), bufferOf(b), bufferOf(result), bufferOf(bias ?? a), bufferOf(residual ?? a));
}
/** Of `conv`. */
export const convLists = {
  in: list(13, 3),
  out: list(16, 3),
  kernel: list(19, 3),
  stride: list(22, 3),
  dilation: list(25, 3),
  pad: list(28, 3),
};

/**
 * Copies elements of `size` bytes. `src_at` and `dst_at` are the elements with all indices 0; they and the
 * strides count elements. Strides may be negative, those of the source also 0.
 */
export function copy(
  src: Tensor,
  dst: Tensor,
  size: number,
  srcAt: number,
  dstAt: number,
  ndim: number,
): void {
  frame[0] = src.offset;
  frame[1] = dst.offset;
  frame[2] = size;
  frame[3] = srcAt;
  frame[4] = dstAt;
  frame[5] = ndim;
  copyEntry(bufferOf(src), bufferOf(dst));
}
/** Of `copy`. */
export const copyLists = {
  dims: list(6, 16),
  srcStrides: list(22, 16),
  dstStrides: list(38, 16),
};

/**
 * How many of n bytes are not 0.
 */
export function countNonzero(mask: Tensor, n: number): number {
  frame[0] = mask.offset;
  frame[1] = n;
  return countNonzeroEntry(bufferOf(mask));
}

/**
 * Each row of y is positive(that of x), then positive(negative(that of x)): two unary ops. Rows and columns
 * are those of x.
 */
export function crelu(
  x: Tensor,
  y: Tensor,
  rows: number,
  columns: number,
  dtype: number,
  positive: number,
  negative: number,
): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = rows;
  frame[3] = columns;
  frame[4] = dtype;
  frame[5] = positive;
  frame[6] = negative;
  creluEntry(bufferOf(x), bufferOf(y));
}

/**
 * The cross entropy of each row and, where it is wanted, its gradient. The labels' dtype is that of the
 * logits for a distribution per row, int32 or int64 for the number of the one label. Returns the position of
 * the first number out of range (nothing is written then), or −1.
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  loss: Tensor,
  backprop: Tensor | null,
  rows: number,
  cols: number,
  dtype: number,
  labelsDtype: number,
): number {
  frame[0] = logits.offset;
  frame[1] = labels.offset;
  frame[2] = loss.offset;
  frame[3] = backprop === null ? -1 : backprop.offset;
  frame[4] = rows;
  frame[5] = cols;
  frame[6] = dtype;
  frame[7] = labelsDtype;
  if (backprop === null) return crossEntropyEntry(bufferOf(logits), bufferOf(labels), bufferOf(loss));
  return crossEntropyEntry(bufferOf(logits), bufferOf(labels), bufferOf(loss), bufferOf(backprop ?? logits));
}

/**
 * A depthwise convolution or one of its gradients. Kind: 0 y from x and w, 1 x from y and w, 2 w from x and
 * y. y = f(the convolution + bias + residual): the bias has an element for each channel, the residual those
 * of y, and `activation` is the unary op f, −1 for none. Windows have two dimensions: the first of the three
 * is 1.
 */
export function depthwise(
  x: Tensor,
  w: Tensor,
  y: Tensor,
  bias: Tensor | null,
  residual: Tensor | null,
  dtype: number,
  kind: number,
  activation: number,
  batch: number,
  channels: number,
): void {
  frame[0] = x.offset;
  frame[1] = w.offset;
  frame[2] = y.offset;
  frame[3] = bias === null ? -1 : bias.offset;
  frame[4] = residual === null ? -1 : residual.offset;
  frame[5] = dtype;
  frame[6] = kind;
  frame[7] = activation;
  frame[8] = batch;
  frame[9] = channels;
  if (bias === null && residual === null) depthwiseEntry(bufferOf(x), bufferOf(w), bufferOf(y));
  else depthwiseEntry(bufferOf(x), bufferOf(w), bufferOf(y), bufferOf(bias ?? x), bufferOf(residual ?? x));
}
/** Of `depthwise`. */
export const depthwiseLists = {
  size: list(10, 3),
  out: list(13, 3),
  kernel: list(16, 3),
  stride: list(19, 3),
  dilation: list(22, 3),
  before: list(25, 3),
};

/**
 * n elements of 1, 2, 4 or 8 bytes.
 */
export function fill(y: Tensor, n: number, size: number): void {
  frame[0] = y.offset;
  frame[1] = n;
  frame[2] = size;
  fillEntry(bufferOf(y));
}
/** Of `fill`. */
export const fillLists = {
  value: list(3, 1),
};

/**
 * The position of the first element that is 0 (kind 0) or negative (kind 1), or −1. For integer dtypes.
 */
export function find(x: Tensor, n: number, dtype: number, kind: number): number {
  frame[0] = x.offset;
  frame[1] = n;
  frame[2] = dtype;
  frame[3] = kind;
  return findEntry(bufferOf(x));
}

/**
 * The position of the first index tuple out of range, or −1; then nothing is written. Elements have `size`
 * bytes. params is [batch, outer, ∏ dims, inner], indices [batch, k, depth] (depth 1 for plain gathers), out
 * [batch, outer, k, inner].
 */
export function gather(
  params: Tensor,
  indices: Tensor,
  out: Tensor,
  size: number,
  batch: number,
  outer: number,
  k: number,
  inner: number,
  wide: boolean,
  depth: number,
): number {
  frame[0] = params.offset;
  frame[1] = indices.offset;
  frame[2] = out.offset;
  frame[3] = size;
  frame[4] = batch;
  frame[5] = outer;
  frame[6] = k;
  frame[7] = inner;
  frame[8] = wide ? 1 : 0;
  frame[9] = depth;
  return gatherEntry(bufferOf(params), bufferOf(indices), bufferOf(out));
}
/** Of `gather`. */
export const gatherLists = {
  dims: list(10, 16),
};

/**
 * y = times(the first half of each row of x, gate(the second)): `gate` is a unary op, `times` a binary one.
 * Rows and columns are those of y.
 */
export function glu(
  x: Tensor,
  y: Tensor,
  rows: number,
  columns: number,
  dtype: number,
  gate: number,
  times: number,
): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = rows;
  frame[3] = columns;
  frame[4] = dtype;
  frame[5] = gate;
  frame[6] = times;
  gluEntry(bufferOf(x), bufferOf(y));
}

/**
 * y[i] = start + i·delta; these are doubles for float dtypes, the raw bits of an int64 for integer dtypes.
 */
export function iota(y: Tensor, n: number, dtype: number): void {
  frame[0] = y.offset;
  frame[1] = n;
  frame[2] = dtype;
  iotaEntry(bufferOf(y));
}
/** Of `iota`. */
export const iotaLists = {
  start: list(3, 1),
  delta: list(4, 1),
};

/**
 * Normalises each row; its mean and 1/√(variance + epsilon) are written where they are wanted, both or none.
 */
export function layerNorm(
  x: Tensor,
  scale: Tensor | null,
  shift: Tensor | null,
  y: Tensor,
  mean: Tensor | null,
  rstd: Tensor | null,
  rows: number,
  columns: number,
  dtype: number,
  epsilon: number,
): void {
  frame[0] = x.offset;
  frame[1] = scale === null ? -1 : scale.offset;
  frame[2] = shift === null ? -1 : shift.offset;
  frame[3] = y.offset;
  frame[4] = mean === null ? -1 : mean.offset;
  frame[5] = rstd === null ? -1 : rstd.offset;
  frame[6] = rows;
  frame[7] = columns;
  frame[8] = dtype;
  frame[9] = epsilon;
  if (mean === null && rstd === null)
    layerNormEntry(bufferOf(x), bufferOf(scale ?? x), bufferOf(shift ?? x), bufferOf(y));
  else
    layerNormEntry(
      bufferOf(x),
      bufferOf(scale ?? x),
      bufferOf(shift ?? x),
      bufferOf(y),
      bufferOf(mean ?? x),
      bufferOf(rstd ?? x),
    );
}

/**
 * The gradients of layerNorm; `spread` is 1/√(variance + epsilon).
 */
export function layerNormGradient(
  dy: Tensor,
  x: Tensor,
  scale: Tensor | null,
  mean: Tensor,
  spread: Tensor,
  dx: Tensor,
  dscale: Tensor,
  dshift: Tensor,
  rows: number,
  columns: number,
  dtype: number,
): void {
  frame[0] = dy.offset;
  frame[1] = x.offset;
  frame[2] = scale === null ? -1 : scale.offset;
  frame[3] = mean.offset;
  frame[4] = spread.offset;
  frame[5] = dx.offset;
  frame[6] = dscale.offset;
  frame[7] = dshift.offset;
  frame[8] = rows;
  frame[9] = columns;
  frame[10] = dtype;
  layerNormGradientEntry(
    bufferOf(dy),
    bufferOf(x),
    bufferOf(scale ?? dy),
    bufferOf(mean),
    bufferOf(spread),
    bufferOf(dx),
    bufferOf(dscale),
    bufferOf(dshift),
  );
}

/**
 * y = over(x, power(plus(times(square(x)·band, alpha), bias), beta)), a unary op and four binary ones; x has
 * at most kLocal elements, the band is a square matrix.
 */
export function localResponse(
  x: Tensor,
  band: Tensor,
  y: Tensor,
  rows: number,
  columns: number,
  dtype: number,
  alpha: number,
  bias: number,
  beta: number,
  square: number,
  times: number,
  plus: number,
  power: number,
  over: number,
): void {
  frame[0] = x.offset;
  frame[1] = band.offset;
  frame[2] = y.offset;
  frame[3] = rows;
  frame[4] = columns;
  frame[5] = dtype;
  frame[6] = alpha;
  frame[7] = bias;
  frame[8] = beta;
  frame[9] = square;
  frame[10] = times;
  frame[11] = plus;
  frame[12] = power;
  frame[13] = over;
  localResponseEntry(bufferOf(x), bufferOf(band), bufferOf(y));
}

/**
 * y = log Σ eˣ of each row of x; `step` as for softmax.
 */
export function logSumExp(
  x: Tensor,
  y: Tensor,
  rows: number,
  cols: number,
  dtype: number,
  step: number,
): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = rows;
  frame[3] = cols;
  frame[4] = dtype;
  frame[5] = step;
  logSumExpEntry(bufferOf(x), bufferOf(y));
}

/**
 * out[o, j, :] = src[o, position j of the mask, :]; `count` is what countNonzero returns.
 */
export function maskGather(
  src: Tensor,
  mask: Tensor,
  out: Tensor,
  size: number,
  outer: number,
  n: number,
  inner: number,
  count: number,
): void {
  frame[0] = src.offset;
  frame[1] = mask.offset;
  frame[2] = out.offset;
  frame[3] = size;
  frame[4] = outer;
  frame[5] = n;
  frame[6] = inner;
  frame[7] = count;
  maskGatherEntry(bufferOf(src), bufferOf(mask), bufferOf(out));
}

/**
 * C = f(op(A)·op(B) + bias + residual), or +=. Matrices are row-major: A is m×k (k×m transposed), B k×n (n×k
 * transposed); C is [dims, m, n]. Strides are those of the batch dimensions, in elements: 0 where broadcast.
 * The bias has n elements, the residual those of C; `activation` is the unary op f, −1 for none.
 */
export function matmul(
  a: Tensor,
  b: Tensor,
  c: Tensor,
  bias: Tensor | null,
  residual: Tensor | null,
  dtype: number,
  m: number,
  n: number,
  k: number,
  transposeA: boolean,
  transposeB: boolean,
  accumulate: boolean,
  activation: number,
  ndim: number,
): void {
  frame[0] = a.offset;
  frame[1] = b.offset;
  frame[2] = c.offset;
  frame[3] = bias === null ? -1 : bias.offset;
  frame[4] = residual === null ? -1 : residual.offset;
  frame[5] = dtype;
  frame[6] = m;
  frame[7] = n;
  frame[8] = k;
  frame[9] = transposeA ? 1 : 0;
  frame[10] = transposeB ? 1 : 0;
  frame[11] = accumulate ? 1 : 0;
  frame[12] = activation;
  frame[13] = ndim;
  if (bias === null && residual === null) matmulEntry(bufferOf(a), bufferOf(b), bufferOf(c));
  else matmulEntry(bufferOf(a), bufferOf(b), bufferOf(c), bufferOf(bias ?? a), bufferOf(residual ?? a));
}
/** Of `matmul`. */
export const matmulLists = {
  dims: list(14, 16),
  aStrides: list(30, 16),
  bStrides: list(46, 16),
};

/**
 * Kind: 0 nothing, 1 a round trip to all threads, 2 multiply-adds, 3 read x, 4 write y, 5 copy x to y, 6 add
 * x and a into y. All threads take their part of the n elements (float32) as often as `repeats` says, or do
 * `repeats` multiply-adds each. Returns the operations of one repeat of the multiply-adds in one thread.
 */
export function measure(x: Tensor, a: Tensor, y: Tensor, kind: number, repeats: number, n: number): number {
  frame[0] = x.offset;
  frame[1] = a.offset;
  frame[2] = y.offset;
  frame[3] = kind;
  frame[4] = repeats;
  frame[5] = n;
  return measureEntry(bufferOf(x), bufferOf(a), bufferOf(y));
}

/**
 * mean = the reduction (a mean) of a small x, and variance that of `difference`(x, mean), a binary op;
 * rooted, the unary op `root` of that. variance may be where mean is, which is lost then.
 */
export function moments(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  op: number,
  dtype: number,
  ndim: number,
  difference: number,
  rooted: boolean,
  root: number,
): void {
  frame[0] = x.offset;
  frame[1] = mean.offset;
  frame[2] = variance.offset;
  frame[3] = op;
  frame[4] = dtype;
  frame[5] = ndim;
  frame[23] = difference;
  frame[24] = rooted ? 1 : 0;
  frame[25] = root;
  momentsEntry(bufferOf(x), bufferOf(mean), bufferOf(variance));
}
/** Of `moments`. */
export const momentsLists = {
  dims: list(6, 17),
};

/**
 * The coordinates of the bytes that are not 0, [count, ndim], int64 if `wide`; `count` is what countNonzero
 * returns.
 */
export function nonzero(mask: Tensor, out: Tensor, count: number, wide: boolean, ndim: number): void {
  frame[0] = mask.offset;
  frame[1] = out.offset;
  frame[2] = count;
  frame[3] = wide ? 1 : 0;
  frame[4] = ndim;
  nonzeroEntry(bufferOf(mask), bufferOf(out));
}
/** Of `nonzero`. */
export const nonzeroLists = {
  dims: list(5, 16),
};

/**
 * y = times(x, root(most(the reduction of square(x), epsilon))) of a small x: unary ops square and root,
 * binary ops most and times.
 */
export function normalize(
  x: Tensor,
  y: Tensor,
  op: number,
  dtype: number,
  ndim: number,
  square: number,
  root: number,
  most: number,
  times: number,
  epsilon: number,
): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = op;
  frame[3] = dtype;
  frame[4] = ndim;
  frame[22] = square;
  frame[23] = root;
  frame[24] = most;
  frame[25] = times;
  frame[26] = epsilon;
  normalizeEntry(bufferOf(x), bufferOf(y));
}
/** Of `normalize`. */
export const normalizeLists = {
  dims: list(5, 17),
};

/**
 * out[o, d, i] = on where indices[o, i] is d, else off. Indices are int64 if `wide`; elements have 1, 2, 4
 * or 8 bytes.
 */
export function oneHot(
  indices: Tensor,
  out: Tensor,
  outer: number,
  depth: number,
  inner: number,
  wide: boolean,
  size: number,
): void {
  frame[0] = indices.offset;
  frame[1] = out.offset;
  frame[2] = outer;
  frame[3] = depth;
  frame[4] = inner;
  frame[5] = wide ? 1 : 0;
  frame[6] = size;
  oneHotEntry(bufferOf(indices), bufferOf(out));
}
/** Of `oneHot`. */
export const oneHotLists = {
  on: list(7, 1),
  off: list(8, 1),
};

/**
 * The numbers of the call of `optimizer` that follows.
 */
export function writeOptimizer(rule: number, dtype: number, count: number): void {
  frame[0] = rule;
  frame[1] = dtype;
  frame[2] = count;
}
/**
 * A rule applied to `count` variables, each with its weights first, then the states of the rule. The buffers
 * are for each variable its gradient, then what goes in and comes out of each state. `places` has the number
 * of elements of each variable, then the offsets of the buffers in their order.
 */
export function optimizer(...buffers: readonly ArrayBuffer[]): void {
  optimizerEntry(...buffers);
}
/** Of `optimizer`. */
export const optimizerLists = {
  numbers: list(3, 4),
  places: list(7, 505),
};

/**
 * The position of the first index out of range, or −1; then nothing has been written. Updates rows of the
 * weights by a rule without state; the other rows are copied where the result is not in place. The gradient
 * is [count, columns], the weights are [rows, columns]; indices are int64 if `wide`.
 */
export function optimizerRows(
  gradient: Tensor,
  indices: Tensor,
  from: Tensor,
  to: Tensor,
  count: number,
  columns: number,
  rows: number,
  wide: boolean,
  dtype: number,
  rule: number,
): number {
  frame[0] = gradient.offset;
  frame[1] = indices.offset;
  frame[2] = from.offset;
  frame[3] = to.offset;
  frame[4] = count;
  frame[5] = columns;
  frame[6] = rows;
  frame[7] = wide ? 1 : 0;
  frame[8] = dtype;
  frame[9] = rule;
  return optimizerRowsEntry(bufferOf(gradient), bufferOf(indices), bufferOf(from), bufferOf(to));
}
/** Of `optimizerRows`. */
export const optimizerRowsLists = {
  numbers: list(10, 4),
};

/**
 * The numbers of the call of `parts` that follows.
 */
export function writeParts(
  whole: Tensor,
  size: number,
  rows: number,
  columns: number,
  begin: number,
  toPieces: boolean,
  together: boolean,
  count: number,
): void {
  frame[0] = whole.offset;
  frame[1] = size;
  frame[2] = rows;
  frame[3] = columns;
  frame[4] = begin;
  frame[5] = toPieces ? 1 : 0;
  frame[6] = together ? 1 : 0;
  frame[7] = count;
}
/**
 * Pieces that lie side by side in the rows of a whole, from column `begin` on, are written to it or read
 * from it. The pieces are the further buffers; where all lie in one storage it is the only one (`together`).
 * The list has for each piece its offset and its columns.
 */
export function parts(whole: Tensor, ...buffers: readonly ArrayBuffer[]): void {
  partsEntry(bufferOf(whole), ...buffers);
}
/** Of `parts`. */
export const partsLists = {
  pieces: list(8, 504),
};

/**
 * Pooling or a gradient of it, each kind of some of the buffers: 0 y = max x; 1 y = g where x is largest; 2
 * dx from y where x is largest; 3 y = mean x; 4 dx from y.
 */
export function pool(
  x: Tensor | null,
  g: Tensor | null,
  y: Tensor,
  dx: Tensor | null,
  dtype: number,
  kind: number,
  batch: number,
  channels: number,
): void {
  frame[0] = x === null ? -1 : x.offset;
  frame[1] = g === null ? -1 : g.offset;
  frame[2] = y.offset;
  frame[3] = dx === null ? -1 : dx.offset;
  frame[4] = dtype;
  frame[5] = kind;
  frame[6] = batch;
  frame[7] = channels;
  if (dx === null) poolEntry(bufferOf(x ?? y), bufferOf(g ?? y), bufferOf(y));
  else poolEntry(bufferOf(x ?? y), bufferOf(g ?? y), bufferOf(y), bufferOf(dx ?? y));
}
/** Of `pool`. */
export const poolLists = {
  size: list(8, 3),
  out: list(11, 3),
  kernel: list(14, 3),
  stride: list(17, 3),
  dilation: list(20, 3),
  before: list(23, 3),
};

/**
 * Of a run: the program, and between which words it is to be carried out.
 */
export function writeProgramRun(program: number, from: number, to: number): void {
  frame[0] = program;
  frame[1] = from;
  frame[2] = to;
}

/**
 * n numbers of a stream. Lists are words, low first, each in [0, 2³²): the key, the counter, and of integers
 * the lowest value and how many values there are (not 0). `scrambler` is the distribution that scrambles the
 * stream, −1 for none. Floats become shift_op(scale_op(number, scale), shift): binary ops, −1 for none.
 */
export function random(
  y: Tensor,
  n: number,
  distribution: number,
  dtype: number,
  scrambler: number,
  scaleOp: number,
  scale: number,
  shiftOp: number,
  shift: number,
): void {
  frame[0] = y.offset;
  frame[1] = n;
  frame[2] = distribution;
  frame[3] = dtype;
  frame[14] = scrambler;
  frame[15] = scaleOp;
  frame[16] = scale;
  frame[17] = shiftOp;
  frame[18] = shift;
  randomEntry(bufferOf(y));
}
/** Of `random`. */
export const randomLists = {
  key: list(4, 2),
  counter: list(6, 4),
  low: list(10, 2),
  range: list(12, 2),
};

/**
 * y = b + a · (the y before), along n: all are [outer, n, inner].
 */
export function recurrence(
  a: Tensor,
  b: Tensor,
  y: Tensor,
  dtype: number,
  outer: number,
  n: number,
  inner: number,
  exclusive: boolean,
  reverse: boolean,
): void {
  frame[0] = a.offset;
  frame[1] = b.offset;
  frame[2] = y.offset;
  frame[3] = dtype;
  frame[4] = outer;
  frame[5] = n;
  frame[6] = inner;
  frame[7] = exclusive ? 1 : 0;
  frame[8] = reverse ? 1 : 0;
  recurrenceEntry(bufferOf(a), bufferOf(b), bufferOf(y));
}

/**
 * y = the reduction of x.
 */
export function reduce(x: Tensor, y: Tensor, op: number, dtype: number, ndim: number): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = op;
  frame[3] = dtype;
  frame[4] = ndim;
  reduceEntry(bufferOf(x), bufferOf(y));
}
/** Of `reduce`. */
export const reduceLists = {
  dims: list(5, 17),
};

/**
 * Running sums or products along n: x and y are [outer, n, inner].
 */
export function scan(
  x: Tensor,
  y: Tensor,
  op: number,
  dtype: number,
  outer: number,
  n: number,
  inner: number,
  exclusive: boolean,
  reverse: boolean,
): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = op;
  frame[3] = dtype;
  frame[4] = outer;
  frame[5] = n;
  frame[6] = inner;
  frame[7] = exclusive ? 1 : 0;
  frame[8] = reverse ? 1 : 0;
  scanEntry(bufferOf(x), bufferOf(y));
}

/**
 * The position of the first index tuple out of range, −1, or −2 for an integer division by zero; when it
 * isn't −1, nothing has been written. Changes dst in place. `op` is one of `scatterNames`; `scalar`: one
 * update for all. dst is [batch, outer, ∏ dims, inner], indices [batch, k, depth], updates [batch, outer, k,
 * inner].
 */
export function scatter(
  dst: Tensor,
  indices: Tensor,
  updates: Tensor,
  op: number,
  dtype: number,
  scalar: boolean,
  batch: number,
  outer: number,
  k: number,
  inner: number,
  wide: boolean,
  depth: number,
): number {
  frame[0] = dst.offset;
  frame[1] = indices.offset;
  frame[2] = updates.offset;
  frame[3] = op;
  frame[4] = dtype;
  frame[5] = scalar ? 1 : 0;
  frame[6] = batch;
  frame[7] = outer;
  frame[8] = k;
  frame[9] = inner;
  frame[10] = wide ? 1 : 0;
  frame[11] = depth;
  return scatterEntry(bufferOf(dst), bufferOf(indices), bufferOf(updates));
}
/** Of `scatter`. */
export const scatterLists = {
  dims: list(12, 16),
};

/**
 * y = c ? a : b, elements of 1, 2, 4 or 8 bytes; of one dimension, y may be an operand. Strides are in
 * elements: 0 where an operand is broadcast, the innermost 0 or 1.
 */
export function select(c: Tensor, a: Tensor, b: Tensor, y: Tensor, ndim: number, size: number): void {
  frame[0] = c.offset;
  frame[1] = a.offset;
  frame[2] = b.offset;
  frame[3] = y.offset;
  frame[4] = ndim;
  frame[5] = size;
  selectEntry(bufferOf(c), bufferOf(a), bufferOf(b), bufferOf(y));
}
/** Of `select`. */
export const selectLists = {
  dims: list(6, 16),
  cStrides: list(22, 16),
  aStrides: list(38, 16),
  bStrides: list(54, 16),
};

/**
 * y = the softmax of each row of x, or its logarithm. Elements of a row are `step` apart: 1, or of few
 * elements the number of rows that lie side by side.
 */
export function softmax(
  x: Tensor,
  y: Tensor,
  rows: number,
  cols: number,
  dtype: number,
  logarithm: boolean,
  step: number,
): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = rows;
  frame[3] = cols;
  frame[4] = dtype;
  frame[5] = logarithm ? 1 : 0;
  frame[6] = step;
  softmaxEntry(bufferOf(x), bufferOf(y));
}

/**
 * dx from dy and y, the result of the softmax or of its logarithm.
 */
export function softmaxGradient(
  dy: Tensor,
  y: Tensor,
  dx: Tensor,
  rows: number,
  cols: number,
  dtype: number,
  logarithm: boolean,
): void {
  frame[0] = dy.offset;
  frame[1] = y.offset;
  frame[2] = dx.offset;
  frame[3] = rows;
  frame[4] = cols;
  frame[5] = dtype;
  frame[6] = logarithm ? 1 : 0;
  softmaxGradientEntry(bufferOf(dy), bufferOf(y), bufferOf(dx));
}

/**
 * Sorts each row: its values, or their positions (int32).
 */
export function sort(
  x: Tensor,
  y: Tensor,
  rows: number,
  n: number,
  dtype: number,
  positions: boolean,
  descending: boolean,
): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = rows;
  frame[3] = n;
  frame[4] = dtype;
  frame[5] = positions ? 1 : 0;
  frame[6] = descending ? 1 : 0;
  sortEntry(bufferOf(x), bufferOf(y));
}

/**
 * The k ≤ n greatest of each row, and their positions (int32).
 */
export function topK(
  x: Tensor,
  values: Tensor,
  indices: Tensor,
  rows: number,
  n: number,
  dtype: number,
  k: number,
): void {
  frame[0] = x.offset;
  frame[1] = values.offset;
  frame[2] = indices.offset;
  frame[3] = rows;
  frame[4] = n;
  frame[5] = dtype;
  frame[6] = k;
  topKEntry(bufferOf(x), bufferOf(values), bufferOf(indices));
}

/**
 * y = op(x), n elements; y may be x.
 */
export function unary(x: Tensor, y: Tensor, n: number, op: number, dtype: number): void {
  frame[0] = x.offset;
  frame[1] = y.offset;
  frame[2] = n;
  frame[3] = op;
  frame[4] = dtype;
  unaryEntry(bufferOf(x), bufferOf(y));
}

/**
 * How many different elements there are; so many elements y, came (int32) and counts have then. index and
 * counts are int64 if `wide`.
 */
export function unique(
  x: Tensor,
  index: Tensor,
  y: Tensor,
  came: Tensor,
  counts: Tensor,
  n: number,
  dtype: number,
  wide: boolean,
): number {
  frame[0] = x.offset;
  frame[1] = index.offset;
  frame[2] = y.offset;
  frame[3] = came.offset;
  frame[4] = counts.offset;
  frame[5] = n;
  frame[6] = dtype;
  frame[7] = wide ? 1 : 0;
  return uniqueEntry(bufferOf(x), bufferOf(index), bufferOf(y), bufferOf(came), bufferOf(counts));
}

/** Where the arguments of `copy` stand in its argument buffer. */
export const copySlots = {
  src: 0,
  dst: 1,
  size: 2,
  srcAt: 3,
  dstAt: 4,
  ndim: 5,
  dims: 6,
  srcStrides: 22,
  dstStrides: 38,
};

/** Where the arguments of `parts` stand in its argument buffer. */
export const partsSlots = {
  whole: 0,
  size: 1,
  rows: 2,
  columns: 3,
  begin: 4,
  toPieces: 5,
  together: 6,
  count: 7,
  pieces: 8,
};
