/**
 * The internal ops of all convolutions: the forward convolution and its gradients with respect to input and filter. The
 * gradients of each op are the other two, so that derivatives of any order exist. Tensors have their channels last.
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

/** The geometry of a convolution. Lists have one number for each spatial dimension, at most three. */
export interface ConvGeometry {
  readonly batch: number;
  /** Sizes of x, of y and of the filter. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zero padding before the first element. */
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

/** Writes three slots of the argument buffer; missing leading dimensions get the value `missing`. */
function writeDims(slot: number, dims: readonly number[], missing: number): void {
  const n = dims.length;
  frame[slot] = n > 2 ? dims[n - 3] : missing;
  frame[slot + 1] = n > 1 ? dims[n - 2] : missing;
  frame[slot + 2] = dims[n - 1];
}

/** The codes of the native binding. */
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

/** Writes the arguments of a forward convolution to the argument buffer. */
export function writeConv(x: Tensor, filter: Tensor, y: Tensor, geometry: ConvGeometry): void {
  write(Kind.forward, x, filter, y, geometry);
}

/**
 * 2 operations for each element of y and each filter element that contributes to it. The last `outputDims` dimensions of the
 * filter are output channels.
 */
export function convFlops(y: Tensor, filter: Tensor, outputDims = 1): number {
  const outputs = sizeOf(shapeOf(filter).slice(-outputDims));
  return (2 * y.size * filter.size) / Math.max(1, outputs);
}

function defineConv(
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

const xDims: Dims = [2, 5, 4, 2];
const yDims: Dims = [2, 3, 2, 3];
const filterDims: Dims = [3, 2, 2, 3];

/** Forward convolution. y[n, q, o] = Σ x[n, q·strides + t·dilations − pads, c]·filter[t, c, o] over taps t and channels c. */
export const convForward = defineConv(
  'convForward',
  Kind.forward,
  yShape,
  (dy, a, b, g, needs) => [
    needs[0] ? convBackpropInput(dy, b, g) : null,
    needs[1] ? convBackpropFilter(a, dy, g) : null,
  ],
  [xDims, filterDims],
);

/** The gradient with respect to the input, from (dy, filter). */
export const convBackpropInput: (dy: Tensor, filter: Tensor, geometry: ConvGeometry) => Tensor = defineConv(
  'convBackpropInput',
  Kind.inputGradient,
  xShape,
  (dx, a, b, g, needs) => [
    needs[0] ? convForward(dx, b, g) : null,
    needs[1] ? convBackpropFilter(dx, a, g) : null,
  ],
  [yDims, filterDims],
);

/** The gradient with respect to the filter, from (x, dy). */
export const convBackpropFilter: (x: Tensor, dy: Tensor, geometry: ConvGeometry) => Tensor = defineConv(
  'convBackpropFilter',
  Kind.filterGradient,
  filterShape,
  (df, a, b, g, needs) => [
    needs[0] ? convBackpropInput(b, df, g) : null,
    needs[1] ? convForward(a, df, g) : null,
  ],
  [xDims, yDims],
);
