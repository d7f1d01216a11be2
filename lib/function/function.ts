/** tf.function: a function is run once for each signature to see what it computes, and from then on compiled. */
import { isPlain, options, refuseSurplus } from '../core/options';
import { describe } from '../core/shape';
import { checkSignature } from './bind_signature';
import type { ProfileRow, Program } from './describe';
import { PolymorphicFunction } from './polymorphic';
import { receiverOf } from './receiver';
import type { ConcreteFunction, FunctionOptions } from './types';

const defaults: Required<FunctionOptions> = {
  inputSignature: null,
  reduceRetracing: false,
  jitCompile: null,
  name: null,
};
const profileDefaults = { runs: 20 };

/** A compiled function: call it like the function that it was made of. */
export interface CompiledFunction<A extends unknown[], R> {
  (...args: A): R;
  /**
   * Computes what a call computes, bit for bit, on other threads; what has to happen in JavaScript (the trace at the first
   * call, `tf.print`…) happens on the event loop. Arguments are as they are at the call, whatever becomes of them. Several
   * calls may be in flight: each sees the variables as the calls before it leave them. A variable that a call assigns keeps
   * its value until that call ends; to assign it meanwhile is a FailedPreconditionError. Errors, those of the trace too,
   * reject the promise. Not while a tape records or another function is traced.
   */
  async(...args: A): Promise<R>;
  /** How often the function was run to trace it. @tf tf.types.experimental.PolymorphicFunction.experimental_get_tracing_count */
  experimentalGetTracingCount(): number;
  /**
   * The function for one signature: tensors or TensorSpecs, and the values of other arguments. It is traced now, unless a
   * dimension is null. @tf tf.types.experimental.PolymorphicFunction.get_concrete_function
   */
  getConcreteFunction(...args: unknown[]): ConcreteFunction<A, R>;
  /** What a call with these arguments runs: ops, fused groups, memory, what stays in JavaScript and why. */
  program(...args: A): Program;
  /**
   * Where the time goes: runs the function `runs` times (default 20), its effects included, and gives the median time of
   * each op in microseconds.
   */
  profile(args: A, options?: { runs?: number } | number): ProfileRow[];
  /**
   * The function as a method of an object: what it is called with as `this`, by `async`, `program` and the others too. The
   * same function for the same object.
   */
  bind(self: object | null | undefined): CompiledFunction<A, R>;
  /** The function itself. @tf tf.types.experimental.PolymorphicFunction.python_function */
  readonly jsFunction: (...args: A) => R;
}

/** A decorator of methods, of either kind: that of the standard, and that of TypeScript's `experimentalDecorators`. */
export interface MethodCompiler {
  <T extends object, A extends unknown[], R>(
    method: (this: T, ...args: A) => R,
    context: ClassMethodDecoratorContext<T, (this: T, ...args: A) => R>,
  ): CompiledFunction<A, R>;
  <M extends (...args: never[]) => unknown>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): TypedPropertyDescriptor<M>;
}

/**
 * The same as a decorator of methods, `@tf.function` or, with options, `@tf.function({ reduceRetracing: true })`: each object
 * gets the function that is bound to it, so that `object.method.async(x)` has its `this`.
 */
export function compiled<T extends object, A extends unknown[], R>(
  method: (this: T, ...args: A) => R,
  context: ClassMethodDecoratorContext<T, (this: T, ...args: A) => R>,
): CompiledFunction<A, R>;
export function compiled<M extends (...args: never[]) => unknown>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
): TypedPropertyDescriptor<M>;
export function compiled(options: FunctionOptions): MethodCompiler;
/**
 * A compiled version of `f`. At the first call for a new signature (dtypes and shapes of tensors, structure, and all other
 * arguments by value) `f` runs once with tensors that have no values yet, and the ops that it calls are compiled; what
 * else it does happens then only. Variables keep their program order. `f` must not return a Promise.
 * @tf tf.function
 */
export function compiled<A extends unknown[], R>(
  f: (...args: A) => R,
  options?: FunctionOptions | FunctionOptions['inputSignature'],
): CompiledFunction<A, R>;
export function compiled(f: unknown, given?: unknown, descriptor?: PropertyDescriptor): unknown {
  if (isPropertyName(given) && descriptor !== undefined) return describedMethod(f, given, descriptor);
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) refuseSurplus('function', 2, arguments, defaults);
  if (typeof f === 'object' && f !== null && isPlain(f)) {
    return (method: unknown, context: unknown, described?: PropertyDescriptor) =>
      isPropertyName(context) && described !== undefined
        ? describedMethod(method, context, described, f)
        : decorated(method as Plain, context as ClassMethodDecoratorContext, f);
  }
  return isContext(given) ? decorated(f as Plain, given) : make(f as Plain, given as FunctionOptions);
}

