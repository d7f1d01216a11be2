/** Jacobians: one way back per element of the target. */
import { IndexedSlices } from '../core/indexed_slices';
import { sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { densify, sliceOps } from '../ops/slices';
import { accumulate, backward, filled } from './backward';
import type { ResolvedSource } from './gradient_tape';
import type { Tape } from './tape';

/** The gradients of `dy`·target for each source, dense; null where nothing connects. */
function pull(tape: Tape, target: Tensor, dy: Tensor, sources: readonly ResolvedSource[]): (Tensor | null)[] {
  const gradients = backward(tape, [target], [dy], new Set(sources.flatMap((s) => s.ids)), false);
  return sources.map((s) => {
    let sum: Tensor | IndexedSlices | null = null;
    for (const id of s.ids) {
      const part = gradients.get(id);
      if (part !== undefined) sum = sum === null ? part : accumulate(sum, part);
    }
    return sum instanceof IndexedSlices ? densify(sum) : sum;
  });
}

/** 1 at the elements for which `chosen` holds, else 0. */
function selector(target: Tensor, chosen: (index: number) => boolean): Tensor {
  const dy = filled(target.shape, target.dt, 0);
  const view = dy.view();
  for (let i = 0; i < target.size; i++) if (chosen(i)) view[i] = 1;
  return dy;
}

export function jacobian(
  tape: Tape,
  target: Tensor,
  sources: readonly ResolvedSource[],
  zero: boolean,
): (Tensor | null)[] {
  const rows: (Tensor | null)[][] = sources.map(() => []);
  if (target.dt.kind === 'float') {
    for (let k = 0; k < target.size; k++) {
      pull(
        tape,
        target,
        selector(target, (i) => i === k),
        sources,
      ).forEach((g, s) => rows[s].push(g));
    }
  }
  return sources.map((s, i) => assemble(rows[i], 0, target.shape, s, [...target.shape, ...s.shape], zero));
}

export function batchJacobian(
  tape: Tape,
  target: Tensor,
  source: ResolvedSource,
  zero: boolean,
): Tensor | null {
  const [batch, ...inner] = target.shape;
  const n = sizeOf(inner);
  const rows: (Tensor | null)[] = [];
  for (let k = 0; k < n; k++) {
    // Examples do not mix, so one way back serves the whole batch.
    rows.push(
      pull(
        tape,
        target,
        selector(target, (i) => i % n === k),
        [source],
      )[0],
    );
  }
  return assemble(rows, 1, target.shape, source, [batch, ...inner, ...source.shape.slice(1)], zero);
}

function assemble(
  rows: readonly (Tensor | null)[],
  axis: number,
  targetShape: Shape,
  source: ResolvedSource,
  shape: Shape,
  zero: boolean,
): Tensor | null {
  const known = rows.filter((g) => g !== null);
  if (known.length === 0) {
    const connected = sizeOf(targetShape) === 0 && source.ids.length > 0;
    return zero || connected ? filled(shape, source.dt, 0) : null;
  }
  const all = rows.map((g) => g ?? filled(source.shape, source.dt, 0));
  return sliceOps().reshape(sliceOps().stack(all, axis), shape);
}
