/** Convolutions and pooling, in sizes limited by the time of the loops. */
import * as conv from '../loops/conv';
import * as volume from '../loops/volume';
import type { MakeCase } from './case';
import { floats } from './data';

type Three = [number, number, number];

/** A volume with `dims` spatial dimensions and windows of `kernel`: SAME padding for stride 1, else non-overlapping windows. */
function cube(n: number, dims: number, kernel: number, step = 1): volume.Volume {
  const small = n < 4096;
  const of = (missing: number, value: number): Three => [
    dims > 2 ? value : missing,
    dims > 1 ? value : missing,
    value,
  ];
  const sides = small ? [16, 4, 2][dims - 1] : [784, 28, 14][dims - 1];
  const channels = small ? (dims === 3 ? 8 : 4) : 16;
  return {
    batch: small || dims === 3 ? 1 : 4,
    input: of(1, sides),
    output: of(1, Math.ceil(sides / step)),
    kernel: of(1, kernel),
    strides: of(1, step),
    before: of(0, step === 1 ? (kernel - 1) >> 1 : 0),
    inChannels: channels,
    outChannels: channels,
  };
}

const last = <T>(list: readonly T[], n: number): T[] => list.slice(list.length - n);
const shapeOf = (s: volume.Volume, dims: number, side: 'input' | 'output'): number[] => [
  s.batch,
  ...last(s[side], dims),
  side === 'input' ? s.inChannels : s.outChannels,
];
const filterOf = (s: volume.Volume, dims: number): number[] => [
  ...last(s.kernel, dims),
  s.inChannels,
  s.outChannels,
];

/** The shape of an image of about n elements, limited by the time of the loop. */
const image = (n: number): number[] => shapeOf(cube(n, 2, 1), 2, 'input');

/** A forward convolution; `args` are its further arguments. */
function forward(dims: number, args: readonly unknown[]): MakeCase {
  return (n) => {
    const s = cube(n, dims, 3);
    const [x, w] = [floats(shapeOf(s, dims, 'input')), floats(filterOf(s, dims))];
    return { args: [x.tensor, w.tensor, ...args], loop: () => volume.convolution(x.array, w.array, s) };
  };
}

/** A transposed convolution to twice the size. */
function transposed(dims: number): MakeCase {
  return (n) => {
    const s = cube(n, dims, 2, 2);
    const [y, w] = [floats(shapeOf(s, dims, 'output')), floats(filterOf(s, dims))];
    return {
      args: [y.tensor, w.tensor, shapeOf(s, dims, 'input'), 2],
      loop: () => volume.inputGradient(y.array, w.array, s),
    };
  };
}

/** The ops that all convolutions are implemented by. */
function implementation(kind: 'convolution' | 'inputGradient' | 'filterGradient'): MakeCase {
  return (n) => {
    const dims = 2;
    const s = cube(n, dims, 3);
    const [x, y] = [floats(shapeOf(s, dims, 'input')), floats(shapeOf(s, dims, 'output'))];
    const w = floats(filterOf(s, dims));
    const [a, b] = { convolution: [x, w], inputGradient: [y, w], filterGradient: [x, y] }[kind];
    const geometry = {
      batch: s.batch,
      input: last(s.input, dims),
      output: last(s.output, dims),
      kernel: last(s.kernel, dims),
      strides: last(s.strides, dims),
      dilations: [1, 1],
      pads: last(s.before, dims),
      inChannels: s.inChannels,
      outChannels: s.outChannels,
      groups: 1,
    };
    return { args: [a.tensor, b.tensor, geometry], loop: () => volume[kind](a.array, b.array, s) };
  };
}

function planar(depthwise: boolean): MakeCase {
  return (n) => {
    const [b, h, w, c] = image(n);
    const x = floats([b, h, w, c]);
    const filter = floats(depthwise ? [3, 3, c, 1] : [3, 3, c, c]);
    const shape = ofImage([b, h, w, c], depthwise);
    return {
      args: [x.tensor, filter.tensor, depthwise ? [1, 1, 1, 1] : 1, 'SAME'],
      loop: () => conv.conv2d(x.array, filter.array, shape),
    };
  };
}

