/** Binds arguments to a declared signature. */
import { toTensor } from '../core/convert';
import { isPlain } from '../core/options';
import { describe } from '../core/shape';
import { Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import { TensorSpec } from './tensor_spec';

function showSignature(signature: readonly unknown[]): string {
  const show = (s: unknown): string => {
    if (Array.isArray(s)) return `[${s.map(show).join(', ')}]`;
    if (s instanceof TensorSpec || typeof s !== 'object' || s === null) return String(s);
    if (!isPlain(s)) return describe(s);
    return `{${Object.entries(s)
      .map(([k, v]) => `${k}: ${show(v)}`)
      .join(', ')}}`;
  };
  return `(${signature.map(show).join(', ')})`;
}

/** The arguments, converted to tensors where the signature has specs. Throws TensorFlow's TypeError on a mismatch. */
export function bindSignature(signature: readonly unknown[], args: readonly unknown[]): unknown[] {
  const fail = (why: string): never => {
    throw new TypeError(
      `Binding inputs to tf.function failed due to \`${why}\`. Received args: (${args
        .map((a) => (a instanceof Tensor ? String(TensorSpec.fromTensor(a)) : describe(a)))
        .join(', ')}) for signature: ${showSignature(signature)}.`,
    );
  };
  if (args.length > signature.length) fail('too many positional arguments');
  const visit = (spec: unknown, arg: unknown, given: boolean, at: number): unknown => {
    if (spec instanceof TensorSpec) {
      if (!given || arg === undefined) return fail(`missing a required argument: ${at}`);
      if (arg instanceof Variable && spec.isCompatibleWith(arg)) return arg;
      let t: Tensor;
      try {
        t = toTensor(arg, spec.dt, 'function', `argument ${at}`);
      } catch (error) {
        return fail(error instanceof Error ? error.message : String(error));
      }
      if (!spec.isCompatibleWith(t))
        fail(`Can not cast ${TensorSpec.fromTensor(t).toString()} to ${spec.toString()}`);
      return t;
    }
    if (Array.isArray(spec)) {
      if (!Array.isArray(arg) || arg.length !== spec.length)
        return fail(`argument ${at}: expected an array of ${spec.length}, got ${describe(arg)}`);
      return spec.map((s, i) => visit(s, arg[i], true, at));
    }
    if (typeof spec === 'object' && spec !== null && isPlain(spec)) {
      if (typeof arg !== 'object' || arg === null)
        return fail(`argument ${at}: expected an object, got ${describe(arg)}`);
      const keys = Object.keys(spec);
      const argKeys = Object.keys(arg);
      if (keys.length !== argKeys.length || keys.some((k) => !argKeys.includes(k)))
        return fail(`{${argKeys.join(', ')}} has different keys with the signature's {${keys.join(', ')}}`);
      return Object.fromEntries(
        keys.map((k) => [
          k,
          visit((spec as Record<string, unknown>)[k], (arg as Record<string, unknown>)[k], true, at),
        ]),
      );
    }
    if (!given || Object.is(arg, spec)) return spec;
    return fail(`argument ${at}: the function was traced for ${describe(spec)}, got ${describe(arg)}`);
  };
  return signature.map((s, i) => visit(s, args[i], i < args.length, i));
}

/** Throws if a declared signature is invalid. */
export function checkSignature(signature: unknown): void {
  if (!Array.isArray(signature))
    throw new TypeError(`[function] inputSignature must be an array, got ${describe(signature)}.`);
  const visit = (s: unknown): void => {
    if (s instanceof TensorSpec) return;
    if (Array.isArray(s)) s.forEach(visit);
    else if (typeof s === 'object' && s !== null && isPlain(s)) Object.values(s).forEach(visit);
    else {
      throw new TypeError(
        `[function] inputSignature must be a possibly nested sequence of TensorSpec objects, got ${describe(s)}`,
      );
    }
  };
  signature.forEach(visit);
}
