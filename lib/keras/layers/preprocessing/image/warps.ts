/** Projective maps of points, and Gaussian kernels: what layers and operations that warp images share. */
import { shapeOf, type Tensor } from '../../../../core/tensor';
import { cast } from '../../../../ops/array/cast';
import { constant } from '../../../../ops/array/convert';
import { onesLike, zerosLike } from '../../../../ops/array/creation';
import { stack, unstack } from '../../../../ops/array/joining';
import { broadcastTo } from '../../../../ops/array/movement';
import { reshape } from '../../../../ops/array/views';
import { solve } from '../../../../ops/linalg/solve';
import { divide, multiply } from '../../../../ops/math/binary';
import { lessEqual } from '../../../../ops/math/compare';
import { select } from '../../../../ops/math/select';
import { negative, square } from '../../../../ops/math/unary';
import { exp } from '../../../../ops/math/unary_math';
import { depthwiseConv2d } from '../../../../ops/nn/depthwise';
import { reduceSum } from '../../../../ops/reduce/reduce';

/** The projective maps [batch, 8] that take the four points `end`, [batch, 4, 2], to those of `start`, [batch or 1, 4, 2]. */
export function homography(start: Tensor, end: Tensor): Tensor {
  const [batch] = shapeOf(end);
  const coordinates = unstack(reshape(end, [batch, 8]), { axis: 1 });
  const target = broadcastTo(reshape(start, [-1, 8, 1]), [batch, 8, 1]);
  const goals = unstack(reshape(target, [batch, 8]), { axis: 1 });
  const one = onesLike(coordinates[0]);
  const zero = zerosLike(one);
  const rows = Array.from({ length: 8 }, (_, i) => {
    const [x, y] = coordinates.slice(i - (i % 2), i - (i % 2) + 2);
    const own = [x, y, one];
    const none = [zero, zero, zero];
    const products = [negative(multiply(goals[i], x)), negative(multiply(goals[i], y))];
    return stack([...(i % 2 === 0 ? [...own, ...none] : [...none, ...own]), ...products], { axis: 1 });
  });
  return reshape(solve(stack(rows, { axis: 1 }), target), [batch, 8]);
}

/** A Gaussian kernel [size]; taps farther from its middle than `reach` are 0. */
export function gaussian(size: number, sigma: Tensor, reach: Tensor | null = null): Tensor {
  const x = constant(
    Float32Array.from({ length: size }, (_, i) => i - (size - 1) / 2),
    { dtype: sigma.dtype },
  );
  const values = exp(multiply(square(divide(x, sigma)), -0.5));
  const kept = reach === null ? values : select(lessEqual(square(x), square(reach)), values, 0);
  return divide(kept, reduceSum(kept));
}

/** Convolves each channel with the product of two kernels, in the shape [height, width]. */
export function blur(
  images: Tensor,
  x: Tensor,
  y: Tensor,
  [height, width]: readonly [number, number],
): Tensor {
  const product = multiply(reshape(y, [-1, 1]), reshape(x, [1, -1]));
  const kernel = cast(reshape(product, [height, width, 1, 1]), images.dtype);
  const channels = shapeOf(images)[3];
  const all = broadcastTo(kernel, [height, width, channels, 1]);
  return depthwiseConv2d(images, all, [1, 1, 1, 1], 'SAME');
}
