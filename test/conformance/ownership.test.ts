/**
 * What tapes rest on: an op's results are tensors of its own, so that an id stands for one value; a variable's operand
 * does not come out of an op; and a gradient has the shape and dtype of what it belongs to.
 */
import * as tf from '../../lib/index';
import { OpError } from '../../lib/core/errors';
import { opDefinitions } from '../../lib/op/registry';
import { gradients, invoke, isFloat, type Call } from './calls';
import { everyCall, examplesOf } from './examples';

const definitions = [...opDefinitions().values()].map((definition) => [definition.name, definition] as const);

/** Composites (nothing is recorded of them) whose doc comments say that what needs no change comes back as it is. */
const mayHandBack = ['cast', 'constant', 'convertToTensor', 'roll'];

function attempt(call: Call, tensors: readonly tf.Tensor[]): tf.Tensor[] | null {
  try {
    return invoke(call, tensors);
  } catch (error) {
    if (error instanceof OpError || error instanceof TypeError) return null;
    throw error;
  }
}

test.each(definitions)('%s', (_, definition) => {
  let made = 0;
  for (const call of everyCall(definition, 'ownership')) {
    const results = attempt(call, call.tensors);
    if (results === null) continue;
    made++;
    for (const y of results) {
      if (call.tensors.includes(y) && !mayHandBack.includes(definition.name))
        throw new Error(`${call.label} hands its argument back`);
    }
    if (new Set(results.map((y) => y.id)).size !== results.length) {
      throw new Error(`${call.label}: two of its results are one tensor`);
    }

    // Parts of ops, which no function of TensorFlow's names, are given tensors.
    if (definition.tf !== '') {
      const variables = call.tensors.map((t) => new tf.Variable(t));
      const held = variables.map((v) => v.held.id);
      const fromVariables = attempt(call, variables as unknown as tf.Tensor[]);
      // Shapes, axes and the like may be tensors but no variables.
      for (const y of fromVariables ?? []) {
        if (held.includes(y.id)) throw new Error(`${call.label} hands a variable's operand out`);
      }
    }

    if (!definition.differentiable || !results.some(isFloat)) continue;
    const found = gradients(call, call.tensors, (ys) => ys.map((y) => tf.onesLike(y)));
    found.forEach((g, i) => {
      if (g === null) return;
      expect([call.label, g.dtype, g.shape]).toEqual([
        call.label,
        call.tensors[i].dtype,
        call.tensors[i].shape,
      ]);
    });
  }
  if (examplesOf(definition).length > 0) expect(made).toBeGreaterThan(0);
});

test('functions that may hand their argument back give a value where it is a variable', () => {
  const v = new tf.Variable([1, 2]);
  const results = {
    cast: tf.cast(v, 'float32'),
    convertToTensor: tf.convertToTensor(v),
    constant: tf.constant(v),
    identity: tf.identity(v),
    stopGradient: tf.stopGradient(v),
    reshape: tf.reshape(v, [2]),
    broadcastTo: tf.broadcastTo(v, [2]),
    squeeze: tf.squeeze(v),
    transpose: tf.transpose(v),
    at: v.at('...'),
    slice: tf.slice(v, [0], [2]),
    tile: tf.tile(v, [1]),
    concat: tf.concat([v], 0),
    split: tf.split(v, 1)[0],
    read: v.read(),
    reduceSum: tf.reduceSum(v, []),
    clipByValue: tf.clipByValue(v, -9, 9),
    pad: tf.pad(v, [[0, 0]]),
    roll: tf.roll(v, 0, 0),
    reverse: tf.reverse(v, []),
  };
  for (const [name, t] of Object.entries(results)) {
    expect([name, t.id === v.held.id]).toEqual([name, false]);
    expect([name, t.array()]).toEqual([name, [1, 2]]);
  }
});

test('what users get of literals are tensors of their own: watching one watches no other', () => {
  const make = (): Record<string, tf.Tensor> => ({
    constant: tf.constant(3),
    shaped: tf.constant(3, { shape: [] }),
    convertToTensor: tf.convertToTensor(3),
    cast: tf.cast(3, 'float32'),
    identity: tf.identity(3),
    reshape: tf.reshape(3, []),
    fill: tf.fill([], 3),
    stopGradient: tf.stopGradient(3),
    reduceSum: tf.reduceSum(3),
    squeeze: tf.squeeze(3),
    broadcastTo: tf.broadcastTo(3, []),
    transpose: tf.transpose(3),
  });
  const [first, second] = [make(), make()];
  for (const name of Object.keys(first)) {
    const tape = new tf.GradientTape();
    tape.watch(first[name]);
    const y = tape.run(() => tf.multiply(second[name], 3));
    expect([name, tape.gradient(y, first[name])]).toEqual([name, null]);
  }
});
