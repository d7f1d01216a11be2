/** argmax and argmin. */
import { frame, native } from '../../binding';
import { toTensor, type TensorLike } from '../../core/convert';
import { dtypes, everyType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { describe, joinShapes, showShape } from '../../core/shape';
import { bufferOf, shapeOf, type Tensor } from '../../core/tensor';
import { axisArgument, type OneAxis } from '../../op/axis';
import { cast } from '../array/cast';
import { op } from '../../op/define/general';
import { options } from '../../core/options';
import { publicCall, sample } from '../../op/registry';

export interface ArgOptions<I extends 'int32' | 'int64' = 'int32' | 'int64'> {
  /** The axis to search along. Default 0. */
  axis?: OneAxis | null;
  /** Dtype of the result: int32 (default) or int64. */
  outputType?: I;
}

type ArgReduce = <I extends 'int32' | 'int64' = 'int32'>(
  input: TensorLike,
  options?: ArgOptions<I> | OneAxis,
) => Tensor<NoInfer<I>>;

const examples = [
  { args: [sample([7])] },
  { args: [sample([3, 4])], options: { axis: 1 } },
  { args: [sample([3, 4])], options: { axis: 0 } },
  { args: [sample([2, 3, 4])], options: { axis: -2 } },
  { args: [sample([5], { values: [1, 3, 2, 3, 1] })] },
  { args: [sample([2, 0])], options: { axis: 0 } },
];

function argReduce(name: 'argmax' | 'argmin'): ArgReduce {
  const kernel = native.argReduceNames.indexOf(name);
  const defaults: Required<ArgOptions> = { axis: 0, outputType: 'int32' };
  const positions = op<[input: TensorLike, options?: ArgOptions | OneAxis], number>(name, {
    tf: `tf.math.${name}`,
    dtypes: everyType,
    domain: [-10, 10],
    ulp: 0,
    examples,
    args: (input, given) => {
      const x = toTensor(input, null, name, 'input');
      const { axis, outputType } =
        given === undefined || typeof given === 'number'
          ? { axis: given ?? 0, outputType: 'int32' as const }
          : options<Required<ArgOptions>>(given, 'axis', defaults, name);
      if (outputType !== 'int32' && outputType !== 'int64') {
        throw new InvalidArgumentError(
          `[${name}] outputType must be int32 or int64; got ${describe(outputType)}`,
        );
      }
      const along = axisArgument(axis ?? 0, shapeOf(x).length, name);
      if (shapeOf(x)[along] === 0) {
        throw new InvalidArgumentError(
          `[${name}] Reduction axis ${along} is empty in shape ${showShape(shapeOf(x))}; it must have at least one element`,
        );
      }
      return [[x], along];
    },
    infer: ([x], axis) => ({
      shape: joinShapes(shapeOf(x), axis, shapeOf(x), 0, 0, shapeOf(x), axis + 1),
      dt: dtypes.int32,
    }),
    run: ([x], axis, [y]) => {
      let outer = 1;
      for (let d = 0; d < axis; d++) outer *= shapeOf(x)[d];
      let inner = 1;
      for (let d = axis + 1; d < shapeOf(x).length; d++) inner *= shapeOf(x)[d];
      frame[0] = x.offset;
      frame[1] = y.offset;
      frame[2] = kernel;
      frame[3] = x.dt.code;
      frame[4] = outer;
      frame[5] = shapeOf(x)[axis];
      frame[6] = inner;
      native.argReduce(bufferOf(x), bufferOf(y));
    },
    gradient: null,
  });
  const call = (...args: Parameters<ArgReduce>): Tensor => {
    const y = positions(...args);
    const given = args[1] as ArgOptions | null | undefined;
    return given?.outputType === 'int64' ? cast(y, 'int64') : y;
  };
  return publicCall(name, call as ArgReduce);
}

/**
 * Index of the largest element along an axis, the first one of ties. NaN is ignored; the index is 0 if all elements are
 * NaN. InvalidArgumentError for an empty axis. @tf tf.math.argmax
 */
export const argmax: ArgReduce = argReduce('argmax');

/**
 * Index of the smallest element along an axis, the first one of ties. NaN is ignored; the index is 0 if all elements are
 * NaN. InvalidArgumentError for an empty axis. @tf tf.math.argmin
 */
export const argmin: ArgReduce = argReduce('argmin');
