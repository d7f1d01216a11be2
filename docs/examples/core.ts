/** Examples of tf, a paragraph for each function: see scripts/docs/examples.mjs. */

// tf.fromTransferable
const plain = tf.constant([[1, 2]]).toTransferable();
tf.fromTransferable(structuredClone(plain));

// tf.tidy
const y = tf.tidy(() => tf.square(tf.add([1, 2], 1))); // the sum is freed at once
y.array();

// tf.keep
let kept;
tf.tidy(() => {
  kept = tf.keep(tf.add([1, 2], 1));
});
kept.array();

// tf.config.isa
typeof tf.config.isa();

// tf.registry
tf.registry().get('tanh').dtypes;

// tf.customGradient
const clipped = tf.customGradient((x) => [tf.identity(x), (dy) => tf.clipByValue(dy, -1, 1)]);
tf.grad((x) => tf.reduceSum(tf.multiply(clipped(x), 5)))(tf.constant([1, 2]));

// tf.stopGradient
tf.grad((x) => tf.multiply(x, tf.stopGradient(x)))(tf.constant(3));

// tf.grad
tf.grad((x) => tf.square(x))(tf.constant(3));

// tf.valueAndGrad
tf.valueAndGrad((x) => tf.square(x))(tf.constant(3));

// tf.function
const norm = tf.function((x) => tf.sqrt(tf.reduceSum(tf.square(x))));
norm(tf.constant([3, 4]));

// tf.cond
const x = tf.constant(-2);
tf.cond(tf.greater(x, 0), () => x, () => tf.negative(x));

// tf.case
const x = tf.constant(5);
tf.case([[tf.less(x, 0), () => tf.constant(-1)], [tf.greater(x, 0), () => tf.constant(1)]], { default: () => tf.constant(0) });

tf.switchCase(tf.constant(1, { dtype: 'int32' }), [() => tf.constant(10), () => tf.constant(20)]);

tf.whileLoop((i) => tf.less(i, 10), (i) => [tf.multiply(i, 2)], [tf.constant(1)]);

tf.scan((sum, x) => tf.add(sum, x), tf.constant([1, 2, 3]));

tf.foldl((sum, x) => tf.add(sum, x), tf.constant([1, 2, 3]));

tf.foldr((sum, x) => tf.subtract(x, sum), tf.constant([1, 2, 3]));

tf.mapFn((row) => tf.reduceMax(row), tf.constant([[1, 5], [7, 2]]));

tf.vectorizedMap((row) => tf.reduceSum(row), tf.constant([[1, 5], [7, 2]]));

tf.executingEagerly();

// tf.initScope
tf.function(() => tf.constant(tf.initScope(() => tf.executingEagerly())))();

tf.insideFunction();

tf.print('loss', tf.constant([0.5, 0.25]));

tf.Assert(tf.reduceAll(tf.greater([1, 2], 0)), ['not positive']);

tf.convertToTensor([1, 2, 3], { dtype: 'int32' });

tf.clipByNorm([3, 4], 1);

tf.random.setSeed(1);
tf.random.normal([2]);

tf.random.normal([2, 2], { mean: 1, stddev: 0.1 });

tf.random.truncatedNormal([3]);

tf.random.uniform([3], { minval: -1, maxval: 1 });

tf.random.shuffle([1, 2, 3, 4]);

tf.random.statelessNormal([3], [1, 2]);

tf.random.statelessTruncatedNormal([3], [1, 2]);

tf.random.statelessUniform([3], [1, 2]);

tf.random.split([1, 2]);

tf.random.foldIn([1, 2], 3);

tf.random.categorical(tf.math.log([[0.1, 0.9]]), 5);

tf.random.statelessCategorical(tf.math.log([[0.1, 0.9]]), 5, [1, 2]);

tf.random.gamma([3], 2);

tf.random.poisson([3], 4);

tf.random.statelessGamma([3], [1, 2], 2);

tf.random.statelessPoisson([3], [1, 2], 4);

tf.random.statelessBinomial([3], [1, 2], 10, 0.5);

tf.random.getGlobalGenerator().normal([2]);

// tf.random.setGlobalGenerator
tf.random.setGlobalGenerator(tf.random.Generator.fromSeed(1));
tf.random.getGlobalGenerator().normal([2]);

tf.where(tf.greater([1, 5, 3], 2), [1, 5, 3], 0);

tf.range(2, 10, 3);

tf.isTensor(tf.zeros([2]));