type Plain = (...args: unknown[]) => unknown;

function isContext(given: unknown): given is ClassMethodDecoratorContext {
  return typeof given === 'object' && given !== null && 'kind' in given && 'addInitializer' in given;
}

const isPropertyName = (value: unknown): value is string | symbol =>
  typeof value === 'string' || typeof value === 'symbol';

const forMethods = '[function] as a decorator it is for methods; call it for others, tf.function(f, options)';

/** What a decorator of `experimentalDecorators` makes of a method: each object reads the function bound to it. */
function describedMethod(
  target: unknown,
  name: string | symbol,
  descriptor: PropertyDescriptor,
  given?: FunctionOptions,
): PropertyDescriptor {
  const { enumerable, configurable } = descriptor;
  const method: unknown = descriptor.value;
  if (typeof method !== 'function') throw new TypeError(forMethods);
  const f = make(method as Plain, given);
  return {
    get(this: object): unknown {
      return this === target ? f : f.bind(this);
    },
    set(this: object, other: unknown): void {
      Object.defineProperty(this, name, {
        value: other,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    },
    enumerable,
    configurable,
  };
}

function decorated(method: Plain, context: ClassMethodDecoratorContext, given?: FunctionOptions): unknown {
  if (!isContext(context) || context.kind !== 'method') throw new TypeError(forMethods);
  const { name } = context;
  const f = make(method, given);
  if (!context.private) {
    context.addInitializer(function (this: unknown) {
      // Not where a class below has a method of its own.
      if (Reflect.get(this as object, name) !== f) return;
      const value = f.bind(this as object);
      Object.defineProperty(this, name, { value, writable: true, configurable: true });
    });
  }
  return f;
}

function make<A extends unknown[], R>(
  f: (...args: A) => R,
  given?: FunctionOptions | FunctionOptions['inputSignature'],
): CompiledFunction<A, R> {
  if (typeof f !== 'function') throw new TypeError(`[function] takes a function; got ${describe(f)}`);
  const o = options<Required<FunctionOptions>>(given, 'inputSignature', defaults, 'function');
  if (o.inputSignature !== null) checkSignature(o.inputSignature);
  const name = o.name ?? (f.name === '' ? 'the function' : f.name);
  const polymorphic = new PolymorphicFunction(f, name, o);

  /** The function as a method of each object; that of one object does not change. */
  const methods = new WeakMap<object, CompiledFunction<A, R>>();
  const bindTo = (self: unknown, ...first: unknown[]): unknown => {
    // As every function has it.
    if (first.length > 0) return (...rest: unknown[]) => polymorphic.call(self, [...first, ...rest] as A);
    const receiver = receiverOf(self);
    if (receiver === null) return unbound;
    let method = methods.get(receiver);
    if (method === undefined) {
      method = complete((...args: A) => polymorphic.call(self, args), self);
      methods.set(receiver, method);
    }
    return method;
  };

  const complete = (callable: (...args: A) => R, self: unknown): CompiledFunction<A, R> =>
    Object.assign(callable, {
      async: (...args: A) => polymorphic.callLater(self, args),
      experimentalGetTracingCount: () => polymorphic.origin.traces,
      getConcreteFunction: (...args: unknown[]) => polymorphic.concrete(self, args),
      program: (...args: A) => polymorphic.program(self, args),
      profile(args: A, times?: { runs?: number } | number): ProfileRow[] {
        if (!Array.isArray(args))
          throw new TypeError(`[${name}] profile takes one array, f.profile([x, y]); got ${describe(args)}`);
        // eslint-disable-next-line prefer-rest-params
        if (arguments.length > 2) refuseSurplus('function.profile', 2, arguments, profileDefaults);
        const { runs } = options<{ runs: number }>(times, 'runs', profileDefaults, 'function.profile');
        return polymorphic.profile(self, args, runs);
      },
      bind: bindTo as CompiledFunction<A, R>['bind'],
      jsFunction: f,
    });

  const unbound = complete(function (this: unknown, ...args: A): R {
    return polymorphic.call(this, args);
  }, undefined);
  return unbound;
}
