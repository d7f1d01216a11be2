/**
 * Regions: what basic slicing selects. A region has a begin, a step and a size for each dimension of a tensor; `shape` is
 * that of the result, in which dimensions of size 1 may be dropped or added. Slicing a region and placing a tensor into a
 * region of zeros are each other's gradients.
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
  /** Shape of the result: `sizes` with dimensions of size 1 dropped or added. */
  readonly shape: Shape;
}

/** Offset and strides, in elements, of a region of a dense tensor of the given shape. */
export function regionLayout(shape: Shape, region: Region): { at: number; strides: number[] } {
  const strides = stridesOf(shape);
  let at = 0;
  for (let d = 0; d < strides.length; d++) {
    at += region.begin[d] * strides[d];
    strides[d] *= region.steps[d];
  }
  return { at, strides };
}

/** The same region of the transposed tensor; null if the region drops or adds dimensions. */
function permutedRegion(region: Region, perm: readonly number[]): Region | null {
  if (!sameShape(region.shape, region.sizes)) return null;
  const of = (list: readonly number[]): number[] => perm.map((d) => list[d]);
  const sizes = asShape(of(region.sizes));
  return { begin: of(region.begin), steps: of(region.steps), sizes, shape: sizes };
}

/** The attributes of an op that places a tensor into a region, for transposed tensors. */
export function permutedPlacement<A extends { readonly region: Region; readonly shape: Shape }>(
  attrs: A,
  perm: readonly number[],
): A | null {
  const region = permutedRegion(attrs.region, perm);
  return region === null ? null : { ...attrs, region, shape: perm.map((d) => attrs.shape[d]) };
}

function isWhole(shape: Shape, region: Region): boolean {
  for (let d = 0; d < shape.length; d++) {
    if (region.begin[d] !== 0 || region.steps[d] !== 1 || region.sizes[d] !== shape[d]) return false;
  }
  return true;
}

/** The common part of op definitions that slice a region. */
export const regionDefinition = {
  dtypes: everyType,
  strings: true,
  ulp: 0,
  infer: ([x]: readonly Tensor[], region: Region) => ({ shape: region.shape, dt: x.dt }),
  exactRewrite: ({ inputs: [x], attrs }: OpCall) => (isWhole(shapeOf(x), attrs as Region) ? x : null),
  permutedAttrs: permutedRegion,
  run: ([x]: readonly Tensor[], region: Region, [y]: readonly Tensor[]): void => {
    if (y.size === 0) return;
    const { at, strides } = regionLayout(shapeOf(x), region);
    copyStrided(x, at, strides, y, 0, stridesOf(region.sizes), region.sizes);
  },
  gradient: (([dy], { attrs, shapes }) => [placeRegion(dy, attrs, shapes[0])]) as GradientFunction<Region>,
} satisfies Partial<OpSpec<never, Region>>;

/** Slices a region: the internal op behind indexing, and the gradient of concat and pad. */
export const takeRegion: (x: Tensor, region: Region) => Tensor = op<[x: Tensor, region: Region], Region>(
  'takeRegion',
  { tf: '', ...regionDefinition, args: (x, region) => [[x], region] },
);

interface Placement {
  region: Region;
  shape: Shape;
}

/** Zeros of `shape` with `x` in a region: the gradient of `takeRegion`. */
const placeRegion: (x: Tensor, region: Region, shape: Shape) => Tensor = op<
  [x: Tensor, region: Region, shape: Shape],
  Placement
>('placeRegion', {
  tf: '',
  dtypes: everyType,
  strings: true,
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
  permutedAttrs: permutedPlacement,
  gradient: ([dy], { attrs }) => [takeRegion(dy, attrs.region)],
});
