/**
 * Defines ops with kernels that are neither elementwise nor reductions: `op` (one result) and `multiOp` (several). As the other
 * helpers of this folder, they return the op's public function, a closure that was specialised when the op was defined. So an eager
 * call looks up nothing by name, creates no objects for its arguments, and allocates only its result.
 */
import type { DType, DTypeInfo } from '../../core/dtype';
import { context } from '../../core/context';
import { checkElements, maxElements, sizeOf, type Shape } from '../../core/shape';
import { aliasTensor, makeTensor, specOf, type Tensor } from '../../core/tensor';
import { explain } from '../checks';
import type { OpTraits } from '../contract';
import { register, type Example, type GradientFunction, type OpDefinition } from '../registry';
import { hasStrings, viaNumbers } from '../strings';
import { traced } from '../traced';
import { compose } from './composite';

export interface ResultSpec {
  shape: Shape;
  dt: DTypeInfo;
}

/**
 * The definition of a general op, whose public function is `(...args) => result`:
 * `args` converts the arguments to input tensors and attributes, and validates what does not depend on shapes;
 * `infer` is the shape function: it validates the rest, and returns the results' shapes and dtypes without computing them;
 * `run` fills the results, which are allocated before.
 * If shapes depend on values, `infer` returns null, and `run` allocates and returns the results.
 */
export interface OpSpec<P extends unknown[], A> extends OpTraits {
  tf: string;
  dtypes: readonly DType[];
  /** It takes tensors of strings too: see op/strings.ts. */
  strings?: boolean;
  kind?: OpDefinition['kind'];
  domain?: readonly [number, number];
  ulp?: number;
  examples?: readonly Example[];
  args: (...args: P) => [readonly Tensor[], A];
  infer: (inputs: readonly Tensor[], attrs: A) => ResultSpec | readonly ResultSpec[] | null;
  /** 'view': the only result is the first input in the inferred shape, and shares its storage. */
  run:
    ((inputs: readonly Tensor[], attrs: A, outputs: readonly Tensor[]) => void | readonly Tensor[]) | 'view';
  /** See OpTraits. */
  permutedAttrs?: (attrs: A, perm: readonly number[]) => A | null;
  /** The inputs (by index) and outputs that the gradient function reads. Default: none. */
  saves?: { inputs?: readonly number[] | 'all'; outputs?: boolean };
  gradient: GradientFunction<A> | null;
  /** See RecordedOp. */
  partialDy?: boolean;
  materializesZeros?: boolean;
}

/** The functions of an op. Their dtype `never` is assignable to any: the declared type of the public function states it. */
export interface Defined<P extends unknown[], A> {
  one: (...args: P) => Tensor<never>;
  many: (...args: P) => Tensor<never>[];
  /** The op on parsed arguments. */
  apply: (inputs: readonly Tensor[], attrs: A) => Tensor;
}

/** @internal Defines an op; `op`, `multiOp` and internal ops call it. `single`: whether the op has one result. */
export function defineOp<P extends unknown[], A>(
  name: string,
  spec: OpSpec<P, A>,
  single: boolean,
): Defined<P, A> {
  const { args, infer, run } = spec;
  const strings = spec.strings === true;
  const computeStrings = (xs: readonly Tensor[], attrs: A): readonly Tensor[] => {
    const specs = infer(xs, attrs);
    const list = specs === null || isOutSpecList(specs) ? specs : [specs];
    return viaNumbers(xs, list?.map(({ dt }) => dt) ?? null, (numbers) => compute(numbers, attrs));
  };
  /** Value-dependent shapes during a trace, by running the op; null if an input is symbolic. */
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
      // A graph has no nodes for ops without results.
      return list?.length === 0 ? [] : traced(definition, xs, attrs, list);
    }
    if (strings && hasStrings(xs)) return computeStrings(xs, attrs);
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
        // `run` may return other tensors instead, such as ones that share an input's storage.
        const own = run(xs, attrs, outputs);
        if (own !== undefined) outputs = own;
      }
    } catch (error) {
      throw explain(error, name, xs);
    }
    if (context.recorder !== null) context.recorder.record(definition, xs, attrs, outputs);
    return outputs;
  };
  /** Fast path for a single result outside of a trace, without a list of results and their specifications. */
  const apply = (xs: readonly Tensor[], attrs: A): Tensor => {
    if (context.tracer !== null || run === 'view' || (strings && hasStrings(xs)))
      return compute(xs, attrs)[0];
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
    // Tapes and tracers retain the list, and the caller may change its copy.
    return ys.slice();
  });
  const definition = toDefinition(name, spec, single ? one : many);
  register(definition);
  return { one, many, apply } as Defined<P, A>;
}

/** The registry's definition of an op: its traits, and properties derived from the rest of `spec`. */
function toDefinition<P extends unknown[], A>(
  name: string,
  spec: OpSpec<P, A>,
  call: OpDefinition['call'],
): OpDefinition {
  const { args: _, infer: __, run, saves, strings: ___, ...stated } = spec;
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

/** Defines an op with one result. */
export function op<P extends unknown[], A>(name: string, spec: OpSpec<P, A>): Defined<P, A>['one'] {
  return defineOp(name, spec, true).one;
}

/** Defines an op that returns an array of results. */
export function multiOp<P extends unknown[], A>(name: string, spec: OpSpec<P, A>): Defined<P, A>['many'] {
  return defineOp(name, spec, false).many;
}
