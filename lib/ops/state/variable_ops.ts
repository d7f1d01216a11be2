/**
 * Methods of variables that compute a new value. They write it in place if the storage is uniquely owned by the variable;
 * otherwise they allocate a new tensor and swap it in, so that tensors read earlier never change. A method that throws leaves
 * the variable unchanged.
 */
import { frame, native } from '../../binding';
import { convertLike, toTensor, type TensorLike } from '../../core/convert';
import { dtypes, indexTypes, numeric, type DType, type DTypeTable } from '../../core/dtype';
import { InvalidArgumentError, OutOfRangeError } from '../../core/errors';
import { IndexedSlices, type Gradient } from '../../core/indexed_slices';
import { tensorsIn, withTensors } from '../../core/leaves';
import { context, withContext } from '../../core/context';
import type { Tracer } from '../../op/contract';
import { broadcastShapes, broadcastStrides, describe, sameShape, showShape } from '../../core/shape';
import { bufferOf, shapeOf, specOf, Tensor } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { at, regionAt, type IndexPart } from '../array/at';
import { add, divide, multiply, subtract } from '../math/binary';
import { badDType } from '../../op/checks';
import { gather } from '../index/indexing';
import { regionLayout } from '../array/region';
import type { DTypeOfPair, OperandDType } from '../../core/dtype_of';
import {
  axisMap,
  badIndex,
  badTuple,
  checkUpdates,
  copyOf,
  indexTensor,
  scatterRows,
  tupleMap,
  type RowMap,
  type ScatterOp,
} from '../../op/index_rows';
import { copyStrided, integer } from '../../op/strided';
import { negative } from '../math/unary';

/** Runs f without recording it on tapes, since assignments are not differentiable. */
function unrecorded<T>(f: () => T): T {
  return context.recorder === null ? f() : withContext({ recorder: null }, f);
}

const kernels = {
  add: native.binaryNames.indexOf('add'),
  sub: native.binaryNames.indexOf('subtract'),
};

/** v ± delta, which has the variable's shape; IndexedSlices update only the rows at their indices. */
function update(v: Variable, delta: TensorLike, f: typeof add, name: string, kind: 'add' | 'sub'): Variable {
  if (delta instanceof IndexedSlices) return scatter(v, delta, kind, name);
  if (v.dt === dtypes.bool) throw badDType(name, 'the variable', v.dt, numeric);
  const d = convertLike(delta, v.dt, name, 'delta');
  const held = v.held;
  if (!sameShape(shapeOf(d), shapeOf(held))) {
    throw new InvalidArgumentError(
      `[${name}] Cannot update variable with shape ${showShape(shapeOf(held))} using a Tensor with shape ` +
        `${showShape(shapeOf(d))}, shapes must be equal.`,
    );
  }
  if (v.canOverwrite) {
    d.assertAlive(name);
    frame[0] = frame[2] = held.offset;
    frame[1] = d.offset;
    frame[3] = held.size;
    frame[4] = kernels[kind];
    frame[5] = held.dt.code;
    frame[6] = 0;
    native.binary(bufferOf(held), bufferOf(d), bufferOf(held));
    v.markOverwritten();
  } else {
    v.assignOwned(unrecorded(() => f(held, d)));
  }
  return v;
}

/** Scatters updates into the variable: in place if its storage is uniquely owned, else into a copy, which is swapped in. */
function applyScatter(
  v: Variable,
  indices: Tensor,
  updates: Tensor,
  map: RowMap,
  kind: ScatterOp,
  name: string,
  bad: (position: number) => Error,
): Variable {
  if (v.dt === dtypes.bool && kind !== 'update') throw badDType(name, 'the variable', v.dt, numeric);
  const inPlace = v.canOverwrite;
  const value = inPlace ? v.held : copyOf(v.held);
  // The kernel checks all indices before it writes.
  const status = scatterRows(value, indices, updates, map, kind);
  if (status === -2)
    throw new InvalidArgumentError(`[${name}] updates must not contain 0: integer division by zero`);
  if (status >= 0) throw bad(status);
  if (inPlace) v.markOverwritten();
  else v.assignOwned(value);
  return v;
}

