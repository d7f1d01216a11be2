/**
 * Composite ops, which are written in other ops. Also `compose`, by which public functions count their arguments
 * without allocating a list of them.
 */
import type { DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { TensorConvertible } from '../../core/tensor_convertible';
import { Tensor } from '../../core/tensor';
import { badDType, dtypeMask } from '../checks';
import { checkExtraArguments } from '../extra_arguments';
import { register, type Example, type OpDefinition } from '../registry';

/**
 * Calls f with the first n arguments, n ≤ 6. Rest parameters and spread arguments would allocate a list for each call, which
 * costs as much as a small op.
 */
function callWith<R>(
  f: unknown,
  n: number,
  a: unknown,
  b: unknown,
  c: unknown,
  d: unknown,
  e: unknown,
  h: unknown,
): R {
  const g = f as (...args: unknown[]) => R;
  switch (n) {
    case 0:
      return g();
    case 1:
      return g(a);
    case 2:
      return g(a, b);
    case 3:
      return g(a, b, c);
    case 4:
      return g(a, b, c, d);
    case 5:
      return g(a, b, c, d, e);
    default:
      return g(a, b, c, d, e, h);
  }
}

// V8 allocates `arguments` only if the function uses more than its length, which takes as long as some small ops. So wrappers
// of up to six parameters name them, and only wrappers of more have a rest parameter.
/* eslint-disable prefer-rest-params */

/** The first n arguments as a list, for error paths. */
const firstArguments = (n: number, ...args: unknown[]): unknown[] => args.slice(0, n);

/** The composition (...p) => then(f(...p)), which throws if it gets more arguments than f has. `name` is the op, for errors. */
export function compose<P extends unknown[], Q, R>(
  name: string,
  f: (...args: P) => Q,
  then: (q: Q) => R,
): (...args: P) => R {
  const most = f.length;
  const listed = (args: unknown[]): R => {
    if (args.length > most) checkExtraArguments(name, f, args);
    return then(f(...(args as P)));
  };
  const usual = function (a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown, h?: unknown): R {
    const n = arguments.length;
    if (n > most) return listed(Array.from(arguments));
    return then(callWith<Q>(f, n, a, b, c, d, e, h));
  };
  const call = (most <= 6 ? usual : (...args: P) => listed(args)) as unknown as (...args: P) => R;
  return call;
}

/** The result type R with the dtype `never`, assignable to any dtype: the declared type of the public function states it. */
type Undeclared<R> = R extends Tensor
  ? Tensor<never>
  : R extends readonly Tensor[]
    ? { [K in keyof R]: Tensor<never> }
    : R;

export interface CompositeSpec {
  tf: string;
  dtypes: readonly DType[];
  domain?: readonly [number, number];
  ulp?: number;
  examples?: readonly Example[];
  kind?: OpDefinition['kind'];
}

/**
 * Defines an op that is written in other ops: it has no kernel, and differentiating those gives its gradient. `f` checks its
 * own arguments; if an inner op rejects a dtype that `spec` does not list, the error names the composite op instead.
 */
export function composite<P extends unknown[], R>(
  name: string,
  spec: CompositeSpec,
  f: (...args: P) => R,
): (...args: P) => Undeclared<R> {
  const mask = dtypeMask(spec.dtypes);
  const most = f.length;
  /** The error to throw for an error of an inner op. */
  const named = (error: unknown, args: readonly unknown[]): unknown => {
    if (!(error instanceof InvalidArgumentError) || error.message.startsWith(`[${name}]`)) return error;
    const tensors = args.filter((x) => x instanceof Tensor || x instanceof TensorConvertible);
    const refused = tensors.find((x) => ((mask >> x.dt.code) & 1) === 0);
    if (refused === undefined || tensors.some((x) => ((mask >> x.dt.code) & 1) !== 0)) return error;
    return badDType(name, 'the argument', refused.dt, spec.dtypes);
  };
  const listed = (args: unknown[]): R => {
    if (args.length > most) checkExtraArguments(name, f, args);
    try {
      return f(...(args as P));
    } catch (error) {
      throw named(error, args);
    }
  };
  const usual = function (a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown, h?: unknown): R {
    const n = arguments.length;
    if (n > most) return listed(Array.from(arguments));
    try {
      return callWith<R>(f, n, a, b, c, d, e, h);
    } catch (error) {
      throw named(error, firstArguments(n, a, b, c, d, e, h));
    }
  };
  const call = (most <= 6 ? usual : (...args: P) => listed(args)) as unknown as (...args: P) => Undeclared<R>;
  register({
    name,
    kind: spec.kind ?? 'composite',
    tf: spec.tf,
    dtypes: spec.dtypes,
    domain: spec.domain,
    ulp: spec.ulp,
    examples: spec.examples ?? [],
    differentiable: true,
    savesInputs: 0,
    savesOutputs: false,
    gradient: null,
    call,
  });
  return call;
}
/* eslint-enable prefer-rest-params */
