/** The recipes of a function whose shapes may vary. */
import { scope } from '../core/scope';
import { Tensor } from '../core/tensor';
import { isPlain } from '../core/options';
import { Recipe } from './recipe';
import { TensorSpec } from './tensor_spec';

/** What is known of all calls whose tensors are of these specs, and whose other arguments are the same. */
export interface Kind {
  readonly specs: readonly TensorSpec[];
  recipe: Recipe | null;
  /** There is none to be had: the function looks at what varies. */
  never: boolean;
}

/** Kinds of calls that are kept. */
const mostKinds = 64;

export class Recipes {
  private readonly known = new Map<string, Kind>();

  /** Null where nothing varies. `key` tells which specs are those of the call. */
  kind(key: string, specs: () => readonly TensorSpec[]): Kind | null {
    let kind = this.known.get(key);
    if (kind === undefined) {
      const [oldest] = this.known.keys();
      if (this.known.size >= mostKinds) this.known.delete(oldest);
      this.known.set(key, (kind = { specs: specs(), recipe: null, never: false }));
    }
    return kind.specs.every((s) => s.isFullyDefined) ? null : kind;
  }
}

/** Of calls of these shapes alone: what comes behind cuts varies. */
export function kindOfCuts(tensors: readonly Tensor[]): Kind {
  return { specs: tensors.map((t) => TensorSpec.fromTensor(t)), recipe: null, never: false };
}

/** Does again what the function did at its first call of that kind; or runs the function. */
export function cook(kind: Kind | null, tensors: readonly Tensor[], f: () => unknown): unknown {
  if (kind === null) return f();
  if (kind.recipe !== null) return kind.recipe.play(tensors);
  if (kind.never || scope.tracer === null || scope.notes !== null) return f();
  const recipe = new Recipe(tensors, kind.specs);
  try {
    const value = recipe.record(f);
    if (recipe.outcome === 'good') kind.recipe = recipe;
    return value;
  } finally {
    if (recipe.outcome === 'never') kind.never = true;
  }
}

/** What a declared signature says of the tensors among arguments that fit it, in the order of these. */
export function specsIn(signature: readonly unknown[], args: readonly unknown[]): TensorSpec[] {
  const specs: TensorSpec[] = [];
  const visit = (s: unknown, arg: unknown): void => {
    if (s instanceof TensorSpec) {
      if (arg instanceof Tensor) specs.push(s);
    } else if (Array.isArray(s)) {
      s.forEach((x, i) => {
        visit(x, (arg as unknown[])[i]);
      });
    } else if (typeof s === 'object' && s !== null && isPlain(s)) {
      for (const k of Object.keys(s).sort())
        visit((s as Record<string, unknown>)[k], (arg as Record<string, unknown>)[k]);
    } else if (arg instanceof Tensor) {
      specs.push(TensorSpec.fromTensor(arg));
    }
  };
  signature.forEach((s, i) => {
    visit(s, args[i]);
  });
  return specs;
}
