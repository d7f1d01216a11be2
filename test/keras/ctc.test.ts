/** Connectionist temporal classification where TensorFlow records nothing: lengths, labels that do not fit, errors. */
import * as tf from 'gradtape';

const int = (values: number[] | number[][]): tf.Tensor => tf.constant(values, { dtype: 'int32' });
const logits = tf.random.normal([2, 5, 4], { seed: 3 });
const loss = (labels: number[][], n: number[], steps: number[]): number[] => [
  ...(tf.nn
    .ctcLoss(int(labels), logits, int(n), int(steps), { logitsTimeMajor: false })
    .data() as Float32Array),
];

test('the sum over all alignments', () => {
  // One label in two steps: 1 1, 1 blank, blank 1.
  const p = tf.nn.softmax(logits);
  const of = (t: number, c: number): number => p.at(0, t, c).data()[0];
  const expected = of(0, 1) * of(1, 1) + of(0, 1) * of(1, 0) + of(0, 0) * of(1, 1);
  expect(loss([[1], [1]], [1, 1], [2, 2])[0]).toBeCloseTo(-Math.log(expected), 5);
});

test('what lies beyond the lengths does not count', () => {
  const short = loss(
    [
      [1, 2],
      [3, 1],
    ],
    [1, 2],
    [4, 5],
  );
  expect(
    loss(
      [
        [1, -1],
        [3, 1],
      ],
      [1, 2],
      [4, 5],
    ),
  ).toEqual(short);
  expect(short[0]).toBeCloseTo(loss([[1], [3]], [1, 1], [4, 5])[0], 6);
});

test('labels that do not fit cost about 707, with finite gradients', () => {
  const tape = new tf.GradientTape();
  const labels = int([
    [1, 1, 1],
    [1, 2, 3],
  ]);
  const y = tape.run(() => {
    tape.watch(logits);
    return tf.nn.ctcLoss(labels, logits, int([3, 3]), int([4, 2]), { logitsTimeMajor: false });
  });
  for (const value of y.data()) expect(Math.abs((value as number) - 707)).toBeLessThan(15);
  expect([...(tape.gradient(y, logits) as tf.Tensor).data()].every(Number.isFinite)).toBe(true);
});

test('errors name the argument', () => {
  const { InvalidArgumentError } = tf.errors;
  const call = (labels: tf.Tensor, n: tf.Tensor, options: object = { logitsTimeMajor: false }): tf.Tensor =>
    tf.nn.ctcLoss(labels, logits, n, int([5, 5]), options);
  expect(() =>
    call(
      int([
        [1, 9],
        [1, 2],
      ]),
      int([2, 2]),
    ),
  ).toThrow(InvalidArgumentError);
  expect(() => call(int([[1, 2]]), int([2, 2]))).toThrow('[ctcLoss] labels must have the shape [2, n]');
  expect(() => call(int([[1], [2]]), int([1]))).toThrow('[ctcLoss] labelLength must have the shape [2]');
  expect(() => call(int([[1], [2]]), int([1, 1]), { blankIndex: 4, logitsTimeMajor: false })).toThrow(
    'blankIndex 4 is none of the 4 classes',
  );
  expect(() => tf.keras.losses.ctc(int([1]), logits)).toThrow('[ctc] Targets `yTrue` are expected');
  const { ctcDecode } = tf.keras.ops;
  expect(() => ctcDecode(logits, int([5]))).toThrow('[ctcDecode] sequenceLengths must have the shape [2]');
  expect(() => ctcDecode(logits, int([5, 5]), { strategy: 'beam_search' as 'greedy' })).toThrow(
    tf.errors.UnimplementedError,
  );
});
