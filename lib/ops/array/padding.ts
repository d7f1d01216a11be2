/** Padding with a constant or with mirrored elements. */
import { type AnyTensorLike, element, toValue, type TensorLike } from '../../core/convert';
import { everyType } from '../../core/dtype';
import type { AnyDTypeOf } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { copyOfList } from '../../core/lists';
import { options } from '../../core/options';
import { memoized } from '../../core/memoize';
import { asShape, describe, type Shape, showShape, stridesOf } from '../../core/shape';
import { shapeOf, Tensor } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { composite } from '../../op/define/composite';
import { op } from '../../op/define/general';
import { sample } from '../../op/registry';
import { copyStrided, fillWith, integerList, isNumbers } from '../../op/strided';
import { requireConcrete } from '../../op/traced';
import { gather } from '../index/indexing';
import { permutedPlacement, regionLayout, takeRegion, type Region } from './region';

interface PadPlan {
  /** The region of the result that holds the input. */
  region: Region;
  /** Shape of the result. */
  shape: Shape;
}
interface PadAttrs extends PadPlan {
  value: number | bigint;
}

function padPlan(shape: Shape, paddings: unknown): PadPlan {
  const list = readPaddings(paddings, shape);
  const begin = list.map((p) => p[0]);
  const padded = asShape(shape.map((n, d) => begin[d] + n + list[d][1]));
  const region = { begin, steps: shape.map(() => 1), sizes: shape, shape };
  return { region, shape: padded };
}
const cachedPadPlan = memoized(padPlan, [0]);

/** Whether a value is an array of arrays of numbers only. */
function isNestedNumbers(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  for (let i = 0; i < value.length; i++) if (!isNumbers(value[i])) return false;
  return true;
}

/** Places the tensor into a region of a larger one that is filled with a value. */
const padConstant = op<[x: Tensor, plan: PadPlan, value: number | bigint], PadAttrs>('padConstant', {
  tf: '',
  dtypes: everyType,
  strings: true,
  ulp: 0,
  args: (x, { region, shape }, value) => [[x], { region, shape, value }],
  infer: ([x], { shape }) => ({ shape, dt: x.dt }),
  run: ([x], { region, shape, value }, [y]) => {
    if (y.size !== x.size) fillWith(y, value);
    if (x.size === 0) return;
    const { at, strides } = regionLayout(shape, region);
    copyStrided(x, 0, stridesOf(shapeOf(x)), y, at, strides, shapeOf(x));
  },
  permutedAttrs: permutedPlacement,
  gradient: ([dy], { attrs }) => [takeRegion(dy, attrs.region)],
});

export interface PadOptions {
  /**
   * 'CONSTANT' (default) pads with a value, 'REFLECT' mirrors the elements without repeating the edge element, 'SYMMETRIC'
   * mirrors them with the edge element repeated.
   */
  mode?: string;
  /** The value for 'CONSTANT'. Default 0. */
  constantValues?: TensorLike;
}

const padDefaults: Required<PadOptions> = { mode: 'CONSTANT', constantValues: 0 };

function readPaddings(paddings: unknown, shape: Shape): number[][] {
  const t = paddings instanceof Variable ? paddings.read() : paddings;
  let list: number[][];
  if (t instanceof Tensor) {
    if (t.dt.kind !== 'int' || shapeOf(t).length !== 2) {
      throw new InvalidArgumentError(
        `[pad] paddings must be an integer tensor of shape [${shape.length},2], a [before, after] for each dimension; ` +
          `got a ${t.dtype} tensor of shape ${showShape(shapeOf(t))}`,
      );
    }
    list = (requireConcrete(t, 'pad').array() as unknown[]).map((row) => integerList(row, 'pad', 'paddings'));
  } else if (Array.isArray(t)) {
    list = [];
    const rows = copyOfList(t, 'pad', 'paddings');
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      list.push(integerList(row, 'pad', `paddings[${i}]`));
    }
  } else {
    throw new TypeError(`[pad] paddings must be an array of [before, after]; got ${describe(paddings)}`);
  }
  const rank = shape.length;
  let fits = list.length === rank;
  for (let i = 0; fits && i < list.length; i++) fits = list[i].length === 2;
  if (!fits) {
    throw new InvalidArgumentError(
      `[pad] paddings must have shape [${rank},2], a [before, after] for each dimension of the input of shape ` +
        showShape(shape),
    );
  }
  for (const p of list) {
    if (p[0] < 0 || p[1] < 0) {
      throw new InvalidArgumentError(`[pad] Paddings must be non-negative: ${p[0]} ${p[1]}`);
    }
  }
  return list;
}

