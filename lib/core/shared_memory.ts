/** Tensors over the memory of a SharedArrayBuffer, in place: the weights that several threads read. */
import { types } from 'node:util';
import { native } from '../binding';
import { dtypes } from './dtype';
import { InvalidArgumentError } from './errors';
import { asShape, describe } from './shape';
import { tensorFromBuffer, type Tensor } from './tensor';

/** The ArrayBuffer over each shared one, by which native code and tensors reach its memory. */
const buffers = new WeakMap<SharedArrayBuffer, WeakRef<ArrayBuffer>>();

function bufferOver(shared: SharedArrayBuffer): ArrayBuffer {
  const known = buffers.get(shared)?.deref();
  if (known !== undefined) return known;
  const buffer = native.shareMemory(new Uint8Array(shared));
  buffers.set(shared, new WeakRef(buffer));
  return buffer;
}

/**
 * A tensor of rank 1 over the elements of a Float32Array or Float64Array over a SharedArrayBuffer, without a copy. Only
 * floats: kernels check indices before they use them, which another thread could change in between. Only shared buffers:
 * others can be detached while another thread reads them.
 */
export function sharedTensor(value: unknown, op: string): Tensor {
  // Of any realm.
  const isFloats = types.isFloat32Array(value) || types.isFloat64Array(value);
  const buffer: unknown = isFloats ? value.buffer : null;
  if (!isFloats || !types.isSharedArrayBuffer(buffer)) {
    const what = isFloats ? `a ${value.constructor.name} over an ArrayBuffer` : describe(value);
    throw new InvalidArgumentError(
      `[${op}] copy: false requires a Float32Array or Float64Array over a SharedArrayBuffer; got ${what}. ` +
        `Allocate it with new Float32Array(new SharedArrayBuffer(bytes)), or leave copy out`,
    );
  }
  if ((buffer as { growable?: boolean }).growable === true) {
    throw new InvalidArgumentError(
      `[${op}] copy: false requires a SharedArrayBuffer of fixed length; this one is growable`,
    );
  }
  const dt = types.isFloat32Array(value) ? dtypes.float32 : dtypes.float64;
  return tensorFromBuffer(dt, asShape([value.length]), bufferOver(buffer), value.byteOffset);
}