function checkSlices(sparse: unknown, name: string): asserts sparse is IndexedSlices {
  if (!(sparse instanceof IndexedSlices)) {
    throw new TypeError(
      `[${name}] Argument \`sparseDelta\` must be a \`tf.IndexedSlices\`. Received arg: ${describe(sparse)}`,
    );
  }
}

/** The values converted to the variable's dtype; they are a scalar, or one row per index. */
function sliceValues(v: Variable, sparse: IndexedSlices, batchDims: number, name: string): Tensor {
  const values = convertLike(sparse.values, v.dt, name, 'values');
  const indices = sparse.indices;
  const held = v.held;
  if (held.rank === 0) throw new InvalidArgumentError(`[${name}] a scalar variable has no rows to update`);
  if (values.rank === 0) return values;
  if (shapeOf(indices).some((d, i) => d !== shapeOf(values)[i])) {
    throw new InvalidArgumentError(
      `[${name}] The shape of indices (${showShape(shapeOf(indices))}) must be a prefix of the shape of updates ` +
        `(${showShape(shapeOf(values))})`,
    );
  }
  const expected = [...shapeOf(indices), ...shapeOf(held).slice(batchDims + 1)];
  if (!sameShape(shapeOf(values), expected)) {
    throw new InvalidArgumentError(
      `[${name}] updates must have shape ${showShape(expected)} (that of the indices, then that of the rows of the ` +
        `variable of shape ${showShape(shapeOf(held))}) or be a scalar; got ${showShape(shapeOf(values))}`,
    );
  }
  return values;
}

function scatter(v: Variable, sparse: unknown, kind: ScatterOp, name: string): Variable {
  checkSlices(sparse, name);
  const values = sliceValues(v, sparse, 0, name);
  const indices = sparse.indices;
  const shape = shapeOf(v.held);
  return applyScatter(v, indices, values, axisMap(shape, shapeOf(indices), 0, 0), kind, name, (position) =>
    badIndex(name, indices, position, shape[0]),
  );
}

function scatterNd(
  v: Variable,
  indices: TensorLike,
  updates: TensorLike,
  kind: ScatterOp,
  name: string,
): Variable {
  const where = indexTensor(indices, name);
  const values = convertLike(updates, v.dt, name, 'updates');
  const shape = shapeOf(v.held);
  checkUpdates(name, shape, where, values);
  return applyScatter(v, where, values, tupleMap(shape, shapeOf(where), 0), kind, name, (position) =>
    badTuple(name, where, position, shape, 'shape'),
  );
}

function batchScatterUpdate(v: Variable, sparse: unknown): Variable {
  const name = 'batchScatterUpdate';
  checkSlices(sparse, name);
  const indices = sparse.indices;
  const shape = shapeOf(v.held);
  const batchDims = indices.rank - 1;
  if (
    batchDims < 0 ||
    batchDims >= shape.length ||
    shapeOf(indices)
      .slice(0, -1)
      .some((d, i) => d !== shape[i])
  ) {
    throw new InvalidArgumentError(
      `[${name}] all dimensions of the indices but the last must be the variable's first: got indices of shape ` +
        `${showShape(shapeOf(indices))} for a variable of shape ${showShape(shape)}`,
    );
  }
  const values = sliceValues(v, sparse, batchDims, name);
  const map = axisMap(shape, shapeOf(indices), batchDims, batchDims);
  return applyScatter(v, indices, values, map, 'update', name, (position) =>
    badIndex(name, indices, position, shape[batchDims]),
  );
}

/** The result of indexing a variable: the selected elements, with a method that assigns to them. */
export type VariableSlice<D extends DType = DType> = Tensor<D> & {
  /** Assigns new values, which are broadcast to the slice's shape. Returns the variable. */
  assign(value: TensorLike): Variable<D>;
};

