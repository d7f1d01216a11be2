/**
 * Which values a run makes for one taker alone: a variable that gets them, or the caller. Of those for variables, some may be
 * written where the variable's present value lies, if when it runs nobody else can see that.
 */
import { sameShape } from '../core/shape';
import { shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { inputsOf, isFallible, type Graph } from '../graph/graph';
import type { LoweredNode, Storages } from './lowered';

export interface Target {
  readonly variable: Variable;
  /** What stands for its present value, if the function reads that. */
  readonly old: Tensor | null;
}

export class Updates {
  private readonly made = new Set<Tensor>();
  private readonly held = new Map<Variable, Tensor>();
  private readonly targets = new Map<Tensor, Target>();
  /** Storages that several take, or that JavaScript gets to see. */
  private readonly shared = new Set<Tensor>();
  private readonly results: Set<Tensor>;

  constructor(
    graph: Graph,
    private readonly storages: Storages,
  ) {
    this.results = new Set(graph.results.map((t) => storages.root(t)));
  }

  /** What a node of a segment makes. */
  produce(outputs: readonly Tensor[]): void {
    for (const t of outputs) if (this.storages.root(t) === t) this.made.add(t);
  }

  read(variable: Variable, output: Tensor): void {
    this.held.set(variable, output);
  }

  assign(variable: Variable, value: Tensor): void {
    const root = this.storages.root(value);
    if (this.targets.has(root) || !sameShape(shapeOf(root), shapeOf(value))) this.shared.add(root);
    this.targets.set(root, { variable, old: this.held.get(variable) ?? null });
    this.held.set(variable, root);
  }

  /** An op reads a value: if a variable has it by then, later updates of that must not write over it. */
  use(t: Tensor): void {
    const root = this.storages.root(t);
    if (this.targets.has(root)) this.shared.add(root);
  }

  /** A step in JavaScript gets it. */
  give(t: Tensor): void {
    this.shared.add(this.storages.root(t));
  }

  /** The variable that alone gets a value, which a segment makes. */
  target(value: Tensor): Target | null {
    const root = this.storages.root(value);
    if (!this.made.has(root) || this.shared.has(root) || this.results.has(root)) return null;
    return this.targets.get(root) ?? null;
  }

  /** Whether a result that a segment makes can be handed out itself: asked once for each, in order. */
  takes(result: Tensor): boolean {
    const root = this.storages.root(result);
    if (!this.made.has(root) || this.shared.has(root) || !sameShape(shapeOf(root), shapeOf(result)))
      return false;
    this.shared.add(root);
    return true;
  }

  /** The variable whose present value a storage that node `at` of a segment writes may be written over; null: none. */
  over(
    root: Tensor,
    nodes: readonly LoweredNode[],
    at: number,
    leaving: ReadonlySet<Tensor>,
  ): Variable | null {
    const target = this.target(root);
    if (target === null || !target.variable.hasOneShape) return null;
    const { variable, old } = target;
    // What fails behind it may stand before the assignment.
    if (nodes.slice(at + 1).some(mayFail)) return null;
    if (old === null) return variable;
    if (leaving.has(old)) return null;
    for (let i = nodes.length - 1; i > at; i--) {
      if (inputsOf(nodes[i].node).some((t) => this.storages.place(t).root === old)) return null;
    }
    const { node, over } = nodes[at];
    const reads = node.inputs.filter((t) => this.storages.place(t).root === old);
    const allowed = (x: Tensor): boolean =>
      over === undefined ? false : over.some(([to, from]) => to === root && from === this.storages.root(x));
    return reads.every(allowed) ? variable : null;
  }
}

const mayFail = ({ node, scalars }: LoweredNode): boolean =>
  scalars?.fallible === true || isFallible(node.op, node.inputs);

/** Pairs of storages, of an output and an input of an op that goes element by element, where one may be written over the other. */
export function overwrites(
  { op, inputs, outputs }: LoweredNode['node'],
  storages: Storages,
): (readonly [Tensor, Tensor])[] {
  if (op.over !== undefined) {
    return op.over.map(([to, from]) => [storages.root(outputs[to]), storages.root(inputs[from])] as const);
  }
  const kernel = op.tile;
  if (kernel === undefined || kernel.kind === 'reduce' || outputs.length !== 1) return [];
  const [out] = outputs;
  if (inputs.some((t) => t.size !== out.size && t.size !== 1)) return [];
  return inputs
    .filter((t) => t.size === out.size && t.dt === out.dt)
    .map((t) => [storages.root(out), storages.root(t)] as const);
}
