/** Walks over storages as data: how they are drawn and made smaller. */
import { withoutRuns, type Rng } from '../shrinkable';

export type Kind =
  | 'make'
  | 'binary'
  | 'mixed'
  | 'unary'
  | 'view'
  | 'dispose'
  | 'keep'
  | 'tidy'
  | 'variable'
  | 'read'
  | 'assign'
  | 'optimize'
  | 'tape'
  | 'gradient'
  | 'call'
  | 'later'
  | 'settle'
  | 'collect';

/** One step. What it makes has its number; what it uses are numbers of other steps. Without these it does nothing. */
export interface Step {
  readonly id: number;
  readonly kind: Kind;
  readonly on: readonly number[];
  /** Which of the ways that there are. */
  readonly way: number;
  readonly seed: number;
  /** What happens inside of it. */
  readonly inner?: readonly Step[];
}

export interface Walk {
  readonly steps: readonly Step[];
}

/** In elements of four bytes: carved from slabs, on either side of each limit, and with a block of their own. */
export const shapes: readonly (readonly number[])[] = [
  [3],
  [2, 2],
  [16, 16],
  [257],
  [40, 50],
  [2100],
  [64, 64],
];
export const types = ['float32', 'float32', 'float64', 'int32'] as const;

/** A value that later steps may use: only shape and dtype are known while a walk is drawn. */
interface Known {
  readonly id: number;
  /** Index of the shape, and of the dtype. */
  readonly like: string;
}

class Drawing {
  next = 0;
  tensors: Known[] = [];
  variables: Known[] = [];
  tapes: { readonly id: number; readonly sources: readonly number[]; readonly inside: readonly Known[] }[] =
    [];

  constructor(private readonly rng: Rng) {}

  private tensor(fits: (k: Known) => boolean = () => true): Known | null {
    const all = this.tensors.filter(fits);
    if (all.length === 0) return null;
    return this.rng.pick(this.rng.chance(0.5) ? all.slice(-4) : all);
  }

  private made(step: Omit<Step, 'id' | 'seed'>, like: string): Step {
    const id = this.next++;
    this.tensors.push({ id, like });
    return { ...step, id, seed: this.rng.below(12) };
  }

  private done(kind: Kind, on: readonly number[], way = 0): Step {
    return { id: this.next++, kind, on, way, seed: this.rng.below(12) };
  }

  private make(): Step {
    const { rng } = this;
    const shape = rng.chance(0.35) ? rng.below(2) : rng.below(shapes.length);
    const way = shape + shapes.length * rng.below(types.length);
    return this.made({ kind: 'make', on: [], way }, `${shape} ${types[Math.floor(way / shapes.length)]}`);
  }

  /** Null where nothing fits. */
  step(depth: number, underTape: boolean): Step | null {
    const { rng } = this;
    const { kind } = rng.weighted(underTape ? taped : kinds);
    const x = this.tensor();
    if (kind === 'make' || x === null) return this.make();
    const y = this.tensor((k) => k.like === x.like) ?? x;
    const v = this.variables.length === 0 ? null : rng.pick(this.variables);
    const value = v === null ? null : this.tensor((k) => k.like === v.like);
    switch (kind) {
      case 'binary':
        return this.made({ kind, on: [x.id, y.id], way: rng.below(5) }, x.like);
      case 'mixed':
        return v === null || value === null
          ? null
          : this.made({ kind, on: [value.id, v.id], way: rng.below(5) }, v.like);
      case 'unary':
        return this.made({ kind, on: [x.id], way: rng.below(3) }, x.like);
      case 'view':
        return this.made({ kind, on: [x.id], way: rng.below(5) }, x.like);
      case 'dispose':
      case 'keep':
        return this.done(kind, [x.id]);
      case 'variable': {
        const step = this.done(kind, [x.id]);
        this.variables.push({ id: step.id, like: x.like });
        return step;
      }
      case 'read':
        return v === null ? null : this.made({ kind, on: [v.id], way: rng.below(2) }, v.like);
      case 'assign':
        return v === null || value === null ? null : this.done(kind, [v.id, value.id], rng.below(4));
      case 'optimize':
        return v === null || value === null || !v.like.includes('float')
          ? null
          : this.done(kind, [v.id, value.id], rng.below(3));
      case 'call':
      case 'later': {
        if (v !== null && value !== null && rng.chance(0.6)) {
          const step = this.made({ kind, on: [value.id, v.id], way: rng.below(3) }, v.like);
          return step;
        }
        return this.made({ kind, on: [x.id], way: rng.below(3) }, x.like);
      }
      case 'tape':
        return depth > 0 ? null : this.tape(x);
      case 'gradient':
        return this.gradient();
      case 'tidy':
        return depth > 1 ? null : this.tidy(depth, underTape);
      case 'settle':
      case 'collect':
        return this.done(kind, []);
    }
  }

