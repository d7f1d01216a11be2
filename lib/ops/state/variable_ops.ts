/**
 * The methods of variables that compute: they make the new value in a storage of its own and exchange it, or write over
 * the present one where no tensor, tape or other variable shows it, so that tensors read earlier never change. A method
 * that throws leaves the variable as it was.
 */
import { native } from '../../binding';
import { convertLike, toTensor, type TensorLike } from '../../core/convert';
import { dtypes, indexTypes, numeric, type DType, type DTypeTable } from '../../core/dtype';
import { InvalidArgumentError, OutOfRangeError } from '../../core/errors';
import { IndexedSlices, type Gradient } from '../../core/indexed_slices';
import { tensorsIn, withTensors } from '../../core/leaves';
import { context, withContext } from '../../core/context';
import type { Tracer } from '../../op/contract';
import { broadcastShapes, broadcastStrides, describe, sameShape, showShape } from '../../core/shape';
import { shapeOf, specOf, Tensor } from '../../core/tensor';
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
import * as kernels from '../../op/kernels';

/** Runs without any tape: assignments are no ops of the computation. */
function unrecorded<T>(f: () => T): T {
  return context.recorder === null ? f() : withContext({ recorder: null }, f);
}

const codes = {
  add: native.binaryNames.indexOf('add'),
  sub: native.binaryNames.indexOf('subtract'),
};

/** v ± delta, of the same shape; rows of an IndexedSlices touch only theirs. */
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
  if (v.writable) {
    d.assertAlive(name);
    kernels.binary(held, d, held, held.size, codes[kind], held.dt.code, 0);
    v.overwritten();
  } else {
    v.adopt(unrecorded(() => f(held, d)));
  }
  return v;
}

/** Changes the rows that indices name: in place where no one can tell, else in a copy, which then is the value. */
function change(
  v: Variable,
  indices: Tensor,
  updates: Tensor,
  map: RowMap,
  kind: ScatterOp,
  name: string,
  bad: (position: number) => Error,
): Variable {
  if (v.dt === dtypes.bool && kind !== 'update') throw badDType(name, 'the variable', v.dt, numeric);
  const inPlace = v.writable;
  const value = inPlace ? v.held : copyOf(v.held);
  // The kernel has seen all indices before it writes.
  const status = scatterRows(value, indices, updates, map, kind);
  if (status === -2)
    throw new InvalidArgumentError(`[${name}] updates must not contain 0: integer division by zero`);
  if (status >= 0) throw bad(status);
  if (inPlace) v.overwritten();
  else v.adopt(value);
  return v;
}

function checkSlices(sparse: unknown, name: string): asserts sparse is IndexedSlices {
  if (!(sparse instanceof IndexedSlices)) {
    throw new TypeError(
      `[${name}] Argument \`sparseDelta\` must be a \`tf.IndexedSlices\`. Received arg: ${describe(sparse)}`,
    );
  }
}

