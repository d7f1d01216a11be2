/** How windows move: sizes and paddings as TensorFlow 2.21 has them, and what is refused. */
import { errors } from 'gradtape';
import {
  perDimension,
  spatialSizes,
  windowAxes,
  windowDim,
  windowPadding,
  windowShape,
} from '../../lib/ops/nn/window';

const last = windowAxes(null, 2, 'f');
const first = windowAxes('NCHW', 2, 'f');

test('formats', () => {
  expect(windowAxes('NWC', 1, 'f')).toEqual({ n: 1, channelsFirst: false });
  expect(windowAxes('NCDHW', 3, 'f')).toEqual({ n: 3, channelsFirst: true });
  expect(() => windowAxes('NHWC', 3, 'f')).toThrow("[f] dataFormat must be 'NDHWC' or 'NCDHW'; got 'NHWC'");
  expect(spatialSizes([1, 2, 3, 4], last)).toEqual([2, 3]);
  expect(spatialSizes([1, 2, 3, 4], first)).toEqual([3, 4]);
  expect(windowShape(first, 1, [3, 4], 2)).toEqual([1, 2, 3, 4]);
  expect(windowShape(last, 1, [3, 4], 2)).toEqual([1, 3, 4, 2]);
});

test('strides', () => {
  const f = (value: unknown, axes = last) => perDimension(value, axes, 'f', 'strides');
  expect(f(2)).toEqual([2, 2]);
  expect(f([2])).toEqual([2, 2]);
  expect(f([1, 2])).toEqual([1, 2]);
  expect(f([1, 2, 3, 1])).toEqual([2, 3]);
  expect(f([1, 1, 2, 3], first)).toEqual([2, 3]);
  expect(perDimension([1, 2, 1], windowAxes(null, 1, 'f'), 'f', 'strides')).toEqual([2]);
  expect(() => f([1, 2, 3])).toThrow(
    'strides should be of length 1, 2 or 4. Received: strides=[1, 2, 3] of length 3',
  );
  expect(() => f([2, 1, 1, 1])).toThrow(errors.UnimplementedError);
  expect(() => f([1, 1, 1, 2])).toThrow(errors.UnimplementedError);
  expect(() => f([1, 2, 1, 1], first)).toThrow(errors.UnimplementedError);
  for (const bad of [0, -1, [0, 1], 2 ** 31]) expect(() => f(bad)).toThrow(errors.InvalidArgumentError);
  for (const bad of [1.5, NaN, 'a', null, ['a', 1], {}]) expect(() => f(bad)).toThrow(TypeError);
});

test('padding', () => {
  const f = (value: unknown, axes = last, options = {}) => windowPadding(value, axes, 'f', options);
  expect(f('SAME')).toBe('SAME');
  const pairs = [
    [0, 0],
    [1, 2],
    [3, 4],
    [0, 0],
  ];
  expect(f(pairs)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(f([pairs[0], pairs[0], pairs[1], pairs[2]], first)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(() => f('same')).toThrow("padding must be 'SAME', 'VALID' or an array of 4 pairs; got 'same'");
  expect(() => f(1)).toThrow(TypeError);
  expect(() => f(pairs, last, { explicit: false })).toThrow(TypeError);
  expect(() => f([[1, 1], pairs[1]])).toThrow('it must be of size 4');
  expect(() => f([[1, 0], ...pairs.slice(1)])).toThrow('batch or depth');
  expect(() => f(pairs, first)).toThrow('batch or depth');
  expect(() => f([pairs[0], [-1, 0], ...pairs.slice(2)])).toThrow('nonnegative');
  expect(() => f([pairs[0], [0.5, 0], ...pairs.slice(2)])).toThrow(TypeError);
  expect(() => f([pairs[0], 3, ...pairs.slice(2)])).toThrow(TypeError);
});

test('sizes', () => {
  const f = (
    size: number,
    kernel: number,
    stride: number,
    padding: 'SAME' | 'VALID' | [number, number],
    d = 1,
  ) => {
    const { out, before, after } = windowDim(size, kernel, stride, d, padding, 'f');
    return [out, before, after];
  };
  expect(f(5, 3, 1, 'SAME')).toEqual([5, 1, 1]);
  expect(f(4, 3, 2, 'SAME')).toEqual([2, 0, 1]);
  expect(f(5, 2, 3, 'SAME')).toEqual([2, 0, 0]);
  expect(f(5, 3, 1, 'SAME', 2)).toEqual([5, 2, 2]);
  expect(f(0, 3, 1, 'SAME')[0]).toBe(0);
  expect(f(5, 3, 2, 'VALID')).toEqual([2, 0, 0]);
  expect(f(5, 3, 1, [2, 1])).toEqual([6, 2, 1]);
  // One less than the window, or less than a stride less, has no place for it; below that it is an error.
  expect(f(2, 3, 1, 'VALID')).toEqual([0, 0, 0]);
  expect(f(2, 5, 2, 'VALID')).toEqual([0, 0, 0]);
  expect(() => f(2, 6, 2, 'VALID')).toThrow(
    'Computed output size would be negative: -1 [input_size: 2, effective_filter_size: 6, stride: 2]',
  );
  expect(() => f(0, 3, 1, 'VALID')).toThrow(errors.InvalidArgumentError);
});
