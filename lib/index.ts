/**
 * What `import * as tf from 'gradtape'` gives. Public exports, nothing else.
 * @module gradtape
 */
export { Tensor } from './core/tensor';
export { Variable, type VariableConstructor } from './core/variable_class';
export { IndexedSlices, type Gradient, type IndexedSlicesOptions } from './core/indexed_slices';
export { fromTransferable } from './core/transferable';
export type {
  TransferableSlices,
  TransferableTensor,
  TransferableVariable,
} from './core/transferable_methods';
export { memory } from './core/storage';
export { tidy, keep } from './core/tidy';
export * as errors from './core/errors';
export * as bitwise from './namespaces/bitwise';
export * as config from './namespaces/config';
export * as image from './namespaces/image';
export * as io from './namespaces/io';
export * as linalg from './namespaces/linalg';
export * as math from './namespaces/math';
export * as nn from './namespaces/nn';
export * as raw from './namespaces/raw';
export * as strings from './namespaces/strings';
export * as train from './namespaces/train';
export * as keras from './keras';
export { opInfos as registry, type OpInfo } from './op/registry';
export { version } from './version';
export type { AnyDType, DType, DTypeTable, HostArrayDTypes, TypedArray } from './core/dtype';
export type { DTypeOf } from './core/dtype_of';
export type { StringLike, StringTensor } from './core/strings';
export type { Dims as Shape } from './core/shape';
export type { NestedArray } from './core/tensor';
export type { PartialShape, VariableOptions } from './core/variable';
export type { TensorLike } from './core/convert';
export { GradientTape } from './autodiff/gradient_tape';
export type { GradientTapeOptions } from './autodiff/gradient_tape';
export type {
  GradientOptions,
  Gradients,
  JacobianOptions,
  Jacobians,
  Nested,
  Source,
  UnconnectedGradients,
} from './autodiff/arguments';
export { customGradient, stopGradient } from './autodiff/custom_gradient';
export type { CustomGradientExtras, CustomGradientFunction } from './autodiff/custom_gradient';
export { grad, valueAndGrad } from './autodiff/grad';
export type { ValueAndGrad } from './autodiff/grad';
export { compiled as function } from './function/function';
export type { AsyncOptions, CompiledFunction, MethodCompiler } from './function/function';
export type { ConcreteFunction, FunctionOptions } from './function/polymorphic';
export { TensorSpec, type TensorSpecOptions } from './function/tensor_spec';
export type { ProfileRow, Program, ProgramOp, ProgramStep } from './function/describe';
export { cond, caseOf as case, switchCase } from './function/control/cond';
export type { CaseOptions, PredFnPair, SwitchCaseOptions } from './function/control/cond';
export { whileLoop, type WhileLoopOptions } from './function/control/while_loop';
export { scan, foldl, foldr, mapFn, vectorizedMap } from './function/control/folds';
export type { FoldOptions, MapFnOptions, ScanOptions } from './function/control/folds';
export { executingEagerly, initScope, insideFunction } from './function/eager';
export { bitcast } from './ops/array/bitcast';
export * as debugging from './namespaces/debugging';
export { print, type PrintOptions } from './ops/debugging/print';
export { Assert } from './ops/debugging/assertions';
import './ops/methods';
import './ops/array/iterate';
export * from './namespaces/math';
export { cast } from './ops/array/cast';
export { saturateCast } from './ops/image/color';
export { constant, convertToTensor } from './ops/array/convert';
export type { ConstantOptions, ConvertToTensorOptions } from './ops/array/convert';
export { clipByValue } from './ops/math/select';
export { clipByGlobalNorm, clipByNorm, norm } from './ops/math/norms';
export type {
  ClipByGlobalNormOptions,
  ClipByNormOptions,
  GradientList,
  NormOptions,
  NormOrder,
} from './ops/math/norms';
export * as random from './ops/random/random';
export { reshape, expandDims, squeeze, identity } from './ops/array/views';
export type { ShapeLike, SqueezeOptions } from './ops/array/views';
export { transpose, broadcastTo, tile, reverse, roll } from './ops/array/movement';
export { concat, stack, unstack, split } from './ops/array/joining';
export type { TransposeOptions } from './ops/array/movement';
export type { AxisOptions, UnstackOptions, SplitOptions } from './ops/array/joining';
export { slice, stridedSlice } from './ops/array/slicing';
export type { StridedSliceOptions } from './ops/array/slicing';
export { pad, type PadOptions } from './ops/array/padding';
export { meshgrid, repeat, reverseSequence, sequenceMask } from './ops/array/sequences';
export type {
  MeshgridOptions,
  RepeatOptions,
  ReverseSequenceOptions,
  SequenceMaskOptions,
} from './ops/array/sequences';
export { searchsorted, type SearchsortedOptions } from './ops/index/search';
export { histogramFixedWidth, histogramFixedWidthBins, type HistogramOptions } from './ops/index/counting';
export { gather, gatherNd, booleanMask, where } from './ops/index/indexing';
export type { GatherOptions, GatherNdOptions, BooleanMaskOptions, WhereOptions } from './ops/index/indexing';
export { zeros, ones, zerosLike, onesLike, fill, range, linspace } from './ops/array/creation';
export { eye, oneHot } from './ops/array/patterns';
export type { LinspaceOptions, RangeOptions } from './ops/array/creation';
export type { EyeOptions, OneHotOptions } from './ops/array/patterns';
export { unique, uniqueWithCounts } from './ops/index/unique';
export type { Unique, UniqueOptions, UniqueWithCounts } from './ops/index/unique';
export { sort, argsort, type SortOptions, type ArgsortOptions } from './ops/index/sort';
export { matmul } from './ops/linalg/matmul';
export { einsum } from './ops/linalg/einsum';
export { tensordot, type TensordotAxes } from './ops/linalg/tensordot';
export { isTensor, rank, shape, size, type SizeOptions } from './ops/array/facts';
export { newaxis } from './ops/array/at';
export type { IndexPart } from './ops/array/at';
export {
  scatterNd,
  tensorScatterNdUpdate,
  tensorScatterNdAdd,
  tensorScatterNdSub,
  tensorScatterNdMin,
  tensorScatterNdMax,
} from './ops/index/scatter';
export { scalarMul } from './ops/state/variable_ops';
export type { VariableSlice } from './ops/state/variable_ops';