/** 3×3 filters, SAME padding. */
function ofImage(x: readonly number[], depthwise: boolean): conv.ConvShape {
  const c = x[3];
  return {
    ...{ stride: 1, dilation: 1, groups: depthwise ? c : 1, before: 1 },
    ...{ x, y: x, w: depthwise ? [3, 3, 1, c] : [3, 3, c, c] },
  };
}

const separable: MakeCase = (n) => {
  const shape = image(n);
  const c = shape[3];
  const [x, filter, mix] = [floats(shape), floats([3, 3, c, 1]), floats([1, 1, c, c])];
  const depthwise = ofImage(shape, true);
  const pointwise: conv.ConvShape = { ...ofImage(shape, false), before: 0, w: [1, 1, c, c] };
  return {
    args: [x.tensor, filter.tensor, mix.tensor, [1, 1, 1, 1], 'SAME'],
    loop: () => conv.conv2d(conv.conv2d(x.array, filter.array, depthwise), mix.array, pointwise),
  };
};

const planarPool: (f: 'max' | 'avg', args: readonly unknown[]) => MakeCase = (f, args) => (n) => {
  const shape = n < 4096 ? image(n) : [8, 56, 56, 32];
  const x = floats(shape);
  return { args: [x.tensor, ...args], loop: () => conv.pool2x2(x.array, shape, f) };
};

/** To half the size. */
const adaptivePool: (f: 'max' | 'avg') => MakeCase = (f) => (n) => {
  const shape = n < 4096 ? image(n) : [8, 56, 56, 32];
  const x = floats(shape);
  return { args: [x.tensor, [shape[1] / 2, shape[2] / 2]], loop: () => conv.pool2x2(x.array, shape, f) };
};

/** Windows of 2 in each dimension. */
const pool: (dims: number, f: 'max' | 'avg') => MakeCase = (dims, f) => (n) => {
  const s = cube(n, dims, 2, 2);
  const x = floats(shapeOf(s, dims, 'input'));
  return { args: [x.tensor, 2, 2, 'VALID'], loop: () => volume.pool(x.array, s, f) };
};

const withArgmax: MakeCase = (n) => {
  const s = cube(n, 2, 2, 2);
  const x = floats(shapeOf(s, 2, 'input'));
  return { args: [x.tensor, 2, 2, 'VALID'], loop: () => volume.maxPoolWithArgmax(x.array, s).y };
};

const halved = [2, 2, 'VALID'];

export const convCases: Readonly<Record<string, MakeCase>> = {
  convForward: implementation('convolution'),
  convBackpropInput: implementation('inputGradient'),
  convBackpropFilter: implementation('filterGradient'),
  conv1d: forward(1, [1, 'SAME']),
  conv2d: planar(false),
  conv3d: forward(3, [[1, 1, 1, 1, 1], 'SAME']),
  convolution: forward(2, [{ padding: 'SAME' }]),
  depthwiseConv2d: planar(true),
  separableConv2d: separable,
  conv1dTranspose: transposed(1),
  conv2dTranspose: transposed(2),
  conv3dTranspose: transposed(3),
  convTranspose: transposed(2),
  adaptiveMaxPool: adaptivePool('max'),
  adaptiveAveragePool: adaptivePool('avg'),
  maxPool: planarPool('max', halved),
  maxPool1d: pool(1, 'max'),
  maxPool2d: planarPool('max', halved),
  maxPool3d: pool(3, 'max'),
  maxPoolWithArgmax: withArgmax,
  avgPool: planarPool('avg', halved),
  avgPool1d: pool(1, 'avg'),
  avgPool2d: planarPool('avg', halved),
  avgPool3d: pool(3, 'avg'),
  pool: planarPool('avg', [[2, 2], 'AVG', { strides: [2, 2] }]),
};
