/** The error of a traced function that needs a concrete value. */
import * as path from 'node:path';
import { UnimplementedError } from '../core/errors';

/**
 * Path of the library's code (one file in a bundle). Its stack frames are skipped in the search for the user's line. Null where a
 * bundler made an ES module of it, which has the user's code too.
 */
const libraryPath = typeof __filename === 'string' ? placeOf(__filename) : null;

function placeOf(file: string): string {
  return file.includes('concretization_error') ? path.resolve(file, '..', '..') + path.sep : file;
}

/**
 * The shape of a result, or control flow in JavaScript, depends on values that do not exist while the function is traced.
 * The function, or the subgraph that catches the error, runs op by op instead.
 */
export class ConcretizationError extends UnimplementedError {
  /** Where user code called the op, as `file:line:column`; null if the stack has no frame of user code. */
  readonly line: string | null;

  constructor(
    readonly op: string,
    readonly why = 'the shape of its result depends on values',
  ) {
    super(
      `[${op}] ${why}, which are not known while a function is traced: compute the gradient inside of the function, or ` +
        `outside of tf.function`,
    );
    this.line = userLine(this.stack ?? '');
  }
}

function userLine(stack: string): string | null {
  if (libraryPath === null) return null;
  for (const frame of stack.split('\n').slice(1)) {
    const location = /\(?((?:file:\/\/)?[^()\s]+:\d+:\d+)\)?$/.exec(frame)?.[1];
    if (location !== undefined && !location.includes(libraryPath) && !location.startsWith('node:'))
      return location;
  }
  return null;
}
