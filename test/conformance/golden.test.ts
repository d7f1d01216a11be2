/**
 * Every op definition against TensorFlow: results, dtypes, shapes, gradients and refusals of every recorded case. An op definition without a
 * recording fails.
 */
import '../../lib/index';
import { dtypes, type DType } from '../../lib/core/dtype';
import { OpError } from '../../lib/core/errors';
import { tensorFrom } from '../../lib/core/tensor';
import { opDefinitions, type OpDefinition } from '../../lib/op/registry';
import { gradients, invoke, isFloat, Slot, type Call } from './calls';
import { excluded, lacksKernel, otherDTypes } from './exclusions';
import {
  elements,
  goldenCases,
  howToRecord,
  isOurs,
  isRecorded,
  recordedOps,
  recordedTensor,
  type GoldenCase,
  type Recorded,
} from './fixtures';
import { difference, gradientAllowances, resultAllowances } from './tolerance';

const definitions = [...opDefinitions().values()];

/** A recorded case as a call; null where it has a dtype that we don't. */
function callOf(definition: OpDefinition, c: GoldenCase, index: number): Call | null {
  const tensors: Call['tensors'] = [];
  let foreign = false;
  const place = (a: unknown): unknown => {
    if (isRecorded(a)) {
      if (!isOurs(a)) foreign = true;
      else tensors.push(recordedTensor(a));
      return new Slot(tensors.length - 1);
    }
    if (Array.isArray(a)) return a.map(place);
    if (typeof a === 'object' && a !== null && 'int64' in a) return BigInt((a as { int64: string }).int64);
    return a;
  };
  const args = c.args.map(place);
  const options =
    c.options === undefined
      ? undefined
      : Object.fromEntries(Object.entries(c.options).map(([key, value]) => [key, place(value)]));
  if (foreign) return null;
  const shown = tensors.map((t) => `${t.dtype}[${t.shape.join(',')}]`).join(' ');
  const rest = options === undefined ? '' : ` ${JSON.stringify(options)}`;
  const note = c.note === undefined ? '' : ` “${c.note}”`;
  return {
    definition,
    args,
    options,
    tensors,
    label: `case ${index}: ${definition.name}(${shown}${rest})${note}`,
  };
}

function each(definition: OpDefinition, check: (call: Call, c: GoldenCase) => string[]): void {
  const cases = goldenCases(definition.name);
  if (cases === null)
    throw new Error(`${definition.name} has no golden fixture; ${howToRecord(definition.name)}`);
  const failures = cases.flatMap((c, i) => {
    const call = callOf(definition, c, i);
    return call === null ? [] : check(call, c).map((why) => `${call.label}: ${why}`);
  });
  if (failures.length > 0) {
    const more = failures.length > 12 ? `\n… and ${failures.length - 12} more` : '';
    throw new Error(`${failures.length} differences:\n${failures.slice(0, 12).join('\n')}${more}`);
  }
}

function checkError(call: Call, recorded: string): string[] {
  try {
    const got = invoke(call);
    return [`gives ${got.map(String).join(', ').slice(0, 200)}, where TensorFlow raises ${recorded}`];
  } catch (error) {
    if (error instanceof OpError || error instanceof TypeError) return [];
    return [`throws ${String(error)}, which is neither an OpError nor a TypeError`];
  }
}

function checkResults(call: Call, c: GoldenCase): string[] {
  if (c.error !== undefined) {
    return lacksKernel(c.error) || excluded(call.definition.name, c, 'error').all
      ? []
      : checkError(call, c.error);
  }
  const wanted = c.outputs as Recorded[];
  const skip = excluded(call.definition.name, c, 'outputs');
  if (skip.all) return [];
  const before = call.tensors.map((t) => t.data());
  let got: ReturnType<typeof invoke>;
  try {
    got = invoke(call);
  } catch (error) {
    return [`throws ${String(error)}, TensorFlow computes it`];
  }
  const problems: string[] = [];
  call.tensors.forEach((t, i) => {
    const same = Buffer.compare(bytesOf(t.data()), bytesOf(before[i])) === 0;
    if (!same) problems.push(`changes its tensor argument ${i}`);
  });
  if (got.length !== wanted.length)
    return [...problems, `${got.length} results, TensorFlow has ${wanted.length}`];
  const allowances = resultAllowances(call, wanted);
  got.forEach((t, i) => {
    const other = otherDTypes[call.definition.name];
    const renamed = other?.theirs === wanted[i].dtype && other.ours === t.dtype;
    const want = renamed ? { ...wanted[i], dtype: t.dtype } : wanted[i];
    const why = difference(t, want, allowances[i], skip.element);
    if (why !== null) problems.push(got.length > 1 ? `result ${i}: ${why}` : why);
  });
  return problems;
}

function bytesOf(data: ArrayBufferView): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function checkGradients(call: Call, c: GoldenCase): string[] {
  if (c.grads === undefined || c.dy === undefined) return [];
  const skip = excluded(call.definition.name, c, 'gradients');
  if (skip.all) return [];
  const dy = c.dy.filter((d): d is Recorded => d !== null);
  const weights = dy.map((r) =>
    tensorFrom(dtypes[r.dtype as DType], r.shape, elements(r.values, r.dtype as DType)),
  );
  let got: ReturnType<typeof gradients>;
  try {
    got = gradients(call, call.tensors, () => weights);
  } catch (error) {
    return [`the gradient throws ${String(error)}, TensorFlow computes it`];
  }
  const allowances = gradientAllowances(call, dy, c.grads);
  return c.grads.flatMap((want, i) => {
    const name = `gradient of tensor ${i}`;
    const g = got[i];
    if (want === null || g === null) {
      if (!isFloat(call.tensors[i]) || (want === null && g === null)) return [];
      return [
        `${name} is ${g === null ? 'null' : String(g)}, TensorFlow has ${want === null ? 'None' : 'one'}`,
      ];
    }
    const why = difference(g, want, allowances[i], skip.element);
    return why === null ? [] : [`${name}: ${why}`];
  });
}

// Op definitions without a counterpart in TensorFlow are parts of other op definitions' gradients.
const comparable = definitions.filter((definition) => definition.tf !== '');

describe.each(comparable.map((definition) => [definition.name, definition] as const))(
  '%s',
  (_, definition) => {
    test('results', () => each(definition, checkResults));
    if (definition.differentiable) test('gradients', () => each(definition, checkGradients));
  },
);

test('no recording is left of an op definition that is gone', () => {
  const compared = new Set(comparable.map((definition) => definition.name));
  expect(recordedOps().filter((op) => !compared.has(op))).toEqual([]);
});
