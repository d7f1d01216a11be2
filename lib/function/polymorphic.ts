/** A function with one specialization for each signature: finds or traces that of a call, and runs it. */
import { rejectPromise, flatten, mapStructure } from '../core/nest';
import { InvalidArgumentError } from '../core/errors';
import { detached, context } from '../core/context';
import { describe, type Shape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import { checkAsync, runAsync } from './async/call';
import { bindSignature } from './bind_signature';
import {
  describeProgram,
  profileRows,
  profileSpecialization,
  type ProfileRow,
  type Program,
} from './describe';
import { functionsRunEagerly, runOpByOp, runsEagerly } from './eager';
import type { ConcreteFunction, FunctionOptions } from './types';
import { OwnedBy } from './owners';
import { Programs } from './programs';
import { mayUseThis, Receiver, receiverOf } from './receiver';
import { RetracingWatch, TraceTypes } from './retracing';
import { bind, Recent, replaceTensors, type BoundCall } from './signature';
import { Origin, Specialization, UsesOuterTensors } from './specialization';
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

interface FoundSpecialization {
  readonly specialization: Specialization;
  readonly tensors: readonly Tensor[];
  /** This call traced it, and the trace counts towards `tracingCount`. */
  readonly counted: boolean;
}

export class PolymorphicFunction<A extends unknown[], R> {
  readonly origin: Origin;
  private readonly signature: readonly unknown[] | null;
  private readonly watch: RetracingWatch;
  private readonly takesThis: boolean;
  /** Programs by the objects and variables among the arguments, with which they can be garbage-collected. */
  private readonly programs: OwnedBy<Programs<Specialization>>;
  /** Counted traces by objects: variables of the same type share a trace in the user's count. */
  private readonly types: OwnedBy<TraceTypes>;
  private readonly recent = new Recent<Specialization>();
  /** The function was found to use tensors of its caller. */
  private usesOuterTensors = false;

  constructor(
    private readonly f: (...args: A) => R,
    private readonly name: string,
    { inputSignature, reduceRetracing }: Required<FunctionOptions>,
  ) {
    this.signature = inputSignature;
    this.origin = new Origin(name);
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

  private programsOf({ objects, variables }: BoundCall): Programs<Specialization> {
    return this.programs.of([...objects, ...variables]);
  }

  /** The specialization of a call; traces it if there is none, without running it. */
  private find(args: readonly unknown[], call = bind(args, this.name)): FoundSpecialization {
    const { key, tensors, objects } = call;
    const programs = this.programsOf(call);
    const existing = programs.get(key);
    if (existing !== undefined) return { specialization: existing, tensors, counted: false };
    const types = this.types.of(objects);
    const counted = types.isNew(key, tensors);
    let tracedArgs = args;
    const specialization = new Specialization(
      this.origin,
      (given) => this.callWith(tracedArgs, given),
      tensors,
    );
    // The specialization must not retain the tensors of its first call.
    tracedArgs = replaceTensors(args, specialization.parameters);
    if (counted) {
      this.origin.traces++;
      types.add(key, tensors);
    }
    programs.add(key, specialization);
    return { specialization, tensors, counted };
  }

  /** Like `find`, for an asynchronous call. */
  private findAsync(args: readonly unknown[]): FoundSpecialization {
    const call = bind(args, this.name);
    for (const t of call.tensors) t.assertAlive(this.name);
    return detached(() => this.find(args, call));
  }

  /** Runs a call whose signature is not in the cache of recent ones. */
  private invoke(args: readonly unknown[]): { value: unknown; found: FoundSpecialization | null } {
    const call = bind(args, this.name);
    const { key, tensors, objects } = call;
    for (const t of tensors) t.assertAlive(this.name);
    const programs = this.programsOf(call);
    if (
      programs.get(key) === undefined &&
      !programs.admits(key) &&
      !this.types.of(objects).isNew(key, tensors)
    ) {
      const refuse = (variable: Variable): void => {
        if (!variable.isKept) this.origin.checkCreated(1);
      };
      return { value: runOpByOp(() => this.callWith(args, tensors), refuse, 'all'), found: null };
    }
    const found = this.find(args, call);
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
    const { value, found } = this.invoke(all);
    this.watch.recordCall(found?.counted === true);
    return value as R;
  }

  /** A call during the trace of another function, into which it is inlined. */
  private callInside(trace: Trace, self: unknown, args: A): R {
    if (this.usesOuterTensors) return this.f.apply(self, args);
    const all = this.withThis(self, args);
    const call = bind(all, this.name);
    const { tensors } = call;
    let found: FoundSpecialization;
    try {
      found = this.find(all, call);
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

  async callLater(self: unknown, args: A): Promise<R> {
    checkAsync(this.name);
    const bound = this.bound(args);
    if (functionsRunEagerly()) return this.f.apply(self, bound);
    const { specialization, tensors, counted } = this.findAsync(this.withThis(self, bound));
    this.watch.recordCall(counted);
    return (await runAsync(this.name, specialization, tensors)) as R;
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
      saveOutputs(this.find(this.withThis(self, symbols)));
    }
    const concreteCall = (...args: A): R => {
      const bound = bindSignature(specs, args);
      if (runsEagerly()) return f.apply(self, bound as A);
      const { value, found } = this.invoke(this.withThis(self, bound));
      saveOutputs(found);
      return value as R;
    };
    const concreteLater = async (...args: A): Promise<R> => {
      checkAsync(name);
      const bound = bindSignature(specs, args);
      if (functionsRunEagerly()) return f.apply(self, bound as A);
      const { specialization, tensors } = saveOutputs(this.findAsync(this.withThis(self, bound)));
      return (await runAsync(name, specialization, tensors)) as R;
    };
    return Object.defineProperties(concreteCall, {
      async: { value: concreteLater },
      structuredInputSignature: { value: [specs, {}] },
      structuredOutputs: { get: () => outputs },
      outputs: { get: () => (outputs === null ? null : flatten(outputs).filter(isSpec)) },
    }) as unknown as ConcreteFunction<A, R>;
  }

  program(self: unknown, args: A): Program {
    return describeProgram(this.name, this.find(this.withThis(self, this.bound(args))).specialization);
  }

  profile(self: unknown, args: A, runs: number): ProfileRow[] {
    if (!Number.isInteger(runs) || runs < 1) {
      throw new InvalidArgumentError(
        `[${this.name}] profile: runs must be an integer above 0; got ${describe(runs)}`,
      );
    }
    const { specialization, tensors } = this.find(this.withThis(self, this.bound(args)));
    return profileRows(profileSpecialization(this.name, specialization, tensors, runs));
  }
}
