/** Einstein summation, composed of transposes, sums and matrix products. */
import type { TensorLike } from '../../core/convert';
import { numeric } from '../../core/dtype';
import type { DTypeOfList } from '../../core/dtype_of';
import { InvalidArgumentError } from '../../core/errors';
import { memoized } from '../../core/memoize';
import { describe, type Dims, showShape, sizeOf } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { badDType } from '../../op/checks';
import { composite } from '../../op/define/composite';
import { sample } from '../../op/registry';
import { tensorList } from '../../op/strided';
import { transpose } from '../array/movement';
import { stridedSlice } from '../array/slicing';
import { identity, reshape } from '../array/views';
import { multiply } from '../math/binary';
import { reduceSum } from '../reduce/reduce';
import { matmul } from './matmul';

/**
 * A label of a dimension: the character code of a letter. Dimensions of an ellipsis are negative: −1 for the last of them,
 * −2 for the one before, and so on, as dimensions that broadcast are counted.
 */
type Label = number;

/** A tensor of a contraction: its labels and sizes, and how it is computed from the operands. */
interface Term {
  readonly labels: readonly Label[];
  readonly dims: Dims;
  readonly compute: (operands: readonly Tensor[]) => Tensor;
}

const ellipsis = '0';
const subscriptsPattern = /^([a-zA-Z0,]*)(?:->([a-zA-Z0]*))?$/;

interface Subscripts {
  readonly inputs: readonly string[];
  readonly output: string;
}

/** Parses an equation; in the result, an ellipsis is the character '0'. */
function parseEquation(equation: string, operands: number): Subscripts {
  const fail = (message: string): never => {
    throw new InvalidArgumentError(`[einsum] ${message}`);
  };
  const written = equation.replaceAll(' ', '');
  const match = written.includes(ellipsis)
    ? null
    : subscriptsPattern.exec(written.replaceAll('...', ellipsis));
  if (match === null) {
    return fail(
      `Subscripts have incorrect format: ${describe(equation)}; expected letters, commas and '...', then optionally ` +
        `'->' and the labels of the result, as in 'ij,jk->ik'`,
    );
  }
  const inputs = match[1].split(',');
  if (inputs.length !== operands)
    fail(`Got ${operands} inputs for equation "${equation}", expecting ${inputs.length}`);
  for (const labels of inputs) {
    if (labels.split(ellipsis).length > 2)
      fail(`an input of equation "${equation}" has more than one ellipsis`);
  }
  const all = inputs.join('');
  const count = (label: string): number => all.split(label).length - 1;
  // Without '->', the result has the labels that appear once, in alphabetical order.
  const output =
    (match[2] as string | undefined) ??
    [...new Set(all)]
      .filter((label) => count(label) === 1)
      .sort()
      .join('');
  for (const label of output) {
    if (output.split(label).length > 2) {
      fail(
        label === ellipsis
          ? `Output subscripts contain multiple ellipsis: ${equation}`
          : `Output subscripts contain a label appearing more than once: ${equation}`,
      );
    }
    if (label !== ellipsis && !all.includes(label))
      fail(`Output subscripts contain the label ${label} not present in the input subscripts: ${equation}`);
  }
  return { inputs, output };
}

/** The labels of an operand's dimensions. */
function labelsOf(subscripts: string, rank: number, input: number, equation: string): Label[] {
  const named = subscripts.replace(ellipsis, '').length;
  const hasEllipsis = named < subscripts.length;
  if (hasEllipsis ? rank < named : rank !== named) {
    throw new InvalidArgumentError(
      `[einsum] Expected input ${input} of equation "${equation}" to have rank ${hasEllipsis ? 'at least ' : ''}${named} ` +
        `but got: ${rank}`,
    );
  }
  const labels: Label[] = [];
  for (const c of subscripts) {
    if (c !== ellipsis) labels.push(c.charCodeAt(0));
    else for (let k = rank - named; k > 0; k--) labels.push(-k);
  }
  return labels;
}

