/** Patches of images, frames of sequences, and blocks of pixels. */
import { InvalidArgumentError } from '../../core/errors';
import { showShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { range } from '../../ops/array/creation';
import { transpose } from '../../ops/array/movement';
import { pad } from '../../ops/array/padding';
import { slice } from '../../ops/array/slicing';
import { expandDims, reshape } from '../../ops/array/views';
import { gather } from '../../ops/index/indexing';
import { scatterNd } from '../../ops/index/scatter';
import { add, multiply } from '../../ops/math/binary';
import * as depth from '../../ops/nn/depth_space';
import { only, oneOf } from './define';
import { integer, integers, operation } from './operation';
import type { Unary } from './types';

type Pair = number | readonly number[];
type DataFormat = 'channels_last' | 'channels_first';

const blocks = (
  className: string,
  f: (x: Tensor, blockSize: number, format: 'NHWC' | 'NCHW') => Tensor,
): Unary<[blockSize: number, options?: { dataFormat?: DataFormat | null } | DataFormat | null]> =>
  operation({
    module: 'nn',
    className,
    tensors: ['x'],
    required: ['blockSize'],
    optional: { dataFormat: 'channels_last' },
    check: ({ blockSize, dataFormat }) => ({
      blockSize: integer(blockSize, 'blockSize', className),
      dataFormat: oneOf(
        dataFormat ?? 'channels_last',
        ['channels_last', 'channels_first'],
        'dataFormat',
        className,
      ),
    }),
    run: (args, { blockSize, dataFormat }) =>
      f(only(args, className), blockSize as number, dataFormat === 'channels_first' ? 'NCHW' : 'NHWC'),
  });

/** Channels, moved to blocks of pixels. @tf tf.keras.ops.depth_to_space */
export const depthToSpace = blocks('DepthToSpace', (x, n, format) => depth.depthToSpace(x, n, format));
/** Blocks of pixels, moved to channels. @tf tf.keras.ops.space_to_depth */
export const spaceToDepth = blocks('SpaceToDepth', (x, n, format) => depth.spaceToDepth(x, n, format));

/** Overlapping parts of the last axis, as a new axis before it. @tf tf.keras.ops.extract_sequences */
export const extractSequences = operation<Unary<[sequenceLength: number, sequenceStride: number]>>({
  module: 'math',
  className: 'ExtractSequences',
  tensors: ['x'],
  required: ['sequenceLength', 'sequenceStride'],
  check: ({ sequenceLength, sequenceStride }) => ({
    sequenceLength: integer(sequenceLength, 'sequenceLength', 'extractSequences'),
    sequenceStride: integer(sequenceStride, 'sequenceStride', 'extractSequences'),
  }),
  run: (args, config) => {
    const x = only(args, 'extractSequences');
    const [length, stride] = [config.sequenceLength as number, config.sequenceStride as number];
    if (length < 1 || stride < 1 || x.rank === 0)
      throw new InvalidArgumentError(
        `[extractSequences] sequenceLength and sequenceStride must be positive; got ${length} and ${stride}`,
      );
    return gather(x, starts(x.shape[x.rank - 1], length, stride, 1), { axis: -1 });
  },
});

/** For each window along an axis, the positions of its elements: [windows, size]. */
function starts(n: number, size: number, stride: number, dilation: number): Tensor {
  const count = Math.max(0, Math.floor((n - dilation * (size - 1) - 1) / stride) + 1);
  const first = multiply(range(0, count, 1, { dtype: 'int32' }), stride);
  return add(expandDims(first, 1), multiply(range(0, size, 1, { dtype: 'int32' }), dilation));
}

interface WindowOptions {
  /** The distance of the elements of a window. Default 1. */
  dilation?: Pair;
  /** Zeros before and after rows and columns. Default 0. */
  padding?: Pair;
  /** The distance of windows. Default 1. */
  stride?: Pair;
}
const windowDefaults = { dilation: 1, padding: 0, stride: 1 };
const both = (value: unknown): readonly [number, number] =>
  typeof value === 'number' ? [value, value] : [(value as number[])[0], (value as number[])[1]];

const checkWindows = (op: string, config: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [key, integers(value, key, op)]));

