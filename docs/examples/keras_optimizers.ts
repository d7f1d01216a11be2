/** Examples of the optimizers of tf.keras and their schedules: see scripts/docs/examples.mjs. */

// tf.keras.optimizers.Optimizer
class SignDescent extends tf.keras.optimizers.Optimizer {
  buildSlots() {} // no state of its own
  updateStep(gradient, variable, learningRate) {
    variable.assignSub(tf.multiply(tf.sign(gradient), learningRate));
  }
}
const w = new tf.Variable([1, -2]);
new SignDescent({ learningRate: 0.1 }).applyGradients([[tf.constant([3, -4]), w]]);
w.read();

const optimizer = new tf.keras.optimizers.SGD({ learningRate: 0.1, momentum: 0.9 });
const w = new tf.Variable(10);
for (let i = 0; i < 3; i++) {
  const tape = new tf.GradientTape();
  const loss = tape.run(() => tf.square(w));
  optimizer.applyGradients([[tape.gradient(loss, w), w]]);
}
w.item();

const optimizer = new tf.keras.optimizers.Adam(0.1);
const w = new tf.Variable(10);
optimizer.applyGradients([[tf.constant(20), w]]);
w.item();

const optimizer = new tf.keras.optimizers.AdamW({ learningRate: 0.1, weightDecay: 0.01 });
optimizer.excludeFromWeightDecay({ varNames: ['bias'] });
const w = new tf.Variable(10);
optimizer.applyGradients([[tf.constant(20), w]]);
w.item();

const optimizer = new tf.keras.optimizers.Adamax(0.1);
const w = new tf.Variable(10);
optimizer.applyGradients([[tf.constant(20), w]]);
w.item();

const optimizer = new tf.keras.optimizers.Nadam(0.1);
const w = new tf.Variable(10);
optimizer.applyGradients([[tf.constant(20), w]]);
w.item();

const optimizer = new tf.keras.optimizers.RMSprop({ learningRate: 0.1, rho: 0.9 });
const w = new tf.Variable(10);
optimizer.applyGradients([[tf.constant(20), w]]);
w.item();

const optimizer = new tf.keras.optimizers.Adagrad(0.1);
const w = new tf.Variable(10);
optimizer.applyGradients([[tf.constant(20), w]]);
w.item();

const optimizer = new tf.keras.optimizers.Adadelta(1);
const w = new tf.Variable(10);
optimizer.applyGradients([[tf.constant(20), w]]);
w.item();

const optimizer = new tf.keras.optimizers.Adafactor(0.1);
const w = new tf.Variable([[10, 20], [30, 40]]);
optimizer.applyGradients([[tf.ones([2, 2]), w]]);
w.read();

const optimizer = new tf.keras.optimizers.Ftrl({ learningRate: 0.1, l1RegularizationStrength: 0.01 });
const w = new tf.Variable(10);
optimizer.applyGradients([[tf.constant(20), w]]);
w.item();

const optimizer = new tf.keras.optimizers.Lamb(0.1);
const w = new tf.Variable([3, 4]);
optimizer.applyGradients([[tf.constant([1, 1]), w]]);
w.read();

const optimizer = new tf.keras.optimizers.Lion(0.1);
const w = new tf.Variable(10);
optimizer.applyGradients([[tf.constant(20), w]]);
w.item();

// Matrices are updated by orthogonal ones; other variables as by AdamW.
const optimizer = new tf.keras.optimizers.Muon(0.1);
const w = new tf.Variable([[1, 2], [3, 4]]);
optimizer.applyGradients([[tf.ones([2, 2]), w]]);
w.read().shape;

const optimizer = new tf.keras.optimizers.ScheduleFreeAdamW(0.1);
const w = new tf.Variable(10);
optimizer.applyGradients([[tf.constant(20), w]]);
w.item();

// Gradients of float16 losses would vanish: the loss is scaled, and its gradients are scaled back.
const optimizer = new tf.keras.mixedPrecision.LossScaleOptimizer(new tf.keras.optimizers.SGD(0.1));
optimizer.scaleLoss(tf.constant(1)).item();

// tf.keras.optimizers.schedules.LearningRateSchedule
class Warmup extends tf.keras.optimizers.schedules.LearningRateSchedule {
  call(step) {
    return tf.minimum(tf.divide(tf.cast(step, 'float32'), 100), 1).mul(0.01);
  }
}
new Warmup()(50);

const schedule = new tf.keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.9);
new tf.keras.optimizers.Adam(schedule);
schedule(500);

const schedule = new tf.keras.optimizers.schedules.CosineDecay(0.1, 1000, { alpha: 0.01 });
schedule(500);

const schedule = new tf.keras.optimizers.schedules.CosineDecayRestarts(0.1, 100, { tMul: 2 });
schedule(150);

const schedule = new tf.keras.optimizers.schedules.InverseTimeDecay(0.1, 100, 0.5);
schedule(200);

const schedule = new tf.keras.optimizers.schedules.PiecewiseConstantDecay([100, 200], [0.1, 0.01, 0.001]);
schedule(150);

const schedule = new tf.keras.optimizers.schedules.PolynomialDecay(0.1, 1000, { endLearningRate: 0.01, power: 2 });
schedule(500);
