/** tf.function as users call it: options, methods and decorators around a PolymorphicFunction. */
import type { Signal } from '../core/abort_signal';
import { isPlain, options, throwExtraArguments } from '../core/options';
import { describe } from '../core/shape';
import { checkSignature } from './bind_signature';
import type { ProfileRow, Program } from './describe';
import { PolymorphicFunction, type ConcreteFunction, type FunctionOptions } from './polymorphic';
import { receiverOf } from './signature';

const defaults: Required<FunctionOptions> = {
  inputSignature: null,
  reduceRetracing: false,
  jitCompile: null,
  name: null,
};
const profileDefaults = { runs: 20 };

const asyncDefaults: Required<AsyncOptions> = { signal: null };

/** Options of a call off the event loop. */
export interface AsyncOptions {
  /** Ends the call. Default null. */
  signal?: Signal | null;
}

/** A compiled function, called like the original one. */
export interface CompiledFunction<A extends unknown[], R> {
  (...args: A): R;
  /**
   * The same as a call, bit for bit, but computed on other threads. Only what needs JavaScript (the trace at the first call,
   * `tf.print`…) runs on the event loop. Arguments have the values of the time of the call, even if they are disposed afterwards. Several calls may be in flight:
   * each sees the variables as the calls before it leave them. A variable that a call assigns keeps its value until that call
   * ends; assigning it in the meantime is a FailedPreconditionError. Errors, also those of the trace, reject the promise. It is
   * an error to call it while a tape records or another function is traced.
   */
  async(...args: A): Promise<R>;
  /**
   * `async` with options: `await f.asyncWith({ signal })(x)`. An AbortSignal rejects the promise with its reason: at once if the call
   * waits for its turn; otherwise before the next step of the program, that is a piece without control flow or JavaScript in it, or
   * turn of a loop. What the call has assigned to variables until then stays assigned, as after any error.
   */
  asyncWith(options: AsyncOptions): (...args: A) => Promise<R>;
  /** The number of times that the function was traced. @tf tf.types.experimental.PolymorphicFunction.experimental_get_tracing_count */
  experimentalGetTracingCount(): number;
  /**
   * The function for one signature, given as tensors or TensorSpecs and the values of other arguments. It is traced now, or at
   * its first call if a dimension is null. @tf tf.types.experimental.PolymorphicFunction.get_concrete_function
   */
  getConcreteFunction(...args: unknown[]): ConcreteFunction<A, R>;
  /** Describes what a call with these arguments runs: ops, fused groups, memory, and what stays in JavaScript and why. */
  program(...args: A): Program;
  /** Runs the function `runs` times (default 20), with its side effects, and returns the median time of each op in microseconds. */
  profile(args: A, options?: { runs?: number } | number): ProfileRow[];
  /**
   * The function as a method of an object, which is `this` in calls of it, of its `async`, `program` and so on. Returns the same
   * function for the same object.
   */
  bind(self: object | null | undefined): CompiledFunction<A, R>;
  /** The original function. @tf tf.types.experimental.PolymorphicFunction.python_function */
  readonly jsFunction: (...args: A) => R;
}

/** A method decorator, both of ECMAScript and of TypeScript's `experimentalDecorators`. */
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
 * The same as a method decorator, `@tf.function` or `@tf.function({ reduceRetracing: true })`: each object gets the function
 * bound to it, so that `object.method.async(x)` has its `this`.
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
 * arguments by value) `f` is traced: it runs once with tensors that have no values yet, and the ops that it calls are compiled.
 * Other JavaScript in it runs only then. Reads and assignments of variables keep their program order. `f` must not return a
 * Promise.
 * @tf tf.function
 */
export function compiled<A extends unknown[], R>(
  f: (...args: A) => R,
  options?: FunctionOptions | FunctionOptions['inputSignature'],
): CompiledFunction<A, R>;
export function compiled(f: unknown, given?: unknown, descriptor?: PropertyDescriptor): unknown {
  if (isPropertyName(given) && descriptor !== undefined) return describedMethod(f, given, descriptor);
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) throwExtraArguments('function', 2, arguments, defaults);
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

/** The property descriptor of a method decorated under `experimentalDecorators`: reading it returns the function bound to the object. */
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
      // Not if a subclass overrides the method.
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

  /** The function as a method of each object. */
  const methods = new WeakMap<object, CompiledFunction<A, R>>();
  const bindTo = (self: unknown, ...first: unknown[]): unknown => {
    // As Function.prototype.bind with arguments.
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
      async: (...args: A) => polymorphic.callAsync(self, args),
      asyncWith(given: AsyncOptions): (...args: A) => Promise<R> {
        const { signal } = options<Required<AsyncOptions>>(
          given,
          'signal',
          asyncDefaults,
          'function.asyncWith',
        );
        return (...args) => polymorphic.callAsync(self, args, signal);
      },
      experimentalGetTracingCount: () => polymorphic.state.traces,
      getConcreteFunction: (...args: unknown[]) => polymorphic.concrete(self, args),
      program: (...args: A) => polymorphic.program(self, args),
      profile(args: A, times?: { runs?: number } | number): ProfileRow[] {
        if (!Array.isArray(args))
          throw new TypeError(`[${name}] profile takes one array, f.profile([x, y]); got ${describe(args)}`);
        // eslint-disable-next-line prefer-rest-params
        if (arguments.length > 2) throwExtraArguments('function.profile', 2, arguments, profileDefaults);
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