  private several(count: number, depth: number, underTape: boolean): Step[] {
    return Array.from({ length: count }, () => this.step(depth, underTape)).filter((s) => s !== null);
  }

  private tidy(depth: number, underTape: boolean): Step {
    const before = this.tensors.length;
    const inner = this.several(this.rng.between(1, 6), depth + 1, underTape);
    const made = this.tensors.slice(before);
    const kept = made.filter(() => this.rng.chance(0.3)).map((k) => k.id);
    // Small ones stay as well; the walk finds out.
    return { ...this.done('tidy', kept), inner };
  }

  private tape(x: Known): Step | null {
    if (!x.like.includes('float')) return null;
    const { rng } = this;
    const other = this.tensor((k) => k.like === x.like);
    const sources = [...new Set([x.id, ...(other !== null && rng.chance(0.5) ? [other.id] : [])])];
    const before = this.tensors.length;
    const first = this.made({ kind: 'binary', on: [x.id, other?.id ?? x.id], way: 2 }, x.like);
    const inner = [first, ...this.several(rng.between(1, 7), 1, true)];
    const step = { ...this.done('tape', sources, rng.below(2)), inner };
    this.tapes.push({ id: step.id, sources, inside: this.tensors.slice(before) });
    return step;
  }

  private gradient(): Step | null {
    const { rng } = this;
    if (this.tapes.length === 0) return null;
    const tape = rng.pick(this.tapes);
    const y = rng.pick(tape.inside);
    const source = this.tensors.find((k) => k.id === tape.sources[0]);
    if (source === undefined) return null;
    return this.made({ kind: 'gradient', on: [tape.id, y.id, rng.pick(tape.sources)], way: 0 }, source.like);
  }
}

const kinds: readonly { readonly weight: number; readonly kind: Kind }[] = [
  { weight: 8, kind: 'make' },
  { weight: 12, kind: 'binary' },
  { weight: 6, kind: 'mixed' },
  { weight: 5, kind: 'unary' },
  { weight: 10, kind: 'view' },
  { weight: 12, kind: 'dispose' },
  { weight: 3, kind: 'keep' },
  { weight: 7, kind: 'tidy' },
  { weight: 5, kind: 'variable' },
  { weight: 5, kind: 'read' },
  { weight: 8, kind: 'assign' },
  { weight: 4, kind: 'optimize' },
  { weight: 6, kind: 'tape' },
  { weight: 7, kind: 'gradient' },
  { weight: 6, kind: 'call' },
  { weight: 6, kind: 'later' },
  { weight: 4, kind: 'settle' },
  { weight: 1, kind: 'collect' },
];
/** Under a tape: what the model has derivatives of, and what moves storages. */
const taped = kinds.filter(({ kind }) =>
  ['make', 'binary', 'mixed', 'read', 'assign', 'unary', 'view', 'dispose', 'tidy', 'keep'].includes(kind),
);

export function drawWalk(rng: Rng): Walk {
  const drawing = new Drawing(rng);
  const count = rng.between(5, 45);
  const steps = Array.from({ length: count }, () => drawing.step(0, false)).filter((s) => s !== null);
  return { steps };
}

function* smallerSteps(steps: readonly Step[]): Generator<readonly Step[]> {
  yield* withoutRuns(steps);
  for (const [i, step] of steps.entries()) {
    if (step.inner === undefined) continue;
    const instead = (list: readonly Step[]): Step[] => [...steps.slice(0, i), ...list, ...steps.slice(i + 1)];
    yield instead(step.inner);
    for (const inner of smallerSteps(step.inner)) yield instead([{ ...step, inner }]);
    for (const on of withoutRuns(step.on, step.kind === 'tape' ? 1 : 0)) yield instead([{ ...step, on }]);
  }
}

/** Smaller tensors; what uses them finds the same shape. */
function* plainer(steps: readonly Step[]): Generator<readonly Step[]> {
  const used = new Set<number>();
  const visit = (list: readonly Step[]): void => {
    for (const s of list) {
      if (s.kind === 'make') used.add(s.way);
      visit(s.inner ?? []);
    }
  };
  visit(steps);
  const swap = (list: readonly Step[], from: number, to: number): Step[] =>
    list.map((s) => ({
      ...s,
      way: s.kind === 'make' && s.way === from ? to : s.way,
      ...(s.inner === undefined ? {} : { inner: swap(s.inner, from, to) }),
    }));
  for (const way of used) {
    const shape = way % shapes.length;
    for (const to of [0, way - shape, way - 1]) if (to < way && to >= 0) yield swap(steps, way, to);
  }
}

export function* smallerWalks({ steps }: Walk): Generator<Walk> {
  for (const smaller of smallerSteps(steps)) yield { steps: smaller };
  for (const smaller of plainer(steps)) yield { steps: smaller };
}
