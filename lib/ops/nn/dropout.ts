/** Dropout. */
import { toTensor, type TensorLike } from '../../core/convert';
import { floating } from '../../core/dtype';
import type { DTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { options } from '../../core/options';
import { broadcastShapes, describe, showShape } from '../../core/shape';
import { shapeOf, Tensor } from '../../core/tensor';
import { TensorConvertible } from '../../core/tensor_convertible';
import { badDType, mixedDTypes } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { identity } from '../array/views';
import { multiply, realDivide, subtract } from '../math/binary';
import { greaterEqual } from '../math/compare';
import { select } from '../math/select';
import { statelessUniform, uniform, type Algorithm, type SeedPair } from '../random/random';
import type { Seed } from '../random/random_seed';
import type { ShapeLike } from '../random/random_values';
import { shapeFrom } from '../random/random_values';

/** The shape of the mask: sizes, where null stands for the size of the input's dimension. */
export type NoiseShape = ShapeLike | readonly (number | null)[];

export interface DropoutOptions {
  /** The shape of the mask, which broadcasts with `x`; null in it stands for the size of x. Default: the shape of `x`. */
  noiseShape?: NoiseShape | null;
  /** The op seed, which is combined with the global seed. */
  seed?: Seed;
}

export interface StatelessDropoutOptions {
  /** The random number algorithm; only Philox is supported. */
  rngAlg?: Algorithm;
  /** As for `dropout`. */
  noiseShape?: NoiseShape | null;
}

const dropoutDefaults: Required<DropoutOptions> = { noiseShape: null, seed: null };
const statelessDefaults: Required<StatelessDropoutOptions> = { rngAlg: 'auto_select', noiseShape: null };

const isTensor = (value: unknown): value is Tensor | TensorConvertible =>
  value instanceof Tensor || value instanceof TensorConvertible;

/** The shape of the mask. */
function maskShape(x: Tensor, noiseShape: unknown, name: string): readonly number[] {
  if (noiseShape === null) return shapeOf(x);
  const given = Array.isArray(noiseShape)
    ? noiseShape.map((size: unknown, d) => (size === null && d < x.rank ? shapeOf(x)[d] : size))
    : noiseShape;
  const shape = shapeFrom(given, name);
  if (broadcastShapes(shape, shapeOf(x)) === null) {
    throw new InvalidArgumentError(
      `[${name}] noiseShape ${showShape(shape)} does not broadcast with x, of shape ${showShape(shapeOf(x))}`,
    );
  }
  return shape;
}

/** x·mask / (1 − rate), where the mask is 1 if a uniform draw is at least `rate`. `skip` replaces the draw if rate is 0. */
function maskedInput(
  name: string,
  input: TensorLike,
  rate: unknown,
  noiseShape: unknown,
  draw: (shape: readonly number[], x: Tensor) => Tensor,
  skip: (x: Tensor) => void,
): Tensor {
  if (typeof rate === 'number' && !(rate >= 0 && rate < 1)) {
    throw new InvalidArgumentError(
      `[${name}] \`rate\` must be a scalar tensor or a float in the range [0, 1). Received: rate=${rate}`,
    );
  }
  if (typeof rate !== 'number' && !isTensor(rate))
    throw new TypeError(
      `[${name}] \`rate\` must be a number or scalar tensor. Received: rate=${describe(rate)}`,
    );
  const x = toTensor(input, null, name, 'x');
  if (!floating.includes(x.dtype)) throw badDType(name, 'x', x.dt, floating);
  const shape = maskShape(x, noiseShape, name);
  if (typeof rate === 'number') {
    if (rate === 0) {
      skip(x);
      return identity(x);
    }
    const mask = greaterEqual(draw(shape, x), rate);
    return select(mask, multiply(x, 1 / (1 - rate)), 0);
  }
  const r = toTensor(rate, x.dt, name, 'rate');
  if (shapeOf(r).length > 0) {
    throw new InvalidArgumentError(`[${name}] \`rate\` must be a scalar; got shape ${showShape(shapeOf(r))}`);
  }
  if (r.dt !== x.dt) throw mixedDTypes(name, x, r);
  const scaled = realDivide(x, subtract(1, r));
  return select(greaterEqual(draw(shape, x), r), scaled, 0);
}

/**
 * Dropout: sets elements to 0 with probability `rate`, and divides the others by 1 − rate, so that the expected sum is
 * unchanged. Elements that share an element of the mask, whose shape is `noiseShape`, are kept or dropped together. `rate`
 * is a number in [0, 1), or a scalar tensor of the dtype of `x`. See `setSeed` for seeds. Floating dtypes. @tf tf.nn.dropout
 */
export const dropout: <X extends TensorLike>(
  x: X,
  rate: number | Tensor | TensorConvertible,
  options?: DropoutOptions | NoiseShape,
) => Tensor<DTypeOf<X>> = composite(
  'dropout',
  {
    tf: 'tf.nn.dropout',
    dtypes: floating,
    ulp: 1,
    // What is drawn depends on the order of calls: the examples drop nothing or fail.
    examples: [
      { args: [sample([3, 4]), 0] },
      { args: [sample([3, 4]), sample([], { values: 0 })], options: { noiseShape: [3, 1] } },
      { args: [sample([3]), 1] },
      { args: [sample([2, 3]), 0.5], options: { noiseShape: [5, 3] } },
    ],
  },
  (x: TensorLike, rate: unknown, given?: DropoutOptions | NoiseShape): Tensor => {
    const name = 'dropout';
    const { noiseShape, seed } = options<Required<DropoutOptions>>(
      given,
      'noiseShape',
      dropoutDefaults,
      name,
    );
    return maskedInput(
      name,
      x,
      rate,
      noiseShape,
      (shape, { dtype }) => uniform(shape, { dtype, seed }),
      (t) => {
        // As in TensorFlow, the op takes its seed also if it draws nothing; in a compiled function too, at each call.
        uniform([0], { dtype: t.dtype as 'float32', seed });
      },
    );
  },
);

/**
 * Dropout whose mask depends only on `seed`, a pair of integers; otherwise like `dropout`.
 * @tf tf.nn.experimental.stateless_dropout
 */
export const statelessDropout: <X extends TensorLike>(
  x: X,
  rate: number | Tensor | TensorConvertible,
  seed: SeedPair,
  options?: StatelessDropoutOptions | Algorithm,
) => Tensor<DTypeOf<X>> = composite(
  'statelessDropout',
  {
    tf: 'tf.nn.experimental.stateless_dropout',
    dtypes: floating,
    ulp: 1,
    examples: [
      { args: [sample([3, 4]), 0.5, [1, 2]] },
      { args: [sample([3, 4]), 0.3, [1, 2]], options: { noiseShape: [3, 1] } },
      { args: [sample([2, 3, 4]), 0.25, [3, -4]], options: { noiseShape: [null, 1, null] } },
      { args: [sample([5]), sample([], { values: 0.4 }), [7, 8]], noGradient: true },
      { args: [sample([5]), 0, [7, 8]] },
      { args: [sample([0]), 0.5, [7, 8]] },
    ],
  },
  (x: TensorLike, rate: unknown, seed: SeedPair, given?: StatelessDropoutOptions | Algorithm): Tensor => {
    const name = 'statelessDropout';
    const { rngAlg, noiseShape } = options<Required<StatelessDropoutOptions>>(
      given,
      'rngAlg',
      statelessDefaults,
      name,
    );
    const draw = (shape: readonly number[], { dtype }: Tensor): Tensor =>
      statelessUniform(shape, seed, { dtype, alg: rngAlg });
    return maskedInput(name, x, rate, noiseShape, draw, () => undefined);
  },
);
