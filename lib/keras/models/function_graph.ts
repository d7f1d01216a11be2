/** The operations between symbolic inputs and outputs, in the order in which they run. */
import { InvalidArgumentError } from '../../core/errors';
import { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import {
  kerasTensorsIn,
  nodeOf,
  replaceKerasTensors,
  type KerasTensor,
  type CallNode,
  type Operation,
} from '../symbolic/keras_tensor';

const isInput = (node: CallNode): boolean => node.inputs.length === 0;

/** The nodes from inputs to outputs, each after those that it needs, and the operations in the order of the walk. */
function sortNodes(inputs: ReadonlySet<KerasTensor>, outputs: readonly KerasTensor[]) {
  const order = new Map<Operation, number>();
  const nodes: CallNode[] = [];
  const finished = new Set<CallNode>();
  const visit = (t: KerasTensor): void => {
    const node = nodeOf(t);
    if (finished.has(node)) return;
    finished.add(node);
    if (!isInput(node) && inputs.has(t)) return;
    if (!order.has(node.operation)) order.set(node.operation, order.size);
    for (const input of node.inputs) visit(input);
    nodes.push(node);
  };
  for (const t of outputs) visit(t);
  return { nodes, order };
}

/** Adds to the depth of each node and operation: the number of calls between it and the outputs. */
function depths(nodes: readonly CallNode[]) {
  const ofNode = new Map<CallNode, number>();
  const ofOperation = new Map<Operation, number>();
  const inGraph = new Set(nodes);
  for (const node of [...nodes].reverse()) {
    const depth = Math.max(ofNode.get(node) ?? 0, ofOperation.get(node.operation) ?? 0);
    ofOperation.set(node.operation, depth);
    ofNode.set(node, depth);
    for (const parent of node.parents())
      if (inGraph.has(parent)) ofNode.set(parent, Math.max(depth + 1, ofNode.get(parent) ?? 0));
  }
  return { ofNode, ofOperation };
}

/** A result in the dtype of its symbolic tensor: encoded categories are integers where a model has floats. */
function asDeclared(result: unknown, { dtype }: KerasTensor): unknown {
  const isCounted = result instanceof Tensor && result.dt.kind === 'int' && /float/.test(dtype);
  return isCounted ? cast(result, dtype) : result;
}

/** The graph of a functional model, ordered as Keras orders it: by depth, then by the walk from the outputs. */
export class FunctionGraph {
  readonly inputs: readonly KerasTensor[];
  readonly outputs: readonly KerasTensor[];
  /** In the order in which they run. */
  readonly nodes: readonly CallNode[];
  readonly operations: readonly Operation[];
  /** The number of calls between a node and the outputs. */
  readonly depths: ReadonlyMap<CallNode, number>;

  constructor(
    readonly inputStructure: unknown,
    readonly outputStructure: unknown,
    name: string,
  ) {
    this.inputs = kerasTensorsIn(inputStructure);
    this.outputs = kerasTensorsIn(outputStructure);
    const given = new Set(this.inputs);
    const { nodes, order } = sortNodes(given, this.outputs);
    const { ofNode, ofOperation } = depths(nodes);
    for (const t of this.inputs) {
      const node = nodeOf(t);
      if (ofOperation.has(node.operation) || !isInput(node)) continue;
      ofOperation.set(node.operation, 0);
      order.set(node.operation, -1);
      ofNode.set(node, 0);
    }
    const byDepth = <T>(map: ReadonlyMap<T, number>, rank: (key: T) => number): T[] =>
      [...map.keys()].sort((a, b) => (map.get(b) ?? 0) - (map.get(a) ?? 0) || rank(a) - rank(b));
    this.depths = ofNode;
    this.nodes = byDepth(ofNode, () => 0);
    this.operations = byDepth(ofOperation, (operation) => order.get(operation) ?? 0);
    this.check(given, name);
  }

  private check(given: ReadonlySet<KerasTensor>, name: string): void {
    const known = new Set(given);
    for (const node of this.nodes) {
      for (const t of node.inputs) {
        if (known.has(t)) continue;
        throw new InvalidArgumentError(
          `[${name}] Graph disconnected: cannot find parent for tensor ${t.toString()} at operation ` +
            `'${node.operation.name}'. Is it, or the input that it comes from, among the model's inputs?`,
        );
      }
      for (const t of node.outputTensors) known.add(t);
    }
    const names = new Set<string>();
    for (const operation of this.operations) {
      if (names.has(operation.name))
        throw new InvalidArgumentError(
          `[${name}] The name "${operation.name}" is used several times in the model. All operation names should be unique.`,
        );
      names.add(operation.name);
    }
  }

  /** Calls the operations; `values` are those of the inputs, `invoke` calls one. */
  run(
    values: readonly unknown[],
    invoke: (node: CallNode, args: readonly unknown[]) => unknown,
    flatten: (outputs: unknown) => readonly unknown[],
  ): unknown {
    const found = new Map<KerasTensor, unknown>();
    this.inputs.forEach((t, i) => found.set(t, values[i]));
    for (const node of this.nodes) {
      if (isInput(node) || node.outputTensors.every((t) => found.has(t))) continue;
      const args = node.args.map((arg) => replaceKerasTensors(arg, (t) => found.get(t)));
      const outputs = flatten(invoke(node, args));
      node.outputTensors.forEach((t, i) => found.set(t, asDeclared(outputs[i], t)));
    }
    return replaceKerasTensors(this.outputStructure, (t) => found.get(t));
  }
}
