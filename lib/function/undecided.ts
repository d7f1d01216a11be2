/** What cannot be decided while a part of a function is traced. */
import { UnimplementedError } from '../core/errors';

/**
 * What happens in a part, or in a derivative, depends on values: whoever is about to make a step of it has to decide, when
 * the function runs, what comes, and trace that as the function's own.
 */
export class Undecided extends UnimplementedError {
  constructor(readonly op: string) {
    super(
      `[${op}] inside of a derivative something depends on values that are not known while it is traced: compute the ` +
        `gradient inside of the function, or outside of tf.function`,
    );
  }

  /** For people. */
  get why(): string {
    return `${this.op} depends on values`;
  }
}
