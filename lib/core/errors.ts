/**
 * The error classes, named as TensorFlow names them (`tf.errors`). What Python raises as ValueError is
 * InvalidArgumentError here, RuntimeError is FailedPreconditionError, LookupError is NotFoundError. The wrong kind of
 * argument (a string where a tensor belongs) is JavaScript's own TypeError.
 */

/** Base of all errors that the library raises about values, shapes, dtypes and states. @tf tf.errors.OpError */
export class OpError extends Error {
  override name = 'OpError';
}

function errorClass(name: string): typeof OpError {
  const named = {
    [name]: class extends OpError {
      override name = name;
    },
  };
  return named[name];
}

/** A value, shape, dtype or axis that the op cannot take. @tf tf.errors.InvalidArgumentError */
export class InvalidArgumentError extends errorClass('InvalidArgumentError') {}
/** The end of a range was reached (`countUpTo`, an exhausted dataset). @tf tf.errors.OutOfRangeError */
export class OutOfRangeError extends errorClass('OutOfRangeError') {}
/** The object is not in a state that allows the call. @tf tf.errors.FailedPreconditionError */
export class FailedPreconditionError extends errorClass('FailedPreconditionError') {}
/** Something asked for by name does not exist. @tf tf.errors.NotFoundError */
export class NotFoundError extends errorClass('NotFoundError') {}
/** Not possible in this version. @tf tf.errors.UnimplementedError */
export class UnimplementedError extends errorClass('UnimplementedError') {}
/** More memory than the process can have. @tf tf.errors.ResourceExhaustedError */
export class ResourceExhaustedError extends errorClass('ResourceExhaustedError') {}
/** A fault of the library itself. @tf tf.errors.InternalError */
export class InternalError extends errorClass('InternalError') {}
