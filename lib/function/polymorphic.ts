/** A function with one specialization for each signature: finds that of a call, or traces it, and runs it. */
import type { Signal } from '../core/abort_signal';
import { rejectPromise, flatten, mapStructure } from '../core/nest';
import { InvalidArgumentError } from '../core/errors';
import { detached, context } from '../core/context';
import { describe, type Shape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import { checkAsync, checkSignal, runAsync } from './async/call';
import { bindSignature } from './bind_signature';
import { OwnedBy, Programs, Recent } from './cache';
import {
  describeProgram,
  profileRows,
  profileSpecialization,
  type ProfileRow,
  type Program,
} from './describe';
import { functionsRunEagerly, runOpByOp, runsEagerly } from './eager';
import { RetracingWatch, TraceTypes } from './retracing';
import {
  mayUseThis,
  Receiver,
  receiverOf,
  replaceTensors,
  signatureOf,
  type CallSignature,
} from './signature';
import { FunctionState, Specialization, UsesOuterTensors } from './specialization';
import { TensorSpec } from './tensor_spec';
import { Trace } from '../graph/trace';

const isSpec = (leaf: unknown): leaf is TensorSpec => leaf instanceof TensorSpec;

const toSpecs = (value: unknown): unknown =>
  mapStructure(value, (leaf) => (leaf instanceof Tensor ? TensorSpec.fromTensor(leaf) : leaf));

/** Validates the result of a traced function; replaces variables by their values. */
function checkResult(value: unknown, name: string): unknown {
  rejectPromise(value, name);
  return mapStructure(value, (leaf) => {
    if (typeof leaf === 'function') {
      throw new TypeError(`[${name}] a traced function returns tensors and values; got ${describe(leaf)}`);
    }
    if (leaf instanceof Tensor) return leaf;
    rejectPromise(leaf, name);
    if (typeof leaf === 'object' && leaf !== null && Symbol.iterator in leaf && !ArrayBuffer.isView(leaf)) {
      // Tensors inside other iterables would be missed.
      throw new TypeError(
        `[${name}] a traced function returns tensors and values in arrays and plain objects; got ${describe(leaf)}`,
      );
    }
    return leaf instanceof Variable ? leaf.read() : leaf;
  });
}

export interface FunctionOptions {
  /** A TensorSpec, or a structure of them, for each argument. Arguments are converted to such tensors; others are an error. */
  inputSignature?: readonly unknown[] | null;
  /** Shapes that differ in the same dimensions count as one trace. Each still has a program of its own, up to 64. */
  reduceRetracing?: boolean;
  /** No effect: every function is compiled. */
  jitCompile?: boolean | null;
  /** The name in messages. Default: that of `f`. */
  name?: string | null;
}

/** A compiled function for one signature. */
export interface ConcreteFunction<A extends unknown[], R> {
  (...args: A): R;
  /** The same off the event loop: see `async` of the compiled function. */
  async(...args: A): Promise<R>;
  /** The arguments with tensors as specs, then the keyword arguments, of which there are none in JavaScript. */
  readonly structuredInputSignature: readonly [readonly unknown[], object];
  /**
   * The result with tensors as specs. Null until a signature with null dimensions is called, and if the function runs op by op.
   */
  readonly structuredOutputs: unknown;
  /** The specs in `structuredOutputs`. */
  readonly outputs: readonly TensorSpec[] | null;
}

interface FoundSpecialization {
  readonly specialization: Specialization;
  readonly tensors: readonly Tensor[];
  /** This call traced it, and the user's count of traces includes that. */
  readonly counted: boolean;
}

export class PolymorphicFunction<A extends unknown[], R> {
  readonly state: FunctionState;
  private readonly signature: readonly unknown[] | null;
  private readonly watch: RetracingWatch;
  private readonly takesThis: boolean;
  /** By the objects and variables among the arguments, with which the programs can be garbage-collected. */
  private readonly programs: OwnedBy<Programs>;
  /** Counted traces by objects: variables of the same type share a trace in the user's count. */
  private readonly types: OwnedBy<TraceTypes>;
  private readonly recent = new Recent();
  /** The function was found to use tensors of its caller. */
  private usesOuterTensors = false;

  constructor(
    private readonly f: (...args: A) => R,
    private readonly name: string,
    { inputSignature, reduceRetracing }: Required<FunctionOptions>,
  ) {
    this.signature = inputSignature;
    this.state = new FunctionState(name);
    this.watch = new RetracingWatch(name);
    this.takesThis = mayUseThis(f);
    const declared = inputSignature !== null;
    this.programs = new OwnedBy(() => new Programs(declared || reduceRetracing));
    this.types = new OwnedBy(() => new TraceTypes(declared, reduceRetracing));
  }

  /** The arguments bound to the declared signature. */
  private bound(args: A): A {
    return this.signature === null ? args : (bindSignature(this.signature, args) as A);
  }

  /** The arguments, preceded by the receiver if the function uses `this`. */
  private withThis(self: unknown, args: readonly unknown[]): readonly unknown[] {
    const receiver = this.takesThis ? receiverOf(self) : null;
    return receiver === null ? args : [receiver, ...args];
  }

  /** Calls the user's function with its tensor arguments replaced. */
  private callWith(args: readonly unknown[], tensors: readonly Tensor[]): unknown {
    const callArgs = replaceTensors(args, tensors);
    const [first, ...rest] = callArgs;
    const value =
      first instanceof Receiver ? this.f.apply(first.value, rest as A) : this.f(...(callArgs as A));
    return checkResult(value, this.name);
  }

  private programsOf({ objects, variables }: CallSignature): Programs {
    return this.programs.of([...objects, ...variables]);
  }

  /** The specialization of a call; traces it if there is none, without running it. */
  private findOrTrace(args: readonly unknown[], call = signatureOf(args, this.name)): FoundSpecialization {
    const { key, tensors, objects } = call;
    const programs = this.programsOf(call);
    const existing = programs.get(key);
    if (existing !== undefined) return { specialization: existing, tensors, counted: false };
    const types = this.types.of(objects);
    const counted = types.isNew(key, tensors);
    let tracedArgs = args;
    const specialization = new Specialization(
      this.state,
      (given) => this.callWith(tracedArgs, given),
      tensors,
    );
    // The specialization must not retain the tensors of its first call.
    tracedArgs = replaceTensors(args, specialization.parameters);
    if (counted) {
      this.state.traces++;
      types.add(key, tensors);
    }
    programs.add(key, specialization);
    return { specialization, tensors, counted };
  }

  /** Like `findOrTrace`, for an asynchronous call. */
  private findAsync(args: readonly unknown[]): FoundSpecialization {
    const call = signatureOf(args, this.name);
    for (const t of call.tensors) t.assertAlive(this.name);
    return detached(() => this.findOrTrace(args, call));
  }

  /** Runs a call whose signature is not in the cache of recent ones. */
  private callUncached(args: readonly unknown[]): { value: unknown; found: FoundSpecialization | null } {
    const call = signatureOf(args, this.name);
    const { key, tensors, objects } = call;
    for (const t of tensors) t.assertAlive(this.name);
    const programs = this.programsOf(call);
    if (
      programs.get(key) === undefined &&
      !programs.admits(key) &&
      !this.types.of(objects).isNew(key, tensors)
    ) {
      const refuse = (variable: Variable): void => {
        if (!variable.isKept) this.state.checkCreated(1);
      };
      return { value: runOpByOp(() => this.callWith(args, tensors), refuse, 'all'), found: null };
    }
    const found = this.findOrTrace(args, call);
    this.recent.remember(args, found.specialization);
    return { value: found.specialization.run(tensors), found };
  }

  call(self: unknown, args: A): R {
    const bound = this.bound(args);
    const { tracer } = context;
    if (tracer instanceof Trace && !functionsRunEagerly()) return this.callInside(tracer, self, bound);
    if (runsEagerly()) return this.f.apply(self, bound);
    const all = this.withThis(self, bound);
    const specialization = this.recent.find(all);
    if (specialization !== null) {
      this.watch.recordCall(false);
      return specialization.run(all as readonly Tensor[]) as R;
    }
    const { value, found } = this.callUncached(all);
    this.watch.recordCall(found?.counted === true);
    return value as R;
  }

  /** A call during the trace of another function, into which it is inlined. */
  private callInside(trace: Trace, self: unknown, args: A): R {
    if (this.usesOuterTensors) return this.f.apply(self, args);
    const all = this.withThis(self, args);
    const call = signatureOf(all, this.name);
    const { tensors } = call;
    let found: FoundSpecialization;
    try {
      found = this.findOrTrace(all, call);
    } catch (error) {
      if (error instanceof UsesOuterTensors) this.usesOuterTensors = true;
      // The function may read the value of a tensor that is concrete here.
      else if (tensors.every((t) => t.isSymbolic)) throw error;
      return this.f.apply(self, args);
    }
    const { specialization } = found;
    if (specialization.reason !== null && !tensors.every((t) => t.isSymbolic))
      return this.f.apply(self, args);
    const inlined = specialization.inlineInto(trace, tensors);
    return inlined === null ? this.f.apply(self, args) : (inlined.value as R);
  }

  async callAsync(self: unknown, args: A, signal: Signal | null = null): Promise<R> {
    checkSignal(signal, this.name);
    checkAsync(this.name);
    const bound = this.bound(args);
    if (functionsRunEagerly()) return this.f.apply(self, bound);
    const { specialization, tensors, counted } = this.findAsync(this.withThis(self, bound));
    this.watch.recordCall(counted);
    return (await runAsync(this.name, specialization, tensors, signal)) as R;
  }

  concrete(self: unknown, args: readonly unknown[]): ConcreteFunction<A, R> {
    const { name, signature, f } = this;
    const specs = (signature !== null && args.length === 0 ? signature : args).map(toSpecs);
    let outputs: unknown = null;
    const saveOutputs = <F extends FoundSpecialization | null>(found: F): F => {
      const compiled = found?.specialization.compiled;
      if (compiled) outputs ??= toSpecs(compiled.value);
      return found;
    };
    if (flatten(specs).every((leaf) => !isSpec(leaf) || leaf.isFullyDefined)) {
      // Symbolic tensors suffice for a trace.
      const trace = new Trace(name);
      const symbols = specs.map((s) =>
        mapStructure(s, (leaf) => (isSpec(leaf) ? trace.symbol(leaf.dt, leaf.shape as Shape) : leaf)),
      );
      saveOutputs(this.findOrTrace(this.withThis(self, symbols)));
    }
    const concreteCall = (...args: A): R => {
      const bound = bindSignature(specs, args);
      if (runsEagerly()) return f.apply(self, bound as A);
      const { value, found } = this.callUncached(this.withThis(self, bound));
      saveOutputs(found);
      return value as R;
    };
    const concreteAsync = async (...args: A): Promise<R> => {
      checkAsync(name);
      const bound = bindSignature(specs, args);
      if (functionsRunEagerly()) return f.apply(self, bound as A);
      const { specialization, tensors } = saveOutputs(this.findAsync(this.withThis(self, bound)));
      return (await runAsync(name, specialization, tensors)) as R;
    };
    return Object.defineProperties(concreteCall, {
      async: { value: concreteAsync },
      structuredInputSignature: { value: [specs, {}] },
      structuredOutputs: { get: () => outputs },
      outputs: { get: () => (outputs === null ? null : flatten(outputs).filter(isSpec)) },
    }) as unknown as ConcreteFunction<A, R>;
  }

  program(self: unknown, args: A): Program {
    return describeProgram(this.name, this.findOrTrace(this.withThis(self, this.bound(args))).specialization);
  }

  profile(self: unknown, args: A, runs: number): ProfileRow[] {
    if (!Number.isInteger(runs) || runs < 1) {
      throw new InvalidArgumentError(
        `[${this.name}] profile: runs must be an integer above 0; got ${describe(runs)}`,
      );
    }
    const { specialization, tensors } = this.findOrTrace(this.withThis(self, this.bound(args)));
    return profileRows(profileSpecialization(this.name, specialization, tensors, runs));
  }
}
