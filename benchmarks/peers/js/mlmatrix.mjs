/** ml-matrix: float64 matrices. */
import { Matrix } from 'ml-matrix';
import { versionOf } from './version.mjs';

/** A vector becomes one row; higher ranks are not supported. */
function matrix({ data, shape }) {
  const [rows, columns] = shape.length === 1 ? [1, shape[0]] : shape;
  return Matrix.from1DArray(rows, columns, data);
}

const outputs = (result) => {
  if (typeof result === 'number') return [{ shape: [], dtype: 'float64', data: Float64Array.of(result) }];
  if (Array.isArray(result))
    return [{ shape: [result.length], dtype: 'float64', data: Float64Array.from(result) }];
  return [
    { shape: [result.rows, result.columns], dtype: 'float64', data: Float64Array.from(result.to1DArray()) },
  ];
};

const task = (run) => ({ run, outputs, note: 'float64' });
const tooDeep = (inputs) => inputs.some(({ shape }) => shape.length > 2);

const functions = {
  exp: (x) => Matrix.exp(x),
  tanh: (x) => Matrix.tanh(x),
};

const unary = ({ f }, inputs) => {
  const g = functions[f];
  if (g === undefined) return `the library has no ${f}`;
  const x = matrix(inputs[0]);
  return task(() => g(x));
};

const binary = ({ f }, inputs) => {
  const [a, b] = inputs.map(matrix);
  return task(f === 'add' ? () => Matrix.add(a, b) : () => Matrix.mul(a, b));
};

const matmul = ({ transposeA, transposeB }, inputs) => {
  const [a, b] = inputs.map(matrix);
  const turn = (x, yes) => (yes ? x.transpose() : x);
  return task(() => turn(a, transposeA).mmul(turn(b, transposeB)));
};

const reduce = ({ axes }, [input]) => {
  const x = matrix(input);
  const by = axes.length === 2 ? undefined : axes[0] === 0 ? 'column' : 'row';
  return task(() => x.sum(by));
};

const argmax = (_, [input]) => {
  const x = matrix(input);
  return task(() => x.maxIndex()[1]);
};

const transpose = (_, [input]) => {
  const x = matrix(input);
  return task(() => x.transpose());
};

const copy = (_, [input]) => {
  const x = matrix(input);
  return task(() => x.clone());
};

const gather = (_, [table, indices]) => {
  const x = matrix(table);
  const rows = Array.from(indices.data);
  return task(() => x.subMatrixRow(rows));
};

const all = { unary, binary, matmul, reduce, argmax, transpose, copy, gather };

export function open() {
  const kinds = Object.entries(all).map(([kind, make]) => [
    kind,
    (params, inputs) => (tooDeep(inputs) ? 'the library has only matrices' : make(params, inputs)),
  ]);
  return { version: versionOf('ml-matrix'), kinds: Object.fromEntries(kinds) };
}
