/** The results of every example of every op definition, one after another: what two instruction sets are compared by. */
import '../../lib/index';
import type { Tensor } from '../../lib/core/tensor';
import { opDefinitions } from '../../lib/op/registry';
import type { Call } from './calls';
import { attempt, enlarged, everyCall } from './examples';

/** Small calls, for the ends of rows, and some of a few thousand elements, for the loops of whole vectors. */
export function* calls(): Generator<Call> {
  for (const definition of opDefinitions().values()) {
    yield* everyCall(definition, 'isa');
    for (const dtype of definition.dtypes) yield* enlarged(definition, dtype, 3001, 3);
  }
}

/** Calls `visit` with each call and its results. */
export function eachResult(visit: (call: Call, results: readonly Tensor[]) => void): void {
  for (const call of calls()) {
    const results = attempt(call);
    if (results !== null) visit(call, results);
  }
}
