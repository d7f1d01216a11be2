/** Indexing of rows: the calls of the native gather and scatter kernels, and the errors for invalid indices. */
import { native } from '../binding';
import { context } from '../core/context';
import { toTensor, type TensorLike } from '../core/convert';
import { dtypes, indexTypes, type DTypeInfo } from '../core/dtype';
import { InvalidArgumentError } from '../core/errors';
import { describe, type Dims, type Shape, showShape, sizeBetween, stridesOf } from '../core/shape';
import { makeTensor, shapeOf, Tensor, viewOf } from '../core/tensor';
import { Variable } from '../core/variable';
import { badDType } from './checks';
import type { TracedOp } from './contract';
import { copyFlat } from './strided';
import * as kernels from './kernels';

/** How a scatter combines an update with an element. */
export type ScatterOp = 'update' | 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max';

/**
 * The layout of a gather or scatter: a tensor of shape [batch, outer, ...dims, inner], and in each batch `k` index tuples of
 * length dims.length, each of which selects a row of `inner` elements.
 */
export interface RowMap {
  batch: number;
  outer: number;
  k: number;
  inner: number;
  dims: readonly number[];
}

/** Converts indices to an int32 or int64 tensor; host numbers become int32. */
export function indexTensor(value: TensorLike, op: string, argument = 'indices'): Tensor {
  let t: Tensor;
  if (value instanceof Tensor) {
    t = value;
  } else if (value instanceof Variable) {
    t = value.read();
  } else {
    const hint: DTypeInfo | null =
      typeof value === 'bigint' || value instanceof BigInt64Array ? null : dtypes.int32;
    t = toTensor(value, hint, op, argument);
  }
  if (t.dt !== dtypes.int32 && t.dt !== dtypes.int64) throw badDType(op, argument, t.dt, indexTypes);
  return t;
}

/** out[b, o, j, :] = params[b, o, row(b, j), :]. Returns the position of the first invalid index tuple, or −1. */
export function gatherRows(params: Tensor, indices: Tensor, out: Tensor, map: RowMap): number {
  const { batch, outer, k, inner, dims } = map;
  const list = kernels.gatherLists.dims;
  for (let d = 0; d < dims.length; d++) list[d] = dims[d];
  const wide = indices.dt === dtypes.int64;
  return kernels.gather(params, indices, out, params.dt.bytes, batch, outer, k, inner, wide, dims.length);
}

/** The position of the first index that is not in [0, limit), or −1. Implemented as a gather of empty rows. */
export function firstBadIndex(indices: Tensor, limit: number): number {
  return gatherRows(indices, indices, indices, {
    batch: 1,
    outer: 1,
    k: indices.size,
    inner: 0,
    dims: [limit],
  });
}

/**
 * The indices, each of which must be in [0, limit): the position of the first that is not makes the error that is thrown, at once
 * or, while a function is traced, in each of its runs.
 */
export function checkedIndices(
  indices: Tensor,
  limit: number,
  error: (indices: Tensor, position: number) => Error,
): Tensor {
  const { tracer } = context;
  const check = (at: Tensor): Tensor => {
    const bad = firstBadIndex(at, limit);
    if (bad >= 0) throw error(at, bad);
    return at;
  };
  if (!indices.isSymbolic) return check(indices);
  if (tracer === null) return indices;
  const op: TracedOp = {
    name: 'checkedIndices',
    differentiable: false,
    savesInputs: 0,
    savesOutputs: false,
    fallible: true,
    execute: ([at]: readonly Tensor[]) => [check(at)],
  };
  return tracer.emit(op, [indices], null, [{ shape: shapeOf(indices), dt: indices.dt }])[0];
}

const scatterCodes = Object.fromEntries(native.scatterNames.map((name, i) => [name, i]));

/**
 * Updates dst in place. Returns −1, or, with dst unchanged, the position of the first invalid index tuple or −2 for a
 * division by zero.
 */
export function scatterRows(
  dst: Tensor,
  indices: Tensor,
  updates: Tensor,
  map: RowMap,
  kind: ScatterOp,
): number {
  const scalar = updates.size === 1 && updates.rank === 0;
  const { batch, outer, k, inner, dims } = map;
  const list = kernels.scatterLists.dims;
  for (let d = 0; d < dims.length; d++) list[d] = dims[d];
  const wide = indices.dt === dtypes.int64;
  const [code, rank] = [scatterCodes[kind], dims.length];
  return kernels.scatter(
    dst,
    indices,
    updates,
    code,
    dst.dt.code,
    scalar,
    batch,
    outer,
    k,
    inner,
    wide,
    rank,
  );
}

/** A copy of a tensor with its own storage. */
export function copyOf(t: Tensor): Tensor {
  const copy = makeTensor(t.dt, shapeOf(t), t.size);
  copyFlat(t, copy);
  return copy;
}

