/** The receiver (`this`) of a compiled method, which is part of the signature by identity. */

/** A receiver, passed in front of the arguments. */
export class Receiver {
  constructor(readonly value: object) {}
}

const receivers = new WeakMap<object, Receiver>();

/** The receiver for a value of `this`; null if there is none. */
export function receiverOf(value: unknown): Receiver | null {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || value === globalThis)
    return null;
  let receiver = receivers.get(value);
  if (receiver === undefined) receivers.set(value, (receiver = new Receiver(value)));
  return receiver;
}

/** Whether a function may use its own `this`: its source contains the word, and it is no arrow function. */
export function mayUseThis(f: (...args: never[]) => unknown): boolean {
  const source = Function.prototype.toString.call(f);
  return /\bthis\b/.test(source) && !/^(async\s*)?(\(|[\w$]+\s*=>)/.test(source);
}
