/** The backward pass over a tape (reverse-mode differentiation). */
import { InternalError } from '../core/errors';
import { IndexedSlices } from '../core/indexed_slices';
import type { Shape } from '../core/shape';
import { sizeOf } from '../core/shape';
import { context as execution } from '../core/context';
import { freeUnlessHeld } from '../core/tidy';
import { isPinned, isUniquelyOwned, pin, unpin } from '../core/ownership';
import { makeTensor, restoreDisposed, shapeOf, type Tensor } from '../core/tensor';
import type { DTypeInfo } from '../core/dtype';
import { add } from '../ops/math/binary';
import { addSlices, densify } from '../ops/index/slices';
import { fillWith } from '../op/strided';
import {
  symbolicZero,
  type Grad,
  type GradContext,
  type GradientFunction,
  type SymbolicZero,
} from '../op/registry';
import { IdSet, type Entry, type Operand, type Tape } from './tape';

/** A tensor with all elements equal to `value`. */
export function filled(shape: Shape, dt: DTypeInfo, value: 0 | 1): Tensor {
  const t = makeTensor(dt, shape, sizeOf(shape));
  fillWith(t, value);
  return t;
}

/** The sum of two gradients. It is sparse (IndexedSlices) if both are. */
export function accumulate(a: Tensor | IndexedSlices, b: Tensor | IndexedSlices): Tensor | IndexedSlices {
  if (a instanceof IndexedSlices) {
    if (b instanceof IndexedSlices) return addSlices(a, b);
    return add(densify(a), b);
  }
  return add(a, b instanceof IndexedSlices ? densify(b) : b);
}

type Upstream = Tensor | IndexedSlices | SymbolicZero;
/** Gradients by the id of their tensor. They are pinned, so that their storage is not freed. */
export type Gradients = Map<number, Upstream>;

function pinGradient(g: Upstream): void {
  if (g === symbolicZero) return;
  if (g instanceof IndexedSlices) {
    pin(g.values);
    pin(g.indices);
  } else pin(g);
}

function unpinGradient(g: Upstream): void {
  if (g === symbolicZero) return;
  if (g instanceof IndexedSlices) {
    unpin(g.values);
    unpin(g.indices);
  } else unpin(g);
}

function accumulateAt(gradients: Gradients, id: number, gradient: Upstream): void {
  const previous = gradients.get(id);
  if (previous !== undefined && gradient === symbolicZero) return;
  if (previous === undefined || previous === symbolicZero) {
    pinGradient(gradient);
    gradients.set(id, gradient);
    return;
  }
  const sum = accumulate(previous, gradient as Tensor | IndexedSlices);
  pinGradient(sum);
  unpinGradient(previous);
  gradients.set(id, sum);
}

/** The gradient of a source, summed over its ids; null if it is not connected. */
export function gradientOf(
  source: { readonly ids: readonly number[] },
  gradients: Gradients,
): Upstream | null {
  let sum: Upstream | null = null;
  for (const id of source.ids) {
    const gradient = gradients.get(id);
    if (gradient === undefined) continue;
    if (sum === null || sum === symbolicZero) sum = gradient;
    else if (gradient !== symbolicZero) sum = accumulate(sum, gradient);
  }
  return sum;
}

/** Like `gradientOf`, with symbolic zeros as tensors of zeros. */
export function gradientTensors(
  source: { readonly ids: readonly number[]; readonly shape: Shape; readonly dt: DTypeInfo },
  gradients: Gradients,
): Tensor | IndexedSlices | null {
  const sum = gradientOf(source, gradients);
  return sum === symbolicZero ? filled(source.shape, source.dt, 0) : sum;
}

/** Removes and returns the upstream gradient of a tensor, which is complete once the backward pass reaches its producer. */
function takeUpstream(
  gradients: Gradients,
  id: number,
  sources: ReadonlySet<number>,
): Tensor | SymbolicZero | null {
  const gradient = gradients.get(id);
  if (gradient === undefined) return null;
  // Gradients of sources are results and stay.
  if (!sources.has(id)) {
    gradients.delete(id);
    unpinGradient(gradient);
  }
  return gradient instanceof IndexedSlices ? densify(gradient) : gradient;
}