/** Coordinates of a flat position within a shape. */
function coordinates(position: number, shape: Dims): number[] {
  return stridesOf(shape).map((s, i) => Math.floor(position / s) % shape[i]);
}

/** The error for the index at a flat position. */
export function badIndex(op: string, indices: Tensor, position: number, limit: number): InvalidArgumentError {
  const value = viewOf(indices)[position];
  const at = indices.rank === 0 ? 'indices' : `indices[${coordinates(position, shapeOf(indices)).join(',')}]`;
  return new InvalidArgumentError(`[${op}] ${at} = ${value} is not in [0, ${limit})`);
}

/** The error for the index tuple at a flat position; `what` is "param shape" or "shape". */
export function badTuple(
  op: string,
  indices: Tensor,
  position: number,
  shape: Dims,
  what: string,
): InvalidArgumentError {
  const depth = shapeOf(indices)[indices.rank - 1];
  const tuple = Array.from(viewOf(indices).subarray(position * depth, (position + 1) * depth), String);
  const lead = shapeOf(indices).slice(0, -1);
  const at = lead.length === 0 ? 'indices' : `indices[${coordinates(position, lead).join(',')}]`;
  return new InvalidArgumentError(
    `[${op}] ${at} = [${tuple.join(', ')}] does not index into ${what} ${showShape(shape)}`,
  );
}

/** The row map of gather: rows along `axis`; the first `batchDims` dimensions of params and indices are batches. */
export function axisMap(params: Shape, indices: Shape, axis: number, batchDims: number): RowMap {
  return {
    batch: sizeBetween(params, 0, batchDims),
    outer: sizeBetween(params, batchDims, axis),
    k: sizeBetween(indices, batchDims, indices.length),
    inner: sizeBetween(params, axis + 1, params.length),
    dims: [params[axis]],
  };
}

/** The row map of gatherNd and scatterNd: index tuples, along the last dimension of the indices, index the first dimensions. */
export function tupleMap(shape: Shape, indices: Shape, batchDims: number): RowMap {
  const last = indices.length - 1;
  const rest = batchDims + indices[last];
  const dims: number[] = [];
  for (let d = batchDims; d < rest; d++) dims.push(shape[d]);
  return {
    batch: sizeBetween(shape, 0, batchDims),
    outer: 1,
    k: sizeBetween(indices, batchDims, last),
    inner: sizeBetween(shape, rest, shape.length),
    dims,
  };
}

/** Checks the shape of index tuples against a tensor's. */
export function checkTuples(op: string, shape: Shape, indices: Tensor, batchDims = 0): void {
  if (indices.rank === 0) {
    throw new InvalidArgumentError(
      `[${op}] indices must be at least a vector; got a scalar ${describe(indices.item())}`,
    );
  }
  const depth = shapeOf(indices)[indices.rank - 1];
  if (depth > shape.length - batchDims) {
    throw new InvalidArgumentError(
      `[${op}] index innermost dimension length must be <= params rank; saw: ${depth} vs. ` +
        `${shape.length - batchDims} (indices ${showShape(shapeOf(indices))}, tensor ${showShape(shape)})`,
    );
  }
  if (depth > 16) throw new InvalidArgumentError(`[${op}] at most 16 indices name a row; got ${depth}`);
}

/** Checks that updates have the shape indices.shape[:-1] + shape[indices.shape[-1]:]. */
export function checkUpdates(op: string, shape: Shape, indices: Tensor, updates: Tensor): void {
  if (indices.rank === 0) {
    throw new InvalidArgumentError(`[${op}] Indices shape must have rank at least one. Found: []`);
  }
  const lead = indices.rank - 1;
  const depth = shapeOf(indices)[lead];
  for (let d = 0; d < lead; d++) {
    if (shapeOf(updates)[d] !== shapeOf(indices)[d]) {
      throw new InvalidArgumentError(
        `[${op}] Dimensions [0,${lead}) of indices[shape=${showShape(shapeOf(indices))}] = ${shapeOf(indices)[d]} must match ` +
          `dimensions [0,${lead}) of updates[shape=${showShape(shapeOf(updates))}] = ${shapeOf(updates)[d] ?? 'none'}`,
      );
    }
  }
  let fits = depth <= shape.length && updates.rank - lead === shape.length - depth;
  for (let d = depth; fits && d < shape.length; d++) fits = shape[d] === shapeOf(updates)[lead + d - depth];
  if (!fits) {
    throw new InvalidArgumentError(
      `[${op}] Dimensions [${depth},${shape.length}) of input[shape=${showShape(shape)}] must match dimensions ` +
        `[${depth},${updates.rank}) of updates[shape=${showShape(shapeOf(updates))}]`,
    );
  }
  if (depth > 16) throw new InvalidArgumentError(`[${op}] at most 16 indices name a row; got ${depth}`);
}
