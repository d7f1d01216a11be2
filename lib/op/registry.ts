/** Every defined row, by name: what the conformance tests, the gradient checks, the benchmarks and the docs read. */
import type { DType, DTypeInfo } from '../core/dtype';
import type { IndexedSlices } from '../core/indexed_slices';
import type { OpTraits, RecordedOp, TracedOp } from './contract';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';

/** A gradient that is zero whatever the values are: the input is connected, but there is nothing to compute. */
export const symbolicZero = Symbol('zero');
export type SymbolicZero = typeof symbolicZero;

/** A gradient with respect to one input; null where none flows. */
export type Grad = Tensor | IndexedSlices | SymbolicZero | null;

/** What a gradient function may read. Only what the row `saves` is there; shapes and dtypes always are. */
export interface GradContext<A = unknown> {
  readonly attrs: A;
  /** Inputs named by `saves`; reading another is an error. */
  readonly x: readonly Tensor[];
  /** Outputs, if `saves` says so. */
  readonly y: readonly Tensor[];
  readonly shapes: readonly Shape[];
  readonly dts: readonly DTypeInfo[];
  readonly outShapes: readonly Shape[];
  readonly outDts: readonly DTypeInfo[];
  /** Whether anyone wants the gradient of input i. Skip work where not. */
  readonly needs: readonly boolean[];
}

/** From the gradients of the outputs (zeros where nothing flowed) to those of the inputs, written in ops. */
export type GradientFunction<A = unknown> = (dy: readonly Tensor[], ctx: GradContext<A>) => readonly Grad[];

/** One tensor argument of an example: random elements in `domain` unless `values` are given. */
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

/** A call that tests, golden fixtures and benchmarks make. */
export interface Example {
  args: readonly ExampleArgument[];
  options?: Readonly<Record<string, ExampleArgument>>;
  /** Where the call has no gradient to check. */
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
  /** TensorFlow's symbol, `tf.math.tanh`; '' for a row that is only a part of other functions. */
  readonly tf: string;
  /** Element types of the (first) input. */
  readonly dtypes: readonly DType[];
  /** Inputs that random tests draw from. */
  readonly domain?: readonly [number, number];
  /** Error bound of float32 results in units in the last place. */
  readonly ulp?: number;
  readonly examples: readonly Example[];
  /** What the op does to one element, in plain JavaScript numbers: the reference and the rival of tests and benchmarks. */
  readonly js?: (x: number, y: number) => number;
  /** Null where gradients do not pass (they are `null`, as for argmax and comparisons). */
  readonly gradient: GradientFunction<never> | null;
  /** See TracedOp.execute; absent in composites, which are no ops to a tracer. */
  readonly execute?: TracedOp['execute'];
  /** The public function. */
  readonly call: (...args: never[]) => unknown;
}

/** Why an op with such results computes in JavaScript: its `host`. */
export const dependsOnValues = 'the shape of its result depends on values';

const definitions = new Map<string, OpDefinition>();

export function register(row: OpDefinition): void {
  if (definitions.has(row.name)) throw new Error(`op ${row.name} is defined twice`);
  definitions.set(row.name, row);
}

/** Says that the public function of a row is another one, which prepares arguments for it. Returns that function. */
export function publicCall<F extends OpDefinition['call']>(name: string, f: F): F {
  const row = definitions.get(name);
  if (row === undefined) throw new Error(`no op is named ${name}`);
  definitions.set(name, { ...row, call: f });
  return f;
}

/** All rows, in the order of their definition. */
export function opDefinitions(): ReadonlyMap<string, OpDefinition> {
  return definitions;
}

/** What users are told of an op: not how it is run, since that trusts its arguments. */
export type OpInfo = Readonly<
  Pick<
    OpDefinition,
    'name' | 'kind' | 'tf' | 'dtypes' | 'domain' | 'ulp' | 'examples' | 'js' | 'differentiable' | 'call'
  >
>;

/** The ops by name, in the order of their definition, with their dtypes, accuracy and functions. */
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
    // The others are parts of public functions, which check for them.
    if (tf === '') continue;
    all.set(name, { name, kind, tf, dtypes: [...dtypes], domain, ulp, examples, js, differentiable, call });
  }
  return all;
}
