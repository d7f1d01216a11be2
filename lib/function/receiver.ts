/** What `this` is in a compiled function that is a method: a part of the signature, by identity. */

/** Stands before the arguments. */
export class Receiver {
  constructor(readonly value: object) {}
}

const receivers = new WeakMap<object, Receiver>();

/** Null where there is none. */
export function receiverOf(value: unknown): Receiver | null {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || value === globalThis)
    return null;
  let receiver = receivers.get(value);
  if (receiver === undefined) receivers.set(value, (receiver = new Receiver(value)));
  return receiver;
}

/** Whether a function looks at its own `this`: it is written there, and this is no arrow function. */
export function mayUseThis(f: (...args: never[]) => unknown): boolean {
  const source = Function.prototype.toString.call(f);
  return /\bthis\b/.test(source) && !/^(async\s*)?(\(|[\w$]+\s*=>)/.test(source);
}
