/** Goes through a graph again, so that tapes can see what its ops do. */
import { context } from '../core/context';
import { specOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { mapPending, type Graph } from './graph';
import { reread, type Trace } from './trace';

export interface Replayed {
  readonly results: readonly Tensor[];
  /** What stands for the values of variables where the graph reads them. */
  readonly reads: readonly { readonly variable: Variable; readonly output: Tensor }[];
  /** The graph's parameters that are the values of variables, as those that took their places. */
  readonly variables: ReadonlyMap<Variable, Tensor>;
}

/** Notes the graph's nodes in `trace`, over other parameters. Whatever records sees the ops. */
export function replay(graph: Graph, trace: Trace, parameters: readonly Tensor[]): Replayed {
  const map = new Map<Tensor, Tensor>();
  graph.parameters.forEach((p, i) => map.set(p, parameters[i]));
  for (const constant of graph.constants) {
    trace.adopt(constant);
    map.set(constant.symbol, constant.real);
  }
  const reads: { variable: Variable; output: Tensor }[] = [];
  const at = (t: Tensor): Tensor => map.get(t) ?? t;
  for (const node of graph.nodes) {
    switch (node.kind) {
      case 'op': {
        const inputs = node.inputs.map(at);
        const outputs = trace.behind(mapPending(node.pending, at), () =>
          trace.emit(node.op, inputs, node.attrs, node.outputs.map(specOf)),
        );
        if (node.op === reread) {
          reads.push({ variable: node.attrs as Variable, output: outputs[0] });
          trace.onRead?.(outputs[0]);
        } else if (context.recorder !== null) context.recorder.record(node.op, inputs, node.attrs, outputs);
        node.outputs.forEach((t, i) => map.set(t, outputs[i]));
        break;
      }
      case 'host': {
        const inputs = node.inputs.map(at);
        const recorded = context.recorder === null ? undefined : node.record;
        const outputs = trace.behind(mapPending(node.pending, at), () =>
          recorded === undefined ? trace.again(node, inputs) : recorded(inputs),
        );
        node.outputs.forEach((t, i) => map.set(t, outputs[i]));
        break;
      }
      case 'read': {
        const output = trace.readAgain(node.variable, node.output);
        map.set(node.output, output);
        reads.push({ variable: node.variable, output });
        break;
      }
      default:
        trace.assignAgain(node.variable, at(node.value));
    }
  }
  for (const [a, b] of graph.meanings ?? []) map.set(a, at(b));
  trace.meanings = map;
  const variables = new Map([...(graph.variables ?? [])].map(([v, t]) => [v, at(t)]));
  return { results: graph.results.map(at), reads, variables };
}
