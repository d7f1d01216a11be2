/** The shapes of a layer's results, found by tracing its `call`. */
import { KerasTensor, replaceKerasTensors } from './keras_tensor';
import { TracedShape, traceShapes } from '../../function/trace_shapes';

/** Two sizes for a dimension that varies: where the results differ, their dimension varies too. */
const fillers = [83, 89] as const;

/**
 * The results of `f(...args)` as symbolic tensors: f is traced twice, with different sizes in place of the dimensions that
 * vary. Nothing is computed.
 */
export function symbolicOutputs(f: (...args: unknown[]) => unknown, args: readonly unknown[]): unknown {
  const [a, b] = fillers.map((filler) => {
    const specs: { shape: number[]; dtype: KerasTensor['dtype'] }[] = [];
    replaceKerasTensors(args, (t) => {
      specs.push({ shape: t.shape.map((n) => n ?? filler), dtype: t.dtype });
      return t;
    });
    return traceShapes(specs, (tensors) => {
      let next = 0;
      return f(...(replaceKerasTensors(args, () => tensors[next++]) as unknown[]));
    });
  });
  return merge(a, b);
}

/** One structure of symbolic tensors from two of shapes: dimensions that differ vary. */
function merge(a: unknown, b: unknown): unknown {
  if (Array.isArray(a)) return a.map((part, i) => merge(part, (b as unknown[])[i]));
  if (a instanceof TracedShape) {
    const other = (b as TracedShape).shape;
    return new KerasTensor(
      a.shape.map((n, i) => (n === other[i] ? n : null)),
      a.dtype,
    );
  }
  if (typeof a !== 'object' || a === null) return a;
  return Object.fromEntries(
    Object.entries(a).map(([key, part]) => [key, merge(part, (b as Record<string, unknown>)[key])]),
  );
}
