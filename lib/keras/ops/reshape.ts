/** The shape that a reshape gives, where dimensions vary. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { showKerasShape, type KerasShape } from '../base/shapes';

const count = (shape: KerasShape): number => shape.reduce<number>((n, size) => n * (size as number), 1);

/** InvalidArgumentError unless each dimension is at least −1, which stands once. */
export function checkReshape(shape: readonly number[], op: string, argument: string): void {
  if (shape.some((n) => n < -1))
    throw new InvalidArgumentError(
      `[${op}] Each dimension in \`${argument}\` must be a non-negative integer, or \`-1\` for a single unknown ` +
        `dimension. Received: ${argument}=${describe(shape)}`,
    );
  if (shape.filter((n) => n === -1).length > 1)
    throw new InvalidArgumentError(
      `[${op}] There must be at most one unknown dimension (-1) in \`${argument}\`. Received: ${argument}=${describe(shape)}`,
    );
}

/** `target` with its −1 resolved; null where it depends on dimensions that vary. */
export function reshapedShape(
  input: KerasShape,
  target: readonly number[],
  op: string,
  argument: string,
): KerasShape {
  checkReshape(target, op, argument);
  if (input.includes(null)) return target.map((n) => (n === -1 ? null : n));
  const size = count(input);
  const known = count(target.filter((n) => n !== -1));
  const open = target.includes(-1);
  if (open ? known === 0 || size % known !== 0 : size !== known)
    throw new InvalidArgumentError(
      `[${op}] The total size of the tensor must be unchanged${open ? ', however, the input size cannot be divided by the ' + `specified dimensions in ${argument}` : ''}. ` +
        `Received: input_shape=${showKerasShape(input)}, ${argument}=${showKerasShape(target)}`,
    );
  return target.map((n) => (n === -1 ? size / known : n));
}
