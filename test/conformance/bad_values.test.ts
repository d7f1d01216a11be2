/** Elements that an op refuses are refused by a compiled function too, where only a run knows them: with the same error. */
import * as tf from 'gradtape';
import { opDefinitions } from '../../lib/op/registry';
import { invoke, type Call } from './calls';
import { everyCall, examplesOf } from './examples';

beforeAll(() => {
  jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});
afterAll(() => {
  jest.restoreAllMocks();
});

/** Of the types of indices and sizes. */
const isIndex = ({ dtype }: tf.Tensor): boolean => dtype === 'int32' || dtype === 'int64';

/** The same call with other elements of one tensor: one number that is often out of range, in all places. */
function* spoiled(call: Call): Generator<tf.Tensor[]> {
  for (const [k, t] of call.tensors.entries()) {
    if (!isIndex(t) || t.size === 0 || t.size > 1000) continue;
    for (const bad of [-4, 0, 77])
      yield call.tensors.map((o, i) => (i === k ? tf.cast(tf.fill(t.shape, bad), t.dtype) : o));
  }
}

function errorOf(f: () => unknown): string | null {
  try {
    f();
    return null;
  } catch (error) {
    return String(error);
  }
}

const drawn = /random|dropout/i;
const rows = [...opDefinitions().values()].filter(
  (d) =>
    examplesOf(d).length > 0 &&
    !drawn.test(d.name) &&
    [...everyCall(d, 'bad')].some((c) => c.tensors.some(isIndex)),
);

test.each(rows.map((d) => [d.name, d] as const))('%s', (_, definition) => {
  const problems: string[] = [];
  for (const call of everyCall(definition, 'bad')) {
    for (const tensors of spoiled(call)) {
      const eager = errorOf(() => invoke(call, tensors));
      const compiled = errorOf(() => tf.function((...xs: tf.Tensor[]) => invoke(call, xs))(...tensors));
      if (eager !== compiled)
        problems.push(`${call.label}: ${compiled ?? 'no error'}; eagerly ${eager ?? 'none'}`);
    }
  }
  expect(problems).toEqual([]);
});
