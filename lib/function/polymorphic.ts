/** A compiled function for all signatures: it finds the specialization of a call, traces where there is none, and runs it. */
import { rejectPromise, flatten, mapStructure } from '../core/nest';
import { InvalidArgumentError } from '../core/errors';
import { detached, context } from '../core/context';
import { describe, type Shape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import { checkLater, runLater } from './async/call';
import { bindSignature } from './bind_signature';
import {
  describeProgram,
  profileRows,
  profileSpecialization,
  type ProfileRow,
  type Program,
} from './describe';
import { functionsRunEagerly, runOpByOp, runsPlainly } from './eager';
import type { ConcreteFunction, FunctionOptions } from './types';
import { OwnedBy } from './owners';
import { Programs } from './programs';
import { mayUseThis, Receiver, receiverOf } from './receiver';
import { RetracingWatch, TraceTypes } from './retracing';
import { bind, Recent, replaceTensors, type BoundCall } from './signature';
import { Origin, Specialization, UsesAround } from './specialization';
import { TensorSpec } from './tensor_spec';
import { Trace } from '../graph/trace';

const isSpec = (leaf: unknown): leaf is TensorSpec => leaf instanceof TensorSpec;

const toSpecs = (value: unknown): unknown =>
  mapStructure(value, (leaf) => (leaf instanceof Tensor ? TensorSpec.fromTensor(leaf) : leaf));

/** What a traced function returned, the values of variables in their place. */
function checkResult(value: unknown, name: string): unknown {
  rejectPromise(value, name);
  return mapStructure(value, (leaf) => {
    if (typeof leaf === 'function') {
      throw new TypeError(`[${name}] a traced function returns tensors and values; got ${describe(leaf)}`);
    }
    if (leaf instanceof Tensor) return leaf;
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

interface Found {
  readonly specialization: Specialization;
  readonly tensors: readonly Tensor[];
  /** It was traced now, and that counts as a trace to the user. */
  readonly counted: boolean;
}

export class PolymorphicFunction<A extends unknown[], R> {
  readonly origin: Origin;
  private readonly signature: readonly unknown[] | null;
  private readonly watch: RetracingWatch;
  private readonly takesThis: boolean;
  /** By objects and variables among the arguments, so that these and what was traced for them are collected together. */
  private readonly programs: OwnedBy<Programs<Specialization>>;
  /** By objects: to a user, variables of the same kind do not make another trace. */
  private readonly types: OwnedBy<TraceTypes>;
  private readonly recent = new Recent<Specialization>();
  /** It was seen to use tensors of a function that calls it. */
  private usesAround = false;

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

  /** The arguments as the declared signature wants them. */
  private bound(args: A): A {
    return this.signature === null ? args : (bindSignature(this.signature, args) as A);
  }

  /** The arguments, and before them what `this` is, where the function looks at that. */
  private withThis(self: unknown, args: readonly unknown[]): readonly unknown[] {
    const receiver = this.takesThis ? receiverOf(self) : null;
    return receiver === null ? args : [receiver, ...args];
  }

  /** Calls the user's function with tensors in place of those among the arguments. */
  private callWith(args: readonly unknown[], tensors: readonly Tensor[]): unknown {
    const own = replaceTensors(args, tensors);
    const [first, ...rest] = own;
    const value = first instanceof Receiver ? this.f.apply(first.value, rest as A) : this.f(...(own as A));
    return checkResult(value, this.name);
  }

  private programsOf({ objects, variables }: BoundCall): Programs<Specialization> {
    return this.programs.of([...objects, ...variables]);
  }

  /** The specialization of a call; traced if there is none, without running anything. */
  private find(args: readonly unknown[], call = bind(args, this.name)): Found {
    const { key, tensors, objects } = call;
    const programs = this.programsOf(call);
    const before = programs.get(key);
    if (before !== undefined) return { specialization: before, tensors, counted: false };
    const types = this.types.of(objects);
    const counted = types.isNew(key, tensors);
    let own = args;
    const specialization = new Specialization(this.origin, (given) => this.callWith(own, given), tensors);
    // It does not keep the elements of the tensors that it was traced with.
    own = replaceTensors(args, specialization.parameters);
    if (counted) {
      this.origin.traces++;
      types.add(key, tensors);
    }
    programs.add(key, specialization);
    return { specialization, tensors, counted };
  }

  /** The same for a call off the event loop. */
  private findLater(args: readonly unknown[]): Found {
    const call = bind(args, this.name);
    for (const t of call.tensors) t.assertAlive(this.name);
    return detached(() => this.find(args, call));
  }

  /** Runs a call that is not among the last ones. */
  private invoke(args: readonly unknown[]): { value: unknown; found: Found | null } {
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
      return { value: runOpByOp(() => this.callWith(args, tensors), refuse, 'plainly'), found: null };
    }
    const found = this.find(args, call);
    this.recent.remember(args, found.specialization);
    return { value: found.specialization.run(tensors), found };
  }

  call(self: unknown, args: A): R {
    const own = this.bound(args);
    const { tracer } = context;
    if (tracer instanceof Trace && !functionsRunEagerly()) return this.callInside(tracer, self, own);
    if (runsPlainly()) return this.f.apply(self, own);
    const all = this.withThis(self, own);
    const again = this.recent.find(all);
    if (again !== null) {
      this.watch.called(false);
      return again.run(all as readonly Tensor[]) as R;
    }
    const { value, found } = this.invoke(all);
    this.watch.called(found?.counted === true);
    return value as R;
  }

  /** A call while another function is traced: it becomes a part of that. */
  private callInside(trace: Trace, self: unknown, args: A): R {
    if (this.usesAround) return this.f.apply(self, args);
    const all = this.withThis(self, args);
    const call = bind(all, this.name);
    const { tensors } = call;
    let found: Found;
    try {
      found = this.find(all, call);
    } catch (error) {
      if (error instanceof UsesAround) this.usesAround = true;
      // It may look at the value of a tensor that has one here.
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
    checkLater(this.name);
    const own = this.bound(args);
    if (functionsRunEagerly()) return this.f.apply(self, own);
    const { specialization, tensors, counted } = this.findLater(this.withThis(self, own));
    this.watch.called(counted);
    return (await runLater(this.name, specialization, tensors)) as R;
  }

  concrete(self: unknown, args: readonly unknown[]): ConcreteFunction<A, R> {
    const { name, signature, f } = this;
    const specs = (signature !== null && args.length === 0 ? signature : args).map(toSpecs);
    let outputs: unknown = null;
    const note = <F extends Found | null>(found: F): F => {
      const compiled = found?.specialization.compiled;
      if (compiled) outputs ??= toSpecs(compiled.value);
      return found;
    };
    if (flatten(specs).every((leaf) => !isSpec(leaf) || leaf.isFullyDefined)) {
      // Tensors without values will do for a trace.
      const mark = new Trace(name);
      const symbols = specs.map((s) =>
        mapStructure(s, (leaf) => (isSpec(leaf) ? mark.symbol(leaf.dt, leaf.shape as Shape) : leaf)),
      );
      note(this.find(this.withThis(self, symbols)));
    }
    const concreteCall = (...args: A): R => {
      const own = bindSignature(specs, args);
      if (runsPlainly()) return f.apply(self, own as A);
      const { value, found } = this.invoke(this.withThis(self, own));
      note(found);
      return value as R;
    };
    const concreteLater = async (...args: A): Promise<R> => {
      checkLater(name);
      const own = bindSignature(specs, args);
      if (functionsRunEagerly()) return f.apply(self, own as A);
      const { specialization, tensors } = note(this.findLater(this.withThis(self, own)));
      return (await runLater(name, specialization, tensors)) as R;
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
