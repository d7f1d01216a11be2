/**
 * The error classes, named as in TensorFlow (`tf.errors`). Python's ValueError corresponds to InvalidArgumentError,
 * RuntimeError to FailedPreconditionError, LookupError to NotFoundError. An argument of the wrong type (a string instead of
 * a tensor) throws JavaScript's TypeError.
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

/** A value, shape, dtype or axis is invalid for the op. @tf tf.errors.InvalidArgumentError */
export class InvalidArgumentError extends errorClass('InvalidArgumentError') {}
/** The end of a range was reached (`countUpTo`, an exhausted dataset). @tf tf.errors.OutOfRangeError */
export class OutOfRangeError extends errorClass('OutOfRangeError') {}
/** The object is not in a state that allows the call. @tf tf.errors.FailedPreconditionError */
export class FailedPreconditionError extends errorClass('FailedPreconditionError') {}
/** Something asked for by name does not exist. @tf tf.errors.NotFoundError */
export class NotFoundError extends errorClass('NotFoundError') {}
/** Not supported by this version. @tf tf.errors.UnimplementedError */
export class UnimplementedError extends errorClass('UnimplementedError') {}
/** Memory could not be allocated, or a limit on sizes was exceeded. @tf tf.errors.ResourceExhaustedError */
export class ResourceExhaustedError extends errorClass('ResourceExhaustedError') {}
/** A bug in the library. @tf tf.errors.InternalError */
export class InternalError extends errorClass('InternalError') {}
/** A file is damaged, or not of the format that it should be. @tf tf.errors.DataLossError */
export class DataLossError extends errorClass('DataLossError') {}
