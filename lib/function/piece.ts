/**
 * A function whose shapes are not all known when it is traced is a tree of pieces: each is a graph of its own, and ends in a
 * cut or in the function's results. What a cut gives at run time says which piece comes next.
 */
import { arrayToString } from '../core/format';
import { scope, withScope, type Recorder, type TracedOp } from '../core/scope';
import { aliasTensor, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import type { Grad, GradContext } from '../ops/registry';
import { Executable } from './executable';
import { GraphFunction } from './graph_function';
import { reread } from './trace';
import { inputsOf, outputsOf, type Graph, type HostNode, type Node, type OpNode } from './graph';

/** Why one piece ends, and how the next one is found. */
export interface Cut {
  readonly name: string;
  readonly why: string;
  readonly inputs: readonly Tensor[];
  /**
   * The op, whose results have as many elements as the data say: their shapes choose. Null: the elements of the one input
   * choose.
   */
  readonly op: Pick<OpNode, 'op' | 'attrs'> | null;
}

/** A call on its way through pieces. */
export interface PieceRun {
  readonly values: Map<Tensor, Tensor>;
  /** What an op with a gradient of the user's own gives for these. */
  gradient(node: OpNode, dys: readonly Tensor[], ctx: GradContext): readonly Grad[];
}

/** How a call off the event loop runs. */
export interface Later {
  /** Runs a compiled graph and takes its time. */
  execute(e: Executable, args: readonly Tensor[]): Promise<readonly Tensor[]>;
  /** Runs on the event loop what belongs to the call. */
  here<T>(f: () => T): T;
}

export interface Way {
  /** `float32[3]`, or `3` where a value chooses. */
  readonly when: string;
  readonly to: Piece;
}

/** Different ways to go on from one cut that are kept: those that were taken last. */
const mostWays = 64;

export class Piece {
  /** How often it ran. */
  private runs = 0;
  private compiled: GraphFunction | null = null;
  /** What later pieces, or the caller, take from it. */
  private readonly wanted = new Set<Tensor>();
  private results: readonly Tensor[] = [];
  private readonly ways = new Map<string, Way>();
  private readonly makers = new Map<Tensor, Node>();
  /** What it takes from earlier ones. */
  readonly parameters: readonly Tensor[];

  constructor(
    readonly name: string,
    /** The function's parameters, or what stands for the results of the cut before it. */
    readonly given: readonly Tensor[],
    readonly nodes: readonly Node[],
    readonly constants: Graph['constants'],
    readonly cut: Cut | null,
    /** Where it is the last: the tensors among the function's results. */
    readonly last: { readonly value: unknown; readonly results: readonly Tensor[] } | null,
  ) {
    for (const node of nodes) for (const t of outputsOf(node)) this.makers.set(t, node);
    const own = new Set<Tensor>(constants.map((c) => c.symbol));
    const taken = new Set<Tensor>(given);
    const use = (t: Tensor): void => {
      if (!this.makers.has(t) && !own.has(t)) taken.add(t);
    };
    for (const node of nodes) {
      inputsOf(node).forEach(use);
      // What cannot be computed again is kept as long as the run lasts.
      if (cut !== null && (node.kind === 'read' || (node.kind === 'host' && node.effects !== 'none')))
        for (const t of outputsOf(node)) this.wanted.add(t);
    }
    for (const t of cut === null ? (last?.results ?? []) : cut.inputs) {
      use(t);
      this.wanted.add(t);
    }
    this.parameters = [...taken];
  }

  makes(t: Tensor): boolean {
    return this.makers.has(t);
  }

  want(t: Tensor): void {
    if (this.wanted.has(t)) return;
    this.wanted.add(t);
    this.compiled = null;
  }

  /** The whole piece as a function. */
  get whole(): GraphFunction {
    if (this.compiled === null) {
      const { name, parameters, nodes, constants } = this;
      // The function's results in their order, where one may stand twice; or what others want.
      this.results = this.last?.results ?? [...this.wanted];
      this.compiled = new GraphFunction({ name, parameters, nodes, constants, results: this.results });
    }
    return this.compiled;
  }

  next(key: string): Piece | undefined {
    const found = this.ways.get(key);
    if (found !== undefined && this.ways.size > mostWays / 2) {
      this.ways.delete(key);
      this.ways.set(key, found);
    }
    return found?.to;
  }

  /** Whether ways that were taken are forgotten. */
  get isFull(): boolean {
    return this.ways.size >= mostWays;
  }

  lead({ key, when }: CutResult, to: Piece): void {
    this.ways.set(key, { when, to });
    if (this.ways.size > mostWays) this.ways.delete(this.ways.keys().next().value as string);
  }

  /** Where it leads from its cut, as far as that is traced. */
  get continuations(): readonly Way[] {
    return [...this.ways.values()];
  }

  /** Computes what is wanted of it. Op by op at the first time: of many shapes, most come once. */
  run(run: PieceRun): void {
    const first = this.runs++ === 0;
    // A gradient of the user's own may use any tensor of the function, and depend on values: it is a function of its own.
    if (first || (scope.recorder !== null && this.closes)) this.again(this.nodes, run);
    else this.runWhole(run.values);
  }

  private get closes(): boolean {
    return this.nodes.some((node) => node.kind === 'op' && node.op.closes === true);
  }

  /** The same, compiled. */
  runWhole(values: Map<Tensor, Tensor>): void {
    const { whole } = this;
    const found = whole.run(this.parameters.map((t) => values.get(t) as Tensor));
    this.results.forEach((t, i) => values.set(t, found[i]));
  }

  /** Whether `run` would run it op by op. */
  get isNew(): boolean {
    return this.runs === 0;
  }

  /** As `runWhole`, off the event loop. */
  async runWholeLater(values: Map<Tensor, Tensor>, later: Later): Promise<void> {
    const { whole, parameters } = this;
    // Meanwhile someone may want more of it.
    const { results } = this;
    const found = await later.execute(
      whole.executable,
      parameters.map((t) => values.get(t) as Tensor),
    );
    results.forEach((t, i) => values.set(t, found[i]));
  }

  /** Which nodes compute what a compiled run left out; `missing` becomes what earlier pieces have to compute for that. */
  plan(missing: Set<Tensor>, values: ReadonlyMap<Tensor, Tensor>): Node[] {
    const again: Node[] = [];
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i];
      const outputs = outputsOf(node);
      if (!outputs.some((t) => missing.has(t))) continue;
      for (const t of outputs) missing.delete(t);
      again.push(node);
      for (const t of inputsOf(node)) if (!values.has(t)) missing.add(t);
    }
    for (const { symbol } of this.constants) missing.delete(symbol);
    return again.reverse();
  }

  /** Runs some of its nodes op by op. */
  again(nodes: readonly Node[], run: PieceRun): void {
    const { values } = run;
    for (const { source, symbol, real } of this.constants) {
      // Tapes know it by its id.
      const followed = scope.recorder?.follows(source.id) === true && !source.isDisposed;
      values.set(symbol, followed ? source : real);
    }
    for (const node of nodes) runNode(node, run);
  }
}