function assignAt(v: Variable, parts: readonly IndexPart[], value: TensorLike): Variable {
  const held = v.held;
  const region = regionAt(shapeOf(held), parts);
  const x = convertLike(value, v.dt, 'assign', 'value');
  const both = broadcastShapes(shapeOf(x), region.shape);
  if (both === null || !sameShape(both, region.shape)) {
    throw new InvalidArgumentError(
      `[assign] Cannot broadcast input shape ${showShape(shapeOf(x))} into final shape ${showShape(region.shape)}`,
    );
  }
  const inPlace = v.canOverwrite && x !== held;
  const next = inPlace ? held : copyOf(held);
  if (region.shape.every((d) => d > 0)) {
    const { at: start, strides } = regionLayout(shapeOf(held), region);
    // Without dimensions of size 1, region and result have the same dimensions: only those are dropped or added.
    const kept = region.sizes.map((n, d) => ({ n, stride: strides[d] })).filter(({ n }) => n !== 1);
    const shape = region.shape;
    const from = broadcastStrides(shapeOf(x), shape).filter((_, i) => shape[i] !== 1);
    copyStrided(
      x,
      0,
      from,
      next,
      start,
      kept.map(({ stride }) => stride),
      kept.map(({ n }) => n),
    );
  }
  if (inPlace) v.markOverwritten();
  else v.assignOwned(next);
  return v;
}

function variableAt(v: Variable, parts: readonly IndexPart[]): VariableSlice {
  const t = at(v, ...parts);
  const assign = (value: TensorLike): unknown => {
    if (context.tracer === null) return assignAt(v, parts, value);
    const x = convertLike(value, v.dt, 'assign', 'value');
    return callTraced(context.tracer, 'assign', (u, given) => assignAt(u, parts, given as Tensor), v, [x]);
  };
  Object.defineProperty(t, 'assign', { value: assign });
  return t as VariableSlice;
}

function countUpTo(v: Variable, limit: number): Tensor {
  if (v.dt !== dtypes.int32 && v.dt !== dtypes.int64) {
    throw badDType('countUpTo', 'the variable', v.dt, indexTypes);
  }
  if (v.rank !== 0)
    throw new InvalidArgumentError(`[countUpTo] input is not a scalar: ${showShape(shapeOf(v.held))}`);
  const to = integer(limit, 'countUpTo', 'limit');
  const old = v.held;
  if (Number(old.item()) >= to) throw new OutOfRangeError(`[countUpTo] Reached limit of ${to}`);
  const before = copyOf(old);
  v.assignOwned(unrecorded(() => add(old, 1)));
  return before;
}

/** Methods that compute a new value. Those whose result is a Variable return the variable itself. */
interface ComputingMethods<D extends DType = DType> {
  /**
   * Adds `delta`, which has the variable's shape, without broadcasting; or IndexedSlices. InvalidArgumentError for another
   * shape or dtype. @tf tf.Variable.assign_add
   */
  assignAdd(delta: TensorLike): Variable<D>;
  /** Subtracts `delta`; see `assignAdd`. @tf tf.Variable.assign_sub */
  assignSub(delta: TensorLike): Variable<D>;
  /**
   * Replaces the rows at sparseDelta.indices; of duplicates, the last one counts. A scalar value is assigned to all of them.
   * InvalidArgumentError for an index out of range, or values of another shape. @tf tf.Variable.scatter_update
   */
  scatterUpdate(sparseDelta: IndexedSlices): Variable<D>;
  /** Adds to rows; duplicates are summed. @tf tf.Variable.scatter_add */
  scatterAdd(sparseDelta: IndexedSlices): Variable<D>;
  /** Subtracts from rows. @tf tf.Variable.scatter_sub */
  scatterSub(sparseDelta: IndexedSlices): Variable<D>;
  /** Multiplies rows. @tf tf.Variable.scatter_mul */
  scatterMul(sparseDelta: IndexedSlices): Variable<D>;
  /** Divides rows; integers round towards zero, InvalidArgumentError for a divisor of 0. @tf tf.Variable.scatter_div */
  scatterDiv(sparseDelta: IndexedSlices): Variable<D>;
  /** Replaces rows by the minimum of row and value. @tf tf.Variable.scatter_min */
  scatterMin(sparseDelta: IndexedSlices): Variable<D>;
  /** Replaces rows by the maximum of row and value. @tf tf.Variable.scatter_max */
  scatterMax(sparseDelta: IndexedSlices): Variable<D>;
  /** Replaces the elements or slices at the index tuples. @tf tf.Variable.scatter_nd_update */
  scatterNdUpdate(indices: TensorLike, updates: TensorLike): Variable<D>;
  /** Adds at the index tuples. @tf tf.Variable.scatter_nd_add */
  scatterNdAdd(indices: TensorLike, updates: TensorLike): Variable<D>;
  /** Subtracts at the index tuples. @tf tf.Variable.scatter_nd_sub */
  scatterNdSub(indices: TensorLike, updates: TensorLike): Variable<D>;
  /** Takes the minimum of element and update at the index tuples. @tf tf.Variable.scatter_nd_min */
  scatterNdMin(indices: TensorLike, updates: TensorLike): Variable<D>;
  /** Takes the maximum of element and update at the index tuples. @tf tf.Variable.scatter_nd_max */
  scatterNdMax(indices: TensorLike, updates: TensorLike): Variable<D>;
  /** Replaces rows within batches: indices [batch…, k], values [batch…, k, …]. @tf tf.Variable.batch_scatter_update */
  batchScatterUpdate(sparseDelta: IndexedSlices): Variable<D>;
  /** The rows at the indices: gather along axis 0. @tf tf.Variable.sparse_read */
  sparseRead(indices: TensorLike): Tensor<D>;
  /**
   * Increments the variable; returns the previous value. OutOfRangeError at the limit, InvalidArgumentError for a variable
   * that is not an int32 or int64 scalar. @tf tf.Variable.count_up_to
   */
  countUpTo(limit: number): Tensor<D>;
  /** The elements that an index selects; `v.at('1:3').assign(…)` replaces them. @tf tf.Variable.__getitem__ */
  at(...parts: IndexPart[]): VariableSlice<D>;
}

