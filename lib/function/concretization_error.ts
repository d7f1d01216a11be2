/** What the tracer throws where a function cannot go on without a concrete value. */
import * as path from 'node:path';
import { UnimplementedError } from '../core/errors';

/**
 * Where the library's own code is, whose frames are skipped when the user's line is looked for: one file if it is built; null
 * where a bundler made an ES module of it, which has the user's code too.
 */
const library = typeof __filename === 'string' ? placeOf(__filename) : null;

function placeOf(file: string): string {
  return file.includes('concretization_error') ? path.resolve(file, '..', '..') + path.sep : file;
}

/**
 * The shape of a result, or which code runs next, depends on values that do not exist while the function is traced. The
 * function, or the part of it that catches this, runs op by op instead.
 */
export class ConcretizationError extends UnimplementedError {
  /** Where the user's code called the op: `file:line:column`; null if no frame of the stack is the user's. */
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
  if (library === null) return null;
  for (const frame of stack.split('\n').slice(1)) {
    const place = /\(?((?:file:\/\/)?[^()\s]+:\d+:\d+)\)?$/.exec(frame)?.[1];
    if (place !== undefined && !place.includes(library) && !place.startsWith('node:')) return place;
  }
  return null;
}
