/** Odd arguments: each gets an error that names the function and says what is wrong and what would be right. */
import * as tf from 'gradtape';

const { InvalidArgumentError } = tf.errors;

type Class = abstract new (...args: never[]) => Error;

/** Runs f, which must throw an error of exactly that class whose message holds all the words. */
function refused(f: () => unknown, type: Class, ...words: string[]): void {
  let thrown: unknown;
  try {
    f();
  } catch (error) {
    thrown = error;
  }
  expect((thrown as Error | undefined)?.constructor).toBe(type);
  for (const word of words) expect((thrown as Error).message).toContain(word);
}

const any = (value: unknown): never => value as never;
const x = tf.ones([2, 2]);
const symbol = Symbol('s');

/** A typed array whose buffer became too short for it. */
function shrunk<T>(kind: new (buffer: ArrayBuffer, offset: number, length: number) => T): T {
  const Resizable = ArrayBuffer as unknown as new (
    size: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(size: number): void };
  const buffer = new Resizable(16, { maxByteLength: 32 });
  const array = new kind(buffer, 8, 2);
  buffer.resize(4);
  return array;
}

test.each<[string, () => unknown, Class, ...string[]]>([
  [
    'pad by a scalar',
    () => tf.pad(x, tf.constant(1, 'int32')),
    InvalidArgumentError,
    '[pad]',
    '[2,2]',
    'int32',
  ],
  ['pad by floats', () => tf.pad(x, tf.ones([2, 2])), InvalidArgumentError, '[pad]', 'float32'],
  ['random.split(null)', () => tf.random.split(any(null)), TypeError, '[random.', 'seed', 'null'],
  [
    'random.foldIn with a symbol',
    () => tf.random.foldIn([1, 2], 3, any(symbol)),
    InvalidArgumentError,
    'alg',
  ],
  ['case([undefined])', () => tf.case([any(undefined)]), TypeError, '[case]', 'undefined'],
  ['tidy(null)', () => tf.tidy(any(null)), TypeError, '[tidy]', 'function'],
  ['keep(3)', () => tf.keep(any(3)), TypeError, '[keep]', 'tensor'],
  ['initScope(null)', () => tf.initScope(any(null)), TypeError, '[initScope]', 'function'],
  [
    'TensorSpec.fromTensor(null)',
    () => tf.TensorSpec.fromTensor(any(null)),
    TypeError,
    '[TensorSpec.fromTensor]',
  ],
  [
    'new Generator',
    () => new (tf.random.Generator as unknown as new (s: unknown) => unknown)([1]),
    TypeError,
    'fromSeed',
  ],
  [
    'new Optimizer',
    () => new (tf.keras.optimizers.Optimizer as unknown as new () => unknown)(),
    TypeError,
    'SGD',
  ],
  ['matmul(x, x, null)', () => tf.matmul(x, x, any(null)), TypeError, '[matmul]'],
  ['argmax of a symbol', () => tf.argmax(x, any(symbol)), TypeError, '[argmax]', 'Symbol(s)'],
  ['unstack with a symbol', () => tf.unstack(x, any(symbol)), InvalidArgumentError, '[unstack]', 'Symbol(s)'],
  [
    'a dtype without a prototype',
    () => tf.zeros([1], { dtype: any(Object.create(null)) }),
    TypeError,
    '[zeros] dtype',
  ],
  [
    'stridedSlice with a mask of text',
    () => tf.stridedSlice(x, [0], [1], { endMask: any('1') }),
    TypeError,
    'endMask',
  ],
  ['strides beyond 2⁵³', () => tf.stridedSlice(x, [0], [1], any(2n ** 70n)), InvalidArgumentError, 'strides'],
  ['a shift beyond 2⁵³', () => tf.roll(x, any(2n ** 70n), 0), InvalidArgumentError, '[roll]', 'shift'],
  [
    'an axis that is a float tensor',
    () => tf.expandDims(x, any(tf.constant(0))),
    InvalidArgumentError,
    'float32',
  ],
  [
    'a resized typed array',
    () => tf.constant(shrunk(Float32Array)),
    InvalidArgumentError,
    '[constant]',
    'resized',
  ],
  [
    'the same for another dtype',
    () => tf.constant(shrunk(Float32Array), 'int32'),
    InvalidArgumentError,
    'resized',
  ],
  ['the same inside an array', () => tf.constant([shrunk(Int32Array)]), InvalidArgumentError, 'resized'],
  ['split into no sizes', () => tf.split(tf.zeros([0, 3]), []), InvalidArgumentError, '[split]', 'empty'],
])('%s', (_, f, type, ...words) => {
  refused(f, type, ...words);
});

