/** The registry of op definitions, which conformance tests, gradient checks, benchmarks and docs iterate over. */
import type { DType, DTypeInfo } from '../core/dtype';
import type { IndexedSlices } from '../core/indexed_slices';
import type { OpTraits, RecordedOp, TracedOp } from './contract';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';

/** A gradient that is zero for all values: the input is connected, but no tensor of zeros is computed. */
export const symbolicZero = Symbol('zero');
export type SymbolicZero = typeof symbolicZero;

/** A gradient with respect to one input; null if the input is not connected. */
export type Grad = Tensor | IndexedSlices | SymbolicZero | null;

/** The recorded call, as the gradient function reads it. Only tensors saved by the op definition are defined. */
export interface GradContext<A = unknown> {
  readonly attrs: A;
  /** The inputs selected by `savesInputs`; others are undefined. */
  readonly x: readonly Tensor[];
  /** The outputs, if `savesOutputs`; else undefined. */
  readonly y: readonly Tensor[];
  /** Shapes and dtypes of the inputs. */
  readonly shapes: readonly Shape[];
  readonly dts: readonly DTypeInfo[];
  /** Whether the gradient of input i is needed; if not, its value in the result is ignored. */
  readonly needs: readonly boolean[];
}

/** The vector-Jacobian product, written in ops: from upstream gradients (zeros for unused outputs) to those of the inputs. */
export type GradientFunction<A = unknown> = (dy: readonly Tensor[], ctx: GradContext<A>) => readonly Grad[];

/** A tensor argument of an example: random elements in `domain`, or `values`. */
export interface TensorSample {
  tensor: {
    shape: readonly number[];
    dtype?: DType;
    domain?: readonly [number, number];
    integers?: boolean;
    values?: unknown;
  };
}
export type ExampleArgument = TensorSample | number | string | boolean | null | readonly ExampleArgument[];

/** An example call for tests, golden fixtures and benchmarks. */
export interface Example {
  args: readonly ExampleArgument[];
  options?: Readonly<Record<string, ExampleArgument>>;
  /** Excludes the call from gradient checks. */
  noGradient?: boolean;
}

/** A random tensor argument for an example. */
export function sample(
  shape: readonly number[],
  options: Omit<TensorSample['tensor'], 'shape'> = {},
): TensorSample {
  return { tensor: { shape, ...options } };
}

export interface OpDefinition extends RecordedOp, OpTraits {
  readonly kind: 'unary' | 'binary' | 'compare' | 'reduction' | 'op' | 'composite';
  /** TensorFlow's symbol, such as `tf.math.tanh`; '' for an internal op. */
  readonly tf: string;
  /** Element types of the (first) input. */
  readonly dtypes: readonly DType[];
  /** The interval from which tests draw random inputs. */
  readonly domain?: readonly [number, number];
  /** Error bound of float32 results in units in the last place. */
  readonly ulp?: number;
  readonly examples: readonly Example[];
  /** The op on one element in plain JavaScript: the reference of tests and the baseline of benchmarks. */
  readonly js?: (x: number, y: number) => number;
  /** Null if the op is not differentiable, and in composites. */
  readonly gradient: GradientFunction<never> | null;
  /** See TracedOp.execute. Absent in composites: tracers see the ops that these call. */
  readonly execute?: TracedOp['execute'];
  /** The public function. */
  readonly call: (...args: never[]) => unknown;
}

/** The trait `host` of ops whose result shapes depend on values. */
export const dependsOnValues = 'the shape of its result depends on values';

const definitions = new Map<string, OpDefinition>();

export function register(definition: OpDefinition): void {
  const { name } = definition;
  if (definitions.has(name)) throw new Error(`op ${name} is defined twice`);
  definitions.set(name, definition);
}

/** Replaces the public function of an op by `f`, which prepares the arguments. Returns f. */
export function publicCall<F extends OpDefinition['call']>(name: string, f: F): F {
  const definition = definitions.get(name);
  if (definition === undefined) throw new Error(`no op is named ${name}`);
  definitions.set(name, { ...definition, call: f });
  return f;
}

/** All definitions by name, including those of internal ops, in the order of definition. */
export function opDefinitions(): ReadonlyMap<string, OpDefinition> {
  return definitions;
}

/** The public properties of an op. `execute` is not one of them, since it trusts its arguments. */
export type OpInfo = Readonly<
  Pick<
    OpDefinition,
    'name' | 'kind' | 'tf' | 'dtypes' | 'domain' | 'ulp' | 'examples' | 'js' | 'differentiable' | 'call'
  >
>;

/** The public ops by name, with their dtypes, accuracy and functions, in the order of definition. */
export function opInfos(): ReadonlyMap<string, OpInfo> {
  const all = new Map<string, OpInfo>();
  for (const {
    name,
    kind,
    tf,
    dtypes,
    domain,
    ulp,
    examples,
    js,
    differentiable,
    call,
  } of definitions.values()) {
    // Internal ops do not check their arguments; the public functions that call them do.
    if (tf === '') continue;
    all.set(name, { name, kind, tf, dtypes: [...dtypes], domain, ulp, examples, js, differentiable, call });
  }
  return all;
}
