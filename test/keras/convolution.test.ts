/** Convolutional and pooling layers: what recorded layers do not show. */
import * as tf from 'gradtape';
import { registered, registerModule, nameOfClass } from '../../lib/keras/base/registry';
import { deserialize, serialize } from '../../lib/keras/saving/serialize';

const { layers } = tf.keras;
const { InvalidArgumentError } = tf.errors;

test('second names are the same classes, and are read from configs but not written', () => {
  expect(layers.Convolution2D).toBe(layers.Conv2D);
  expect(layers.Convolution1DTranspose).toBe(layers.Conv1DTranspose);
  expect(layers.SeparableConvolution1D).toBe(layers.SeparableConv1D);
  expect(layers.MaxPool2D).toBe(layers.MaxPooling2D);
  expect(layers.GlobalAvgPool3D).toBe(layers.GlobalAveragePooling3D);
  expect(new layers.MaxPool3D().name).toMatch(/^max_pooling3d/);
  const written = serialize(new layers.MaxPool1D()) as { class_name: string; config: never };
  expect(written.class_name).toBe('MaxPooling1D');
  const again = deserialize({ ...written, class_name: 'MaxPool1D' }, { file: 'f', customObjects: {} });
  expect(again).toBeInstanceOf(layers.MaxPooling1D);
});

test('the name of a class does not depend on the order of a namespace', () => {
  class Right {
    static readonly fromConfig = (): null => null;
  }
  registerModule('test.names', { ALeft: Right, Right }, { ALeft: Right });
  expect(nameOfClass(Right)).toBe('Right');
  expect(registered('test.names', 'ALeft')).toBe(Right);
});

test('max pooling takes the size of its windows as the first argument or among the options', () => {
  const strided = { strides: 1, padding: 'same' } as const;
  for (const layer of [
    new layers.MaxPooling2D(3, strided),
    new layers.MaxPooling2D([3, 3], strided),
    new layers.MaxPooling2D({ poolSize: 3, ...strided }),
  ]) {
    expect(layer.getConfig()).toMatchObject({ poolSize: [3, 3], strides: [1, 1], padding: 'same' });
    expect(layer(tf.zeros([1, 4, 5, 2])).shape).toEqual([1, 4, 5, 2]);
  }
  expect(new layers.MaxPooling1D({ padding: 'same' }).getConfig()).toMatchObject({
    poolSize: [2],
    strides: [2],
  });
});

test('pooling keeps integers', () => {
  const x = tf.reshape(tf.range(8), [1, 8, 1]);
  expect(layers.MaxPooling1D.fromConfig<tf.keras.layers.Layer>({})(x)).toMatchObject({ dtype: 'int32' });
  const symbol = tf.keras.Input([8, 1], { dtype: 'int32' });
  expect(new layers.GlobalMaxPooling1D()(symbol).dtype).toBe('int32');
});