/** The source position in [0, n) of each element of a padded dimension; `symmetric` repeats the edge element. */
function mirrored(n: number, before: number, after: number, symmetric: boolean): Int32Array {
  const skip = symmetric ? 0 : 1;
  const positions = new Int32Array(before + n + after);
  for (let i = 0; i < positions.length; i++) {
    const at = i - before;
    positions[i] = at < 0 ? -at - 1 + skip : at < n ? at : 2 * n - 1 - at - skip;
  }
  return positions;
}

/**
 * Pads dimension i with `paddings[i] = [before, after]` elements.
 * InvalidArgumentError for negative paddings, or paddings that are too large to mirror. @tf tf.pad
 */
export const pad: <X extends AnyTensorLike>(
  tensor: X,
  paddings: TensorLike | readonly (readonly number[])[],
  options?: PadOptions | string,
) => Tensor<AnyDTypeOf<X>> = composite(
  'pad',
  {
    tf: 'tf.pad',
    dtypes: everyType,
    ulp: 0,
    examples: [
      {
        args: [
          sample([2, 3]),
          [
            [1, 1],
            [2, 0],
          ],
        ],
      },
      { args: [sample([3]), [[1, 2]]], options: { constantValues: 7 } },
      {
        args: [
          sample([2, 3]),
          [
            [1, 1],
            [2, 2],
          ],
        ],
        options: { mode: 'REFLECT' },
      },
      {
        args: [
          sample([2, 3]),
          [
            [2, 1],
            [0, 3],
          ],
        ],
        options: { mode: 'SYMMETRIC' },
      },
      { args: [sample([0]), [[2, 1]]] },
    ],
  },
  (
    tensor: AnyTensorLike,
    paddings: readonly (readonly number[])[] | TensorLike,
    given?: PadOptions | string,
  ): Tensor => {
    const { mode, constantValues } = options<Required<PadOptions>>(given, 'mode', padDefaults, 'pad');
    const x = toValue(tensor, null, 'pad', 'tensor');
    const kind = mode === 'CONSTANT' || typeof mode !== 'string' ? mode : mode.toUpperCase();
    if (kind === 'CONSTANT') {
      // Only arrays of numbers are cached: a variable's value may change between calls.
      const plan = (isNestedNumbers(paddings) ? cachedPadPlan : padPlan)(shapeOf(x), paddings);
      return padConstant(x, plan, padValue(constantValues, x));
    }
    const list = readPaddings(paddings, shapeOf(x));
    if (kind !== 'REFLECT' && kind !== 'SYMMETRIC') {
      throw new InvalidArgumentError(
        `[pad] Unknown padding mode: ${describe(mode)}; it is 'CONSTANT', 'REFLECT' or 'SYMMETRIC'`,
      );
    }
    const symmetric = kind === 'SYMMETRIC';
    list.forEach(([before, after], d) => {
      const n = shapeOf(x)[d];
      const limit = symmetric ? n : n - 1;
      if (before > Math.max(limit, 0) || after > Math.max(limit, 0)) {
        throw new InvalidArgumentError(
          `[pad] paddings must be ${symmetric ? 'no greater' : 'less'} than the dimension size: ${before}, ${after} ` +
            `${symmetric ? 'greater' : 'not less'} than ${n}`,
        );
      }
    });
    // An empty tensor has no elements to mirror.
    if (x.size === 0) return padConstant(x, padPlan(shapeOf(x), list), 0);
    return list.reduce(
      (y, [before, after], d) =>
        before + after === 0 ? y : gather(y, mirrored(shapeOf(x)[d], before, after, symmetric), { axis: d }),
      x,
    );
  },
);

function padValue(value: unknown, x: Tensor): number | bigint {
  if (value instanceof Tensor || value instanceof Variable) {
    if (value.dt !== x.dt || value.size !== 1) {
      throw new InvalidArgumentError(
        `[pad] constantValues must be a scalar of dtype ${x.dtype}; got a ${value.dtype} tensor of shape ` +
          showShape(value.shape),
      );
    }
    value = requireConcrete(value, 'pad').item();
  }
  if (value === 0 && !x.dt.big) return 0;
  return element(value, x.dt, 'pad', 'constantValues');
}
