import * as tf from 'gradtape';

const printed = (...values: unknown[]): string => {
  let text = '';
  tf.print(...values, { outputStream: (t: string) => (text += t) });
  return text;
};
const range = (n: number, shape = [n]): tf.Tensor => tf.reshape(tf.range(n), shape);

describe('tf.print', () => {
  test('writes what TensorFlow 2.21 writes', () => {
    expect(printed('a', range(3))).toBe('a [0 1 2]\n');
    expect(printed(tf.constant(1.5))).toBe('1.5\n');
    expect(printed(tf.constant([1, 2.5, 1e10, 1e-7]))).toBe('[1 2.5 1e+10 1e-07]\n');
    expect(printed(range(10))).toBe('[0 1 2 ... 7 8 9]\n');
    expect(
      printed(range(100, [10, 10]))
        .split('\n')
        .slice(0, 5),
    ).toEqual([
      '[[0 1 2 ... 7 8 9]',
      ' [10 11 12 ... 17 18 19]',
      ' [20 21 22 ... 27 28 29]',
      ' ...',
      ' [70 71 72 ... 77 78 79]',
    ]);
    const f64 = (v: number): tf.Tensor => tf.constant(v, 'float64');
    expect(printed(tf.constant(1 / 3), f64(1 / 3))).toBe('0.333333343 0.33333333333333331\n');
    expect(printed(tf.constant([NaN, Infinity, -Infinity, -0]))).toBe('[nan inf -inf -0]\n');
    expect(printed(tf.constant([1e10, 123456789, 1e-5, 100000, 1e6, 0.0001]))).toBe(
      '[1e+10 123456792 1e-05 100000 1e+06 0.0001]\n',
    );
    expect(printed(tf.constant([true, false]), new tf.Variable(3))).toBe('[1 0] 3\n');
    expect(printed({ a: tf.constant(1), b: [tf.constant(2), 3] }, 'x', 2.5)).toBe(
      "{'a': 1, 'b': [2, 3]} x 2.5\n",
    );
    expect(printed([range(2), 'q'])).toBe("[[0 1], 'q']\n");
    expect(printed()).toBe('\n');
    let text = '';
    const outputStream = (t: string): unknown => (text += t);
    tf.print(range(10), 'b', { sep: ',', end: '!', summarize: 2, outputStream });
    tf.print(range(7), { summarize: -1, outputStream });
    expect(text).toBe('[0 1 ... 8 9],b![0 1 2 3 4 5 6]\n');
    expect(printed(range(27, [3, 3, 3]))).toBe(
      '[[[0 1 2]\n  [3 4 5]\n  [6 7 8]]\n\n [[9 10 11]\n  [12 13 14]\n  [15 16 17]]\n\n' +
        ' [[18 19 20]\n  [21 22 23]\n  [24 25 26]]]\n',
    );
  });

  test('inside a function, in program order at every run', () => {
    const lines: string[] = [];
    const outputStream = (t: string): unknown => lines.push(t);
    const f = tf.function((x: tf.Tensor) => {
      tf.print('x', x, { outputStream });
      tf.cond(
        tf.greater(x, 0),
        () => (tf.print('above', { outputStream }), null),
        () => null,
      );
      return tf.add(x, 1);
    });
    f(tf.constant(1));
    f(tf.constant(-1));
    expect(lines).toEqual(['x 1\n', 'above\n', 'x -1\n']);
  });
});