/** The windows of images [n, c, h, w], as columns: [n, c·kh·kw, windows]. @tf tf.keras.ops.unfold */
export const unfold = operation<Unary<[kernelSize: Pair, options?: WindowOptions | Pair]>>({
  module: 'nn',
  className: 'Unfold',
  tensors: ['x'],
  required: ['kernelSize'],
  optional: windowDefaults,
  check: (config) => checkWindows('unfold', config),
  run: (args, config) => {
    const x = only(args, 'unfold');
    if (x.rank !== 4)
      throw new InvalidArgumentError(`[unfold] x must have shape [n, c, h, w]; got ${showShape(x.shape)}`);
    const [size, dilation, padding, stride] = [
      config.kernelSize,
      config.dilation,
      config.padding,
      config.stride,
    ].map(both);
    const padded = pad(x, [
      [0, 0],
      [0, 0],
      [padding[0], padding[0]],
      [padding[1], padding[1]],
    ]);
    const [n, c, h, w] = padded.shape;
    const rows = starts(h, size[0], stride[0], dilation[0]);
    const columns = starts(w, size[1], stride[1], dilation[1]);
    // [n, c, rows, kh, columns, kw]
    const windows = gather(gather(padded, rows, { axis: 2 }), columns, { axis: 4 });
    const moved = transpose(windows, { perm: [0, 1, 3, 5, 2, 4] });
    return reshape(moved, [n, c * size[0] * size[1], rows.shape[0] * columns.shape[0]]);
  },
});

/** The images [n, c, h, w] in which the windows are summed: the reverse of `unfold`. @tf tf.keras.ops.fold */
export const fold = operation<Unary<[outputSize: Pair, kernelSize: Pair, options?: WindowOptions | Pair]>>({
  module: 'nn',
  className: 'Fold',
  tensors: ['x'],
  required: ['outputSize', 'kernelSize'],
  optional: windowDefaults,
  check: (config) => checkWindows('fold', config),
  run: (args, config) => {
    const x = only(args, 'fold');
    const [output, size, dilation, padding, stride] = [
      config.outputSize,
      config.kernelSize,
      config.dilation,
      config.padding,
      config.stride,
    ].map(both);
    const [h, w] = output.map((length, i) => length + 2 * padding[i]);
    const rows = starts(h, size[0], stride[0], dilation[0]);
    const columns = starts(w, size[1], stride[1], dilation[1]);
    const [nRows, nColumns] = [rows.shape[0], columns.shape[0]];
    const area = size[0] * size[1];
    if (x.rank !== 3 || x.shape[1] % area !== 0 || x.shape[2] !== nRows * nColumns)
      throw new InvalidArgumentError(
        `[fold] x must have shape [n, c·${area}, ${nRows * nColumns}]; got ${showShape(x.shape)}`,
      );
    const [n, c] = [x.shape[0], x.shape[1] / area];
    const windows = reshape(x, [n, c, size[0], size[1], nRows, nColumns]);
    const first = transpose(windows, { perm: [4, 2, 5, 3, 0, 1] });
    const places = add(
      multiply(reshape(rows, [nRows, size[0], 1, 1]), w),
      reshape(columns, [1, 1, nColumns, size[1]]),
    );
    const flat = reshape(places, [nRows * nColumns * area, 1]);
    const sums = scatterNd(flat, reshape(first, [nRows * nColumns * area, n, c]), [h * w, n, c]);
    const images = transpose(reshape(sums, [h, w, n, c]), { perm: [2, 3, 0, 1] });
    return slice(images, [0, 0, padding[0], padding[1]], [n, c, output[0], output[1]]);
  },
});
