/** Examples of the initializers, regularizers and constraints of tf.keras: see scripts/docs/examples.mjs. */

// tf.keras.initializers.Initializer
class Alternating extends tf.keras.initializers.Initializer {
  call(shape, dtype) {
    return tf.cast(tf.reshape(tf.range(tf.zeros(shape).size), shape).mod(2), dtype ?? 'float32');
  }
}
new Alternating()([2, 3]);

new tf.keras.initializers.Zeros()([2]);

new tf.keras.initializers.Ones()([2]);

new tf.keras.initializers.Constant(0.5)([2]);

new tf.keras.initializers.Identity({ gain: 2 })([2, 2]);

const initializer = new tf.keras.initializers.RandomNormal({ stddev: 0.1, seed: 1 });
initializer([2, 2]);

const initializer = new tf.keras.initializers.RandomUniform({ minval: -1, maxval: 1, seed: 1 });
initializer([2, 2]);

const initializer = new tf.keras.initializers.TruncatedNormal({ seed: 1 });
initializer([2, 2]);

const initializer = new tf.keras.initializers.VarianceScaling({ scale: 2, mode: 'fan_out', seed: 1 });
initializer([2, 2]);

const initializer = new tf.keras.initializers.GlorotNormal({ seed: 1 });
initializer([2, 2]);

// tf.keras.initializers.GlorotUniform
const layer = new tf.keras.layers.Dense(2, {
  kernelInitializer: new tf.keras.initializers.GlorotUniform({ seed: 1 }),
});
layer.build([null, 3]);
layer.kernel.read();

const initializer = new tf.keras.initializers.HeNormal({ seed: 1 });
initializer([2, 2]);

const initializer = new tf.keras.initializers.HeUniform({ seed: 1 });
initializer([2, 2]);

const initializer = new tf.keras.initializers.LecunNormal({ seed: 1 });
initializer([2, 2]);

const initializer = new tf.keras.initializers.LecunUniform({ seed: 1 });
initializer([2, 2]);

const initializer = new tf.keras.initializers.Orthogonal({ seed: 1 });
const w = initializer([2, 2]);
tf.matmul(w, w, { transposeB: true }).shape;

// The cosines of a windowed Fourier transform, as filters of a 1-D convolution.
new tf.keras.initializers.STFT({ side: 'real', window: 'hann' })([8, 1, 5]).shape;

// tf.keras.regularizers.Regularizer
class Spread extends tf.keras.regularizers.Regularizer {
  call(w) {
    return tf.multiply(tf.math.reduceVariance(w), 0.1);
  }
}
new Spread()(tf.constant([1, 3]));

new tf.keras.regularizers.L1(0.01)(tf.constant([1, -2]));

// tf.keras.regularizers.L2
const layer = new tf.keras.layers.Dense(1, {
  kernelInitializer: 'ones',
  kernelRegularizer: new tf.keras.regularizers.L2(0.01),
});
layer([[1, 2]]);
layer.losses; // `fit` adds them to the loss

new tf.keras.regularizers.L1L2({ l1: 0.01, l2: 0.01 })(tf.constant([1, -2]));

const regularizer = new tf.keras.regularizers.OrthogonalRegularizer({ factor: 0.1, mode: 'rows' });
regularizer(tf.constant([[1, 0], [0.6, 0.8]]));

// tf.keras.constraints.Constraint
class Halved extends tf.keras.constraints.Constraint {
  call(w) {
    return tf.multiply(w, 0.5);
  }
}
new Halved()(tf.constant([2, 4]));

// tf.keras.constraints.NonNeg
const layer = new tf.keras.layers.Dense(1, { kernelConstraint: new tf.keras.constraints.NonNeg() });
layer.kernelConstraint(tf.constant([[-1], [2]]));

new tf.keras.constraints.MaxNorm({ maxValue: 2 })(tf.constant([[3], [4]]));

new tf.keras.constraints.MinMaxNorm({ minValue: 1, maxValue: 2 })(tf.constant([[0.3], [0.4]]));

new tf.keras.constraints.UnitNorm()(tf.constant([[3], [4]]));
