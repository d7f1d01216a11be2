/** Checks of the arguments that the functions of `tf.io` share. */
import { toTensor } from '../core/convert';
import { isPlain } from '../core/options';
import { describe } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { BytesSource, checkPath, withFile, type ByteSource } from './source';

/** A file to read: its path, or its bytes. */
export type FileLike = string | Uint8Array;

/** Calls f with the bytes of a file. */
export function withSource<T>(file: FileLike, where: string, f: (source: ByteSource) => T): T {
  if (file instanceof Uint8Array) return f(new BytesSource(`${where}: the bytes`, file));
  checkPath(file, where);
  return withFile(file, where, f);
}

/** Tensors by name. TypeError if they are not in a plain object. */
export function namedTensors(tensors: unknown, where: string): [string, Tensor][] {
  if (typeof tensors !== 'object' || tensors === null || Array.isArray(tensors) || !isPlain(tensors))
    throw new TypeError(`[${where}] needs an object of tensors, { name: tensor }; got ${describe(tensors)}`);
  return Object.entries(tensors).map(([name, value]) => [name, toTensor(value, null, where, `'${name}'`)]);
}
