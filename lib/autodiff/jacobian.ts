/** Jacobians: one backward pass for each element of the target. */
import { storedElement } from '../core/half';
import { IndexedSlices } from '../core/indexed_slices';
import { asShape, type Shape, sizeOf } from '../core/shape';
import { shapeOf, type Tensor, viewOf } from '../core/tensor';
import { stack } from '../ops/array/joining';
import { densify } from '../ops/index/slices';
import { reshape } from '../ops/array/views';
import { backward, filled, gradientTensors, type Path } from './backward';
import type { ResolvedSource } from './arguments';

/** The gradients of `dy`·target with respect to each source, as dense tensors; null if the source is not connected. */
function vectorJacobianProduct(
  path: Path,
  target: Tensor,
  dy: Tensor,
  sources: readonly ResolvedSource[],
): (Tensor | null)[] {
  const gradients = backward(path, [target], [dy], false);
  return sources.map((s) => {
    const sum = gradientTensors(s, gradients);
    return sum instanceof IndexedSlices ? densify(sum) : sum;
  });
}

/** An upstream gradient with 1 at every `step`-th element from `first` on, and 0 elsewhere. */
function unitCotangent(target: Tensor, first: number, step: number): Tensor {
  const dy = filled(shapeOf(target), target.dt, 0);
  const view = viewOf(dy);
  const one = storedElement(target.dt, 1) as number;
  for (let i = first; i < target.size; i += step) view[i] = one;
  return dy;
}

export function jacobian(
  path: Path,
  target: Tensor,
  sources: readonly ResolvedSource[],
  zero: boolean,
): (Tensor | null)[] {
  const rows: (Tensor | null)[][] = sources.map(() => []);
  if (target.dt.kind === 'float') {
    for (let k = 0; k < target.size; k++) {
      vectorJacobianProduct(path, target, unitCotangent(target, k, target.size), sources).forEach((g, s) =>
        rows[s].push(g),
      );
    }
  }
  return sources.map((s, i) =>
    assemble(path, target, rows[i], 0, s, asShape([...shapeOf(target), ...s.shape]), zero),
  );
}

export function batchJacobian(
  path: Path,
  target: Tensor,
  source: ResolvedSource,
  zero: boolean,
): Tensor | null {
  const [batch, ...inner] = shapeOf(target);
  const n = target.dt.kind === 'float' && target.size > 0 ? sizeOf(inner) : 0;
  const rows: (Tensor | null)[] = [];
  for (let k = 0; k < n; k++) {
    // Examples are independent, so one backward pass serves the whole batch.
    rows.push(vectorJacobianProduct(path, target, unitCotangent(target, k, n), [source])[0]);
  }
  return assemble(path, target, rows, 1, source, asShape([batch, ...inner, ...source.shape.slice(1)]), zero);
}

/** Stacks the rows of a jacobian, one for each backward pass; null rows are zeros. */
function assemble(
  path: Path,
  target: Tensor,
  rows: readonly (Tensor | null)[],
  axis: number,
  source: ResolvedSource,
  shape: Shape,
  zero: boolean,
): Tensor | null {
  if (rows.every((g) => g === null)) {
    // An empty target has no rows, so connectivity is determined from the path.
    const connected = target.size === 0 && path.reached.has(target.id) && source.ids.length > 0;
    return zero || connected ? filled(shape, source.dt, 0) : null;
  }
  const all = rows.map((g) => g ?? filled(source.shape, source.dt, 0));
  return reshape(stack(all, axis), shape);
}
