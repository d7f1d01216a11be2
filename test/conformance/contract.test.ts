/**
 * What every op definition owes its callers whatever TensorFlow does: it refuses dtypes that it does not list, leaves its inputs
 * alone, broadcasts, and gives the same bits on one thread and on two.
 */
import '../../lib/index';
import { native } from '../../lib/binding';
import { everyType } from '../../lib/core/dtype';
import { OpError } from '../../lib/core/errors';
import { broadcastShapes, broadcastStrides, type Shape } from '../../lib/core/shape';
import { type Tensor, tensorFrom, valuesOf } from '../../lib/core/tensor';
import { opDefinitions } from '../../lib/op/registry';
import { gradients, invoke, isFloat } from './calls';
import { attempt, everyCall, enlarged, examplesOf, hasFreeDType, realize, shapePairs } from './examples';
import { bytesOf } from '../helpers/threads';

const definitions = [...opDefinitions().values()].map((definition) => [definition.name, definition] as const);

describe('refuses dtypes that the op definition does not list', () => {
  const limited = definitions.filter(
    ([, definition]) => definition.dtypes.length < everyType.length && definition.tf !== '',
  );
  test.each(limited)('%s', (_, definition) => {
    const example = examplesOf(definition).find(hasFreeDType);
    if (example === undefined) return;
    for (const dtype of everyType.filter((d) => !definition.dtypes.includes(d))) {
      const call = realize(definition, example, { dtype, seed: 'dtype' });
      let thrown: unknown = null;
      let got = '';
      try {
        got = invoke(call).map(String).join(', ');
      } catch (error) {
        thrown = error;
      }
      if (thrown === null)
        throw new Error(`${call.label} gives ${got}, but the op definition does not list ${dtype}`);
      if (!(thrown instanceof OpError || thrown instanceof TypeError)) throw thrown as Error;
      expect(thrown.message).toContain(definition.name);
    }
  });
});

describe('leaves its inputs alone, forward and backward', () => {
  test.each(definitions)('%s', (_, definition) => {
    let made = 0;
    for (const call of everyCall(definition, 'inputs')) {
      const before = call.tensors.map(bytesOf);
      const outputs = attempt(call);
      if (outputs === null) continue;
      made++;
      if (definition.differentiable && outputs.some(isFloat) && call.tensors.some(isFloat)) {
        gradients(call, call.tensors, (ys) =>
          ys.map((y) => tensorFrom(y.dt, y.shape, new Float64Array(y.size).fill(1))),
        );
      }
      call.tensors.forEach((t, i) => {
        if (!bytesOf(t).equals(before[i])) throw new Error(`${call.label} changed its tensor argument ${i}`);
      });
    }
    if (examplesOf(definition).length > 0) expect(made).toBeGreaterThan(0);
  });
});

/** The operand repeated to the shape that it broadcasts to. */
function expanded(t: Tensor, shape: readonly number[]): Tensor {
  const strides = broadcastStrides(t.shape, shape);
  const from = valuesOf(t) as ArrayLike<number | bigint>;
  const values: (number | bigint)[] = [];
  const visit = (axis: number, at: number): void => {
    if (axis === shape.length) {
      values.push(from[at]);
      return;
    }
    for (let i = 0; i < shape[axis]; i++) visit(axis + 1, at + i * strides[axis]);
  };
  visit(0, 0);
  return tensorFrom(t.dt, shape, values);
}

describe('broadcasts as if the operands were repeated', () => {
  const pairs = definitions.filter(
    ([, definition]) => definition.kind === 'binary' || definition.kind === 'compare',
  );
  const shapes = [
    ...shapePairs,
    [
      [2, 1, 3, 1],
      [5, 1, 4],
    ] as const,
    [[1], []] as const,
    [[1, 1], [3]] as const,
  ];
  test.each(pairs)('%s', (_, definition) => {
    for (const dtype of definition.dtypes) {
      for (const [a, b] of shapes) {
        const args = [a, b].map((shape) => ({ tensor: { shape } }));
        const call = realize(definition, { args }, { dtype, seed: `broadcast/${dtype}` });
        const shape = broadcastShapes(a, b) as Shape;
        const whole = invoke(
          call,
          call.tensors.map((t) => expanded(t, shape)),
        );
        const got = invoke(call);
        expect(got[0].shape).toEqual(shape);
        if (!bytesOf(got[0]).equals(bytesOf(whole[0]))) {
          throw new Error(`${call.label}: ${got[0].toString()} broadcast, ${whole[0].toString()} repeated`);
        }
      }
      const misfit = realize(
        definition,
        { args: [{ tensor: { shape: [2] } }, { tensor: { shape: [3] } }] },
        { dtype, seed: 'x' },
      );
      expect(() => invoke(misfit)).toThrow(OpError);
    }
  });
});

describe('gives the same bits on one thread and on two', () => {
  const before = native.numThreads();
  afterAll(() => native.setNumThreads(before));
  test.each(definitions)('%s', (_, definition) => {
    const simple = definition.kind !== 'op' && definition.kind !== 'composite';
    // An elementwise op wakes a second thread for some 520,000 floats; a product of matrices for fewer.
    const wide = definition.dtypes.find((d) => d !== 'uint8' && d !== 'bool') ?? definition.dtypes[0];
    for (const call of enlarged(definition, wide, simple ? 600_000 : 100_000, 4)) {
      native.setNumThreads(1);
      const alone = attempt(call);
      if (alone === null) continue;
      native.setNumThreads(2);
      const shared = invoke(call);
      alone.forEach((t, k) => {
        if (!bytesOf(t).equals(bytesOf(shared[k])))
          throw new Error(`${call.label}: result ${k} depends on the threads`);
      });
    }
  });
});
