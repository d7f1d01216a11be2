/**
 * Ownership of a run's values: which ones a variable or the caller alone receives. A variable's new value may be written in
 * place of its current one if that is uniquely owned at run time.
 */
import { sameShape } from '../core/shape';
import { shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { inputsOf, isFallible, type Graph } from '../graph/graph';
import type { LoweredNode, Storages } from './lowered';

/** The variable that alone receives a value. */
export interface Target {
  readonly variable: Variable;
  /** The symbolic tensor of its current value, if the function reads it. */
  readonly old: Tensor | null;
}

export class Updates {
  private readonly produced = new Set<Tensor>();
  private readonly current = new Map<Variable, Tensor>();
  private readonly targets = new Map<Tensor, Target>();
  /** Storages with several owners, or visible to JavaScript. */
  private readonly shared = new Set<Tensor>();
  private readonly results: Set<Tensor>;

  constructor(
    graph: Graph,
    private readonly storages: Storages,
  ) {
    this.results = new Set(graph.results.map((t) => storages.root(t)));
  }

  /** Registers the outputs of a segment's node. */
  produce(outputs: readonly Tensor[]): void {
    for (const t of outputs) if (this.storages.root(t) === t) this.produced.add(t);
  }

  read(variable: Variable, output: Tensor): void {
    this.current.set(variable, output);
  }

  assign(variable: Variable, value: Tensor): void {
    const root = this.storages.root(value);
    if (this.targets.has(root) || !sameShape(shapeOf(root), shapeOf(value))) this.shared.add(root);
    this.targets.set(root, { variable, old: this.current.get(variable) ?? null });
    this.current.set(variable, root);
  }

  /** Registers a use: a value that a variable already holds must not be overwritten by later updates. */
  use(t: Tensor): void {
    const root = this.storages.root(t);
    if (this.targets.has(root)) this.shared.add(root);
  }

  /** Registers a use by a host step. */
  shareWithHost(t: Tensor): void {
    this.shared.add(this.storages.root(t));
  }

  /** The variable that alone receives a value produced by a segment. */
  target(value: Tensor): Target | null {
    const root = this.storages.root(value);
    if (!this.produced.has(root) || this.shared.has(root) || this.results.has(root)) return null;
    return this.targets.get(root) ?? null;
  }

  /** Whether the caller may get the produced tensor itself instead of an alias. Called once for each result, in order. */
  claimResult(result: Tensor): boolean {
    const root = this.storages.root(result);
    if (!this.produced.has(root) || this.shared.has(root) || !sameShape(shapeOf(root), shapeOf(result)))
      return false;
    this.shared.add(root);
    return true;
  }

  /** The variable whose current value the output `root` of node `at` may overwrite; null if there is none. */
  over(
    root: Tensor,
    nodes: readonly LoweredNode[],
    at: number,
    escaping: ReadonlySet<Tensor>,
  ): Variable | null {
    const target = this.target(root);
    if (target === null || !target.variable.hasOneShape) return null;
    const { variable, old } = target;
    // If a later node fails, the assignment may not take effect.
    if (nodes.slice(at + 1).some(mayFail)) return null;
    if (old === null) return variable;
    if (escaping.has(old)) return null;
    for (let i = nodes.length - 1; i > at; i--) {
      if (inputsOf(nodes[i].node).some((t) => this.storages.locate(t).root === old)) return null;
    }
    const { node, over } = nodes[at];
    const reads = node.inputs.filter((t) => this.storages.locate(t).root === old);
    const allowed = (x: Tensor): boolean =>
      over === undefined ? false : over.some(([to, from]) => to === root && from === this.storages.root(x));
    return reads.every(allowed) ? variable : null;
  }
}

const mayFail = ({ node, scalars }: LoweredNode): boolean =>
  scalars?.fallible === true || isFallible(node.op, node.inputs);

/** Pairs of storages [output, input] of an op for which the output may be written in place of the input. */
export function overwrites(
  { op, inputs, outputs }: LoweredNode['node'],
  storages: Storages,
): (readonly [Tensor, Tensor])[] {
  if (op.inputOutputAliases !== undefined) {
    return op.inputOutputAliases.map(
      ([to, from]) => [storages.root(outputs[to]), storages.root(inputs[from])] as const,
    );
  }
  const kernel = op.tile;
  if (kernel === undefined || kernel.kind === 'reduce' || outputs.length !== 1) return [];
  const [out] = outputs;
  if (inputs.some((t) => t.size !== out.size && t.size !== 1)) return [];
  return inputs
    .filter((t) => t.size === out.size && t.dt === out.dt)
    .map((t) => [storages.root(out), storages.root(t)] as const);
}
