/**
 * Every op definition inside a compiled function gives what it gives eagerly, bit for bit: results and gradients. Without the pass that finds
 * activations in plain ops, as some gradients are written: its results are rounded once (test/function/passes).
 */
import '../../lib/index';
import { compiled } from '../../lib/function/function';
import { OpError } from '../../lib/core/errors';
import { type Tensor, tensorFrom } from '../../lib/core/tensor';
import { opDefinitions } from '../../lib/op/registry';
import { gradients, invoke, isFloat } from './calls';
import { attempt, everyCall, examplesOf } from './examples';
import { bytesOf } from '../helpers/threads';

const definitions = [...opDefinitions().values()].map((definition) => [definition.name, definition] as const);

function expectSame(got: readonly (Tensor | null)[], want: readonly (Tensor | null)[], label: string): void {
  expect(got.length).toBe(want.length);
  want.forEach((w, i) => {
    const g = got[i];
    if (w === null || g === null) {
      if (w !== g) throw new Error(`${label}: result ${i} is ${String(g)}, eagerly ${String(w)}`);
      return;
    }
    if (g.dtype !== w.dtype || g.shape.join() !== w.shape.join() || !bytesOf(g).equals(bytesOf(w)))
      throw new Error(`${label}: result ${i} is ${g.repr()}, eagerly ${w.repr()}`);
  });
}

const ones = (ys: readonly Tensor[]): Tensor[] =>
  ys.map((y) => tensorFrom(y.dt, y.shape, new Float64Array(y.size).fill(1)));

describe('compiled, every op definition', () => {
  const before = process.env.GRADTAPE_DISABLE_PASS;
  beforeAll(() => {
    process.env.GRADTAPE_DISABLE_PASS = 'activations';
  });
  afterAll(() => {
    if (before === undefined) delete process.env.GRADTAPE_DISABLE_PASS;
    else process.env.GRADTAPE_DISABLE_PASS = before;
  });

  test.each(definitions)('%s', (_, definition) => {
    let made = 0;
    for (const call of everyCall(definition, 'compiled')) {
      const want = attempt(call);
      if (want === null) continue;
      made++;
      const f = compiled((...tensors: Tensor[]) => invoke(call, tensors));
      const got = f(...call.tensors);
      expectSame(got, want, call.label);
      expectSame(f(...call.tensors), want, `${call.label}, called again`);
      if (!definition.differentiable || !want.some(isFloat) || !call.tensors.some(isFloat)) continue;
      const g = compiled((...tensors: Tensor[]) => gradients(call, tensors, ones));
      let wantGradients: (Tensor | null)[];
      try {
        wantGradients = gradients(call, call.tensors, ones);
      } catch (error) {
        if (error instanceof OpError || error instanceof TypeError) continue;
        throw error;
      }
      expectSame(g(...call.tensors), wantGradients, `${call.label}, gradients`);
      // Once more: what comes behind a cut is compiled the second time.
      expectSame(g(...call.tensors), wantGradients, `${call.label}, gradients again`);
    }
    if (examplesOf(definition).length > 0) expect(made).toBeGreaterThan(0);
  });
});
