/** The way back through a tape. */
import { dtypes } from '../core/dtype';
import { InternalError } from '../core/errors';
import { IndexedSlices } from '../core/indexed_slices';
import type { Shape } from '../core/shape';
import { sizeOf } from '../core/shape';
import { context as execution } from '../core/context';
import { freeUnlessHeld } from '../core/tidy';
import {
  isPinned,
  isSole,
  makeTensor,
  pin,
  revive,
  shapeOf,
  type Tensor,
  unpin,
  viewOf,
} from '../core/tensor';
import type { DTypeInfo } from '../core/dtype';
import { add } from '../ops/math/binary';
import { addSlices, densify } from '../ops/index/slices';
import { spent } from '../op/donation';
import {
  symbolicZero,
  type Grad,
  type GradContext,
  type GradientFunction,
  type SymbolicZero,
} from '../op/registry';
import { IdSet, type Entry, type Operand, type Tape } from './tape';

/** A tensor of one repeated value. */
export function filled(shape: Shape, dt: DTypeInfo, value: 0 | 1): Tensor {
  const t = makeTensor(dt, shape, sizeOf(shape));
  const view = viewOf(t);
  if (dt === dtypes.int64) (view as BigInt64Array).fill(BigInt(value));
  else (view as Float32Array).fill(value);
  return t;
}

/** The sum of two gradients; rows stay sparse as long as both are. */
export function accumulate(a: Tensor | IndexedSlices, b: Tensor | IndexedSlices): Tensor | IndexedSlices {
  if (a instanceof IndexedSlices) {
    if (b instanceof IndexedSlices) return addSlices(a, b);
    return add(densify(a), b);
  }
  return add(a, b instanceof IndexedSlices ? densify(b) : b);
}

type Upstream = Tensor | IndexedSlices | SymbolicZero;
/** Gradients by the id of the tensor they belong to. What is in here is pinned: its storage is not given back. */
export type Gradients = Map<number, Upstream>;

function hold(g: Upstream): void {
  if (g === symbolicZero) return;
  if (g instanceof IndexedSlices) {
    pin(g.values);
    pin(g.indices);
  } else pin(g);
}

function letGo(g: Upstream): void {
  if (g === symbolicZero) return;
  if (g instanceof IndexedSlices) {
    unpin(g.values);
    unpin(g.indices);
  } else unpin(g);
}

function into(gradients: Gradients, id: number, gradient: Upstream): void {
  const known = gradients.get(id);
  if (known !== undefined && gradient === symbolicZero) return;
  if (known === undefined || known === symbolicZero) {
    hold(gradient);
    gradients.set(id, gradient);
    return;
  }
  const sum = accumulate(known, gradient as Tensor | IndexedSlices);
  hold(sum);
  letGo(known);
  gradients.set(id, sum);
}

/** What flowed to a source, or null. */
export function gradientOf(
  source: { readonly ids: readonly number[] },
  gradients: Gradients,
): Upstream | null {
  let sum: Upstream | null = null;
  for (const id of source.ids) {
    const part = gradients.get(id);
    if (part === undefined) continue;
    if (sum === null || sum === symbolicZero) sum = part;
    else if (part !== symbolicZero) sum = accumulate(sum, part);
  }
  return sum;
}

/** The same as tensors: a symbolic zero is a tensor of zeros. */
export function gradientTensors(
  source: { readonly ids: readonly number[]; readonly shape: Shape; readonly dt: DTypeInfo },
  gradients: Gradients,
): Tensor | IndexedSlices | null {
  const sum = gradientOf(source, gradients);
  return sum === symbolicZero ? filled(source.shape, source.dt, 0) : sum;
}

function takeDy(
  gradients: Gradients,
  id: number,
  sources: ReadonlySet<number>,
): Tensor | SymbolicZero | null {
  const gradient = gradients.get(id);
  if (gradient === undefined) return null;
  // What a source asked for stays.
  if (!sources.has(id)) {
    gradients.delete(id);
    letGo(gradient);
  }
  return gradient instanceof IndexedSlices ? densify(gradient) : gradient;
}

/** Frees what was made and is no longer of use; the rest stays in the list. */
function sweep(made: Tensor[]): void {
  let kept = 0;
  for (const t of made) {
    if (isPinned(t)) made[kept++] = t;
    else freeUnlessHeld(t);
  }
  // pop() is inlined; setting length is a call into the runtime.
  while (made.length > kept) made.pop();
}

/** The part of a record that leads from some sources on. Serves any number of ways back. */
export interface Path {
  readonly entries: readonly Entry[];
  /** The ids of the sources: their gradients are kept. */
  readonly sources: ReadonlySet<number>;
  /** The floating tensors that follow from them. */
  readonly reached: IdSet;
}

/** With `growing`, the tape may be recording what happens on the way back: the path is what it has now. */
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

const lost = (op: string): never => {
  throw new InternalError(`[${op}] its gradient reads a tensor that the row does not save`);
};

function read(saved: Tensor | null): Tensor {
  // Where the row does not save it, its gradient does not read it.
  return (saved === null ? undefined : revive(saved)) as Tensor;
}

