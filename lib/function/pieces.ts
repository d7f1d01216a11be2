/** One trace of a function, compiled: as a whole, or in pieces where it has cuts. */
import { recordingDepth } from '../autodiff/tape';
import { InvalidArgumentError } from '../core/errors';
import { tensorsIn, withTensors } from '../core/leaves';
import { scope, withScope } from '../core/scope';
import { Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { identity } from '../ops/views';
import { plainly } from './eager';
import { medians, note, type Samples } from './executable';
import type { Grad, GradContext, GradientFunction } from '../ops/registry';
import type { Node, OpNode } from './graph';
import { runCut, type CutResult, type Later, type Piece, type PieceRun } from './piece';
import { PiecesTrace, TraceEnds } from './pieces_trace';
import { Undecided } from './undecided';

/** One call, on its way through the pieces. */
export class PiecesRun implements PieceRun {
  /** The pieces that ran, and what the cuts behind them gave. */
  readonly path: Piece[] = [];
  readonly cuts: CutResult[] = [];
  readonly values = new Map<Tensor, Tensor>();
  /** What was in force at the call: a trace in between must not see what runs. */
  private readonly around = { ...scope, tracer: null };

  constructor(
    readonly trace: PiecesTrace,
    /** With this, it is timed. */
    private readonly samples: Samples | null = null,
    /** The run whose tensors it may use. */
    private readonly outer: PiecesRun | null = null,
  ) {}

  bind(symbols: readonly Tensor[], real: readonly Tensor[]): void {
    symbols.forEach((t, i) => this.values.set(t, real[i]));
  }

  /** Runs a piece and the cut behind it. */
  step(piece: Piece): CutResult {
    return withScope(this.around, () => {
      this.runPiece(piece);
      return this.cut(piece);
    });
  }

  /** The same off the event loop. */
  async stepLater(piece: Piece, later: Later): Promise<CutResult> {
    await this.runPieceLater(piece, later);
    return later.here(() => withScope(this.around, () => this.cut(piece)));
  }

  private cut(piece: Piece): CutResult {
    const cut = piece.cut as NonNullable<Piece['cut']>;
    const start = this.samples === null ? 0n : process.hrtime.bigint();
    const result = runCut(cut, this);
    if (this.samples !== null) note(this.samples, cut, cut.name, Number(process.hrtime.bigint() - start));
    this.path.push(piece);
    this.cuts.push(result);
    return result;
  }

  /** Runs the last piece; the function's results. */
  finish(piece: Piece): unknown {
    return withScope(this.around, () => {
      this.runPiece(piece);
      return this.results(piece);
    });
  }

  async finishLater(piece: Piece, later: Later): Promise<unknown> {
    await this.runPieceLater(piece, later);
    return withScope(this.around, () => this.results(piece));
  }

  private results(piece: Piece): unknown {
    const { value, results } = piece.last as NonNullable<Piece['last']>;
    // Tensors of their own: what a trace holds must not get into a user's hands.
    return withTensors(
      value,
      results.map((t) => identity(this.values.get(t) as Tensor)),
    );
  }

  private async runPieceLater(piece: Piece, later: Later): Promise<void> {
    const { isNew } = piece;
    later.here(() => {
      withScope(this.around, () => {
        if (isNew) this.runPiece(piece);
        else this.complete(piece);
      });
    });
    if (!isNew) await piece.runWholeLater(this.values, later);
  }

  /** Computes what a piece takes from others that did not compute it. */
  private complete(piece: Piece): void {
    const missing = new Set(piece.parameters.filter((t) => !this.values.has(t)));
    if (missing.size > 0) this.recompute(missing);
  }

  /** What a tensor of the trace stands for, when the run is over. */
  private valueOf(t: Tensor): Tensor {
    if (t.hidden !== this.trace && this.outer !== null) return this.outer.valueOf(t);
    if (!this.values.has(t)) {
      withScope({ tidy: null, tracer: null }, () => {
        this.recompute(new Set([t]));
      });
    }
    const found = this.values.get(t);
    // It belongs to another way through the function.
    if (found === undefined) throw this.trace.misuse(t, this.trace.name);
    return found;
  }

  gradient(node: OpNode, dys: readonly Tensor[], ctx: GradContext): readonly Grad[] {
    const known = gradients.get(node);
    if (known !== undefined) return known.run(dys, this) as readonly Grad[];
    const { gradient } = node.op as unknown as { gradient: GradientFunction };
    const origin: Origin = { name: `${this.trace.name}, gradient`, open: true, traces: 0 };
    const pieces = new Pieces(origin, (given) => gradient(given, ctx), dys, false, this.trace);
    const done = pieces.begin(dys, this);
    gradients.set(node, pieces);
    return (done === null ? pieces.run(dys, this) : done.value) as readonly Grad[];
  }

  private runPiece(piece: Piece): void {
    this.complete(piece);
    if (this.samples === null) piece.run(this);
    else piece.whole.executable.sampled(this.samples, () => piece.runWhole(this.values));
  }

  /** What pieces that ran were not asked for when they were compiled. */
  private recompute(missing: Set<Tensor>): void {
    const plans: Node[][] = [];
    for (let i = this.path.length - 1; i >= 0; i--) plans[i] = this.path[i].plan(missing, this.values);
    for (const t of missing) {
      const around = this.trace.captured.get(t);
      if (around !== undefined) this.values.set(t, (this.outer as PiecesRun).valueOf(around));
    }
    this.path.forEach((piece, i) => piece.again(plans[i], this));
  }
}

/** Goes the way of a run once more, for a trace. Nothing runs. */
class Retrace extends PiecesRun {
  constructor(
    trace: PiecesTrace,
    private readonly before: PiecesRun,
  ) {
    super(trace);
  }

  override step(piece: Piece): CutResult {
    const result = this.before.cuts[this.cuts.length] as CutResult | undefined;
    this.path.push(piece);
    if (result === undefined) throw new TraceEnds(this.path[0]);
    this.cuts.push(result);
    return result;
  }
}

/** The gradients that users gave for ops of a trace, as functions. */
const gradients = new WeakMap<OpNode, Pieces>();

/** What the programs of one function have in common. */
export interface Origin {
  readonly name: string;
  /** Variables may be made: no call has come to its end yet. */
  open: boolean;
  /** How often the function was traced, as users count. */
  traces: number;
}

/** Calls in a row, about, for whose shapes nothing was kept, before the next ones run op by op; and how many of those. */
const mostMissed = 16;
/** So many shapes behind a cut are traced one by one. */
const fewShapes = 2;
const fewPlain = 256;
const mostPlain = 4096;

export class Pieces {
  uses = 0;
  private trace: PiecesTrace;
  private root: Piece | null = null;
  /** The same, where what has no derivative is decided by value: for calls under more tapes. */
  private derivable: Pieces | null = null;
  /** Its derivative depends on values: under tapes it is no program as a whole. */
  private stepwise = false;
  /** How many more calls run as the plain function, since no way through the pieces comes again; and how many will next. */
  private plain = 0;
  private pause = fewPlain;
  private missed = 0;
  /** How often it was traced on from a cut. */
  private grown = 0;

  /** `f` calls the function with tensors in place of its own, and checks what it returns. */
  constructor(
    private readonly origin: Origin,
    private readonly f: (given: readonly Tensor[]) => unknown,
    tensors: readonly Tensor[],
    private readonly decides = false,
    private readonly outer: PiecesTrace | null = null,
    /** Whether notes may be taken of what the function does. */
    private watched = false,
  ) {
    this.trace = new PiecesTrace(origin.name, tensors, decides, outer, watched);
  }

  /** The first piece: all of it where it has no cuts. */
  get first(): Piece {
    return this.root as Piece;
  }

  /** The variables that it assigns, as far as it is traced. */
  get assigned(): ReadonlySet<Variable> {
    return this.trace.assigned;
  }

  /**
   * Traces the function: to its first cut, or, if `tensors` are given, to its end; then what was traced has run, and this is
   * what it returned. Null where nothing ran. `around`: the run whose tensors it may use.
   */
  begin(
    tensors: readonly Tensor[] | null,
    around: PiecesRun | null = null,
  ): { readonly value: unknown } | null {
    // Under several tapes, how often it can be derived comes first.
    const run = tensors === null || recordingDepth() > 1 ? null : this.start(tensors, around);
    const last = this.traceFirst(run);
    const done = run === null || last === null || last === this.root ? null : { value: run.finish(last) };
    if (this.trace.made.length > 0) this.traceAgain(run);
    if (last !== null) this.origin.open = false;
    return done;
  }

  /** Traces from the start. The last piece; null where the trace ended at a cut. */
  private traceFirst(run: PiecesRun | null): Piece | null {
    this.trace.follow(run);
    try {
      const { first, last } = this.traceAll(this.trace);
      this.root = first;
      return last;
    } catch (error) {
      if (!(error instanceof TraceEnds)) throw error;
      this.root = error.first;
      return null;
    }
  }

  /** After a trace that made variables, which is the first call's alone: another shows whether the function keeps them. */
  private traceAgain(run: PiecesRun | null): void {
    const { origin, decides, outer, watched } = this;
    this.checkMade();
    this.trace = new PiecesTrace(origin.name, this.trace.parameters, decides, outer, watched);
    origin.traces++;
    this.traceFirst(run === null ? null : new Retrace(this.trace, run));
    if (this.trace.made.length > 0) origin.open = false;
    this.checkMade();
  }

  private checkMade(trace = this.trace): void {
    if (trace.made.length === 0 || this.origin.open) return;
    throw new InvalidArgumentError(
      `[${this.origin.name}] tf.function only supports singleton tf.Variables created on the first call. Make sure the ` +
        `tf.Variable is only created once or created outside tf.function. See ` +
        `https://www.tensorflow.org/guide/function#creating_tfvariables`,
    );
  }

  /** Whether `f` may do again what the function did, where that has not seen what varies. */
  get isWatched(): boolean {
    return this.watched;
  }

  /** What comes behind a cut is other shapes each time: it is traced once more, so that it need not be for each of them. */
  private get varies(): boolean {
    return !this.watched && this.outer === null && this.grown >= fewShapes;
  }

  private watch(): void {
    this.watched = true;
    this.trace = new PiecesTrace(this.origin.name, this.trace.parameters, this.decides, null, true);
  }

  run(tensors: readonly Tensor[], around: PiecesRun | null = null): unknown {
    this.uses++;
    if (this.varies) {
      this.watch();
      const done = this.begin(tensors, around);
      if (done !== null) return done.value;
    }
    if (this.plain > 0) {
      this.plain--;
      return plainly(() => this.f(tensors));
    }
    if (scope.recorder !== null && recordingDepth() >= this.trace.limit) {
      if (this.derivable === null) {
        const made = new Pieces(this.origin, this.f, tensors, true, this.outer, this.watched);
        const done = made.begin(tensors, around);
        this.derivable = made;
        if (done !== null) return done.value;
      }
      return this.derivable.run(tensors, around);
    }
    const { first } = this;
    const { last } = first;
    if (last !== null && around === null && (scope.recorder === null || !this.stepwise)) {
      try {
        const found = first.whole.run(tensors);
        return last.value instanceof Tensor ? found[0] : withTensors(last.value, found);
      } catch (error) {
        // Nothing has run: derivatives come first.
        if (!(error instanceof Undecided)) throw error;
        this.stepwise = true;
      }
    }
    return this.walk(this.start(tensors, around));
  }

  /** As `run`, off the event loop. */
  async runLater(tensors: readonly Tensor[], later: Later): Promise<unknown> {
    if (this.varies) {
      this.watch();
      later.here(() => this.traceFirst(null));
    }
    const { first } = this;
    if (first.last !== null)
      return withTensors(first.last.value, await later.execute(first.whole.executable, tensors));
    const run = this.start(tensors);
    let piece = first;
    while (piece.cut !== null) {
      const { outs, key } = await run.stepLater(piece, later);
      const next = piece.next(key);
      if (next === undefined) return later.here(() => this.grow(run));
      run.bind(next.given, outs);
      piece = next;
    }
    return run.finishLater(piece, later);
  }

  /** Microseconds of each op and host step, the medians of some runs (each with all its effects). */
  profile(tensors: readonly Tensor[], runs: number): { name: string; time: number }[] {
    const samples: Samples = new Map();
    for (let i = 0; i < runs; i++) this.walk(this.start(tensors, null, samples));
    return medians(samples);
  }

  private walk(run: PiecesRun): unknown {
    let piece = this.first;
    while (piece.cut !== null) {
      const { outs, key } = run.step(piece);
      const next = piece.next(key);
      if (next === undefined) {
        if (piece.isFull) this.miss();
        return this.grow(run);
      }
      run.bind(next.given, outs);
      piece = next;
    }
    if (this.missed > 0) {
      this.missed--;
      this.pause = fewPlain;
    }
    return run.finish(piece);
  }

  /** To trace what does not come again takes longer than to run it: calls run plainly, but one now and then, to see. */
  private miss(): void {
    // A gradient of the user's own is no function without the trace around it.
    if (this.outer !== null || ++this.missed < mostMissed) return;
    this.missed--;
    this.plain = this.pause;
    this.pause = Math.min(2 * this.pause, mostPlain);
  }

  private start(
    tensors: readonly Tensor[],
    around: PiecesRun | null = null,
    samples: Samples | null = null,
  ): PiecesRun {
    const run = new PiecesRun(this.trace, samples, around);
    run.bind(this.trace.parameters, tensors);
    return run;
  }

  /** Traces on from where a run does not know what comes next. */
  private grow(run: PiecesRun): unknown {
    const { trace } = run;
    this.grown++;
    trace.follow(run);
    const { last } = this.traceAll(trace);
    this.checkMade(trace);
    const value = run.finish(last);
    if (trace.made.length > 0) this.traceAgain(run);
    this.origin.open = false;
    return value;
  }

  private traceAll(trace: PiecesTrace): { first: Piece; last: Piece } {
    return trace.traceAll(() => this.f(trace.parameters), tensorsIn);
  }
}
