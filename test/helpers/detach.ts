/** Detaches a typed array's buffer, as a transfer to a worker does; returns the array, now empty. */
export function structuredCloneDetached<T extends ArrayBufferView>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}