declare module '../../core/variable' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface Variable<D extends DType = DType> extends ComputingMethods<D> {}
}

const methods: {
  [K in keyof ComputingMethods]: (v: Variable, ...args: Parameters<ComputingMethods[K]>) => unknown;
} = {
  assignAdd: (v, delta) => update(v, delta, add, 'assignAdd', 'add'),
  assignSub: (v, delta) => update(v, delta, subtract, 'assignSub', 'sub'),
  scatterUpdate: (v, sparse) => scatter(v, sparse, 'update', 'scatterUpdate'),
  scatterAdd: (v, sparse) => scatter(v, sparse, 'add', 'scatterAdd'),
  scatterSub: (v, sparse) => scatter(v, sparse, 'sub', 'scatterSub'),
  scatterMul: (v, sparse) => scatter(v, sparse, 'mul', 'scatterMul'),
  scatterDiv: (v, sparse) => scatter(v, sparse, 'div', 'scatterDiv'),
  scatterMin: (v, sparse) => scatter(v, sparse, 'min', 'scatterMin'),
  scatterMax: (v, sparse) => scatter(v, sparse, 'max', 'scatterMax'),
  scatterNdUpdate: (v, indices, updates) => scatterNd(v, indices, updates, 'update', 'scatterNdUpdate'),
  scatterNdAdd: (v, indices, updates) => scatterNd(v, indices, updates, 'add', 'scatterNdAdd'),
  scatterNdSub: (v, indices, updates) => scatterNd(v, indices, updates, 'sub', 'scatterNdSub'),
  scatterNdMin: (v, indices, updates) => scatterNd(v, indices, updates, 'min', 'scatterNdMin'),
  scatterNdMax: (v, indices, updates) => scatterNd(v, indices, updates, 'max', 'scatterNdMax'),
  batchScatterUpdate: (v, sparse) => batchScatterUpdate(v, sparse),
  sparseRead: (v, indices) => gather(v, indices),
  countUpTo: (v, limit) => countUpTo(v, limit),
  at: (v, ...parts) => variableAt(v, parts),
};

/** Methods composed of ops, which are traced; the others become host steps. */
const composedMethods = new Set<string>(['assignAdd', 'assignSub', 'sparseRead', 'at']);