/** Frees the temporaries that nothing pins; the pinned ones stay in the list. */
function freeTemporaries(temporaries: Tensor[]): void {
  let remaining = 0;
  for (const t of temporaries) {
    if (isPinned(t)) temporaries[remaining++] = t;
    else freeUnlessHeld(t);
  }
  // pop() is inlined; setting length is a call into the runtime.
  while (temporaries.length > remaining) temporaries.pop();
}

/** The part of a tape that depends on some sources. It serves any number of backward passes. */
export interface Path {
  readonly entries: readonly Entry[];
  /** The ids of the sources, whose gradients are the results. */
  readonly sources: ReadonlySet<number>;
  /** The floating-point tensors that depend on the sources. */
  readonly reached: IdSet;
}

/** With `growing`, the tape also records the backward pass, so the path is a copy of its present entries. */
export function pathFrom(tape: Tape, sources: ReadonlySet<number>, growing: boolean): Path {
  const entries = growing ? tape.entries.slice() : tape.entries;
  const reached = new IdSet(tape.base);
  for (const id of sources) reached.add(id);
  for (const e of entries) {
    const hit =
      reached.has(e.id0) ||
      (e.id1 !== 0 && reached.has(e.id1)) ||
      (e.moreInputs !== null && e.moreInputs.some((o) => reached.has(o.id)));
    if (!hit) continue;
    if (e.outDt.kind === 'float') reached.add(e.outId);
    if (e.moreOutputs !== null) {
      for (const o of e.moreOutputs) if (o.dt.kind === 'float') reached.add(o.id);
    }
  }
  return { entries, sources, reached };
}

const notSaved = (op: string): never => {
  throw new InternalError(`[${op}] its gradient reads a tensor that the op definition does not save`);
};

/** A saved tensor, restored if it was disposed; undefined if the op definition does not save it. */
function unpackSaved(saved: Tensor | null): Tensor {
  return (saved === null ? undefined : restoreDisposed(saved)) as Tensor;
}

function gradContext(e: Entry, reached: IdSet): GradContext {
  const { attrs, saved0, shape0, dt0, id1, moreInputs, moreOutputs } = e;
  const need0 = dt0.kind === 'float' && reached.has(e.id0);
  const y = [unpackSaved(e.savedOut)];
  // Array literals instead of pushes: an array that grows over-allocates.
  let x: Tensor[], shapes: Shape[], dts: DTypeInfo[], needs: boolean[];
  if (id1 === 0) {
    x = [unpackSaved(saved0)];
    shapes = [shape0];
    dts = [dt0];
    needs = [need0];
  } else {
    const dt1 = e.dt1 as DTypeInfo;
    x = [unpackSaved(saved0), unpackSaved(e.saved1)];
    shapes = [shape0, e.shape1 as Shape];
    dts = [dt0, dt1];
    needs = [need0, dt1.kind === 'float' && reached.has(id1)];
  }
  if (moreInputs !== null) {
    for (const o of moreInputs) {
      x.push(unpackSaved(o.saved));
      shapes.push(o.shape);
      dts.push(o.dt);
      needs.push(o.dt.kind === 'float' && reached.has(o.id));
    }
  }
  if (moreOutputs !== null) for (const o of moreOutputs) y.push(unpackSaved(o.saved));
  return { attrs, x, y, shapes, dts, needs };
}

function inputId(e: Entry, i: number): number {
  if (i === 0) return e.id0;
  if (i === 1) return e.id1;
  return e.moreInputs === null ? notSaved(e.op.name) : e.moreInputs[i - 2].id;
}

/**
 * The gradients of Σ targets·dys with respect to the path's sources; null as a dy means ones. With `free`, each entry
 * releases its saved tensors once it is processed.
 */
export function backward(
  path: Path,
  targets: readonly Tensor[],
  dys: readonly (Tensor | null)[],
  free: boolean,
): Gradients {
  // If nothing records the backward pass, nothing else holds the temporaries of the gradient functions: large ones are
  // freed at once, so that the next step reuses warm memory.
  const outer = execution.tidy;
  const temporaries: Tensor[] | null = execution.recorder === null ? [] : null;
  const gradients: Gradients = new Map();
  if (temporaries !== null) execution.tidy = temporaries;
  try {
    propagate(path, targets, dys, free, gradients, temporaries);
    if (temporaries !== null) {
      freeTemporaries(temporaries);
      // The remaining ones are results.
      if (outer !== null) for (const t of temporaries) outer.push(t);
    }
  } finally {
    execution.donated = null;
    execution.tidy = outer;
    for (const g of gradients.values()) unpinGradient(g);
  }
  return gradients;
}