const image = tf.zeros([1, 4, 4, 3]);
const bad: [string, () => unknown, RegExp, unknown?][] = [
  ['filters 0', () => new layers.Conv2D(0, 3), /^\[Conv2D\] Invalid value for argument `filters`.*filters=0/],
  ['no filters', () => new layers.Conv2D('8' as never, 3), /^\[Conv2D\] `filters`/, TypeError],
  [
    'groups',
    () => new layers.Conv1D(4, 3, { groups: 3 }),
    /evenly divisible by the number of groups.*groups=3, filters=4/,
  ],
  ['size of 3', () => new layers.Conv2D(4, [3, 3, 3]), /`kernelSize` argument must be 2 integers/],
  [
    'size 0',
    () => new layers.DepthwiseConv2D([3, 0]),
    /`kernelSize`.*value 0 that does not satisfy `value > 0`/,
  ],
  ['fraction', () => new layers.MaxPooling1D(1.5), /`poolSize`.*1\.5/],
  ['name of a size', () => new layers.AveragePooling1D('a' as never), /`poolSize`/, TypeError],
  ['strides 0', () => new layers.AveragePooling2D(2, { strides: 0 }), /`strides`/],
  [
    'padding',
    () => new layers.Conv2D(4, 3, { padding: 'causal' as never }),
    /`padding` argument must be one of valid, same\./,
  ],
  ['list of paddings', () => new layers.Conv1D(4, 3, { padding: [1, 1] as never }), /`padding`/, TypeError],
  ['data format', () => new layers.MaxPooling2D(2, { dataFormat: 'NCHW' as never }), /data_format=NCHW/],
  [
    'both',
    () => new layers.Conv2D(4, 3, { strides: 2, dilationRate: [1, 2] }),
    /not supported in conjunction.*strides=\[2, 2\]/,
  ],
  [
    'output padding',
    () => new layers.Conv2DTranspose(4, 3, { strides: [2, 3], outputPadding: 2 }),
    /strictly less than `strides`.*dimension 0/,
  ],
  ['multiplier', () => new layers.SeparableConv1D(4, 3, { depthMultiplier: -1 }), /`depthMultiplier`/],
  [
    'option',
    () => new layers.Conv2D(4, 3, { kernel: 3 } as never),
    /Unrecognized keyword arguments.*kernel/,
    TypeError,
  ],
  [
    'options',
    () => new layers.Conv2D(4, 3, 2 as never),
    /^\[Conv2D\] takes its options as one object/,
    TypeError,
  ],
  ['keepdims', () => new layers.GlobalMaxPooling2D({ keepdims: 1 as never }), /keepdims must be/, TypeError],
  ['output size', () => new layers.AdaptiveMaxPooling2D([2]), /`outputSize` argument must be 2 integers/],
  ['rank', () => new layers.Conv2D(4, 3)(tf.zeros([4, 4, 3])), /expected min_ndim=4, found ndim=3/],
  [
    'higher rank',
    () => new layers.Conv2D(4, 3)(tf.zeros([1, 1, 4, 4, 3])),
    /^\[Conv2D\] the inputs must have 4 dimensions.*\(1, 1, 4, 4, 3\)/,
  ],
  ['rank of pooling', () => new layers.MaxPooling2D()(tf.zeros([4, 4, 3])), /expected ndim=4, found ndim=3/],
  [
    'rank of adaptive pooling',
    () => new layers.AdaptiveMaxPooling2D(1)(tf.zeros([4, 4, 3])),
    /expected ndim=4/,
  ],
  [
    'small',
    () => new layers.Conv2D(4, 5)(image),
    /^\[Conv2D\] Computed output size would be zero or negative.*\(4, 4\)/,
  ],
  [
    'small symbol',
    () => new layers.MaxPooling2D(5)(tf.keras.Input([4, 4, 3])),
    /^\[MaxPooling2D\] Computed output size/,
  ],
  [
    'channels in groups',
    () => new layers.Conv2D(4, 3, { groups: 2 })(image),
    /input channels must be evenly divisible.*has 3 channels/,
  ],
  [
    'no channels',
    () => new layers.Conv2D(4, 3)(tf.keras.Input([4, 4, null])),
    /number of channels of the inputs must be known.*\(None, 4, 4, None\)/,
  ],
  [
    'no size',
    () => new layers.AdaptiveAveragePooling2D(2)(tf.zeros([1, 0, 3, 2])),
    /must not be empty.*\[1,0,3,2\]/,
  ],
];

test.each(bad)('refuses bad arguments: %s', (_, f, message, Class = InvalidArgumentError) => {
  expect(f).toThrow(Class as never);
  expect(f).toThrow(message);
});

test('after it is built, a layer takes inputs of its channels that are not too small', () => {
  const conv = new layers.Conv2D(4, 3);
  conv(image);
  expect(conv(tf.zeros([2, 3, 7, 3])).shape).toEqual([2, 1, 5, 4]);
  expect(() => conv(tf.zeros([1, 4, 4, 2]))).toThrow('expected axis -1 of input shape to have value 3');
  expect(() => conv(tf.zeros([1, 2, 4, 3]))).toThrow(/resulted in an empty output.*\(1, 0, 2, 4\)/);
  expect(conv(tf.zeros([0, 4, 4, 3])).shape).toEqual([0, 2, 2, 4]);
  const first = new layers.SeparableConv1D(2, 3, { dataFormat: 'channels_first' });
  first(tf.zeros([1, 3, 5]));
  expect(() => first(tf.zeros([1, 5, 5]))).toThrow('expected axis 1 of input shape to have value 3');
});

test('with channels first, the bias belongs to channels where these are as many as the columns', () => {
  const conv = new layers.Conv2D(2, 1, { dataFormat: 'channels_first', kernelInitializer: 'zeros' });
  conv.build([null, 1, 2, 2]);
  conv.setWeights([tf.zeros([1, 1, 1, 2]), tf.constant([1, 2])]);
  expect(conv(tf.zeros([1, 1, 2, 2])).array()).toEqual([
    [
      [
        [1, 1],
        [1, 1],
      ],
      [
        [2, 2],
        [2, 2],
      ],
    ],
  ]);
});

