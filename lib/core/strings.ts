/**
 * Tensors of strings. An element is a sequence of bytes, as in TensorFlow: literals are their UTF-8 encoding. It is held as a
 * JavaScript string with a character for each byte, so that elements are compared and hashed by value.
 */
import { stringType } from './dtype';
import { InvalidArgumentError } from './errors';
import { copyOfList, maxDepth, tooDeep } from './lists';
import { asShape, describe, sizeOf } from './shape';
import { StringStorage } from './storage';
import { tensorOver, type Tensor } from './tensor';

/**
 * A tensor of strings, which `tf.constant` makes of strings. Ops that move elements (gather, concat, reshape, where, slice…), compare
 * them for equality or find the distinct ones take it; the others refuse it.
 */
export type StringTensor = Tensor<'string'>;

/** Host values that become a tensor of strings. */
export type StringLike = string | readonly StringLike[];

/** The UTF-8 encoding of text, as an element. */
export const encoded = (text: string): string => latin1(Buffer.from(text, 'utf8'), text);
const latin1 = (bytes: Buffer, text: string): string =>
  bytes.length === text.length ? text : bytes.toString('latin1');

/** An element of these bytes. */
export const fromBytes = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/** A tensor of elements that are strings of bytes. The list becomes the tensor's. */
export function stringTensor(shape: readonly number[], values: readonly string[]): Tensor {
  const dims = asShape([...shape]);
  if (values.length !== sizeOf(dims))
    throw new InvalidArgumentError(`${values.length} strings do not fill the shape ${describe(shape)}`);
  return tensorOver(stringType, dims, new StringStorage(values));
}

/** Whether a host value is text, or an array that begins with text. */
export function isText(value: unknown): value is StringLike {
  let first: unknown = value;
  for (let depth = 0; Array.isArray(first) && depth < maxDepth; depth++) first = (first as unknown[])[0];
  return typeof first === 'string';
}

/** A tensor of strings from text in nested arrays. InvalidArgumentError for ragged arrays and what is no text. */
export function convertText(value: unknown, op: string, argument: string): Tensor {
  const shape: number[] = [];
  const values: string[] = [];
  const fail = (why: string): never => {
    throw new InvalidArgumentError(`[${op}] ${argument}: ${why}`);
  };
  const visit = (node: unknown, depth: number): void => {
    if (depth > maxDepth) throw tooDeep(`[${op}] ${argument}: the array`);
    if (Array.isArray(node)) {
      const list = copyOfList(node, op, argument);
      if (depth === shape.length && values.length === 0) shape.push(list.length);
      else if (shape[depth] !== list.length) fail(`the array is ragged: its parts differ in length or depth`);
      for (const part of list) visit(part, depth + 1);
      return;
    }
    if (typeof node !== 'string') fail(`cannot convert ${describe(node)} to an element of dtype string`);
    if (depth !== shape.length) fail('the array is ragged: its parts differ in length or depth');
    values.push(encoded(node as string));
  };
  visit(value, 0);
  return stringTensor(shape, values);
}
