/** Validation of the arguments of GradientTape's methods. */
import { toValue, type TensorLike } from '../core/convert';
import type { DType, DTypeInfo } from '../core/dtype';
import type { Typed } from '../core/dtype_of';
import { InvalidArgumentError } from '../core/errors';
import { IndexedSlices, type Gradient } from '../core/indexed_slices';
import { flatten } from '../core/nest';
import { options } from '../core/options';
import { TensorConvertible } from '../core/tensor_convertible';
import { describe, sameShape, showShape, type Shape } from '../core/shape';
import { shapeOf, Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import type { Tape } from './tape';

export const jacobianDefaults = { unconnectedGradients: 'none' } as const;

/** A tensor or a variable: a source of a gradient, or a watched value. */
export type Source<D extends DType = DType> = Tensor<D> | Variable<D>;
/** Nested arrays and plain objects of T. */
export type Nested<T> = T | readonly Nested<T>[] | { readonly [key: string]: Nested<T> };
/**
 * The gradients with respect to the sources S, in their structure. `None`: null if the call requests that for unconnected
 * sources.
 */
export type Gradients<S, None = never> =
  S extends Typed<infer D>
    ? Gradient<D> | None
    : S extends readonly unknown[] | object
      ? { -readonly [K in keyof S]: Gradients<S[K], None> }
      : Gradient | None;
/** The jacobians with respect to the sources S, in their structure. */
export type Jacobians<S, None = never> =
  S extends Typed<infer D>
    ? Tensor<D> | None
    : S extends readonly unknown[] | object
      ? { -readonly [K in keyof S]: Jacobians<S[K], None> }
      : Tensor | None;

/** The gradient of an unconnected source: `'none'`: null; `'zero'`: zeros of its shape. @tf tf.UnconnectedGradients */
export type UnconnectedGradients = 'none' | 'zero';

export interface GradientOptions {
  /** The upstream gradients of the targets, in the targets' structure. Default: ones. */
  outputGradients?: Nested<TensorLike | null> | null;
  /** The gradient of an unconnected source. Default 'none'. */
  unconnectedGradients?: UnconnectedGradients;
}

export type JacobianOptions = Pick<GradientOptions, 'unconnectedGradients'>;

/** A source of a gradient. */
export interface ResolvedSource {
  /** The ids by which the tape watches it: several for a variable that was assigned between reads. */
  ids: readonly number[];
  /** The id of the tensor, or of the variable's current value: a target with this id is the source itself. */
  own: number;
  shape: Shape;
  dt: DTypeInfo;
}

export function checkUnconnected(value: unknown, method: string): void {
  if (value !== 'none' && value !== 'zero') {
    throw new InvalidArgumentError(
      `[GradientTape.${method}] Unknown value for unconnectedGradients: ${describe(value)}; it is 'none' or 'zero'`,
    );
  }
}

/** Whether unconnected sources get zeros. */
export function jacobianZero(given: unknown, method: string): boolean {
  const o = options<Required<JacobianOptions>>(
    given,
    'unconnectedGradients',
    jacobianDefaults,
    `GradientTape.${method}`,
  );
  checkUnconnected(o.unconnectedGradients, method);
  return o.unconnectedGradients === 'zero';
}

function badTarget(received: unknown, method: string): TypeError {
  return new TypeError(
    `[GradientTape.${method}] Argument \`target\` should be a list or nested structure of Tensors, Variables or ` +
      `IndexedSlices to be differentiated, but received ${describe(received)}`,
  );
}

export function resolveTargets(target: unknown, method: string): Tensor[] {
  return flatten(target).map((leaf) => {
    if (leaf instanceof Tensor) return leaf;
    if (leaf instanceof Variable) return leaf.held;
    if (leaf instanceof IndexedSlices) return leaf.values;
    throw badTarget(leaf, method);
  });
}

export function oneTarget(target: unknown, method: string): Tensor {
  if (target instanceof Tensor) return target;
  if (target instanceof Variable) return target.held;
  throw new TypeError(
    `[GradientTape.${method}] the target must be one tensor or variable; got ${describe(target)}`,
  );
}

export function resolveOutputGradients(
  target: unknown,
  targets: readonly Tensor[],
  given: GradientOptions['outputGradients'],
): (Tensor | null)[] {
  if (given === undefined || given === null) return targets.map(() => null);
  const leaves = flattenUpTo(target, given);
  return leaves.map((leaf, i) => {
    if (leaf === null || leaf === undefined) {
      throw new InvalidArgumentError(
        `[GradientTape.gradient] outputGradients[${i}] is ${String(leaf)}: each target needs weights; use zeros to leave one out`,
      );
    }
    const dy = toValue(leaf, targets[i].dt, 'GradientTape.gradient', `outputGradients[${i}]`);
    if (!sameShape(shapeOf(dy), shapeOf(targets[i])) || dy.dt !== targets[i].dt) {
      throw new InvalidArgumentError(
        `[GradientTape.gradient] outputGradients[${i}] must have its target's dtype and shape, ${targets[i].dtype} ` +
          `${showShape(shapeOf(targets[i]))}; got ${dy.dtype} ${showShape(shapeOf(dy))}`,
      );
    }
    return dy;
  });
}

/** Flattens `given` up to the structure of `target`: the upstream gradient of one tensor may be a host array. */
function flattenUpTo(target: unknown, given: unknown): unknown[] {
  const mismatch = (expected: string): never => {
    throw new InvalidArgumentError(
      `[GradientTape.gradient] outputGradients must have one entry per target, in the target's structure: expected ` +
        `${expected}; got ${describe(given)}`,
    );
  };
  if (Array.isArray(target)) {
    if (!Array.isArray(given) || given.length !== target.length)
      return mismatch(`an array of ${target.length}`);
    return target.flatMap((part, i) => flattenUpTo(part, given[i]));
  }
  if (target instanceof Tensor || target instanceof TensorConvertible) return [given];
  const keys = Object.keys(target as object);
  const isObject = typeof given === 'object' && given !== null && !(given instanceof Tensor);
  if (!isObject || Object.keys(given).length !== keys.length)
    return mismatch(`an object of ${keys.join(', ')}`);
  return keys.flatMap((key) =>
    Object.hasOwn(given, key)
      ? flattenUpTo((target as Record<string, unknown>)[key], (given as Record<string, unknown>)[key])
      : mismatch(`an object of ${keys.join(', ')}`),
  );
}

export function checkSource(leaf: unknown, method: string): void {
  if (!(leaf instanceof Tensor || leaf instanceof Variable)) {
    throw new TypeError(
      `[GradientTape.${method}] sources must be tensors or variables, or nested arrays and objects of them; ` +
        `got ${describe(leaf)}`,
    );
  }
}

const valueOf = (source: Source): Tensor => (source instanceof Variable ? source.held : source);

export function resolveSource(tape: Tape, source: Source): ResolvedSource {
  const own = valueOf(source).id;
  const ids = source instanceof Variable ? (tape.variables.get(source) ?? []) : [own];
  return { ids: ids.filter((id) => tape.watches(id)), own, shape: shapeOf(valueOf(source)), dt: source.dt };
}

export function idsOf(sources: readonly ResolvedSource[]): Set<number> {
  const ids = new Set<number>();
  for (const s of sources) for (const id of s.ids) ids.add(id);
  return ids;
}
