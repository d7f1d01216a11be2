/** Inlines the graph of a compiled function into the trace of its caller. */
import { context } from '../core/context';
import { specOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { mapPending, type Graph, type HostNode, type OpNode } from './graph';
import { reread, type Trace } from './trace';

/** Copies the nodes of a graph, applied to these arguments, into the trace; returns the results. */
export function inline(trace: Trace, graph: Graph, args: readonly Tensor[]): Tensor[] {
  const copies = new Map<Tensor, Tensor>();
  const copyOf = (t: Tensor): Tensor => copies.get(t) ?? t;
  graph.parameters.forEach((t, i) => copies.set(t, args[i]));
  // The original tensors, whose ids tapes know.
  for (const { symbol, source, real } of graph.constants)
    copies.set(symbol, source.isDisposed ? real : source);
  for (const node of graph.nodes) {
    if (node.kind === 'read') {
      copies.set(node.output, node.variable.operand());
    } else if (node.kind === 'assign') {
      node.variable.assignTensor(copyOf(node.value));
    } else {
      const inputs = node.inputs.map(copyOf);
      const outputs = trace.withPending(mapPending(node.pending, copyOf), () =>
        node.kind === 'op' ? copyOp(trace, node, inputs) : copyHost(trace, node, inputs),
      );
      node.outputs.forEach((t, i) => copies.set(t, outputs[i]));
    }
  }
  return graph.results.map(copyOf);
}

function copyOp(trace: Trace, { op, attrs, outputs }: OpNode, inputs: readonly Tensor[]): Tensor[] {
  const { recorder } = context;
  const copied = trace.emit(op, inputs, attrs, outputs.map(specOf));
  if (op === reread) recorder?.readVariable(attrs as Variable, copied[0]);
  else recorder?.record(op, inputs, attrs, copied);
  return copied;
}

function copyHost(trace: Trace, node: HostNode, inputs: readonly Tensor[]): readonly Tensor[] {
  const { recorder } = context;
  if (recorder !== null && node.record !== undefined) return node.record(inputs);
  if (node.guarded !== undefined) {
    trace.restoreVariables(true);
    trace.addGuardedBranches(node.name, inputs, node.guarded);
    return [];
  }
  const outputs = node.outputs.map(specOf);
  if (node.scalarOp !== undefined)
    return trace.emitWithScalars(node.scalarOp.op, inputs, outputs, node.scalarOp.scalars);
  return trace.host({ ...node, inputs, outputs });
}
