'use strict';
/** Programs of users' that the checks run and compile. */

/** Loads the package in every way and finds one library. */
const loading = `
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as tf from 'gradtape';
import whole from 'gradtape';
import { Variable, Tensor, add } from 'gradtape';
const required = createRequire(import.meta.url)('gradtape');
const later = await import('gradtape');

assert.equal(tf.Tensor, required.Tensor);
assert.equal(Tensor, required.Tensor);
assert.equal(Variable, required.Variable);
assert.equal(later.Tensor, required.Tensor);
assert.equal(whole, required);
// Every name that require gives is one that import can name.
const names = Object.keys(required);
assert.deepEqual(names.filter((name) => !(name in tf)), []);
assert.ok(names.length > 20);

// Keras is loaded where it is first used, and shares its classes with the rest.
const { keras } = tf;
assert.equal(keras, required.keras);
assert.equal(typeof Object.getOwnPropertyDescriptor(keras, 'layers').get, 'function');
const dense = new keras.layers.Dense(1);
assert.equal(Object.getOwnPropertyDescriptor(keras, 'layers').value.Dense, keras.layers.Dense);
assert.ok(dense.invoke(tf.ones([2, 3])) instanceof Tensor);
assert.ok(dense.trainableVariables[0] instanceof Variable);
assert.ok(tf.registry().has('hardSigmoid'));

const v = new Variable([1, 2]);
const sum = add(required.add(v, 1), v.add(0.5));
assert.ok(sum instanceof tf.Tensor);
assert.deepEqual(sum.array(), [3.5, 5.5]);
const tape = new tf.GradientTape();
const y = tape.run(() => required.square(v));
assert.deepEqual(tape.gradient(y, v).array(), [2, 4]);
assert.throws(() => tf.add([1, 2], [1, 2, 3]), required.errors.InvalidArgumentError);
assert.throws(() => createRequire(import.meta.url)('gradtape/dist/core/tensor'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
const plot = await import('gradtape/plot');
assert.equal(plot.scatter, createRequire(import.meta.url)('gradtape/plot').scatter);
assert.equal(typeof (await import('gradtape/jest')).extend, 'function');
`;

/** Trains a line by require, in this thread and, compiled, in a worker; prints the version and the instruction set. */
const training = `
const assert = require('node:assert');
const { Worker, isMainThread } = require('node:worker_threads');
const tf = require('gradtape');
const [w, b] = [new tf.Variable(5), new tf.Variable(0)];
const x = tf.random.normal([1000], { seed: 1 });
const y = x.mul(3).add(2);
const optimizer = new tf.keras.optimizers.SGD(0.1);
const step = () => {
  const tape = new tf.GradientTape();
  const loss = tape.run(() => tf.reduceMean(tf.square(x.mul(w).add(b).sub(y))));
  const [dw, db] = tape.gradient(loss, [w, b]);
  optimizer.applyGradients([[dw, w], [db, b]]);
  return loss;
};
const compiled = isMainThread ? step : tf.function(step);
for (let i = 0; i < 60; i++) compiled();
assert(Math.abs(w.item() - 3) < 0.01 && Math.abs(b.item() - 2) < 0.01);
const big = tf.random.normal([300, 300]);
assert(Math.abs(tf.matmul(big, tf.eye(300)).sub(big).abs().max().item()) < 1e-5);
if (isMainThread) {
  new Worker(__filename).on('exit', (code) => {
    assert.strictEqual(code, 0);
    console.log(\`gradtape \${tf.version}, \${tf.config.isa()}, Node \${process.versions.node}\`);
  });
}
`;

/** Has a type for everything, and errors where it should. */
const types = `
import * as tf from 'gradtape';
import { Variable, type Tensor, type TensorLike } from 'gradtape';
import * as plot from 'gradtape/plot';
import { extend, type TensorMatchers } from 'gradtape/jest';

export const matchers: TensorMatchers | typeof extend = extend;
const double = (x: TensorLike): Tensor => tf.multiply(x, 2);
const v: Variable = new Variable([1, 2], { name: 'v' });
const y: tf.Tensor = double(v).add(1);
const shape: readonly number[] = y.shape;
const tape = new tf.GradientTape({ persistent: true });
const gradient = tape.gradient(tape.run(() => tf.square(v)), v);
export const read: number | bigint | boolean | undefined = gradient.array() === 1 ? undefined : shape.length;
export const chart = plot.scatter;
const w = new Variable([1, 2]);
export const elements: number[] = [tf.reduceMean(w).item(), ...w.data(), tf.argmax(w).item()];
export const big: bigint = tf.constant(BigInt(1)).item();
export const flags: Uint8Array = y.greater(0).data();
export const scaled: Variable<'float32'> = w.assignSub(tape.gradient(y, w).mul(0.1));
for (const row of tf.ones([2, 2])) elements.push(row.sum().item());

// @ts-expect-error -- not any: unknown names are errors
tf.noSuchFunction;
// @ts-expect-error -- an object is not a tensor
tf.add({}, 1);
// @ts-expect-error -- tensors come from functions
new tf.Tensor();
// @ts-expect-error -- methods are typed
y.add();
`;

module.exports = { loading, training, types };