/** The size of each label. Sizes of letters must be equal; those of an ellipsis broadcast. */
function labelSizes(terms: readonly Term[]): Map<Label, number> {
  const sizes = new Map<Label, number>();
  for (const { labels, dims } of terms) {
    labels.forEach((label, d) => {
      const known = sizes.get(label);
      const size = dims[d];
      if (known === undefined || (label < 0 && known === 1)) sizes.set(label, size);
      else if (known !== size && !(label < 0 && size === 1)) {
        throw new InvalidArgumentError(
          label < 0
            ? `[einsum] Invalid broadcasting dimensions: the sizes ${known} and ${size} of an ellipsis must be equal, or one ` +
                `of them 1; the operands have shapes ${terms.map((t) => showShape(t.dims)).join(' and ')}`
            : `[einsum] Expected dimension ${known} at axis ${d} of the input shaped ${showShape(dims)} but got dimension ` +
                `${size}: label '${String.fromCharCode(label)}' has two sizes`,
        );
      }
    });
  }
  return sizes;
}

const sameList = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((v, i) => v === b[i]);

/** The term with its dimensions in the order of `labels`. */
function permuted(term: Term, labels: readonly Label[]): Term {
  if (sameList(term.labels, labels)) return term;
  const perm = labels.map((label) => term.labels.indexOf(label));
  return {
    labels,
    dims: perm.map((d) => term.dims[d]),
    compute: (xs) => transpose(term.compute(xs), { perm }),
  };
}

function reshaped(term: Term, labels: readonly Label[], dims: Dims): Term {
  if (sameList(term.dims, dims)) return { ...term, labels };
  return { labels, dims, compute: (xs) => reshape(term.compute(xs), dims) };
}

/** Takes diagonals until no label is repeated. */
function withoutRepeats(term: Term): Term {
  const { labels } = term;
  const second = labels.findIndex((label, d) => labels.indexOf(label) < d);
  if (second < 0) return term;
  const first = labels.indexOf(labels[second]);
  const perm = labels.map((_, d) => d).filter((d) => d !== first && d !== second);
  const rest = perm.map((d) => term.dims[d]);
  const n = term.dims[first];
  perm.push(first, second);
  const flat = [...rest, n * n];
  const zeros = flat.map(() => 0);
  const strides = flat.map((_, d) => (d < rest.length ? 1 : n + 1));
  const compute = (xs: readonly Tensor[]): Tensor => {
    const matrices = reshape(transpose(term.compute(xs), { perm }), flat);
    return stridedSlice(matrices, zeros, flat, { strides });
  };
  const kept = perm.slice(0, -1).map((d) => labels[d]);
  return withoutRepeats({ labels: kept, dims: [...rest, n], compute });
}

/** Sums over the dimensions whose labels are not needed. */
function summed(term: Term, needed: ReadonlySet<Label>): Term {
  const axis = term.labels.flatMap((label, d) => (needed.has(label) ? [] : [d]));
  if (axis.length === 0) return term;
  const keep = term.labels.flatMap((label, d) => (needed.has(label) ? [d] : []));
  return {
    labels: keep.map((d) => term.labels[d]),
    dims: keep.map((d) => term.dims[d]),
    compute: (xs) => reduceSum(term.compute(xs), { axis }),
  };
}

/** How the labels of two terms take part in their product. */
interface Roles {
  /** Labels of batch dimensions: those of ellipses, and those of both terms that are needed. */
  readonly batch: readonly Label[];
  /** Labels of both terms that are summed over. */
  readonly contracted: readonly Label[];
  readonly freeA: readonly Label[];
  readonly freeB: readonly Label[];
}

function rolesOf(a: Term, b: Term, needed: ReadonlySet<Label>, output: readonly Label[]): Roles {
  const shared = a.labels.filter((label) => label >= 0 && b.labels.includes(label));
  const broadcast = [...new Set([...a.labels, ...b.labels].filter((label) => label < 0))].sort(
    (x, y) => x - y,
  );
  const kept = shared.filter((label) => needed.has(label));
  // The order of the result saves a transpose.
  kept.sort((x, y) => output.indexOf(x) - output.indexOf(y));
  const isFree = (label: Label): boolean => label >= 0 && !shared.includes(label);
  return {
    batch: [...broadcast, ...kept],
    contracted: shared.filter((label) => !needed.has(label)),
    freeA: a.labels.filter(isFree),
    freeB: b.labels.filter(isFree),
  };
}

