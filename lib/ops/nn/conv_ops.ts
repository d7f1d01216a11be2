/**
 * The convolution that all others are written in, and its two gradients: rows of their own, each the gradient of the
 * others, so that derivatives of any order exist. Tensors have their channels last.
 */
import { frame, native } from '../../binding';
import { floating } from '../../core/dtype';
import { asShape, type Dims, type Shape, sizeOf } from '../../core/shape';
import { bufferOf, shapeOf, type Tensor } from '../../core/tensor';
import { convolutionPrecision, precisionCodes, type ConvolutionPrecision } from './conv_precision';
import { badDType, mixedDTypes } from '../../op/checks';
import { internalBinaryOp } from '../../op/define/internal';
import { sample, type GradContext } from '../../op/registry';
import { channelsLast } from './window';

/** Where each element of a result comes from. Lists have one number for each dimension of space, at most three. */
export interface ConvGeometry {
  readonly batch: number;
  /** Sizes of x, of y and of the filter. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros before the first element. */
  readonly pads: readonly number[];
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly precision?: ConvolutionPrecision;
}

const xShape = (g: ConvGeometry): Shape => channelsLast(g.batch, g.input, g.inChannels);
const yShape = (g: ConvGeometry): Shape => channelsLast(g.batch, g.output, g.outChannels);
const filterShape = (g: ConvGeometry): Shape =>
  asShape([...g.kernel, g.inChannels / g.groups, g.outChannels]);

/** Three numbers into the frame: dimensions that are not there come first. */
function writeDims(slot: number, dims: readonly number[], missing: number): void {
  const n = dims.length;
  frame[slot] = n > 2 ? dims[n - 3] : missing;
  frame[slot + 1] = n > 1 ? dims[n - 2] : missing;
  frame[slot + 2] = dims[n - 1];
}

/** The kinds of the native entry. */
const Kind = { forward: 0, inputGradient: 1, filterGradient: 2 } as const;

function write(kind: number, a: Tensor, b: Tensor, y: Tensor, g: ConvGeometry): void {
  frame[0] = a.offset;
  frame[1] = b.offset;
  frame[2] = y.offset;
  frame[3] = a.dt.code;
  frame[4] = kind;
  frame[5] = precisionCodes[g.precision ?? convolutionPrecision()];
  frame[6] = g.batch;
  frame[7] = g.inChannels;
  frame[8] = g.outChannels;
  frame[9] = g.groups;
  writeDims(10, g.input, 1);
  writeDims(13, g.output, 1);
  writeDims(16, g.kernel, 1);
  writeDims(19, g.strides, 1);
  writeDims(22, g.dilations, 1);
  writeDims(25, g.pads, 0);
}

/** What the native entry must know of a forward convolution. */
export function writeConv(x: Tensor, filter: Tensor, y: Tensor, geometry: ConvGeometry): void {
  write(Kind.forward, x, filter, y, geometry);
}

/** Two for each element of y and each element of the filter that leads to it; filters have `own` dimensions of outputs last. */
export function convFlops(y: Tensor, filter: Tensor, own = 1): number {
  const outputs = sizeOf(shapeOf(filter).slice(-own));
  return (2 * y.size * filter.size) / Math.max(1, outputs);
}

function convRow(
  name: string,
  kind: number,
  resultShape: (g: ConvGeometry) => Shape,
  gradient: (
    dy: Tensor,
    a: Tensor,
    b: Tensor,
    g: ConvGeometry,
    needs: readonly boolean[],
  ) => [Tensor | null, Tensor | null],
  operands: readonly [Dims, Dims],
): (a: Tensor, b: Tensor, geometry: ConvGeometry) => Tensor {
  return internalBinaryOp<ConvGeometry>(name, {
    dtypes: floating,
    domain: [-2, 2],
    examples: [
      {
        args: [sample(operands[0]), sample(operands[1])],
        options: {
          batch: 2,
          input: [5, 4],
          output: [3, 2],
          kernel: [3, 2],
          strides: [2, 2],
          dilations: [1, 2],
          pads: [1, 0],
          inChannels: 2,
          outChannels: 3,
          groups: 1,
        },
      },
    ],
    flops: ([a, b], [result]) =>
      kind === Kind.forward
        ? convFlops(result, b)
        : kind === Kind.inputGradient
          ? convFlops(a, b)
          : convFlops(b, result),
    infer: ([a, b], g) => {
      if (a.dt !== b.dt) throw mixedDTypes(name, a, b);
      if (a.dt.kind !== 'float') throw badDType(name, 'input', a.dt, floating);
      return { shape: resultShape(g), dt: a.dt };
    },
    run: ([a, b], g, [y]) => {
      write(kind, a, b, y, g);
      native.conv(bufferOf(a), bufferOf(b), bufferOf(y));
    },
    saves: { inputs: [0, 1] },
    gradient: ([dy], { x, attrs, needs }: GradContext<ConvGeometry>) =>
      gradient(dy, x[0], x[1], attrs, needs),
  });
}

const x: Dims = [2, 5, 4, 2];
const y: Dims = [2, 3, 2, 3];
const filter: Dims = [3, 2, 2, 3];

/** y[n, q, o] = Σ over taps t and channels c of x[n, q·strides + t·dilations − pads, c]·filter[t, c, o]. */
export const convForward = convRow(
  'convForward',
  Kind.forward,
  yShape,
  (dy, a, b, g, needs) => [
    needs[0] ? convBackpropInput(dy, b, g) : null,
    needs[1] ? convBackpropFilter(a, dy, g) : null,
  ],
  [x, filter],
);

/** dx from (dy, filter). */
export const convBackpropInput: (dy: Tensor, filter: Tensor, geometry: ConvGeometry) => Tensor = convRow(
  'convBackpropInput',
  Kind.inputGradient,
  xShape,
  (dx, a, b, g, needs) => [
    needs[0] ? convForward(dx, b, g) : null,
    needs[1] ? convBackpropFilter(dx, a, g) : null,
  ],
  [y, filter],
);

/** dfilter from (x, dy). */
export const convBackpropFilter: (x: Tensor, dy: Tensor, geometry: ConvGeometry) => Tensor = convRow(
  'convBackpropFilter',
  Kind.filterGradient,
  filterShape,
  (df, a, b, g, needs) => [
    needs[0] ? convBackpropInput(b, df, g) : null,
    needs[1] ? convForward(a, df, g) : null,
  ],
  [x, y],
);
