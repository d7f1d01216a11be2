/**
 * Ownership: which results of segments have a single owner after the run, one variable or the caller. The owner gets the tensor
 * itself; a value with several owners is handed out as aliases, tensors that share its storage. A result that one variable owns
 * may also be written into the storage of the variable's current value (an in-place update), if no other tensor shares that
 * storage at run time.
 */
import { sameShape } from '../core/shape';
import { shapeOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import type { Graph } from '../graph/graph';
import type { LoweredNode } from './lower';
import type { Storages } from './memory_plan';

/** The variable that alone receives a value. */
interface Target {
  readonly variable: Variable;
  /** The symbolic tensor of the variable's value before; null if the function does not read that. */
  readonly old: Tensor | null;
}

/** Learns of a program's nodes in order; then answers who owns a value. Values are identified by the roots of their storages. */
export class Ownership {
  /** Values that segments compute. */
  private readonly produced = new Set<Tensor>();
  /** The values that variables hold at this point of the program. */
  private readonly current = new Map<Variable, Tensor>();
  /** For each assigned value, the variable that last received it. */
  private readonly targets = new Map<Tensor, Target>();
  /** Values with several owners, or visible to JavaScript. */
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

  /** Whether the caller owns a result alone, so that it gets the tensor itself and no alias. Call once for each result, in order. */
  claimResult(result: Tensor): boolean {
    const root = this.storages.root(result);
    if (!this.produced.has(root) || this.shared.has(root) || !sameShape(shapeOf(root), shapeOf(result)))
      return false;
    this.shared.add(root);
    return true;
  }

  /**
   * The variable whose current value the output `root` of the node at `at` in a segment may overwrite; null if there is none.
   * `lastUse`: the last node of the segment that reads or writes each storage.
   */
  overwritable(
    root: Tensor,
    { node, inputOutputAliases }: LoweredNode,
    at: number,
    escaping: ReadonlySet<Tensor>,
    lastUse: ReadonlyMap<Tensor, number>,
  ): Variable | null {
    const target = this.target(root);
    if (target === null || !target.variable.hasOneShape) return null;
    const { variable, old } = target;
    if (old === null) return variable;
    if (escaping.has(old) || (lastUse.get(old) ?? at) > at) return null;
    const reads = node.inputs.filter((t) => this.storages.locate(t).root === old);
    const allowed = (x: Tensor): boolean =>
      inputOutputAliases.some(([to, from]) => to === root && from === this.storages.root(x));
    return reads.every(allowed) ? variable : null;
  }
}
