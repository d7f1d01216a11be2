/** Calls of all ops of the registry, in the form of the examples that the conformance tests draw from. */
import * as tf from 'gradtape';
import { dtypes, type DType } from '../../../lib/core/dtype';
import {
  opDefinitions,
  type ExampleArgument,
  type OpDefinition,
  type TensorSample,
} from '../../../lib/op/registry';
import { examplesOf } from '../../../test/conformance/examples';
import { everyShape, type Builder, type Part, code, type Expression, type Value } from '../builder';
import type { Flow } from '../program';
import { captured, constant, fitted } from './operands';

/** Where users find a function: tf.math.tanh is tf.tanh. */
function publicNames(): Map<unknown, string> {
  const names = new Map<unknown, string>();
  const spaces: [path: string, space: object][] = [['tf', tf]];
  // Breadth first: the shortest name is found first.
  for (const [path, space] of spaces) {
    for (const [key, value] of Object.entries(space)) {
      if (typeof value === 'function') {
        if (!names.has(value)) names.set(value, `${path}.${key}`);
      } else if (path.split('.').length < 3 && typeof value === 'object' && value !== null) {
        spaces.push([`${path}.${key}`, value as object]);
      }
    }
  }
  return names;
}

const names = publicNames();

/** Ops that only move elements, or round each result once. */
const exactOps = new Set(
  (
    'reshape expandDims squeeze identity transpose broadcastTo tile reverse roll concat stack unstack split zeros ones ' +
    'zerosLike onesLike fill constant pad slice stridedSlice gather gatherNd booleanMask where clipByValue negative abs ' +
    'square relu add subtract multiply maximum minimum takeRegion placeRegion padConstant rolled eye oneHot crelu relu6 ' +
    'biasAdd tensorScatterNdUpdate'
  ).split(' '),
);
const sharpOps = new Set(
  'floormod truncatemod sort argsort topK topKPair unique uniqueWithCounts uniqueParts cast range sign sortLast'.split(
    ' ',
  ),
);

export function flowOf(row: OpDefinition): Flow {
  if (!row.differentiable || sharpOps.has(row.name)) return 'sharp';
  return exactOps.has(row.name) ? 'exact' : 'sum';
}

/** Every op that users can call and that has examples. Parts of others trust their callers. */
export const drawables: readonly OpDefinition[] = [...opDefinitions().values()].filter(
  (row) => names.has(row.call) && examplesOf(row).length > 0,
);

export const isSample = (a: unknown): a is TensorSample =>
  typeof a === 'object' && a !== null && 'tensor' in a;

function literal(a: unknown): string {
  if (Array.isArray(a)) return `[${a.map(literal).join(', ')}]`;
  if (typeof a === 'bigint') return `${a}n`;
  if (typeof a === 'string') return `'${a}'`;
  return Object.is(a, -0) ? '-0' : String(a);
}

function element(value: unknown, dtype: DType): string {
  if (dtype === 'bool') return String(Boolean(value));
  if (dtypes[dtype].big) return `${String(value)}n`;
  return literal(typeof value === 'string' ? Number(value) : value);
}

/** A tensor with the elements that an example states. */
function statedText({ tensor }: TensorSample, dtype: DType): string {
  const flat = (
    Array.isArray(tensor.values) ? (tensor.values as unknown[]).flat(Infinity) : [tensor.values]
  ).map((v) => element(v, dtype));
  const option = dtype === 'float32' ? '' : `, { dtype: '${dtype}' }`;
  if (tensor.shape.length === 0) return `tf.constant(${flat[0]}${option})`;
  const rows = `tf.constant([${flat.join(', ')}]${option})`;
  return tensor.shape.length === 1 ? rows : `tf.reshape(${rows}, [${tensor.shape.join(', ')}])`;
}

/** What replaces a tensor of an example. */
function operand(b: Builder, s: TensorSample, free: DType, how: number): Value | null {
  const dtype = s.tensor.dtype ?? free;
  const { shape } = s.tensor;
  const own = (): Value | null =>
    s.tensor.values === undefined ? constant(b, dtype, shape) : captured(b, statedText(s, dtype));
  const draw = b.rng.below(100);
  if (how === 0 || draw < (s.tensor.values === undefined ? 15 : 45)) return own();
  const typed = (v: Value): boolean => v.dtype === dtype;
  const exact = b.pick(
    (v) => typed(v) && everyShape(v, (o) => o.length === shape.length && o.every((d, i) => d === shape[i])),
  );
  if (exact !== null && draw < 60) return exact;
  const ranked = b.pick((v) => typed(v) && everyShape(v, (o) => o.length === shape.length));
  if (ranked !== null && draw < 80) return ranked;
  const any = b.pick(typed);
  if (any !== null && draw < 90) return any;
  if (any !== null) return fitted(b, any, shape);
  const other = b.pick((v) => everyShape(v, (o) => o.length === shape.length));
  if (other === null || other.loose) return own();
  return b.add(code`tf.cast(${other}, '${dtype}')`, { flow: 'sharp' })?.[0] ?? null;
}

/** One call like an example. */
function callLike(
  b: Builder,
  row: OpDefinition,
  args: readonly ExampleArgument[],
  given: Readonly<Record<string, ExampleArgument>> | undefined,
  free: DType,
  how: number,
): Expression | null {
  const texts = [`${names.get(row.call)}(`];
  const parts: Part[] = [];
  const text = (s: string): void => {
    texts[texts.length - 1] += s;
  };
  const place = (a: ExampleArgument): boolean => {
    if (isSample(a)) {
      if (parts.length >= 10) return false;
      const v = operand(b, a, free, how);
      if (v === null) return false;
      parts.push(v);
      texts.push('');
      return true;
    }
    if (!Array.isArray(a)) {
      text(literal(a));
      return true;
    }
    text('[');
    const good = (a as readonly ExampleArgument[]).every((inner, i) => {
      if (i > 0) text(', ');
      return place(inner);
    });
    text(']');
    return good;
  };
  for (const [i, a] of args.entries()) {
    if (i > 0) text(', ');
    if (!place(a)) return null;
  }
  if (given !== undefined) {
    text(`${args.length > 0 ? ', ' : ''}{ `);
    for (const [i, [key, a]] of Object.entries(given).entries()) {
      text(`${i > 0 ? ', ' : ''}${key}: `);
      if (!place(a)) return null;
    }
    text(' }');
  }
  text(')');
  return code(Object.assign(texts, { raw: texts }), ...parts);
}

/** Adds a call of the op, if need be with constants alone. */
export function addCall(b: Builder, row: OpDefinition, tries = 4): boolean {
  const examples = examplesOf(row);
  for (let how = tries; how >= 0; how--) {
    const example = b.rng.pick(examples);
    const recent = b.values.at(-1)?.dtype;
    const free =
      recent !== undefined && row.dtypes.includes(recent) && b.rng.chance(0.7)
        ? recent
        : b.rng.pick(row.dtypes);
    const call = callLike(b, row, example.args, example.options, free, how);
    if (call !== null && b.add(call, { flow: flowOf(row) }) !== null) return true;
  }
  return false;
}

export const registryRule = (b: Builder): boolean => addCall(b, b.rng.pick(drawables), b.rng.below(4));