function runNode(node: Node, run: PieceRun): void {
  const { values } = run;
  const at = (t: Tensor): Tensor => values.get(t) as Tensor;
  switch (node.kind) {
    case 'read':
      values.set(node.output, node.variable.read());
      return;
    case 'assign':
      node.variable.assignTensor(at(node.value));
      return;
    case 'op': {
      const outputs = runOp(node, node.inputs.map(at), run);
      node.outputs.forEach((t, i) => values.set(t, outputs[i]));
      return;
    }
    default: {
      const outputs = runHost(node, at);
      node.outputs.forEach((t, i) => values.set(t, outputs[i]));
    }
  }
}

/** As it runs outside of functions: whatever records sees it. */
function runOp(node: OpNode, inputs: readonly Tensor[], run: PieceRun): readonly Tensor[] {
  const { recorder } = scope;
  if (recorder !== null && node.op.closes === true) return runClosing(node, inputs, run, recorder);
  const outputs = Executable.runEagerly(node, inputs);
  if (recorder === null) return outputs;
  if (node.op === reread) recorder.readVariable(node.attrs as Variable, outputs[0]);
  else recorder.record(node.op, inputs, node.attrs, outputs);
  return outputs;
}

/** Its results are tensors of their own: what computed the values leads to other ones. */
function runClosing(
  node: OpNode,
  inputs: readonly Tensor[],
  run: PieceRun,
  recorder: Recorder,
): readonly Tensor[] {
  const outputs = Executable.runEagerly(node, inputs).map((t) => aliasTensor(t, t.shape, node.op.name));
  const gradient = (dys: readonly Tensor[], ctx: GradContext): readonly Grad[] =>
    run.gradient(node, dys, ctx);
  const op: TracedOp & { gradient: typeof gradient } = { ...node.op, gradient };
  recorder.record(op, inputs, node.attrs, outputs);
  return outputs;
}

function runHost(node: HostNode, at: (t: Tensor) => Tensor): readonly Tensor[] {
  if (scope.recorder === null || node.record === undefined)
    return withScope({ recorder: null }, () => node.run(node.inputs.map(at)));
  const parameters = [...new Set(node.inputs)];
  const graph: Graph = { name: node.name, parameters, constants: [], nodes: [node], results: node.outputs };
  return new GraphFunction(graph).run(parameters.map(at));
}

/** What a cut gives, and the key of the piece that it leads to. */
export interface CutResult {
  readonly outs: readonly Tensor[];
  readonly key: string;
  /** The same for people. */
  readonly when: string;
}

export function runCut(cut: Cut, run: PieceRun): CutResult {
  const inputs = cut.inputs.map((t) => run.values.get(t) as Tensor);
  if (cut.op === null) {
    const [t] = inputs;
    const key = Buffer.from(t.data().buffer).toString('latin1');
    return { outs: inputs, key, when: arrayToString(t.view(), t.shape, t.dtype) };
  }
  const outs = runOp({ kind: 'op', ...cut.op, inputs, outputs: [] }, inputs, run);
  const when = outs.map((t) => `${t.dtype}[${t.shape.join(',')}]`).join(' ');
  return { outs, key: when, when };
}