test('a causal convolution sees no later steps', () => {
  const conv = new layers.Conv1D(2, 3, { padding: 'causal', dilationRate: 2, kernelInitializer: 'ones' });
  const x = new tf.Variable(tf.ones([1, 8, 1]));
  const tape = new tf.GradientTape();
  const y = tape.run(() => tf.reduceSum(conv(x).at(':', 4)));
  expect((tape.gradient(y, x) as tf.Tensor).array()).toEqual([[[2], [0], [2], [0], [2], [0], [0], [0]]]);
});

test('a layer of the user names itself in errors', () => {
  class Sharpen extends layers.Conv2D {}
  expect(() => new Sharpen(-1, 3)).toThrow(/^\[Sharpen\]/);
  expect(new Sharpen(2, 3).name).toMatch(/^sharpen/);
});

test('global average pooling averages the steps that a mask keeps, in models too', () => {
  const input = tf.keras.Input([3, 2]);
  const pooled = new layers.GlobalAveragePooling1D()(new layers.Masking()(input));
  const model = new tf.keras.Model(input, pooled);
  const x = tf.constant([
    [
      [1, 2],
      [0, 0],
      [3, 6],
    ],
    [
      [4, 8],
      [0, 0],
      [0, 0],
    ],
  ]);
  const expected = [
    [2, 4],
    [4, 8],
  ];
  expect(model<tf.Tensor>(x).array()).toEqual(expected);
  expect(model.predictOnBatch(x).array()).toEqual(expected);
  const plain = new layers.GlobalAveragePooling1D()(x, {
    mask: tf.constant([
      [true, true, true],
      [true, false, true],
    ]),
  });
  expect(plain.array()).toEqual([[4 / 3, 8 / 3].map(Math.fround), [2, 4]]);
  const masked: tf.Tensor = new layers.Masking()(x);
  const kept = new layers.GlobalAveragePooling1D({ keepdims: true })(masked);
  expect(kept.array()).toEqual(expected.map((row) => [row]));
});

test('the gradient of adaptive max pooling to size 1 goes to the maxima', () => {
  const x = new tf.Variable(
    tf.constant([
      [
        [
          [1, 9],
          [5, 2],
        ],
        [
          [4, 9],
          [3, 0],
        ],
      ],
    ]),
  );
  for (const pool of [new layers.AdaptiveMaxPooling2D(1), new layers.AdaptiveMaxPooling2D([1, 1])]) {
    const tape = new tf.GradientTape();
    const y = tape.run(() => tf.multiply(pool(x), [2, 3]));
    expect(y.array()).toEqual([[[[10, 27]]]]);
    expect((tape.gradient(y, x) as tf.Tensor).array()).toEqual([
      [
        [
          [0, 3],
          [2, 0],
        ],
        [
          [0, 0],
          [0, 0],
        ],
      ],
    ]);
  }
});

test('convolution, bias and activation are one op in a compiled function', () => {
  const x = tf.random.normal([2, 6, 6, 3]);
  const row = tf.random.normal([2, 6, 3]);
  const made: [tf.keras.layers.Layer, tf.Tensor, string[]][] = [
    [new layers.Conv2D(4, 3, { activation: 'relu' }), x, ['fusedConv(bias, relu)']],
    [new layers.Conv1D(4, 3, { activation: 'relu' }), row, ['fusedConv(bias, relu)']],
    [new layers.DepthwiseConv2D(3, { activation: 'relu' }), x, ['fusedDepthwise(bias, relu)']],
    [new layers.DepthwiseConv1D(3, { activation: 'relu' }), row, ['fusedDepthwise(bias, relu)']],
    [new layers.SeparableConv1D(4, 3, { activation: 'relu' }), row, ['depthwise', 'fusedMatmul(bias, relu)']],
  ];
  for (const [layer, input, ops] of made) {
    const expected = layer(input);
    const f = tf.function((t: tf.Tensor) => layer(t));
    expect([...(f(input).data() as Float32Array)]).toEqual([...(expected.data() as Float32Array)]);
    const { steps } = f.program(input);
    expect(steps.flatMap((s) => (s.kind === 'segment' ? s.ops.map((o) => o.name) : []))).toEqual(ops);
  }
});
