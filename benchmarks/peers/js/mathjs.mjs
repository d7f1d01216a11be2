/** mathjs: matrices of JavaScript numbers. */
import { all, create } from 'mathjs';

const math = create(all);

/** Nested arrays from a flat one. */
function nested(data, shape) {
  if (shape.length <= 1) return Array.from(data);
  const inner = data.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) =>
    nested(data.subarray(i * inner, (i + 1) * inner), shape.slice(1)),
  );
}

const matrix = ({ data, shape }) => math.matrix(nested(data, shape));

const outputs = (result) => {
  if (typeof result === 'number') return [{ shape: [], dtype: 'float64', data: Float64Array.of(result) }];
  const values = Float64Array.from(result.toArray().flat(Infinity));
  return [{ shape: result.size(), dtype: 'float64', data: values }];
};

const task = (run) => ({ run, outputs, note: 'float64' });

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const functions = {
  exp: (x) => math.map(x, Math.exp),
  tanh: (x) => math.map(x, Math.tanh),
  sigmoid: (x) => math.map(x, sigmoid),
};

const unary = ({ f }, inputs) => {
  const g = functions[f];
  if (g === undefined) return `the library has no ${f}`;
  const x = matrix(inputs[0]);
  return task(() => g(x));
};

const binary = ({ f }, inputs) => {
  const [a, b] = inputs.map(matrix);
  return task(f === 'add' ? () => math.add(a, b) : () => math.dotMultiply(a, b));
};

const matmul = ({ transposeA, transposeB, batch }, inputs) => {
  if (batch > 1) return 'the library multiplies only matrices';
  const [a, b] = inputs.map(matrix);
  const turn = (x, yes) => (yes ? math.transpose(x) : x);
  return task(() => math.multiply(turn(a, transposeA), turn(b, transposeB)));
};

const reduce = ({ axes }, [input]) => {
  const x = matrix(input);
  return task(axes.length === 2 ? () => math.sum(x) : () => math.sum(x, axes[0]));
};

const transpose = ({ perm }, [input]) => {
  if (perm.length > 2) return 'the library transposes only matrices';
  const x = matrix(input);
  return task(() => math.transpose(x));
};

const reshape = ({ shape }, [input]) => {
  const x = matrix(input);
  return task(() => math.reshape(x, shape));
};

const copy = (_, [input]) => {
  const x = matrix(input);
  return task(() => math.clone(x));
};

const concat = (_, inputs) => {
  const parts = inputs.map(matrix);
  return task(() => math.concat(...parts));
};

const sort = (_, [input]) => {
  const x = matrix(input);
  return task(() => math.sort(x));
};

export function open() {
  return {
    version: math.version,
    kinds: { unary, binary, matmul, reduce, transpose, reshape, copy, concat, sort },
  };
}
