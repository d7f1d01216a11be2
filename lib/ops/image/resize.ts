/** tf.image.resize, as weighted sums of gathered rows and columns. */
import { toTensor, type TensorLike } from '../../core/convert';
import { numeric } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { describe, showShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { badDType } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { integerList } from '../../op/strided';
import { cast } from '../array/cast';
import { zeros } from '../array/creation';
import type { ShapeLike } from '../array/views';
import { identity } from '../array/views';
import { gather } from '../index/indexing';
import { add, multiply, subtract } from '../math/binary';
import { resizeMethods, tapsOf, type ResizeMethod } from './resampling';

export interface ResizeOptions {
  /** The interpolation. Default 'bilinear'. */
  method?: ResizeMethod;
  /** Resize to the largest size of the same aspect ratio that `size` contains. Default false. */
  preserveAspectRatio?: boolean;
  /** Widen the kernel when the image shrinks. No effect on 'nearest' and 'area'. Default false. */
  antialias?: boolean;
}

const resizeDefaults: Required<ResizeOptions> = {
  method: 'bilinear',
  preserveAspectRatio: false,
  antialias: false,
};

/** An image of shape [height, width, channels], or a batch of such; returns the number of leading dimensions, 0 or 1. */
export function imageBatchDims(images: Tensor, op: string, argument = 'image'): 0 | 1 {
  const { rank } = images;
  if (rank === 3) return 0;
  if (rank === 4) return 1;
  throw new InvalidArgumentError(
    `[${op}] ${argument} must have either 3 or 4 dimensions, [batch, ]height, width, channels; got shape ` +
      showShape(shapeOf(images)),
  );
}

/** Converts to a tensor of numbers. */
export function imageOperand(image: TensorLike, op: string, argument = 'image'): Tensor {
  const x = toTensor(image, null, op, argument);
  if (!numeric.includes(x.dtype)) throw badDType(op, argument, x.dt, numeric);
  return x;
}

/** Resizes along one axis to m pixels. */
function resizeAxis(x: Tensor, axis: number, m: number, method: ResizeMethod, antialias: boolean): Tensor {
  const n = shapeOf(x)[axis];
  const taps = tapsOf(method, n, m, antialias, x.rank - 1 - axis);
  const tap = (k: number): Tensor => gather(x, taps[k].indices, { axis });
  if (method === 'nearest') return tap(0);
  if (method === 'bilinear' && !antialias) {
    const first = tap(0);
    return add(first, multiply(subtract(tap(1), first), taps[1].weights));
  }
  return taps
    .slice(1)
    .reduce<Tensor>(
      (sum, { weights }, k) => add(sum, multiply(tap(k + 1), weights)),
      multiply(tap(0), taps[0].weights),
    );
}

/** The size of an image of that height and width, scaled to fit into `size`. */
function fittingSize([height, width]: readonly number[], size: readonly number[]): [number, number] {
  const f = Math.fround;
  const scale = Math.min(f(size[0] / height), f(size[1] / width));
  const round = (x: number): number => {
    const down = Math.floor(x);
    if (x - down === 0.5) return down % 2 === 0 ? down : down + 1;
    return Math.round(x);
  };
  return [round(f(scale * height)), round(f(scale * width))];
}

interface Resize {
  <X extends TensorLike>(
    images: X,
    size: ShapeLike,
    options: 'nearest' | (ResizeOptions & { method: 'nearest' }),
  ): Tensor<DTypeOf<X>>;
  (images: TensorLike, size: ShapeLike, options?: ResizeOptions | ResizeMethod): Tensor<'float32'>;
}

/**
 * Resizes images of shape [batch, height, width, channels] or [height, width, channels] to `size`, [newHeight, newWidth].
 * Pixels have their centers at half-integer coordinates. The result is float32; with method 'nearest', it has the dtype of the
 * images. InvalidArgumentError for another rank, a size that is not positive, or an unknown method. @tf tf.image.resize
 */
export const resize: Resize = composite(
  'resize',
  {
    tf: 'tf.image.resize',
    dtypes: numeric,
    domain: [0, 10],
    ulp: 8,
    examples: [
      { args: [sample([1, 3, 4, 2]), [5, 6]] },
      { args: [sample([5, 7, 1], { dtype: 'float32' }), [2, 3]] },
      { args: [sample([2, 3, 4, 1]), [5, 3]], options: { method: 'nearest' } },
      { args: [sample([1, 3, 4, 2], { dtype: 'float32' }), [6, 7]], options: { method: 'bicubic' } },
      { args: [sample([1, 5, 4, 1], { dtype: 'float32' }), [2, 3]], options: { method: 'area' } },
      { args: [sample([1, 3, 4, 1], { dtype: 'float32' }), [5, 6]], options: { method: 'lanczos3' } },
      { args: [sample([1, 3, 4, 1], { dtype: 'float32' }), [5, 6]], options: { method: 'lanczos5' } },
      { args: [sample([1, 3, 4, 1], { dtype: 'float32' }), [5, 6]], options: { method: 'gaussian' } },
      { args: [sample([1, 3, 4, 1], { dtype: 'float32' }), [5, 6]], options: { method: 'mitchellcubic' } },
      { args: [sample([1, 9, 8, 1], { dtype: 'float32' }), [3, 3]], options: { antialias: true } },
      {
        args: [sample([1, 9, 8, 1], { dtype: 'float32' }), [3, 3]],
        options: { method: 'bicubic', antialias: true },
      },
      {
        args: [sample([1, 9, 8, 1], { dtype: 'float32' }), [3, 5]],
        options: { method: 'lanczos3', antialias: true },
      },
      { args: [sample([4, 6, 1], { dtype: 'float32' }), [5, 5]], options: { preserveAspectRatio: true } },
      { args: [sample([3, 4, 1], { dtype: 'uint8' }), [3, 4]] },
      { args: [sample([3, 4], { dtype: 'float32' }), [3, 4]] },
      { args: [sample([3, 4, 1], { dtype: 'float32' }), [0, 4]] },
      { args: [sample([3, 4, 1], { dtype: 'float32' }), [3]] },
    ],
  },
  (images: TensorLike, size: ShapeLike, given?: ResizeOptions | ResizeMethod): Tensor => {
    const name = 'resize';
    const { method, preserveAspectRatio, antialias } = options<Required<ResizeOptions>>(
      given,
      'method',
      resizeDefaults,
      name,
    );
    if (!resizeMethods.includes(method)) {
      throw new InvalidArgumentError(
        `[${name}] Resize method is not implemented: ${describe(method)}; there are ${resizeMethods.join(', ')}`,
      );
    }
    if (typeof antialias !== 'boolean' || typeof preserveAspectRatio !== 'boolean')
      throw new TypeError(`[${name}] antialias and preserveAspectRatio must be booleans`);
    const x = imageOperand(images, name, 'images');
    const batch = imageBatchDims(x, name, 'images');
    const given2 = integerList(size, name, 'size');
    if (given2.length !== 2) {
      throw new InvalidArgumentError(
        `[${name}] 'size' must be a 1-D Tensor of 2 elements: new_height, new_width; got ${describe(given2)}`,
      );
    }
    const old = shapeOf(x).slice(batch, batch + 2);
    const [height, width] = preserveAspectRatio ? fittingSize(old, given2) : given2;
    if (height <= 0 || width <= 0) {
      throw new InvalidArgumentError(
        `[${name}] output dimensions must be positive; got height ${height} and width ${width}`,
      );
    }
    if (old[0] === 0 || old[1] === 0)
      throw new InvalidArgumentError(
        `[${name}] input image must be of non-zero size; got ${showShape(shapeOf(x))}`,
      );
    let y: Tensor = method === 'nearest' ? x : cast(x, 'float32');
    if (y.size === 0)
      return zeros([...shapeOf(x).slice(0, batch), height, width, shapeOf(x)[batch + 2]], { dtype: y.dtype });
    if (width !== old[1]) y = resizeAxis(y, batch + 1, width, method, antialias);
    if (height !== old[0]) y = resizeAxis(y, batch, height, method, antialias);
    return y === x ? identity(y) : y;
  },
);