test('a shape that no tensor can have is refused when it is traced', () => {
  const f = tf.function((t: tf.Tensor) => tf.broadcastTo(t, [2 ** 40]));
  refused(() => f(tf.constant(1)), tf.errors.ResourceExhaustedError, '[broadcastTo]');
});

describe('assertions check their options before they need them', () => {
  const { debugging } = tf;
  const calls: [string, (o: never) => unknown][] = [
    ['assertEqual', (o) => debugging.assertEqual(1, 1, o)],
    ['assertLess', (o) => debugging.assertLess(1, 2, o)],
    ['assertPositive', (o) => debugging.assertPositive(1, o)],
    ['assertNear', (o) => debugging.assertNear(1, 1, o)],
  ];
  test.each(calls)('%s', (name, f) => {
    refused(() => f(any({ summarize: 'x' })), TypeError, `[debugging.${name}] summarize`, "'x'");
    refused(() => f(any({ summarize: symbol })), TypeError, 'summarize');
    refused(() => f(any({ summarize: NaN })), InvalidArgumentError, 'summarize', 'NaN');
    refused(() => f(any({ summarize: 1.5 })), InvalidArgumentError, 'summarize', '1.5');
    refused(() => f(any({ message: symbol })), TypeError, 'message', 'Symbol(s)');
    f(any({ message: 'text', summarize: -1 }));
  });
  test('Assert, assertNear, checkNumerics', () => {
    refused(() => tf.Assert(true, [], any('x')), TypeError, '[Assert] summarize');
    refused(() => debugging.assertNear(1, 1, any({ rtol: 'x' })), TypeError, 'rtol');
    refused(() => debugging.checkNumerics(1, any(symbol)), TypeError, 'message');
  });
});

test('f.profile takes the arguments of a call as one array', () => {
  const f = tf.function((a: tf.Tensor, b: tf.Tensor) => tf.add(a, b));
  refused(
    () => (f.profile as (...args: unknown[]) => unknown)(x, x),
    TypeError,
    'profile([x, y])',
    'a Tensor',
  );
  refused(() => (f.profile as (...args: unknown[]) => unknown)(), TypeError, 'profile([x, y])');
  expect(f.profile([x, x], { runs: 1 }).map((row) => row.name)).toEqual(['add']);
});

describe('sizes and axes one by one, as other libraries take them', () => {
  type Loose = (...args: unknown[]) => unknown;
  const loose = (f: unknown): Loose => f as Loose;
  test.each<[string, () => unknown, string]>([
    ['reshape', () => loose(tf.reshape)(x, 4, 1), 'reshape(…, [4, 1])'],
    ['x.reshape', () => (x.reshape as Loose)(4, 1), 'reshape(…, [4, 1])'],
    ['tile', () => loose(tf.tile)(x, 2, 1), 'tile(…, [2, 1])'],
    ['broadcastTo', () => loose(tf.broadcastTo)(x, 2, 2), 'broadcastTo(…, [2, 2])'],
    ['reverse', () => loose(tf.reverse)(x, 0, 1), 'reverse(…, [0, 1])'],
    ['transpose', () => loose(tf.transpose)(x, 1, 0), '{ perm: [1, 0] }'],
    ['x.sum', () => (x.sum as Loose)(0, 1), '{ axis: [0, 1] }'],
    ['expandDims', () => loose(tf.expandDims)(x, 0, 1), 'takes 2 arguments; got 3'],
  ])('%s', (_, f, words) => {
    refused(f, InvalidArgumentError, words);
  });
  test('zeros, ones, and a shape beside the values of a constant', () => {
    refused(() => loose(tf.zeros)(2, 3), TypeError, '[zeros]', 'zeros([2, 3])');
    refused(() => loose(tf.ones)(2, 3), TypeError, 'ones([2, 3])');
    refused(() => loose(tf.constant)([1, 2], [2, 1]), TypeError, '{ shape: [2, 1] }');
  });
  test('functions go on serving as callbacks of arrays', () => {
    expect([x, x].map(tf.abs).length).toBe(2);
    expect(([x, x] as unknown[]).reduce(loose(tf.maximum))).toMatchObject({ shape: [2, 2] });
    expect([[4], [2, 2]].map((shape) => tf.reshape(x, shape).shape)).toEqual([[4], [2, 2]]);
  });
});

