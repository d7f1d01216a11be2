/** Replays a graph in another trace, so that tapes record its ops. */
import { context } from '../core/context';
import { specOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { mapPending, type Graph } from './graph';
import { reread, type Trace } from './trace';

export interface Replayed {
  readonly results: readonly Tensor[];
  /** The symbolic tensors of the graph's reads of variables. */
  readonly reads: readonly { readonly variable: Variable; readonly output: Tensor }[];
  /** The parameters in `trace` that are values of variables. */
  readonly variables: ReadonlyMap<Variable, Tensor>;
}

/** Copies the graph's nodes to `trace`, applied to other parameters. Active recorders record the ops. */
export function replay(graph: Graph, trace: Trace, parameters: readonly Tensor[]): Replayed {
  const copies = new Map<Tensor, Tensor>();
  graph.parameters.forEach((p, i) => copies.set(p, parameters[i]));
  for (const constant of graph.constants) {
    trace.adopt(constant);
    copies.set(constant.symbol, constant.real);
  }
  const reads: { variable: Variable; output: Tensor }[] = [];
  const copyOf = (t: Tensor): Tensor => copies.get(t) ?? t;
  for (const node of graph.nodes) {
    switch (node.kind) {
      case 'op': {
        const inputs = node.inputs.map(copyOf);
        const outputs = trace.withPending(mapPending(node.pending, copyOf), () =>
          trace.emit(node.op, inputs, node.attrs, node.outputs.map(specOf)),
        );
        if (node.op === reread) {
          reads.push({ variable: node.attrs as Variable, output: outputs[0] });
          trace.onRead?.(outputs[0]);
        } else if (context.recorder !== null) context.recorder.record(node.op, inputs, node.attrs, outputs);
        node.outputs.forEach((t, i) => copies.set(t, outputs[i]));
        break;
      }
      case 'host': {
        const inputs = node.inputs.map(copyOf);
        const recorded = context.recorder === null ? undefined : node.record;
        const outputs = trace.withPending(mapPending(node.pending, copyOf), () =>
          recorded === undefined ? trace.copyHost(node, inputs) : recorded(inputs),
        );
        node.outputs.forEach((t, i) => copies.set(t, outputs[i]));
        break;
      }
      case 'read': {
        const output = trace.copyRead(node.variable, node.output);
        copies.set(node.output, output);
        reads.push({ variable: node.variable, output });
        break;
      }
      default:
        trace.copyAssign(node.variable, copyOf(node.value));
    }
  }
  for (const [a, b] of graph.substitutions ?? []) copies.set(a, copyOf(b));
  trace.substitutions = copies;
  const variables = new Map([...(graph.variables ?? [])].map(([v, t]) => [v, copyOf(t)]));
  return { results: graph.results.map(copyOf), reads, variables };
}
