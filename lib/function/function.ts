/** tf.function: a function is run once for each signature to see what it computes, and from then on compiled. */
import { rejectPromise, flatten, mapStructure } from '../core/nest';
import { InvalidArgumentError } from '../core/errors';
import { isPlain, options, refuseSurplus } from '../core/options';
import { apart } from '../core/scope';
import { describe, type Shape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import { checkLater, runLater } from './async/call';
import { nothingInTheWay } from './async/queue';
import { bindSignature, checkSignature, showSignature } from './bind_signature';
import { functionsRunEagerly, plainly, runsPlainly } from './eager';
import { describeProgram, profileRows, type ProfileRow, type Program } from './describe';
import { Pieces, type Origin } from './pieces';
import { Programs } from './programs';
import { cook, kindOfCuts, Recipes, specsIn, type Kind } from './recipes';
import { mayUseThis, Receiver, receiverOf } from './receiver';
import { bind, Recent, replaceTensors, type BoundCall } from './signature';
import { RetracingWatch, TraceTypes, withoutShapes } from './retracing';
import { TensorSpec } from './tensor_spec';
import { Trace } from './trace';

export interface FunctionOptions {
  /** A TensorSpec for each argument (or structures of them): arguments become such tensors, and others are refused. */
  inputSignature?: readonly unknown[] | null;
  /** Counts shapes that differ in the same dimensions as one trace. Each shape is a program of its own all the same, up to 64. */
  reduceRetracing?: boolean;
  /** No effect: every function is compiled. */
  jitCompile?: boolean | null;
  /** For messages. Default: that of `f`. */
  name?: string | null;
}

const defaults: Required<FunctionOptions> = {
  inputSignature: null,
  reduceRetracing: false,
  jitCompile: null,
  name: null,
};
const profileDefaults = { runs: 20 };

/** A function for one signature. */
export interface ConcreteFunction<A extends unknown[], R> {
  (...args: A): R;
  /** The same off the event loop: `async` of the compiled function. */
  async(...args: A): Promise<R>;
  /** The arguments, its tensors as specs; then what Python passes by name: nothing. */
  readonly structuredInputSignature: readonly [readonly unknown[], object];
  /**
   * What it returns, its tensors as specs; null as long as a signature with null dimensions was not called, and where
   * shapes depend on values.
   */
  readonly structuredOutputs: unknown;
  /** The specs among these. */
  readonly outputs: readonly TensorSpec[] | null;
}

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

/** What a traced function returned, the values of variables in their place. */
function checkResult(value: unknown, name: string): unknown {
  rejectPromise(value, name);
  return mapStructure(value, (leaf) => {
    if (typeof leaf === 'function') {
      throw new TypeError(`[${name}] a traced function returns tensors and values; got ${describe(leaf)}`);
    }
    rejectPromise(leaf, name);
    if (typeof leaf === 'object' && leaf !== null && Symbol.iterator in leaf && !ArrayBuffer.isView(leaf)) {
      // What it holds would not be seen.
      throw new TypeError(
        `[${name}] a traced function returns tensors and values in arrays and plain objects; got ${describe(leaf)}`,
      );
    }
    return leaf instanceof Variable ? leaf.read() : leaf;
  });
}

const toSpecs = (value: unknown): unknown =>
  mapStructure(value, (leaf) => (leaf instanceof Tensor ? TensorSpec.fromTensor(leaf) : leaf));

/** A signature that was declared, of the function or of some of its calls. */
interface Declared {
  readonly specs: readonly unknown[] | null;
  readonly name: string;
}

const isSpec = (leaf: unknown): leaf is TensorSpec => leaf instanceof TensorSpec;

/**
 * The same as a decorator of methods, `@tf.function` or, with options, `@tf.function({ reduceRetracing: true })`: each object
 * gets the function that is bound to it, so that `object.method.async(x)` has its `this`.
 */
export function compiled<T extends object, A extends unknown[], R>(
  method: (this: T, ...args: A) => R,
  context: ClassMethodDecoratorContext<T, (this: T, ...args: A) => R>,
): CompiledFunction<A, R>;
export function compiled(
  options: FunctionOptions,
): <T extends object, A extends unknown[], R>(
  method: (this: T, ...args: A) => R,
  context: ClassMethodDecoratorContext<T, (this: T, ...args: A) => R>,
) => CompiledFunction<A, R>;
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
export function compiled(f: unknown, given?: unknown): unknown {
  // eslint-disable-next-line prefer-rest-params
  if (arguments.length > 2) refuseSurplus('function', 2, arguments, defaults);
  if (typeof f === 'object' && f !== null && isPlain(f))
    return (method: Plain, context: ClassMethodDecoratorContext) => decorated(method, context, f);
  return isContext(given) ? decorated(f as Plain, given) : make(f as Plain, given as FunctionOptions);
}

type Plain = (...args: unknown[]) => unknown;

function isContext(given: unknown): given is ClassMethodDecoratorContext {
  return typeof given === 'object' && given !== null && 'kind' in given && 'addInitializer' in given;
}

function decorated(method: Plain, context: ClassMethodDecoratorContext, given?: FunctionOptions): unknown {
  if (!isContext(context) || context.kind !== 'method')
    throw new TypeError(
      '[function] as a decorator it is for methods; call it for others, tf.function(f, options)',
    );
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
  const signature = o.inputSignature;
  if (signature !== null) checkSignature(signature);
  const name = o.name ?? (f.name === '' ? 'the function' : f.name);
  const watch = new RetracingWatch(name);
  const programs = new Programs<Pieces>(signature !== null || o.reduceRetracing);
  const recent = new Recent<Pieces>();
  const types = new TraceTypes(signature !== null, o.reduceRetracing);
  const recipes = new Recipes();
  const usual: Declared = { specs: signature, name: '' };
  const origin: Origin = { name, open: true, traces: 0 };

  /** The calls of which this is one, where shapes may vary. */
  const kindOf = (
    args: readonly unknown[],
    { key, type, tensors }: BoundCall,
    { specs: declared, name: of }: Declared,
  ): Kind | null => {
    if (declared !== null) {
      const given = (): readonly unknown[] => (args[0] instanceof Receiver ? args.slice(1) : args);
      return recipes.kind(of + withoutShapes(key), () => specsIn(declared, given()));
    }
    if (!o.reduceRetracing) return null;
    const { place, specs } = types.specs(type, tensors);
    return recipes.kind(`${place} ${withoutShapes(key)}`, () => specs);
  };

  const run = (args: readonly unknown[], tensors: readonly Tensor[]): unknown => {
    const own = replaceTensors(args, tensors);
    const [first, ...rest] = own;
    return checkResult(first instanceof Receiver ? f.apply(first.value, rest as A) : f(...(own as A)), name);
  };

  /** The program for these arguments, and whether it is a trace to the user. Unless `runs`, nothing runs. */
  const find = (args: readonly unknown[], declared = usual, runs = false) => {
    const { key, type, tensors } = bind(args, name);
    const before = programs.get(key);
    return before === undefined
      ? { ...build(args, { key, type, tensors }, runs, declared), tensors }
      : { pieces: before, tensors, counted: false, done: null };
  };

  /** The same for a call off the event loop. The trace of a function with cuts is its first run, if no call is in the way. */
  const findLater = (args: readonly unknown[], declared = usual) => {
    for (const t of bind(args, name).tensors) t.assertAlive(name);
    return apart(() => find(args, declared, nothingInTheWay()));
  };

  /** Traces. Where it runs, up to its cuts and on from there, `done` is what the function returned. */
  const build = (args: readonly unknown[], found: BoundCall, runs: boolean, declared = usual) => {
    const { key, type, tensors } = found;
    const counted = types.isNew(type, tensors);
    const kind = kindOf(args, found, declared);
    const pending = kind ?? kindOfCuts(tensors);
    const f = (given: readonly Tensor[]): unknown =>
      cook(pieces.isWatched ? pending : null, given, () => run(args, given));
    const pieces: Pieces = new Pieces(origin, f, tensors, false, null, kind !== null);
    const done = pieces.begin(runs ? tensors : null);
    if (counted) {
      origin.traces++;
      types.add(type, tensors);
    }
    programs.add(key, pieces);
    return { pieces, counted, done };
  };

  /** Runs a call that is not among the last ones. */
  const invoke = (args: readonly unknown[], declared = usual) => {
    const found = bind(args, name);
    const { key, type, tensors } = found;
    for (const t of tensors) t.assertAlive(name);
    const before = programs.get(key);
    if (before !== undefined) {
      recent.remember(args, before);
      return { value: before.run(tensors), pieces: before, counted: false };
    }
    if (!programs.admits(key) && !types.isNew(type, tensors)) {
      const kind = kindOf(args, found, declared);
      return {
        value: plainly(() => cook(kind, tensors, () => run(args, tensors))),
        pieces: null,
        counted: false,
      };
    }
    const { pieces, counted, done } = build(args, found, true, declared);
    return { value: done === null ? pieces.run(tensors) : done.value, pieces, counted };
  };

  const bound = (args: A): A => (signature === null ? args : (bindSignature(signature, args) as A));

  const takesThis = mayUseThis(f);

  /** The arguments, and before them what `this` is, where the function looks at that. */
  const withThis = (self: unknown, args: readonly unknown[]): readonly unknown[] => {
    const receiver = takesThis ? receiverOf(self) : null;
    return receiver === null ? args : [receiver, ...args];
  };

  const callNow = (self: unknown, args: A): R => {
    const own = bound(args);
    // Inside another it becomes a part of that.
    if (runsPlainly()) return f.apply(self, own);
    const all = withThis(self, own);
    const again = recent.find(all);
    if (again !== null) {
      watch.called(false);
      return again.run(all as readonly Tensor[]) as R;
    }
    const { value, counted } = invoke(all);
    watch.called(counted);
    return value as R;
  };

  const callLater = async (self: unknown, args: A): Promise<R> => {
    checkLater(name);
    const own = bound(args);
    if (functionsRunEagerly()) return f.apply(self, own);
    const { pieces, tensors, counted, done } = findLater(withThis(self, own));
    watch.called(counted);
    return (done === null ? await runLater(name, pieces, tensors) : done.value) as R;
  };

  const concrete = (self: unknown, args: readonly unknown[]): ConcreteFunction<A, R> => {
    const specs = (signature !== null && args.length === 0 ? signature : args).map(toSpecs);
    const open = flatten(specs).some((leaf) => isSpec(leaf) && !leaf.isFullyDefined);
    const declared = open ? { specs, name: showSignature(specs) } : usual;
    let outputs: unknown = null;
    const note = <F extends { pieces: Pieces | null }>(found: F): F => {
      const last = found.pieces?.first.last ?? null;
      if (last !== null) outputs ??= toSpecs(last.value);
      return found;
    };
    if (!open) {
      // Tensors without values will do for a trace.
      const mark = new Trace(name);
      const symbols = specs.map((s) =>
        mapStructure(s, (leaf) => (isSpec(leaf) ? mark.symbol(leaf.dt, leaf.shape as Shape) : leaf)),
      );
      note(find(withThis(self, symbols)));
    }
    const concreteCall = (...args: A): R => {
      const own = bindSignature(specs, args);
      if (runsPlainly()) return f.apply(self, own as A);
      return note(invoke(withThis(self, own), declared)).value as R;
    };
    const concreteLater = async (...args: A): Promise<R> => {
      checkLater(name);
      const own = bindSignature(specs, args);
      if (functionsRunEagerly()) return f.apply(self, own as A);
      const { pieces, tensors, done } = note(findLater(withThis(self, own), declared));
      return (done === null ? await runLater(name, pieces, tensors) : done.value) as R;
    };
    return Object.defineProperties(concreteCall, {
      async: { value: concreteLater },
      structuredInputSignature: { value: [specs, {}] },
      structuredOutputs: { get: () => outputs },
      outputs: { get: () => (outputs === null ? null : flatten(outputs).filter(isSpec)) },
    }) as unknown as ConcreteFunction<A, R>;
  };

  const profile = (self: unknown, args: A, times?: { runs?: number } | number): ProfileRow[] => {
    const { runs } = options<{ runs: number }>(times, 'runs', profileDefaults, 'function.profile');
    if (!Number.isInteger(runs) || runs < 1) {
      throw new InvalidArgumentError(
        `[${name}] profile: runs must be an integer above 0; got ${describe(runs)}`,
      );
    }
    const { pieces, tensors } = find(withThis(self, bound(args)));
    return profileRows(pieces.profile(tensors, runs));
  };

  /** The function as a method of each object; that of one object does not change. */
  const methods = new WeakMap<object, CompiledFunction<A, R>>();
  const bindTo = (self: unknown, ...first: unknown[]): unknown => {
    // As every function has it.
    if (first.length > 0) return (...rest: unknown[]) => callNow(self, [...first, ...rest] as A);
    const receiver = receiverOf(self);
    if (receiver === null) return unbound;
    let method = methods.get(receiver);
    if (method === undefined) {
      method = complete((...args: A) => callNow(self, args), self);
      methods.set(receiver, method);
    }
    return method;
  };

  const complete = (callable: (...args: A) => R, self: unknown): CompiledFunction<A, R> =>
    Object.assign(callable, {
      async: (...args: A) => callLater(self, args),
      experimentalGetTracingCount: () => origin.traces,
      getConcreteFunction: (...args: unknown[]) => concrete(self, args),
      program: (...args: A) => describeProgram(find(withThis(self, bound(args))).pieces.first),
      profile(args: A, times?: { runs?: number } | number): ProfileRow[] {
        // eslint-disable-next-line prefer-rest-params
        if (arguments.length > 2) refuseSurplus('function.profile', 2, arguments, profileDefaults);
        return profile(self, args, times);
      },
      bind: bindTo as CompiledFunction<A, R>['bind'],
      jsFunction: f,
    });

  const unbound = complete(function (this: unknown, ...args: A): R {
    return callNow(this, args);
  }, undefined);
  return unbound;
}
