/**
 * Regions: what basic slicing selects. A region says, for each dimension of a tensor, where it begins, in what steps
 * it goes on and how many elements it takes; `shape` is that of the result, in which dimensions may be dropped or
 * added. Taking a region and putting one back into zeros are each other's gradients.
 */
import { everyType } from '../../core/dtype';
import type { OpCall } from '../../op/contract';
import { asShape, sameShape, type Shape, stridesOf } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { op } from '../../op/define/general';
import type { OpSpec } from '../../op/define/general';
import type { GradientFunction } from '../../op/registry';
import { copyStrided, fillWith } from '../../op/strided';

export interface Region {
  readonly begin: readonly number[];
  readonly steps: readonly number[];
  readonly sizes: readonly number[];
  /** Shape of the result: `sizes` but for dimensions of 1. */
  readonly shape: Shape;
}

/** The region with the same elements of a tensor of the given shape: where it starts, and its strides, in elements. */
export function regionLayout(shape: Shape, region: Region): { at: number; strides: number[] } {
  const strides = stridesOf(shape);
  let at = 0;
  for (let d = 0; d < strides.length; d++) {
    at += region.begin[d] * strides[d];
    strides[d] *= region.steps[d];
  }
  return { at, strides };
}

/** The same of a tensor with its dimensions in another order; null where dimensions are dropped or added. */
export function reorderedRegion(region: Region, perm: readonly number[]): Region | null {
  if (!sameShape(region.shape, region.sizes)) return null;
  const of = (list: readonly number[]): number[] => perm.map((d) => list[d]);
  const sizes = asShape(of(region.sizes));
  return { begin: of(region.begin), steps: of(region.steps), sizes, shape: sizes };
}

/** The same for a region of a tensor of a given shape. */
export function reorderedPlace<A extends { readonly region: Region; readonly shape: Shape }>(
  attrs: A,
  perm: readonly number[],
): A | null {
  const region = reorderedRegion(attrs.region, perm);
  return region === null ? null : { ...attrs, region, shape: perm.map((d) => attrs.shape[d]) };
}

function isWhole(shape: Shape, region: Region): boolean {
  for (let d = 0; d < shape.length; d++) {
    if (region.begin[d] !== 0 || region.steps[d] !== 1 || region.sizes[d] !== shape[d]) return false;
  }
  return true;
}

/** The parts of a row that takes a region. */
export const regionRow = {
  dtypes: everyType,
  ulp: 0,
  infer: ([x]: readonly Tensor[], region: Region) => ({ shape: region.shape, dt: x.dt }),
  exactRewrite: ({ inputs: [x], attrs }: OpCall) => (isWhole(shapeOf(x), attrs as Region) ? x : null),
  permutedAttrs: reorderedRegion,
  run: ([x]: readonly Tensor[], region: Region, [y]: readonly Tensor[]): void => {
    if (y.size === 0) return;
    const { at, strides } = regionLayout(shapeOf(x), region);
    copyStrided(x, at, strides, y, 0, stridesOf(region.sizes), region.sizes);
  },
  gradient: (([dy], { attrs, shapes }) => [placeRegion(dy, attrs, shapes[0])]) as GradientFunction<Region>,
} satisfies Partial<OpSpec<never, Region>>;

/** Takes a region; a row of its own so that indexing and slices share it. */
export const takeRegion: (x: Tensor, region: Region) => Tensor = op<[x: Tensor, region: Region], Region>(
  'takeRegion',
  { tf: '', ...regionRow, args: (x, region) => [[x], region] },
);

interface Placement {
  region: Region;
  shape: Shape;
}

/** Zeros of `shape` with `x` in the place of a region: the gradient of taking it. */
export const placeRegion: (x: Tensor, region: Region, shape: Shape) => Tensor = op<
  [x: Tensor, region: Region, shape: Shape],
  Placement
>('placeRegion', {
  tf: '',
  dtypes: everyType,
  ulp: 0,
  args: (x, region, shape) => [[x], { region, shape }],
  infer: ([x], { shape }) => ({ shape, dt: x.dt }),
  run: ([x], { region, shape }, [y]) => {
    if (y.size === 0) return;
    if (!isWhole(shape, region)) fillWith(y, 0);
    if (x.size === 0) return;
    const { at, strides } = regionLayout(shape, region);
    copyStrided(x, 0, stridesOf(region.sizes), y, at, strides, region.sizes);
  },
  permutedAttrs: reorderedPlace,
  gradient: ([dy], { attrs }) => [takeRegion(dy, attrs.region)],
});
