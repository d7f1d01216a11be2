/**
 * Methods on tensors and variables: sugar over the functions, for chaining. The table below is the list: a method
 * calls the function of the same name with `this` first.
 */
import { Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import * as binaryOps from './binary';
import * as unaryOps from './unary';

/** The functions that are methods too, by the method's name. */
const methods = {
  add: binaryOps.add,
  sub: binaryOps.subtract,
  mul: binaryOps.multiply,
  less: binaryOps.less,
  neg: unaryOps.negative,
  square: unaryOps.square,
  exp: unaryOps.exp,
} as const;

type Methods = typeof methods;
type Rest<F> = F extends (first: infer _First, ...rest: infer R) => infer T ? (...rest: R) => T : never;

/** The methods that tensors and variables share. */
export type TensorMethods = { [K in keyof Methods]: Rest<Methods[K]> };

declare module '../core/tensor' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface Tensor extends TensorMethods {}
}
declare module '../core/variable' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface Variable extends TensorMethods {}
}

for (const [name, f] of Object.entries(methods) as [string, (...args: unknown[]) => unknown][]) {
  const method = {
    [name](this: unknown, ...rest: unknown[]): unknown {
      return f(this, ...rest);
    },
  }[name];
  for (const target of [Tensor, Variable]) {
    Object.defineProperty(target.prototype, name, { value: method, writable: true, configurable: true });
  }
}
