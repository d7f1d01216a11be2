/** Moves blocks of pixels between the spatial dimensions and the channels. */
import { toTensor, type TensorLike } from '../../core/convert';
import { everyType } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { integer } from '../../op/strided';
import { transpose } from '../array/movement';
import { reshape } from '../array/views';

export interface DepthSpaceOptions {
  /** 'NHWC' (default): channels last; 'NCHW': channels first. */
  dataFormat?: 'NHWC' | 'NCHW';
}

const defaults: Required<DepthSpaceOptions> = { dataFormat: 'NHWC' };

interface Blocks {
  readonly x: Tensor;
  readonly block: number;
  readonly channelsFirst: boolean;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

function parseBlocks(
  name: string,
  input: TensorLike,
  blockSize: unknown,
  given: DepthSpaceOptions | string | undefined,
): Blocks {
  const x = toTensor(input, null, name, 'input');
  const block = integer(blockSize, name, 'blockSize');
  const { dataFormat } = options<{ dataFormat: unknown }>(given, 'dataFormat', defaults, name);
  if (dataFormat !== 'NHWC' && dataFormat !== 'NCHW') {
    throw new InvalidArgumentError(
      `[${name}] dataFormat must be 'NHWC' or 'NCHW'; got ${describe(dataFormat)}`,
    );
  }
  if (block < 2) throw new InvalidArgumentError(`[${name}] Block size should be > 1: ${block}`);
  if (x.rank !== 4) {
    throw new InvalidArgumentError(`[${name}] input rank should be 4 instead of: ${x.rank}`);
  }
  const channelsFirst = dataFormat === 'NCHW';
  const [, a, b, c] = shapeOf(x);
  const [height, width, channels] = channelsFirst ? [b, c, a] : [a, b, c];
  return { x, block, channelsFirst, height, width, channels };
}

/**
 * Moves channels to blocks of pixels: each pixel with blockSize²·c channels becomes a square of blockSize² pixels with c
 * channels. InvalidArgumentError if blockSize² does not divide the channels. @tf tf.nn.depth_to_space
 */
export const depthToSpace: <X extends TensorLike>(
  input: X,
  blockSize: number,
  options?: DepthSpaceOptions | 'NHWC' | 'NCHW',
) => Tensor<DTypeOf<X>> = composite(
  'depthToSpace',
  {
    tf: 'tf.nn.depth_to_space',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([1, 2, 3, 8]), 2] },
      { args: [sample([2, 1, 1, 9], { dtype: 'float32' }), 3] },
      { args: [sample([1, 2, 3, 6], { dtype: 'float32' }), 2] },
      { args: [sample([1, 2, 3, 8], { dtype: 'float32' }), 1] },
      { args: [sample([2, 3, 8], { dtype: 'float32' }), 2] },
    ],
  },
  (input: TensorLike, blockSize: number, given?: DepthSpaceOptions | string): Tensor => {
    const { x, block, channelsFirst, height, width, channels } = parseBlocks(
      'depthToSpace',
      input,
      blockSize,
      given,
    );
    if (channels % block ** 2 !== 0) {
      throw new InvalidArgumentError(
        `[depthToSpace] Input depth dimension ${channels} should be divisible by: ${block ** 2}; input has shape ` +
          showShape(shapeOf(x)),
      );
    }
    const [batch] = shapeOf(x);
    const depth = channels / block ** 2;
    const rows = height * block;
    const columns = width * block;
    if (channelsFirst) {
      const blocks = reshape(x, [batch, block, block, depth, height, width]);
      return reshape(transpose(blocks, { perm: [0, 3, 4, 1, 5, 2] }), [batch, depth, rows, columns]);
    }
    const blocks = reshape(x, [batch, height, width, block, block, depth]);
    return reshape(transpose(blocks, { perm: [0, 1, 3, 2, 4, 5] }), [batch, rows, columns, depth]);
  },
);

/**
 * Moves blocks of pixels to channels: each square of blockSize² pixels with c channels becomes one pixel with blockSize²·c
 * channels. InvalidArgumentError if blockSize does not divide height and width. @tf tf.nn.space_to_depth
 */
export const spaceToDepth: <X extends TensorLike>(
  input: X,
  blockSize: number,
  options?: DepthSpaceOptions | 'NHWC' | 'NCHW',
) => Tensor<DTypeOf<X>> = composite(
  'spaceToDepth',
  {
    tf: 'tf.nn.space_to_depth',
    dtypes: everyType,
    ulp: 0,
    examples: [
      { args: [sample([1, 4, 6, 2]), 2] },
      { args: [sample([2, 3, 3, 1], { dtype: 'float32' }), 3] },
      { args: [sample([1, 3, 4, 1], { dtype: 'float32' }), 2] },
      { args: [sample([1, 4, 4, 1], { dtype: 'float32' }), 0] },
    ],
  },
  (input: TensorLike, blockSize: number, given?: DepthSpaceOptions | string): Tensor => {
    const { x, block, channelsFirst, height, width, channels } = parseBlocks(
      'spaceToDepth',
      input,
      blockSize,
      given,
    );
    if (height % block !== 0 || width % block !== 0) {
      throw new InvalidArgumentError(
        `[spaceToDepth] Image width ${width} and height ${height} should be divisible by block_size: ${block}`,
      );
    }
    const [batch] = shapeOf(x);
    const rows = height / block;
    const columns = width / block;
    const depth = channels * block ** 2;
    if (channelsFirst) {
      const blocks = reshape(x, [batch, channels, rows, block, columns, block]);
      return reshape(transpose(blocks, { perm: [0, 3, 5, 1, 2, 4] }), [batch, depth, rows, columns]);
    }
    const blocks = reshape(x, [batch, rows, block, columns, block, channels]);
    return reshape(transpose(blocks, { perm: [0, 1, 3, 2, 4, 5] }), [batch, rows, columns, depth]);
  },
);