function propagate(
  path: Path,
  targets: readonly Tensor[],
  dys: readonly (Tensor | null)[],
  free: boolean,
  gradients: Gradients,
  temporaries: Tensor[] | null,
): void {
  const { entries, sources, reached } = path;
  targets.forEach((t, i) => {
    if (reached.has(t.id)) accumulateAt(gradients, t.id, dys[i] ?? filled(shapeOf(t), t.dt, 1));
  });
  for (let k = entries.length - 1; k >= 0; k--) {
    const e = entries[k];
    if (e.moreOutputs === null) {
      const dy = takeUpstream(gradients, e.outId, sources);
      if (dy === symbolicZero) propagateZeros(e, reached, gradients);
      else if (dy !== null) {
        execution.donated = temporaries !== null && isDonatable(e, dy, temporaries) ? dy : null;
        propagateEntry(e, [dy], reached, gradients);
      }
    } else {
      const upstream: (Tensor | SymbolicZero | null)[] = [takeUpstream(gradients, e.outId, sources)];
      for (const o of e.moreOutputs) upstream.push(takeUpstream(gradients, o.id, sources));
      const dys = upstream.map((dy): Tensor | null => (dy === symbolicZero ? null : dy));
      if (dys.some((dy) => dy !== null)) {
        const dy = e.op.partialDy === true ? dys : withZeros(e, dys);
        propagateEntry(e, dy, reached, gradients);
      } else if (upstream.includes(symbolicZero)) propagateZeros(e, reached, gradients);
    }
    if (free) e.release();
    if (temporaries !== null && temporaries.length > 0) freeTemporaries(temporaries);
  }
}

/** Whether dy is a temporary of this backward pass whose only remaining reader is the gradient of the unary op `e`. */
function isDonatable({ op }: Entry, dy: Tensor, temporaries: readonly Tensor[]): boolean {
  return (
    isUniquelyOwned(dy, 0) && (op as { kind?: string }).kind === 'unary' && temporaries.lastIndexOf(dy) >= 0
  );
}

/** The upstream gradients, with zeros in place of null. */
function withZeros(e: Entry, dys: readonly (Tensor | null)[]): Tensor[] {
  return dys.map((dy, i) => {
    if (dy !== null) return dy;
    if (i === 0) return filled(e.outShape, e.outDt, 0);
    const { shape, dt } = (e.moreOutputs as readonly Operand[])[i - 1];
    return filled(shape, dt, 0);
  });
}

/**
 * Processes an entry whose upstream gradients are all symbolic zeros: so are the gradients of its inputs. If a tape records
 * the backward pass, the gradient function runs on tensors of zeros instead, which connects the results to the saved tensors.
 */
function propagateZeros(e: Entry, reached: IdSet, gradients: Gradients): void {
  if (e.op.materializesZeros === true || execution.recorder !== null) {
    const none = new Array<null>(1 + (e.moreOutputs?.length ?? 0)).fill(null);
    propagateEntry(e, withZeros(e, none), reached, gradients);
    return;
  }
  const passZero = (id: number, dt: DTypeInfo | null): void => {
    if (dt?.kind === 'float' && reached.has(id)) accumulateAt(gradients, id, symbolicZero);
  };
  passZero(e.id0, e.dt0);
  passZero(e.id1, e.dt1);
  if (e.moreInputs !== null) for (const o of e.moreInputs) passZero(o.id, o.dt);
}

function propagateEntry(
  e: Entry,
  dy: readonly (Tensor | null)[],
  reached: IdSet,
  gradients: Gradients,
): void {
  const definition = e.op as unknown as { gradient: GradientFunction | null };
  if (definition.gradient === null) return;
  const ctx = gradContext(e, reached);
  const result: readonly Grad[] = definition.gradient(dy as readonly Tensor[], ctx);
  for (let i = 0; i < ctx.needs.length; i++) {
    const gradient = result[i];
    if (ctx.needs[i] && gradient !== null && gradient !== undefined)
      accumulateAt(gradients, inputId(e, i), gradient);
  }
}