/** Values in the variable's dtype: a scalar, or rows for the indices. */
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
  return change(v, indices, values, axisMap(shape, shapeOf(indices), 0, 0), kind, name, (position) =>
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
  return change(v, where, values, tupleMap(shape, shapeOf(where), 0), kind, name, (position) =>
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
  return change(v, indices, values, map, 'update', name, (position) =>
    badIndex(name, indices, position, shape[batchDims]),
  );
}

/** What an index of a variable gives: the elements, which can be assigned. */
export type VariableSlice<D extends DType = DType> = Tensor<D> & {
  /** Exchanges the elements; the value is broadcast to their shape. Returns the variable. */
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
  const inPlace = v.writable && x !== held;
  const next = inPlace ? held : copyOf(held);
  if (region.shape.every((d) => d > 0)) {
    const { at: start, strides } = regionLayout(shapeOf(held), region);
    // The region's own dimensions, without those that the index dropped or added (all of them 1).
    const own = region.sizes.map((n, d) => ({ n, stride: strides[d] })).filter(({ n }) => n !== 1);
    const shape = region.shape;
    const from = broadcastStrides(shapeOf(x), shape).filter((_, i) => shape[i] !== 1);
    copyStrided(
      x,
      0,
      from,
      next,
      start,
      own.map(({ stride }) => stride),
      own.map(({ n }) => n),
    );
  }
  if (inPlace) v.overwritten();
  else v.adopt(next);
  return v;
}

function variableAt(v: Variable, parts: readonly IndexPart[]): VariableSlice {
  const t = at(v, ...parts);
  const assign = (value: TensorLike): unknown => {
    if (context.tracer === null) return assignAt(v, parts, value);
    const x = convertLike(value, v.dt, 'assign', 'value');
    return later(context.tracer, 'assign', (u, given) => assignAt(u, parts, given as Tensor), v, [x]);
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
  v.adopt(unrecorded(() => add(old, 1)));
  return before;
}

/** The methods; each returns the variable unless it says otherwise. */
interface ComputingMethods<D extends DType = DType> {
  /**
   * Adds `delta`, which has the variable's shape (nothing is broadcast), or rows. InvalidArgumentError for another
   * shape or dtype. @tf tf.Variable.assign_add
   */
  assignAdd(delta: TensorLike): Variable<D>;
  /** Subtracts `delta`, as assignAdd adds. @tf tf.Variable.assign_sub */
  assignSub(delta: TensorLike): Variable<D>;
  /**
   * Replaces the rows that sparseDelta.indices name; the last of duplicates wins. A scalar value serves all rows.
   * InvalidArgumentError for an index outside or values of another shape. @tf tf.Variable.scatter_update
   */
  scatterUpdate(sparseDelta: IndexedSlices): Variable<D>;
  /** Adds to rows; duplicates sum up. @tf tf.Variable.scatter_add */
  scatterAdd(sparseDelta: IndexedSlices): Variable<D>;
  /** Subtracts from rows. @tf tf.Variable.scatter_sub */
  scatterSub(sparseDelta: IndexedSlices): Variable<D>;
  /** Multiplies rows. @tf tf.Variable.scatter_mul */
  scatterMul(sparseDelta: IndexedSlices): Variable<D>;
  /** Divides rows; integers towards zero, InvalidArgumentError for a zero. @tf tf.Variable.scatter_div */
  scatterDiv(sparseDelta: IndexedSlices): Variable<D>;
  /** The smaller of rows and values. @tf tf.Variable.scatter_min */
  scatterMin(sparseDelta: IndexedSlices): Variable<D>;
  /** The larger of rows and values. @tf tf.Variable.scatter_max */
  scatterMax(sparseDelta: IndexedSlices): Variable<D>;
  /** Replaces what the index tuples name. @tf tf.Variable.scatter_nd_update */
  scatterNdUpdate(indices: TensorLike, updates: TensorLike): Variable<D>;
  /** Adds at the index tuples. @tf tf.Variable.scatter_nd_add */
  scatterNdAdd(indices: TensorLike, updates: TensorLike): Variable<D>;
  /** Subtracts at the index tuples. @tf tf.Variable.scatter_nd_sub */
  scatterNdSub(indices: TensorLike, updates: TensorLike): Variable<D>;
  /** The smaller of element and update at the index tuples. @tf tf.Variable.scatter_nd_min */
  scatterNdMin(indices: TensorLike, updates: TensorLike): Variable<D>;
  /** The larger of element and update at the index tuples. @tf tf.Variable.scatter_nd_max */
  scatterNdMax(indices: TensorLike, updates: TensorLike): Variable<D>;
  /** Replaces rows within batches: indices [batch…, k], values [batch…, k, …]. @tf tf.Variable.batch_scatter_update */
  batchScatterUpdate(sparseDelta: IndexedSlices): Variable<D>;
  /** The rows that the indices name: gather along axis 0. @tf tf.Variable.sparse_read */
  sparseRead(indices: TensorLike): Tensor<D>;
  /**
   * The value before, and one more after. OutOfRangeError at the limit, InvalidArgumentError for a variable that isn't an
   * int32 or int64 scalar. @tf tf.Variable.count_up_to
   */
  countUpTo(limit: number): Tensor<D>;
  /** The elements that an index selects; `v.at('1:3').assign(…)` exchanges them. @tf tf.Variable.__getitem__ */
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

/** Methods made of ops, which a tracer follows by itself; the others are calls at every run. */
const followed = new Set<string>(['assignAdd', 'assignSub', 'sparseRead', 'at']);

/** In a function that is being traced. */
function later(
  tracer: Tracer,
  name: string,
  f: (v: Variable, ...args: unknown[]) => unknown,
  v: Variable,
  args: unknown[],
): unknown {
  const sparse = (name === 'assignAdd' || name === 'assignSub') && args[0] instanceof IndexedSlices;
  if (followed.has(name) && !sparse) {
    tracer.touch(v);
    return f(v, ...args);
  }
  const given = args.map((a) => (a instanceof Variable ? a.read() : a));
  const counts = name === 'countUpTo';
  const run = (real: readonly Tensor[]): Tensor[] => {
    const result = f(v, ...(withTensors(given, real) as unknown[]));
    return counts ? [result as Tensor] : [];
  };
  const outputs = counts ? [specOf(v.held)] : [];
  const [count] = tracer.host({
    name,
    inputs: tensorsIn(given),
    outputs,
    run,
    why: 'it changes a variable in JavaScript',
    effects: 'variables',
    variables: [v],
  });
  return counts ? count : v;
}

for (const [name, f] of Object.entries(methods) as [string, (v: Variable, ...args: unknown[]) => unknown][]) {
  const method: (this: Variable, ...args: unknown[]) => unknown = {
    [name](this: Variable, ...args: unknown[]): unknown {
      return context.tracer === null ? f(this, ...args) : later(context.tracer, name, f, this, args);
    },
  }[name];
  Object.defineProperty(Variable.prototype, name, { value: method, writable: true, configurable: true });
}

// ---------------------------------------------------------------------------------------------------- IndexedSlices

/**
 * scalar · x. Rows stay rows. InvalidArgumentError where `scalar` isn't a scalar. @tf tf.math.scalar_mul
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
    /** The rows negated. */
    neg(): IndexedSlices<D>;
    /** The rows times a scalar; times anything else, the whole tensor's product. @tf tf.math.multiply */
    mul<Y extends TensorLike>(y: Y): Gradient<D & OperandDType<Y>>;
    /** The rows divided by a scalar; divided by anything else, the whole tensor's quotient. @tf tf.math.divide */
    div(y: TensorLike): Gradient<DTypeTable[D]['quotient']>;
    /** The rows times a scalar. @tf tf.math.scalar_mul */
    scalarMul(scalar: TensorLike): IndexedSlices<D>;
  }
}

/** Whether a product with it is one with each row. */
function isScalar(y: TensorLike): boolean {
  return y instanceof Tensor || y instanceof Variable ? y.rank === 0 : typeof y !== 'object';
}

/** The same rows with other values. */
const withValues = (slices: IndexedSlices, values: Tensor): IndexedSlices =>
  new IndexedSlices(values, slices.indices, slices.denseShape);

/** The methods of rows that give rows; the others (ops/methods.ts) are those of the whole tensor. */
const sliceMethods = {
  neg(this: IndexedSlices): IndexedSlices {
    return withValues(this, negative(this.values));
  },
  scalarMul(this: IndexedSlices, scalar: TensorLike): IndexedSlices {
    return scalarMul(scalar, this);
  },
  mul(this: IndexedSlices, y: TensorLike): Gradient {
    return isScalar(y) ? withValues(this, multiply(this.values, y)) : multiply(this, y);
  },
  div(this: IndexedSlices, y: TensorLike): Gradient {
    return isScalar(y) ? withValues(this, divide(this.values, y)) : divide(this, y);
  },
};
for (const [name, value] of Object.entries(sliceMethods)) {
  Object.defineProperty(IndexedSlices.prototype, name, { value, writable: true, configurable: true });
}