/** The sizes of labels in a term; 1 for those that it lacks. */
const sizesIn = (term: Term, labels: readonly Label[]): number[] =>
  labels.map((label) => (term.labels.includes(label) ? term.dims[term.labels.indexOf(label)] : 1));

/**
 * The term as a batch of matrices: `rows` and `columns` are flattened into one dimension each. `swapped`: the matrices are
 * transposed, which the product undoes.
 */
function asMatrices(
  term: Term,
  batch: readonly Label[],
  rows: readonly Label[],
  columns: readonly Label[],
): { term: Term; swapped: boolean } {
  const own = batch.filter((label) => term.labels.includes(label));
  const swapped =
    rows.length > 0 && columns.length > 0 && sameList(term.labels, [...own, ...columns, ...rows]);
  const [first, second] = swapped ? [columns, rows] : [rows, columns];
  const moved = permuted(term, [...own, ...first, ...second]);
  const dims = [...sizesIn(term, batch), sizeOf(sizesIn(term, first)), sizeOf(sizesIn(term, second))];
  return { term: reshaped(moved, moved.labels, dims), swapped };
}

/** The product of two terms, summed over the labels that are not needed. */
function product(x: Term, y: Term, needed: ReadonlySet<Label>, output: readonly Label[]): Term {
  let a = summed(x, new Set([...needed, ...y.labels]));
  let b = summed(y, new Set([...needed, ...x.labels]));
  let roles = rolesOf(a, b, needed, output);
  if (sameList([...roles.batch, ...roles.freeB, ...roles.freeA], output)) {
    [a, b] = [b, a];
    roles = rolesOf(a, b, needed, output);
  }
  const { batch, contracted, freeA, freeB } = roles;
  const labels = [...batch, ...freeA, ...freeB];
  const sizesA = sizesIn(a, batch);
  const sizesB = sizesIn(b, batch);
  const batchSizes = batch.map((_, i) => (sizesA[i] === 1 ? sizesB[i] : sizesA[i]));
  const dims = [...batchSizes, ...sizesIn(a, freeA), ...sizesIn(b, freeB)];
  if (contracted.length === 0) {
    const own = (term: Term, free: readonly Label[]): Term =>
      permuted(term, [...batch.filter((label) => term.labels.includes(label)), ...free]);
    const left = reshaped(own(a, freeA), labels, [...sizesA, ...sizesIn(a, freeA), ...freeB.map(() => 1)]);
    const right = reshaped(own(b, freeB), labels, [...sizesB, ...freeA.map(() => 1), ...sizesIn(b, freeB)]);
    return { labels, dims, compute: (xs) => multiply(left.compute(xs), right.compute(xs)) };
  }
  const left = asMatrices(a, batch, freeA, contracted);
  const right = asMatrices(b, batch, contracted, freeB);
  const matrices: Term = {
    labels,
    dims: [...batchSizes, sizeOf(sizesIn(a, freeA)), sizeOf(sizesIn(b, freeB))],
    compute: (xs) =>
      matmul(left.term.compute(xs), right.term.compute(xs), {
        transposeA: left.swapped,
        transposeB: right.swapped,
      }),
  };
  return reshaped(matrices, labels, dims);
}

/** The labels that the result or a term other than `skip` has. */
function neededBy(terms: readonly Term[], output: readonly Label[], skip: readonly Term[]): Set<Label> {
  const needed = new Set(output);
  for (const term of terms) if (!skip.includes(term)) for (const label of term.labels) needed.add(label);
  return needed;
}

/** The pair of terms whose product saves the most elements: the greedy order of contraction. */
function cheapestPair(
  terms: readonly Term[],
  output: readonly Label[],
  sizes: ReadonlyMap<Label, number>,
): [Term, Term] {
  let best: [Term, Term] = [terms[0], terms[1]];
  let least = Infinity;
  for (let i = 0; i < terms.length; i++) {
    for (let j = i + 1; j < terms.length; j++) {
      const pair: [Term, Term] = [terms[i], terms[j]];
      const needed = neededBy(terms, output, pair);
      const labels = new Set([...pair[0].labels, ...pair[1].labels].filter((label) => needed.has(label)));
      const size = sizeOf([...labels].map((label) => sizes.get(label) as number));
      const cost = size - sizeOf(pair[0].dims) - sizeOf(pair[1].dims);
      if (cost < least) [best, least] = [pair, cost];
    }
  }
  return best;
}