/** Calls a method during a trace. */
function callTraced(
  tracer: Tracer,
  name: string,
  f: (v: Variable, ...args: unknown[]) => unknown,
  v: Variable,
  args: unknown[],
): unknown {
  const sparse = (name === 'assignAdd' || name === 'assignSub') && args[0] instanceof IndexedSlices;
  if (composedMethods.has(name) && !sparse) {
    tracer.touch(v);
    return f(v, ...args);
  }
  const given = args.map((a) => (a instanceof Variable ? a.read() : a));
  const returnsCount = name === 'countUpTo';
  const run = (real: readonly Tensor[]): Tensor[] => {
    const result = f(v, ...(withTensors(given, real) as unknown[]));
    return returnsCount ? [result as Tensor] : [];
  };
  const outputs = returnsCount ? [specOf(v.held)] : [];
  const [count] = tracer.host({
    name,
    inputs: tensorsIn(given),
    outputs,
    run,
    why: 'it changes a variable in JavaScript',
    effects: 'variables',
    variables: [v],
  });
  return returnsCount ? count : v;
}

for (const [name, f] of Object.entries(methods) as [string, (v: Variable, ...args: unknown[]) => unknown][]) {
  const method: (this: Variable, ...args: unknown[]) => unknown = {
    [name](this: Variable, ...args: unknown[]): unknown {
      return context.tracer === null ? f(this, ...args) : callTraced(context.tracer, name, f, this, args);
    },
  }[name];
  Object.defineProperty(Variable.prototype, name, { value: method, writable: true, configurable: true });
}

// ---------------------------------------------------------------------------------------------------- IndexedSlices

/**
 * scalar · x; the product with IndexedSlices is IndexedSlices. InvalidArgumentError if `scalar` is not a scalar.
 * @tf tf.math.scalar_mul
 */
export function scalarMul<D extends DType>(scalar: TensorLike, x: IndexedSlices<D>): IndexedSlices<D>;
export function scalarMul<S extends TensorLike, X extends TensorLike>(
  scalar: S,
  x: X,
): Tensor<DTypeOfPair<X, S>>;
export function scalarMul(scalar: TensorLike, x: TensorLike): Tensor | IndexedSlices {
  if (x instanceof IndexedSlices) {
    return new IndexedSlices(scalarMul(scalar, x.values), x.indices, x.denseShape);
  }
  const s = typeof scalar === 'number' ? scalar : toTensor(scalar, null, 'scalarMul', 'scalar');
  if (typeof s !== 'number' && s.rank !== 0) {
    throw new InvalidArgumentError(
      `[scalarMul] Only scalar multiply works, got shape ${showShape(shapeOf(s))}`,
    );
  }
  return multiply(s, x);
}

declare module '../../core/indexed_slices' {
  interface IndexedSlices<D extends DType = DType> {
    /** Negates the values. */
    neg(): IndexedSlices<D>;
    /** IndexedSlices if y is a scalar, else the product with the dense tensor. @tf tf.math.multiply */
    mul<Y extends TensorLike>(y: Y): Gradient<D & OperandDType<Y>>;
    /** IndexedSlices if y is a scalar, else the quotient of the dense tensor. @tf tf.math.divide */
    div(y: TensorLike): Gradient<DTypeTable[D]['quotient']>;
    /** Multiplies the values by a scalar. @tf tf.math.scalar_mul */
    scalarMul(scalar: TensorLike): IndexedSlices<D>;
  }
}

/** Whether an operand is a scalar, so that it can be applied to each row. */
function isScalarOperand(y: TensorLike): boolean {
  return y instanceof Tensor || y instanceof Variable ? y.rank === 0 : typeof y !== 'object';
}

/** The same indices with other values. */
const withValues = (slices: IndexedSlices, values: Tensor): IndexedSlices =>
  new IndexedSlices(values, slices.indices, slices.denseShape);

/** The methods of IndexedSlices whose results may be IndexedSlices; the others (methods.ts) compute on the dense tensor. */
const sliceMethods = {
  neg(this: IndexedSlices): IndexedSlices {
    return withValues(this, negative(this.values));
  },
  scalarMul(this: IndexedSlices, scalar: TensorLike): IndexedSlices {
    return scalarMul(scalar, this);
  },
  mul(this: IndexedSlices, y: TensorLike): Gradient {
    return isScalarOperand(y) ? withValues(this, multiply(this.values, y)) : multiply(this, y);
  },
  div(this: IndexedSlices, y: TensorLike): Gradient {
    return isScalarOperand(y) ? withValues(this, divide(this.values, y)) : divide(this, y);
  },
};
for (const [name, value] of Object.entries(sliceMethods)) {
  Object.defineProperty(IndexedSlices.prototype, name, { value, writable: true, configurable: true });
}
