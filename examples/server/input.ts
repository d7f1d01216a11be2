/** Bodies of requests, checked: JSON and binary. */
import * as tf from 'gradtape';
import { pixels } from './model';

/** What is wrong with a body; the answer has status 400. */
export class BadInput extends Error {
  readonly statusCode = 400;
}

export const maxRows = 32;

/** `{ "pixels": [784 numbers] }` or `{ "images": [[784 numbers], …] }`, each from 0 to 1: [n, 784]. */
export function fromJson(body: unknown): tf.Tensor {
  const { pixels: one, images } = (body ?? {}) as { pixels?: unknown; images?: unknown };
  if ((one === undefined) === (images === undefined))
    throw new BadInput('the body must have either "pixels" (an image) or "images" (an array of images)');
  const rows = images ?? [one];
  if (!Array.isArray(rows) || rows.length < 1 || rows.length > maxRows)
    throw new BadInput(`"images" must be an array of 1 to ${maxRows} images`);
  const values = new Float32Array(rows.length * pixels);
  let at = 0;
  rows.forEach((row: unknown, i) => {
    const where = images === undefined ? '"pixels"' : `"images"[${i}]`;
    if (!Array.isArray(row)) throw new BadInput(`${where} must be an array of ${pixels} numbers`);
    if (row.length !== pixels)
      throw new BadInput(`${where} must have ${pixels} numbers; it has ${row.length}`);
    for (let k = 0; k < pixels; k++) {
      const value: unknown = row[k];
      if (typeof value !== 'number' || !(value >= 0 && value <= 1))
        throw new BadInput(`${where}[${k}] must be a number from 0 to 1; got ${JSON.stringify(value)}`);
      values[at++] = value;
    }
  });
  return tf.constant(values, { shape: [rows.length, pixels] });
}

/** float32, little-endian, 784 for each image. */
export function fromBinary(body: Buffer): tf.Tensor {
  const rows = body.length / (4 * pixels);
  if (!Number.isInteger(rows) || rows < 1 || rows > maxRows) {
    throw new BadInput(
      `a binary body must be 1 to ${maxRows} images of ${4 * pixels} bytes (${pixels} float32 numbers, little-endian); ` +
        `got ${body.length} bytes`,
    );
  }
  const values = new Float32Array(rows * pixels);
  body.copy(new Uint8Array(values.buffer));
  for (let i = 0; i < values.length; i++) {
    if (!(values[i] >= 0 && values[i] <= 1))
      throw new BadInput(`number ${i} of the body must be from 0 to 1; got ${values[i]}`);
  }
  return tf.constant(values, { shape: [rows, pixels] });
}
