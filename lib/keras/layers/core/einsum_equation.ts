/** The shapes that the equation of an EinsumDense implies. */
import { InvalidArgumentError } from '../../../core/errors';
import { showKerasShape, type KerasShape } from '../../base/shapes';

export interface EinsumShapes {
  readonly kernel: KerasShape;
  /** Null: no bias. */
  readonly bias: KerasShape | null;
  readonly output: KerasShape;
  /** The axes of the kernel that are summed over, and those of the results. */
  readonly inputAxes: readonly number[];
  readonly outputAxes: readonly number[];
}

/** The three parts of an equation, and where its ellipsis is. */
interface Parts {
  readonly input: string;
  readonly weight: string;
  readonly output: string;
  readonly ellipsis: 'none' | 'left' | 'right';
}

const forms = [
  ['none', /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)/],
  ['left', /^\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)/],
  ['right', /^([a-zA-Z]{2,})\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\./],
] as const;

function partsOf(equation: string): Parts {
  for (const [ellipsis, form] of forms) {
    const found = form.exec(equation);
    if (found !== null) return { input: found[1], weight: found[2], output: found[3], ellipsis };
  }
  throw new InvalidArgumentError(
    `[EinsumDense] Invalid einsum equation '${equation}'. Equations must be in the form [X],[Y]->[Z], ...[X],[Y]->...[Z], or ` +
      '[X]...,[Y]->[Z]....',
  );
}

const fail = (message: string): never => {
  throw new InvalidArgumentError(`[EinsumDense] ${message}`);
};

/** The sizes of the bias: 1 where it is broadcast, from the first of its dimensions on. */
function biasShape(parts: Parts, biasAxes: string, output: KerasShape, elided: number): KerasShape {
  for (const char of biasAxes)
    if (!parts.output.includes(char))
      fail(`Bias dimension '${char}' was requested, but is not part of the output spec '${parts.output}'`);
  const skipped = parts.ellipsis === 'left' ? elided : 0;
  const first = Math.min(...[...biasAxes].map((char) => parts.output.indexOf(char)));
  const own = [...parts.output.slice(first)].map((char, i) =>
    biasAxes.includes(char) ? output[first + i + skipped] : 1,
  );
  return parts.ellipsis === 'left' ? own : [...own, ...new Array<number>(Math.max(0, elided)).fill(1)];
}

/** The shapes of kernel, bias and result for inputs of a shape. `partial`: that of the result without batch and ellipsis. */
export function einsumShapes(
  equation: string,
  biasAxes: string | null,
  input: KerasShape,
  partial: KerasShape,
): EinsumShapes {
  const parts = partsOf(equation);
  const elided = input.length - parts.input.length;
  if (elided < 0)
    fail(`the equation '${equation}' has more dimensions than the inputs, of shape ${showKerasShape(input)}`);
  const left = parts.ellipsis === 'left';
  const middle = left ? input.slice(1, Math.max(1, elided)) : [];
  const output = [input[0], ...middle, ...partial, ...(left || elided === 0 ? [] : input.slice(-elided))];
  const skipped = left ? elided : 0;
  const inputAt = new Map([...parts.input].map((dim, i) => [dim, input[i + skipped]]));
  const outputAt = new Map([...parts.output].map((dim, i) => [dim, output[i + skipped]]));
  for (const [dim, size] of inputAt) {
    const given = outputAt.get(dim);
    if (given !== undefined && given !== null && given !== size)
      fail(
        `Input shape and output shape do not match at shared dimension '${dim}'. Input shape is ${size ?? 'None'}, and output ` +
          `shape is ${given}.`,
      );
  }
  for (const dim of parts.output)
    if (!parts.input.includes(dim) && !parts.weight.includes(dim))
      fail(
        `Dimension '${dim}' was specified in the output '${parts.output}' but has no corresponding dim in the input spec ` +
          `'${parts.input}' or weight spec '${parts.weight}'`,
      );
  const [inputAxes, outputAxes]: [number[], number[]] = [[], []];
  const kernel = [...parts.weight].map((dim, i) => {
    (outputAt.has(dim) ? outputAxes : inputAxes).push(i);
    const size = outputAt.has(dim) ? outputAt.get(dim) : inputAt.get(dim);
    return size === undefined
      ? fail(
          `Weight dimension '${dim}' did not have a match in either the input spec '${parts.input}' or the output spec ` +
            `'${parts.output}'. For this layer, the weight must be fully specified.`,
        )
      : size;
  });
  const bias = biasAxes === null ? null : biasShape(parts, biasAxes, output, elided);
  return { kernel, bias, output, inputAxes, outputAxes };
}