tf.rank([[1, 2], [3, 4]]);

tf.shape([[1, 2], [3, 4]]);

tf.size([[1, 2], [3, 4]]);

tf.scalarMul(2, tf.constant([1, 2]));

tf.divide([1, 2, 3], 2);

tf.divideNoNan([1, 2, 3], [2, 0, 4]);

tf.config.getConvolutionPrecision();

// tf.config.setConvolutionPrecision
tf.config.setConvolutionPrecision('exact');
tf.config.setConvolutionPrecision('fast');

tf.config.functionsRunEagerly();

// tf.config.runFunctionsEagerly
tf.config.runFunctionsEagerly(true); // to debug
tf.config.runFunctionsEagerly(false);

tf.nn.embeddingLookup([[1, 1], [2, 2], [3, 3]], [2, 0]);

tf.strings.asString(tf.constant([1, 2], { dtype: 'int32' }));

tf.strings.lower(['Ab', 'C']);

tf.strings.upper(['Ab', 'C']);

tf.strings.strip([' a ', 'b\n']);

tf.strings.regexReplace(['a1b22'], '[0-9]+', '#');

tf.strings.split(['a b', 'c']);

tf.strings.ngrams(['a', 'b', 'c'], 2);

tf.strings.unicodeSplit(['héé']);

tf.strings.toHashBucketFast(['a', 'b'], 10);

tf.strings.toHashBucketStrong(['a', 'b'], 10, [1, 2]);

// tf.io.saveNpy
await tf.io.saveNpy('x.npy', tf.constant([1, 2]));
await tf.io.loadNpy('x.npy');

// tf.io.loadNpy
await tf.io.saveNpy('x.npy', tf.constant([1, 2]));
await tf.io.loadNpy('x.npy');

// tf.io.saveNpz
await tf.io.saveNpz('x.npz', { x: tf.constant([1, 2]) });
await tf.io.loadNpz('x.npz');

// tf.io.loadNpz
await tf.io.saveNpz('x.npz', { x: tf.constant([1, 2]) });
await tf.io.loadNpz('x.npz');

// tf.io.saveSafetensors
await tf.io.saveSafetensors('x.safetensors', { x: tf.constant([1, 2]) });
await tf.io.loadSafetensors('x.safetensors');

// tf.io.loadSafetensors
await tf.io.saveSafetensors('x.safetensors', { x: tf.constant([1, 2]) });
await tf.io.loadSafetensors('x.safetensors');

// tf.io.safetensorsInfo
await tf.io.saveSafetensors('x.safetensors', { x: tf.constant([1, 2]) });
await tf.io.safetensorsInfo('x.safetensors');

tf.train.latestCheckpoint('checkpoints');

tf.debugging.assertAllFinite(tf.constant([1, 2]), 'not finite');

tf.debugging.assertEqual([1, 2], [1, 2]);

tf.debugging.assertNoneEqual([1, 2], [2, 1]);

tf.debugging.assertGreater([2, 3], 1);

tf.debugging.assertGreaterEqual([2, 3], 2);

tf.debugging.assertLess([2, 3], 4);

tf.debugging.assertLessEqual([2, 3], 3);

tf.debugging.assertNear([1, 2], [1.0000001, 2]);

tf.debugging.assertNegative([-1, -2]);

tf.debugging.assertNonNegative([0, 1]);

tf.debugging.assertNonPositive([0, -1]);

tf.debugging.assertPositive([1, 2]);

tf.debugging.checkNumerics(tf.constant([1, 2]), 'NaN or infinite');

// plot.line
plot.line([1, 2, 3], [1, 4, 9]).toText({ width: 40, height: 10 });

// plot.chart
const chart = plot.chart({ title: 'Squares' }).line([1, 2, 3], [1, 4, 9]);
chart.toText({ width: 40, height: 10 });

// plot.scatter
plot.scatter([1, 2, 3], [1, 4, 9]).toText({ width: 40, height: 10 });

tf.memory().numTensors >= 0;

tf.nn.layerNorm(tf.constant([[1, 2, 3]]), tf.ones([3]), tf.zeros([3]));

tf.raw.fusedMatmul([[1, -2]], [[1], [1]]);

plot.historyPlot({ loss: [3, 2, 1] }).toText({ width: 40, height: 10 });

// jest.extend
typeof jest.extend; // in a file of the tests: import { extend } from 'gradtape/jest'; extend(expect);
