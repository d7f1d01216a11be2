/** tf.function: a function is run once for each signature to see what it computes, and from then on compiled. */
import { rejectPromise, flatten, mapStructure } from '../core/nest';
import { InvalidArgumentError } from '../core/errors';
import { IndexedSlices } from '../core/indexed_slices';
import { scope } from '../core/scope';
import { describe } from '../core/shape';
import { Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import { options } from '../core/options';
import { describeProgram, profileRows, type ProfileRow, type Program } from './describe';
import { functionsRunEagerly } from './eager';
import { GraphFunction } from './graph_function';
import { bind, replaceTensors } from './signature';
import { Trace } from './trace';

/** One trace of a function, compiled. */
interface Concrete {
  readonly graph: GraphFunction;
  /** What the function returned, its tensors replaced by placeholders for the executable's results. */
  readonly pack: (results: readonly Tensor[]) => unknown;
}

/** A compiled function: call it like the function that it was made of. */
export interface CompiledFunction<A extends unknown[], R> {
  (...args: A): R;
  /** How often the function was run to trace it. @tf tf.types.experimental.PolymorphicFunction.experimental_get_tracing_count */
  experimentalGetTracingCount(): number;
  /** What a call with these arguments runs: ops, fused groups, memory, what stays in JavaScript and why. */
  program(...args: A): Program;
  /**
   * Where the time goes: runs the function `runs` times (default 20), its effects included, and gives the median time of
   * each op in microseconds.
   */
  profile(args: A, options?: { runs?: number } | number): ProfileRow[];
  /** The function itself. @tf tf.types.experimental.PolymorphicFunction.python_function */
  readonly jsFunction: (...args: A) => R;
}

function tensorsIn(value: unknown, name: string): Tensor[] {
  const list: Tensor[] = [];
  for (const leaf of flatten(value)) {
    if (leaf instanceof Tensor) list.push(leaf);
    else if (leaf instanceof Variable) list.push(leaf.read());
    else if (leaf instanceof IndexedSlices) list.push(leaf.values, leaf.indices);
    else if (typeof leaf === 'function') {
      throw new TypeError(`[${name}] a traced function returns tensors and values; got ${describe(leaf)}`);
    }
  }
  return list;
}

function packer(value: unknown): Concrete['pack'] {
  return (results) => {
    let next = 0;
    return mapStructure(value, (leaf) => {
      if (leaf instanceof Tensor || leaf instanceof Variable) return results[next++];
      if (leaf instanceof IndexedSlices)
        return new IndexedSlices(results[next++], results[next++], leaf.denseShape);
      return leaf;
    });
  };
}

function traceOnce(
  f: (...args: never[]) => unknown,
  args: readonly unknown[],
  tensors: readonly Tensor[],
  name: string,
) {
  const trace = new Trace(name);
  const parameters = tensors.map((t) => trace.symbol(t.dt, t.shape));
  const given = replaceTensors(args, parameters);
  const { graph, value } = trace.run(
    () => {
      const result = f(...(given as never[]));
      rejectPromise(result, name);
      return result;
    },
    (result) => tensorsIn(result, name),
    parameters,
  );
  return { trace, graph, value };
}

/**
 * A compiled version of `f`. At the first call for a new signature (dtypes and shapes of tensors, structure, and all other
 * arguments by value) `f` runs once with tensors that have no values yet, and the ops that it calls are compiled; what
 * else it does happens then only. Variables keep their program order. `f` must not return a Promise.
 * @tf tf.function
 */
export function compiled<A extends unknown[], R>(f: (...args: A) => R): CompiledFunction<A, R> {
  if (typeof f !== 'function') throw new TypeError(`[function] takes a function; got ${describe(f)}`);
  const name = f.name === '' ? 'the function' : f.name;
  const known = new Map<string, Concrete>();
  let traces = 0;

  const build = (args: A, tensors: readonly Tensor[]): Concrete => {
    const first = traces === 0;
    let result = traceOnce(f, args, tensors, name);
    traces++;
    if (first && result.trace.made.length > 0) {
      // Variables are made on the first call; a second trace shows whether the function keeps them.

      result = traceOnce(f, args, tensors, name);
      traces++;
    }
    if (result.trace.made.length > 0) {
      throw new InvalidArgumentError(
        `[${name}] tf.function only supports singleton tf.Variables created on the first call. Make sure the tf.Variable is ` +
          `only created once or created outside tf.function. See https://www.tensorflow.org/guide/function#creating_tfvariables`,
      );
    }
    return { graph: new GraphFunction(result.graph), pack: packer(result.value) };
  };

  const find = (args: A): { concrete: Concrete; tensors: Tensor[] } => {
    const { key, tensors } = bind(args, name);
    let concrete = known.get(key);
    if (concrete === undefined) known.set(key, (concrete = build(args, tensors)));
    return { concrete, tensors };
  };

  const call = (...args: A): R => {
    // Inside another trace it becomes a part of that.
    if (scope.tracer !== null || functionsRunEagerly()) return f(...args);
    const { concrete, tensors } = find(args);
    return concrete.pack(concrete.graph.run(tensors)) as R;
  };
  return Object.assign(call, {
    experimentalGetTracingCount: () => traces,
    program: (...args: A) => describeProgram(find(args).concrete.graph.executable),
    profile: (args: A, given?: { runs?: number } | number) => {
      const { runs } = options<{ runs: number }>(given, 'runs', { runs: 20 }, 'function.profile');
      if (!Number.isInteger(runs) || runs < 1) {
        throw new InvalidArgumentError(
          `[${name}] profile: runs must be an integer above 0; got ${describe(runs)}`,
        );
      }
      const { concrete, tensors } = find(args);
      return profileRows(concrete.graph.executable.profile(tensors, runs));
    },
    jsFunction: f,
  });
}