describe('optimizers', () => {
  const w = new tf.Variable([1, 2], { name: 'w' });
  const b = new tf.Variable(1, { name: 'b' });
  const g = tf.ones([2]);
  const sgd = (): tf.keras.optimizers.SGD => new tf.keras.optimizers.SGD(0.1);
  type Loose = { applyGradients: (...args: unknown[]) => unknown; apply: (...args: unknown[]) => unknown };
  const loose = (): Loose => sgd() as unknown as Loose;

  test.each<[string, unknown[], string]>([
    ['two lists', [[g], [w]], 'got 2 arguments'],
    ['one pair', [[g, w]], 'entry 0 is a Tensor'],
    ['a tensor', [g], 'got a Tensor'],
    ['an object', [{ w: g }], 'got an object'],
    ['nothing', [], 'got undefined'],
    ['pairs the other way round', [[[w, g]]], 'variable first'],
    ['three to a pair', [[[g, w, b]]], 'entry 0 is [a Tensor, a Variable, a Variable]'],
    ['a typed array', [new Float32Array(2)], 'got a Float32Array'],
  ])('applyGradients with %s', (_, args, words) => {
    refused(() => loose().applyGradients(...args), TypeError, '[SGD] applyGradients', words);
    refused(() => loose().applyGradients(...args), TypeError, 'apply(gradients, variables)');
  });
  test('apply without lists', () => {
    refused(() => loose().apply(g, [w]), TypeError, '[SGD] apply: gradients must be an array');
    refused(() => loose().apply([g], w), TypeError, '[SGD] apply: variables must be an array');
  });
  test('no gradients', () => {
    const words = ['[SGD] No gradients provided for any variable.', "'w:0', 'b:0'", 'tape.run'];
    refused(() => sgd().applyGradients([[null, w], [null, b]]), InvalidArgumentError, ...words); // prettier-ignore
    refused(() => sgd().minimize(() => tf.constant(1), [w, b]), InvalidArgumentError, ...words);
  });
  test('minimize without a function, excludeFromWeightDecay without a list', () => {
    refused(() => sgd().minimize(any(g), [w]), TypeError, '[SGD] minimize', 'a Tensor');
    refused(() => sgd().excludeFromWeightDecay(any(null)), TypeError, '[SGD] excludeFromWeightDecay');
    refused(() => sgd().excludeFromWeightDecay({ varNames: any('bias') }), TypeError, 'varNames', "'bias'");
  });
});

describe('convolutions say which channels do not fit', () => {
  const { nn } = tf;
  test('more or fewer than the filter takes', () => {
    const conv = () => nn.conv2d(tf.ones([1, 5, 5, 3]), tf.ones([3, 3, 4, 8]), 1, 'SAME');
    refused(
      conv,
      InvalidArgumentError,
      '[conv2d]',
      '[1,5,5,3]',
      '3 channels',
      '[3,3,4,8]',
      'make that [3,3,3,8]',
    );
  });
  test('channels in the other place', () => {
    const conv = () => nn.conv2d(tf.ones([1, 3, 5, 5]), tf.ones([3, 3, 3, 8]), 1, 'SAME');
    refused(conv, InvalidArgumentError, '5 channels', 'dataFormat that channels come first');
  });
  test('groups', () => {
    const conv = () => nn.conv2d(tf.ones([1, 5, 5, 4]), tf.ones([3, 3, 2, 7]), 1, 'SAME');
    refused(conv, InvalidArgumentError, '7 vs 2', '4 channels of the input are 2 groups', '[3,3,2,7]');
  });
});

describe('branches that differ say what each returns', () => {
  const cond = (a: () => unknown, b: () => unknown) => () =>
    tf.function((p: tf.Tensor) => tf.cond(p, a, b))(tf.constant(true));
  test('dtypes', () => {
    const f = cond(() => tf.ones([2]), () => tf.ones([2], 'int32')); // prettier-ignore
    refused(f, TypeError, 'trueFn output: float32[2]', 'falseFn output: int32[2]', "tf.cast(y, 'float32')");
  });
  test('structures', () => {
    const f = cond(() => ({ a: tf.ones([2]) }), () => [tf.ones([2])]); // prettier-ignore
    refused(
      f,
      TypeError,
      'trueFn output: {a: float32[2]}',
      'falseFn output: [float32[2]]',
      'the structures differ',
    );
  });
  test('nothing', () => {
    const f = cond(() => undefined, () => tf.ones([2])); // prettier-ignore
    refused(f, TypeError, 'trueFn output: nothing (null or undefined)');
  });
  test('case names itself and its pairs', () => {
    const f = tf.function((p: tf.Tensor) =>
      tf.case<tf.Tensor>([[p, () => tf.ones([2])]], { default: () => tf.ones([2], 'int32') }),
    );
    refused(
      () => f(tf.constant(true)),
      TypeError,
      '[case] fn of pair 0 and default',
      'default output: int32[2]',
    );
  });
});