/** The computation of an equation for operands of these shapes. */
const planOf = memoized((equation: string, shapes: readonly Dims[]): Term['compute'] => {
  const { inputs, output } = parseEquation(equation, shapes.length);
  const whole = shapes.map((dims, i): Term => {
    return { labels: labelsOf(inputs[i], dims.length, i, equation), dims, compute: (xs) => xs[i] };
  });
  const sizes = labelSizes(whole);
  const broadcast = [...sizes.keys()].filter((label) => label < 0).sort((x, y) => x - y);
  if (broadcast.length > 0 && !output.includes(ellipsis)) {
    throw new InvalidArgumentError(
      `[einsum] Output contains ${broadcast.length} broadcasting dimension(s) but no ellipsis (...) was found in the output ` +
        `subscripts of equation "${equation}"`,
    );
  }
  const wanted = [...output].flatMap((c) => (c === ellipsis ? broadcast : [c.charCodeAt(0)]));
  let terms = whole.map(withoutRepeats);
  while (terms.length > 1) {
    const pair = terms.length === 2 ? ([terms[0], terms[1]] as const) : cheapestPair(terms, wanted, sizes);
    const made = product(pair[0], pair[1], neededBy(terms, wanted, pair), wanted);
    terms = [...terms.filter((term) => term !== pair[0] && term !== pair[1]), made];
  }
  return permuted(summed(terms[0], new Set(wanted)), wanted).compute;
});

/**
 * Einstein summation: the product of the operands, summed over the labels that are not in the result. `equation` has the
 * labels of each operand's dimensions, a letter each, and after '->' those of the result: 'bij,bjk->bik' is a batch of
 * matrix products, 'ij->ji' a transpose, 'ii->i' a diagonal, 'ij->' a sum. '...' stands for any number of dimensions, which
 * broadcast. Without '->', the result has the labels that appear once, in alphabetical order. More than two operands are
 * multiplied pair by pair, the pair first whose product is smallest.
 * InvalidArgumentError for an invalid equation, or shapes that do not fit it. @tf tf.einsum
 */
export const einsum: <V extends TensorLike>(
  equation: string,
  ...inputs: readonly V[]
) => Tensor<DTypeOfList<V>> = composite(
  'einsum',
  {
    tf: 'tf.einsum',
    dtypes: numeric,
    domain: [-2, 2],
    ulp: 4,
    examples: [
      { args: ['ij,jk->ik', sample([2, 3]), sample([3, 4])] },
      { args: ['ij,jk', sample([2, 3]), sample([3, 4])] },
      { args: ['bij,bkj->bki', sample([2, 3, 4]), sample([2, 5, 4])] },
      { args: ['btnh,bsnh->bnts', sample([2, 3, 2, 4]), sample([2, 2, 2, 4])] },
      { args: ['...ij,...jk->...ik', sample([2, 1, 2, 3]), sample([4, 3, 2])] },
      { args: ['ij->ji', sample([2, 3])] },
      { args: ['ii', sample([3, 3])] },
      { args: ['iij->ji', sample([3, 3, 2])] },
      { args: ['i,j->ij', sample([3]), sample([2])] },
      { args: ['ij,ij->', sample([2, 3]), sample([2, 3])] },
      { args: ['ab,bc,cd->da', sample([2, 3]), sample([3, 4]), sample([4, 2])] },
      { args: ['ij,jk->ik', sample([2, 3]), sample([2, 3])] },
    ],
  },
  (equation: string, ...inputs: readonly TensorLike[]): Tensor => {
    if (typeof equation !== 'string')
      throw new TypeError(
        `[einsum] equation must be a string, such as 'ij,jk->ik'; got ${describe(equation)}`,
      );
    const operands = tensorList(inputs, 'einsum', 'inputs');
    const refused = operands.find((t) => !numeric.includes(t.dtype));
    if (refused !== undefined) throw badDType('einsum', 'the operand', refused.dt, numeric);
    const y = planOf(equation, operands.map(shapeOf))(operands);
    return operands.includes(y) ? identity(y) : y;
  },
);
