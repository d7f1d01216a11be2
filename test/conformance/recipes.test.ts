/** What a function does with a row is done again for other shapes without the function: its recipe gives the row's results. */
import '../../lib/index';
import { OpError } from '../../lib/core/errors';
import { tensorsIn } from '../../lib/core/leaves';
import type { Tensor } from '../../lib/core/tensor';
import { TraceEnds, PiecesTrace } from '../../lib/function/pieces_trace';
import { Recipe } from '../../lib/function/recipe';
import { TensorSpec } from '../../lib/function/tensor_spec';
import { registry } from '../../lib/ops/registry';
import { invoke } from './calls';
import { attempt, everyCall } from './examples';
import { bytesOf } from '../helpers/threads';

const rows = [...registry().values()].map((row) => [row.name, row] as const);

test.each(rows)('%s', (_, row) => {
  for (const call of everyCall(row, 'compiled')) {
    const want = attempt(call);
    if (want === null || call.tensors.length === 0) continue;
    const specs = call.tensors.map(
      (t) =>
        new TensorSpec(
          t.shape.map(() => null),
          t.dtype,
        ),
    );
    const trace = new PiecesTrace(row.name, call.tensors, false, null, true);
    trace.follow(null);
    const recipe = new Recipe(trace.parameters, specs);
    try {
      trace.traceAll(() => recipe.record(() => invoke(call, trace.parameters)), tensorsIn);
    } catch (error) {
      // What comes behind a cut needs values.
      if (error instanceof TraceEnds || error instanceof OpError) continue;
      throw error;
    }
    if (recipe.outcome !== 'good') throw new Error(`${call.label}: ${recipe.outcome}`);
    const got = recipe.play(call.tensors) as Tensor[];
    expect(got.map((t) => [t.dtype, t.shape, bytesOf(t)])).toEqual(
      want.map((t) => [t.dtype, t.shape, bytesOf(t)]),
    );
  }
});
