/**
 * How a definition becomes a function. Each helper takes a declaration and returns a specialised closure, created once: no
 * look-up by name, no argument objects, no allocation beyond the result on the eager path.
 */
import type { DType, DTypeInfo } from '../../core/dtype';
import { context } from '../../core/context';
import { checkElements, maxElements, sizeOf, type Shape } from '../../core/shape';
import { aliasTensor, makeTensor, specOf, type Tensor } from '../../core/tensor';
import { explain } from '../checks';
import type { OpTraits } from '../contract';
import { register, type Example, type GradientFunction, type OpDefinition } from '../registry';
import { traced } from '../traced';
import { compose } from './composite';

export interface ResultSpec {
  shape: Shape;
  dt: DTypeInfo;
}

/**
 * The general row. The public call is `(...args) => result`:
 * `args` turns the user's arguments into input tensors and attributes (all validation that needs no shapes);
 * `infer` says the results' shapes and dtypes (the shape rule; all other validation), and nothing is computed in it;
 * `run` fills the results, which the framework has allocated.
 * Where the shapes depend on data, `infer` gives null, and `run` makes the results itself and returns them.
 */
export interface OpSpec<P extends unknown[], A> extends OpTraits {
  tf: string;
  dtypes: readonly DType[];
  kind?: OpDefinition['kind'];
  domain?: readonly [number, number];
  ulp?: number;
  examples?: readonly Example[];
  args: (...args: P) => [readonly Tensor[], A];
  infer: (inputs: readonly Tensor[], attrs: A) => ResultSpec | readonly ResultSpec[] | null;
  /** 'view': the one result has the first input's elements in the inferred shape, and shares its storage. */
  run:
    ((inputs: readonly Tensor[], attrs: A, outputs: readonly Tensor[]) => void | readonly Tensor[]) | 'view';
  /** See OpTraits. */
  concatenates?: (attrs: A, out: Tensor) => boolean;
  permutedAttrs?: (attrs: A, perm: readonly number[]) => A | null;
  /** Which inputs (by index) and whether the outputs are read by the gradient. Default: nothing. */
  saves?: { inputs?: readonly number[] | 'all'; outputs?: boolean };
  gradient: GradientFunction<A> | null;
  /** Of several results: `dy` is null where nothing flowed, instead of zeros. */
  partialDy?: boolean;
  /** See RecordedOp. */
  materializesZeros?: boolean;
}

/** The dtypes of the results are for the public function's type to say, to which these are assignable. */
export interface Defined<P extends unknown[], A> {
  one: (...args: P) => Tensor<never>;
  many: (...args: P) => Tensor<never>[];
  /** What `one` does after its arguments are understood. */
  apply: (inputs: readonly Tensor[], attrs: A) => Tensor;
}

/** @internal What `op`, `multiOp` and parts of ops are made by. */
export function defineOp<P extends unknown[], A>(
  name: string,
  spec: OpSpec<P, A>,
  single: boolean,
): Defined<P, A> {
  const { args, infer, run } = spec;
  /** Shapes that depend on data which are known although a function is being traced. */
  const concreteShapes = (xs: readonly Tensor[], attrs: A): readonly ResultSpec[] | null => {
    if (run === 'view' || xs.some((x) => x.isSymbolic)) return null;
    return (run(xs, attrs, []) as readonly Tensor[]).map(specOf);
  };
  const compute = (xs: readonly Tensor[], attrs: A): readonly Tensor[] => {
    const { tracer } = context;
    if (tracer !== null && xs.some((x) => tracer.traces(x))) {
      const specs = infer(xs, attrs) ?? concreteShapes(xs, attrs);
      const list = specs === null || isOutSpecList(specs) ? specs : [specs];
      list?.forEach((out) => checkedSize(name, out));
      // An op without results is nothing to a graph.
      return list?.length === 0 ? [] : traced(definition, xs, attrs, list);
    }
    let outputs: readonly Tensor[];
    try {
      if (run === 'view') {
        outputs = [aliasTensor(xs[0], (infer(xs, attrs) as ResultSpec).shape, name)];
      } else {
        const inferred = infer(xs, attrs);
        if (inferred === null) outputs = [];
        else if (isOutSpecList(inferred)) {
          const made = new Array<Tensor>(inferred.length);
          for (let i = 0; i < made.length; i++) made[i] = allocate(name, inferred[i]);
          outputs = made;
        } else outputs = [allocate(name, inferred)];
        // A run may hand back results of its own instead (tensors that share an input's storage).
        const own = run(xs, attrs, outputs);
        if (own !== undefined) outputs = own;
      }
    } catch (error) {
      throw explain(error, name, xs);
    }
    if (context.recorder !== null) context.recorder.record(definition, xs, attrs, outputs);
    return outputs;
  };
  /** The one result, where nothing is traced: without a list of results and their specifications. */
  const apply = (xs: readonly Tensor[], attrs: A): Tensor => {
    if (context.tracer !== null || run === 'view') return compute(xs, attrs)[0];
    let y: Tensor;
    try {
      const inferred = infer(xs, attrs) as ResultSpec | null;
      const made = inferred === null ? [] : [allocate(name, inferred)];
      y = ((run(xs, attrs, made) as readonly Tensor[] | undefined) ?? made)[0];
    } catch (error) {
      throw explain(error, name, xs);
    }
    if (context.recorder !== null) context.recorder.record(definition, xs, attrs, [y]);
    return y;
  };
  const one = compose(name, args, (parsed) => apply(parsed[0], parsed[1]));
  const many = compose(name, args, (parsed) => {
    const ys = compute(parsed[0], parsed[1]);
    // Tapes and tracers keep the list, which the caller may change.
    return ys.slice();
  });
  const definition = toDefinition(name, spec, single ? one : many);
  register(definition);
  return { one, many, apply } as Defined<P, A>;
}

/** What the registry has of an op: its traits, and what follows from the rest of the definition. */
function toDefinition<P extends unknown[], A>(
  name: string,
  spec: OpSpec<P, A>,
  call: OpDefinition['call'],
): OpDefinition {
  const { args: _, infer: __, run, saves, ...stated } = spec;
  const inputs = saves?.inputs ?? [];
  return {
    kind: 'op',
    examples: [],
    ...stated,
    name,
    differentiable: spec.gradient !== null,
    savesInputs: inputs === 'all' ? -1 : inputs.reduce((mask, i) => mask | (1 << i), 0),
    savesOutputs: saves?.outputs ?? false,
    execute: run,
    call,
  };
}

const isOutSpecList = (inferred: ResultSpec | readonly ResultSpec[]): inferred is readonly ResultSpec[] =>
  Array.isArray(inferred);

function checkedSize(name: string, out: ResultSpec): number {
  const size = sizeOf(out.shape);
  if (size > maxElements) checkElements(size, out.shape, `[${name}]`);
  return size;
}

const allocate = (name: string, out: ResultSpec): Tensor =>
  makeTensor(out.dt, out.shape, checkedSize(name, out));

/** An op with one result, whose dtype the public function's type says. */
export function op<P extends unknown[], A>(name: string, spec: OpSpec<P, A>): Defined<P, A>['one'] {
  return defineOp(name, spec, true).one;
}

/** An op with several results, which come as an array. */
export function multiOp<P extends unknown[], A>(name: string, spec: OpSpec<P, A>): Defined<P, A>['many'] {
  return defineOp(name, spec, false).many;
}
