/** Goes through a graph again, so that tapes can see what its ops do. */
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import type { Graph, Node } from './graph';
import type { Trace } from './trace';

export interface Replayed {
  readonly results: readonly Tensor[];
  /** What stands for the values of variables where the graph reads them. */
  readonly reads: readonly { readonly node: Node; readonly output: Tensor }[];
}

/** Notes the graph's nodes in `trace`, over other parameters. Whatever records sees the ops. */
export function replay(graph: Graph, trace: Trace, parameters: readonly Tensor[]): Replayed {
  const map = new Map<Tensor, Tensor>();
  graph.parameters.forEach((p, i) => map.set(p, parameters[i]));
  for (const constant of graph.constants) {
    trace.adopt(constant);
    map.set(constant.symbol, constant.real);
  }
  const reads: { node: Node; output: Tensor }[] = [];
  const at = (t: Tensor): Tensor => map.get(t) ?? t;
  for (const node of graph.nodes) {
    switch (node.kind) {
      case 'op': {
        const inputs = node.inputs.map(at);
        const outputs = trace.emit(node.op, inputs, node.attrs, node.outputs);
        if (scope.recorder !== null) scope.recorder.record(node.op, inputs, node.attrs, outputs);
        node.outputs.forEach((t, i) => map.set(t, outputs[i]));
        break;
      }
      case 'host': {
        const inputs = node.inputs.map(at);
        const recorded = scope.recorder === null ? undefined : node.record;
        const outputs = recorded === undefined ? trace.again(node, inputs) : recorded(inputs);
        node.outputs.forEach((t, i) => map.set(t, outputs[i]));
        break;
      }
      case 'read': {
        const output = trace.readAgain(node.variable, node.output);
        map.set(node.output, output);
        reads.push({ node, output });
        break;
      }
      default:
        trace.assignAgain(node.variable, at(node.value));
    }
  }
  return { results: graph.results.map(at), reads };
}
