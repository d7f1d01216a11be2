/**
 * Serialization of tensors to plain data, which `structuredClone`, `postMessage` and `workerData` copy or transfer. A tensor
 * itself cannot be cloned: its elements are private, and often share an ArrayBuffer with those of other tensors.
 */
import { toTensor } from './convert';
import { dtypeInfo, stringType, type AnyDType, type DType, type DTypeInfo } from './dtype';
import { FailedPreconditionError, InvalidArgumentError } from './errors';
import { IndexedSlices } from './indexed_slices';
import { typedArrayName } from './lists';
import { isPlain } from './options';
import { checkShape, describe, showShape, sizeOf, type PartialShape } from './shape';
import { aliasTensor, Tensor } from './tensor';
import type { TransferableSlices, TransferableTensor, TransferableVariable } from './transferable_methods';
import './transferable_methods';
import { Variable } from './variable';

Tensor.prototype.toTransferable = function (this: Tensor): TransferableTensor {
  return { dtype: this.dtype, shape: [...this.shape], data: this.data() };
};

Variable.prototype.toTransferable = function (this: Variable): TransferableVariable {
  if (this.constraint !== null) {
    throw new FailedPreconditionError(
      `[toTransferable] the variable '${this.name}' has a constraint, a function, which no other thread can have; ` +
        `use v.read().toTransferable() for its value`,
    );
  }
  const { name, trainable, declaredShape } = this;
  return {
    dtype: this.dtype,
    shape: [...this.shape],
    data: this.data(),
    variable: { name, trainable, shape: declaredShape },
  };
};

IndexedSlices.prototype.toTransferable = function (this: IndexedSlices): TransferableSlices {
  return {
    values: this.values.toTransferable(),
    indices: this.indices.toTransferable(),
    denseShape: this.denseShape === null ? null : [...this.denseShape],
  };
};

const op = 'fromTransferable';

/**
 * Restores the tensor, variable or IndexedSlices that `toTransferable()` serialized on this or another thread. Elements are
 * copied. The result of a variable is a new variable with the same name and trainability, also to optimizers.
 */
export function fromTransferable<D extends DType>(value: TransferableVariable<D>): Variable<D>;
export function fromTransferable<D extends AnyDType>(value: TransferableTensor<D>): Tensor<D>;
export function fromTransferable<D extends DType>(value: TransferableSlices<D>): IndexedSlices<D>;
export function fromTransferable(
  value: TransferableTensor | TransferableVariable | TransferableSlices,
): Tensor | Variable | IndexedSlices {
  const fields = fieldsOf(value, 'its argument');
  if ('indices' in fields) {
    const { values, indices, denseShape } = fields;
    return new IndexedSlices(tensorOf(values, 'values'), tensorOf(indices, 'indices'), {
      denseShape: denseShape as number[] | null,
    });
  }
  const t = tensorOf(value, 'its argument');
  if (fields.variable === undefined) return t;
  const { name, trainable, shape } = fieldsOf(fields.variable, 'variable');
  if (typeof name !== 'string') {
    throw new TypeError(`[${op}] variable.name must be a string; got ${describe(name)}`);
  }
  return new Variable(t, {
    name: name.replace(/:0$/, ''),
    trainable: trainable as boolean,
    shape: shape as PartialShape,
  });
}

/** The properties of a plain object. */
function fieldsOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && isPlain(value)) {
    return value as Record<string, unknown>;
  }
  throw new TypeError(`[${op}] ${what} must be what toTransferable() returns; got ${describe(value)}`);
}

function tensorOf(value: unknown, what: string): Tensor {
  const { dtype, shape, data } = fieldsOf(value, what);
  if (dtype === undefined && data === undefined) {
    throw new TypeError(
      `[${op}] ${what} must be what toTransferable() returns, { dtype, shape, data }; got an object without dtype and data` +
        ` (a tensor that was cloned or posted itself has lost its elements: post t.toTransferable())`,
    );
  }
  const isText = dtype === 'string';
  const dt: DTypeInfo = isText ? stringType : dtypeInfo(dtype, `[${op}] dtype`);
  const dims = checkShape(shape, `[${op}] shape`);
  if (isText ? !Array.isArray(data) : typedArrayName(data) !== dt.array.name) {
    throw new TypeError(`[${op}] data of dtype ${dt.name} must be a ${dt.array.name}; got ${describe(data)}`);
  }
  const t = toTensor(data, dt, op, 'data');
  if (t.size !== sizeOf(dims)) {
    throw new InvalidArgumentError(
      `[${op}] data has ${t.size} elements; shape ${showShape(dims)} takes ${sizeOf(dims)}`,
    );
  }
  return aliasTensor(t, dims, op);
}