function context(e: Entry, reached: IdSet): GradContext {
  const { attrs, saved0, shape0, dt0, id1, moreInputs, moreOutputs } = e;
  const need0 = dt0.kind === 'float' && reached.has(e.id0);
  const y = [read(e.savedOut)];
  const outShapes = [e.outShape];
  const outDts = [e.outDt];
  // Literals, not pushes: an array that grows takes room for many more.
  let x: Tensor[], shapes: Shape[], dts: DTypeInfo[], needs: boolean[];
  if (id1 === 0) {
    x = [read(saved0)];
    shapes = [shape0];
    dts = [dt0];
    needs = [need0];
  } else {
    const dt1 = e.dt1 as DTypeInfo;
    x = [read(saved0), read(e.saved1)];
    shapes = [shape0, e.shape1 as Shape];
    dts = [dt0, dt1];
    needs = [need0, dt1.kind === 'float' && reached.has(id1)];
  }
  if (moreInputs !== null) {
    for (const o of moreInputs) {
      x.push(read(o.saved));
      shapes.push(o.shape);
      dts.push(o.dt);
      needs.push(o.dt.kind === 'float' && reached.has(o.id));
    }
  }
  if (moreOutputs !== null) {
    for (const o of moreOutputs) {
      y.push(read(o.saved));
      outShapes.push(o.shape);
      outDts.push(o.dt);
    }
  }
  return { attrs, x, y, shapes, dts, outShapes, outDts, needs };
}

function inputId(e: Entry, i: number): number {
  if (i === 0) return e.id0;
  if (i === 1) return e.id1;
  return e.moreInputs === null ? lost(e.op.name) : e.moreInputs[i - 2].id;
}

/**
 * The gradients of Σ targets·dys (ones where a dy is null) with respect to the path's sources. With `free`, each entry
 * lets go of what it saved as soon as the way back has passed it.
 */
export function backward(
  path: Path,
  targets: readonly Tensor[],
  dys: readonly (Tensor | null)[],
  free: boolean,
): Gradients {
  // Where nothing else records, no one can hold what the gradient functions make on the way: their large tensors go
  // back to the free list at once, so that the next step works in warm memory.
  const outer = execution.tidy;
  const made: Tensor[] | null = execution.recorder === null ? [] : null;
  const gradients: Gradients = new Map();
  if (made !== null) execution.tidy = made;
  try {
    goBack(path, targets, dys, free, gradients, made);
    if (made !== null) {
      sweep(made);
      // What is left are the results.
      if (outer !== null) for (const t of made) outer.push(t);
    }
  } finally {
    spent.dy = null;
    execution.tidy = outer;
    for (const g of gradients.values()) letGo(g);
  }
  return gradients;
}

function goBack(
  path: Path,
  targets: readonly Tensor[],
  dys: readonly (Tensor | null)[],
  free: boolean,
  gradients: Gradients,
  made: Tensor[] | null,
): void {
  const { entries, sources, reached } = path;
  targets.forEach((t, i) => {
    if (reached.has(t.id)) into(gradients, t.id, dys[i] ?? filled(shapeOf(t), t.dt, 1));
  });
  for (let k = entries.length - 1; k >= 0; k--) {
    const e = entries[k];
    if (e.moreOutputs === null) {
      const dy = takeDy(gradients, e.outId, sources);
      if (dy === symbolicZero) zeroStep(e, reached, gradients);
      else if (dy !== null) {
        spent.dy = made !== null && isSpent(e, dy, made) ? dy : null;
        step(e, [dy], reached, gradients);
      }
    } else {
      const upstream: (Tensor | SymbolicZero | null)[] = [takeDy(gradients, e.outId, sources)];
      for (const o of e.moreOutputs) upstream.push(takeDy(gradients, o.id, sources));
      const dys = upstream.map((dy): Tensor | null => (dy === symbolicZero ? null : dy));
      if (dys.some((dy) => dy !== null)) {
        const dy = e.op.partialDy === true ? dys : withZeros(e, dys);
        step(e, dy, reached, gradients);
      } else if (upstream.includes(symbolicZero)) zeroStep(e, reached, gradients);
    }
    if (free) e.release();
    if (made !== null && made.length > 0) sweep(made);
  }
}

/** Whether dy was made on this way back, lately, and only the gradient of the unary op `e` still reads it. */
function isSpent({ op }: Entry, dy: Tensor, made: readonly Tensor[]): boolean {
  return isSole(dy, 0) && (op as { kind?: string }).kind === 'unary' && made.lastIndexOf(dy) >= 0;
}

/** Zeros for the results that nothing flowed to. */
function withZeros(e: Entry, dys: readonly (Tensor | null)[]): Tensor[] {
  return dys.map((dy, i) => {
    if (dy !== null) return dy;
    if (i === 0) return filled(e.outShape, e.outDt, 0);
    const { shape, dt } = (e.moreOutputs as readonly Operand[])[i - 1];
    return filled(shape, dt, 0);
  });
}

/**
 * Nothing but symbolic zeros flows to the results. They pass to the inputs as they are, unless a tape records this: to that
 * one, the zeros depend on what the gradient reads.
 */
function zeroStep(e: Entry, reached: IdSet, gradients: Gradients): void {
  if (e.op.materializesZeros === true || execution.recorder !== null) {
    const none = new Array<null>(1 + (e.moreOutputs?.length ?? 0)).fill(null);
    step(e, withZeros(e, none), reached, gradients);
    return;
  }
  const pass = (id: number, dt: DTypeInfo | null): void => {
    if (dt?.kind === 'float' && reached.has(id)) into(gradients, id, symbolicZero);
  };
  pass(e.id0, e.dt0);
  pass(e.id1, e.dt1);
  if (e.moreInputs !== null) for (const o of e.moreInputs) pass(o.id, o.dt);
}

function step(e: Entry, dy: readonly (Tensor | null)[], reached: IdSet, gradients: Gradients): void {
  const row = e.op as unknown as { gradient: GradientFunction | null };
  if (row.gradient === null) return;
  const ctx = context(e, reached);
  const result: readonly Grad[] = row.gradient(dy as readonly Tensor[], ctx);
  for (let i = 0; i < ctx.needs.length; i++) {
    const gradient = result[i];
    if (ctx.needs[i] && gradient !== null && gradient !== undefined) into(gradients, inputId(e, i), gradient);
  }
}
