/** Traces a function piece by piece, where what comes later depends on what a cut gives. */
import { FailedPreconditionError } from '../core/errors';
import { scope, type TracedOp } from '../core/scope';
import { sameShape } from '../core/shape';
import { peekNextId, Placeholder, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { recordingDepth } from '../autodiff/tape';
import { outputsOf, type Node } from './graph';
import { Piece, type Cut, type CutResult } from './piece';
import { Trace } from './trace';
import { Undecided } from './undecided';
import type { PiecesRun } from './pieces';

/** Ends a trace at a cut, where nothing runs that could say how it goes on. */
export class TraceEnds extends Error {
  constructor(readonly first: Piece) {
    super('the trace ends at a cut');
  }
}

export class PiecesTrace extends Trace {
  /** The pieces that this run took so far: up to there, the function does again what it did when they were traced. */
  private path: readonly Piece[] = [];
  private at = 0;
  private cursor = 0;
  private current: PiecesRun | null = null;
  private given: readonly Tensor[] = [];
  /** The pieces before the one that is being traced. */
  private done: Piece[] = [];
  private reached: CutResult | null = null;
  private failed: { readonly error: unknown } | null = null;
  private readonly decided = new Map<Tensor, Tensor>();
  /** Tensors of the trace around it that it uses, and what stands for them here; and the other way. */
  private readonly captures = new Map<Tensor, Tensor>();
  readonly captured = new Map<Tensor, Tensor>();

  /** Calls under so many tapes need another trace, which decides by value what has no derivative of that order. */
  limit = Infinity;

  /** The variables that pieces are known to assign. */
  readonly assigned = new Set<Variable>();
  /** What stands for the function's tensor arguments. */
  readonly parameters: readonly Tensor[];

  constructor(
    name: string,
    tensors: readonly Tensor[],
    private readonly decides: boolean,
    /** Of the gradient of a user's own: the trace, which is over, whose tensors it may use. */
    private readonly outer: Trace | null = null,
    watched = false,
  ) {
    super(name, undefined, watched);
    this.parameters = tensors.map((t) => this.symbol(t.dt, t.shape));
  }

  override sees(other: Placeholder): boolean {
    return other === this || this.outer?.sees(other) === true;
  }

  override means(t: Tensor): boolean {
    return t.hidden instanceof Placeholder && t.hidden !== this && this.sees(t.hidden);
  }

  /** What stands here for a tensor of the trace around it. */
  private capture(t: Tensor): Tensor {
    let inner = this.captures.get(t);
    if (inner === undefined) {
      inner = this.symbol(t.dt, t.shape);
      this.captures.set(t, inner);
      this.captured.set(inner, t);
    }
    return inner;
  }

  override limitOrders(orders: number, inside = recordingDepth()): void {
    if (this.decides || inside >= orders) throw new Undecided(`a derivative of order ${orders}`);
    this.limit = Math.min(this.limit, orders - inside);
  }

  /** Begins anew: at the start of the function, or behind the last cut of the path that `run` took. */
  follow(run: PiecesRun | null): void {
    this.current = run;
    this.base = peekNextId();
    this.path = run === null ? [] : [...run.path];
    this.at = this.cursor = 0;
    this.given = this.parameters;
    this.done = [];
    this.reached = null;
    this.failed = null;
    this.decided.clear();
    this.made.length = 0;
    this.variables.clear();
    this.takeNodes();
  }

  private takeNodes(): Node[] {
    this.constants.clear();
    return this.nodes.splice(0);
  }

  private get following(): Piece | null {
    return this.at < this.path.length ? this.path[this.at] : null;
  }

  protected override add<N extends Node>(node: N): N {
    if (scope.notes?.open === true) scope.notes.spoil();
    if (this.failed !== null) throw this.failed.error;
    const piece = this.following;
    if (piece === null) return super.add(node);
    const known = piece.nodes[this.cursor++] as Node | undefined;
    if (known === undefined || !same(known, node)) throw this.fail(this.changed());
    return known as N;
  }

  override known(t: Tensor): Tensor {
    if (this.means(t)) return this.capture(t);
    return this.following === null ? super.known(t) : t;
  }

  private changed(): Error {
    return new FailedPreconditionError(
      `[${this.name}] the function did other things when it was traced again for shapes or values that came up at run time: ` +
        `up to there it must call the same ops each time`,
    );
  }

  override sized(op: TracedOp, inputs: readonly Tensor[], attrs: unknown): Tensor[] {
    const why = 'the shape of its result depends on values';
    const cut: Cut = { name: op.name, why, inputs: this.knownAll(inputs), op: { op, attrs } };
    return this.cutAt(cut).given.slice();
  }

  override decide(t: Tensor, op: string, why: string): Tensor {
    const before = this.decided.get(t);
    if (before !== undefined) return before;
    const [value] = this.cutAt({ name: op, why, inputs: this.knownAll([t]), op: null }).outs;
    this.decided.set(t, value);
    return value;
  }

  private knownAll(inputs: readonly Tensor[]): Tensor[] {
    for (const t of inputs) if (t.isSymbolic) this.checkSeen(t);
    return inputs.map((t) => this.known(t));
  }

  private checkSeen(t: Tensor): void {
    if (t.hidden !== this && !this.means(t)) t.assertAlive(this.name);
  }

  private cutAt(cut: Cut): { outs: readonly Tensor[]; given: readonly Tensor[] } {
    if (this.failed !== null) throw this.failed.error;
    this.settle(true);
    const piece = this.following;
    const run = this.current;
    if (piece !== null) {
      if (this.cursor !== piece.nodes.length || piece.cut?.name !== cut.name) throw this.fail(this.changed());
      this.done.push(piece);
      this.cursor = 0;
      const result = (run as PiecesRun).cuts[this.at++];
      return this.begin(cut, result, this.following?.given);
    }
    this.finish(cut, null);
    if (run === null) throw this.fail(new TraceEnds(this.done[0]));
    try {
      return this.begin(cut, run.step(this.done[this.done.length - 1]));
    } catch (error) {
      throw this.fail(error);
    }
  }

  /** What the user's function catches does not go on. */
  private fail(error: unknown): unknown {
    this.settle(false);
    this.failed = { error };
    return error;
  }

  private begin(
    cut: Cut,
    result: CutResult,
    known?: readonly Tensor[],
  ): { outs: readonly Tensor[]; given: readonly Tensor[] } {
    const { outs } = result;
    this.reached = result;
    this.given = known ?? (cut.op === null ? [] : outs.map((o) => this.symbol(o.dt, o.shape)));
    if (known === undefined) this.current?.bind(this.given, outs);
    return { outs, given: this.given };
  }

  private assignedBy(node: Node): Iterable<Variable> {
    if (node.kind === 'assign') return [node.variable];
    if (node.kind !== 'host') return [];
    if (node.late !== undefined) return node.late.numbers.variables;
    // Which ones JavaScript assigns is not written down.
    return node.effects === 'variables' ? this.variables : [];
  }

  /** The nodes since the last cut become a piece. */
  private finish(cut: Cut | null, last: Piece['last']): Piece {
    for (const node of this.nodes) for (const v of this.assignedBy(node)) this.assigned.add(v);
    const constants = [...this.constants.values()];
    const piece = new Piece(this.name, this.given, this.takeNodes(), constants, cut, last);
    for (const t of piece.parameters) {
      if (this.given.includes(t) || this.captured.has(t)) continue;
      const maker = this.done.find((p) => p.makes(t) || p.given.includes(t));
      if (maker === undefined) throw this.misuse(t, this.name);
      if (maker.makes(t)) maker.want(t);
    }
    if (this.done.length > 0) this.done[this.done.length - 1].lead(this.reached as CutResult, piece);
    this.done.push(piece);
    return piece;
  }

  /** Runs `f` from the start. Returns the first piece and the last. */
  traceAll(f: () => unknown, results: (r: unknown) => readonly Tensor[]): { first: Piece; last: Piece } {
    const { graph, value } = this.run(f, results, this.given);
    if (this.failed !== null) throw this.failed.error;
    if (this.following !== null) throw this.changed();
    const last = this.finish(null, { value, results: graph.results });
    return { first: this.done[0], last };
  }
}

function same(a: Node, b: Node): boolean {
  if (a.kind === 'op' && b.kind === 'op') {
    if (a.op.name !== b.op.name || a.inputs.length !== b.inputs.length) return false;
    // Constants are other tensors at each trace.
    if (b.inputs.some((t, i) => t.isSymbolic && t !== a.inputs[i])) return false;
  } else if (a.kind === 'host' && b.kind === 'host') {
    if (a.name !== b.name) return false;
  } else if (a.kind === 'read' && b.kind === 'read') {
    return a.variable === b.variable;
  } else if (a.kind === 'assign' && b.kind === 'assign') {
    return a.variable === b.variable;
  } else {
    return false;
  }
  const [x, y] = [outputsOf(a), outputsOf(b)];
  return x.length === y.length && x.every((t, i) => t.dt === y[i].dt && sameShape(t.shape, y[i].shape));
}
