/**
 * Copies a graph into a trace. `inline` copies it into a function that calls it: reads and assignments of variables become those of
 * the caller, which sees its own earlier assignments. `replay` copies it into a trace of its own, such as that of its derivative:
 * reads and assignments stay the graph's nodes.
 */
import { context } from '../core/context';
import { specOf, type Tensor } from '../core/tensor';
import type { Variable } from '../core/variable';
import { mapPending, type Graph, type HostNode, type OpNode, type ReadNode } from './graph';
import { reread, type Trace } from './trace';

/** The copies of nodes that depend on how the graph is copied. */
interface Copier {
  /** A host step that is not recorded. */
  host(node: HostNode, inputs: readonly Tensor[]): readonly Tensor[];
  read(node: ReadNode): Tensor;
  /** Registers the copy of a later read of a variable that is a parameter. */
  reread(variable: Variable, output: Tensor): void;
  assign(variable: Variable, value: Tensor): void;
}

/**
 * Copies the nodes of a graph in order. `copies` maps the graph's tensors to those of the trace, and is extended. Tapes record
 * the copies of ops and host steps.
 */
function copyNodes(graph: Graph, trace: Trace, copies: Map<Tensor, Tensor>, copier: Copier): void {
  const copyOf = (t: Tensor): Tensor => copies.get(t) ?? t;
  const copyOp = ({ op, attrs, outputs }: OpNode, inputs: readonly Tensor[]): readonly Tensor[] => {
    const copied = trace.emit(op, inputs, attrs, outputs.map(specOf));
    if (op === reread) copier.reread(attrs as Variable, copied[0]);
    else context.recorder?.record(op, inputs, attrs, copied);
    return copied;
  };
  const copyHost = (node: HostNode, inputs: readonly Tensor[]): readonly Tensor[] =>
    context.recorder === null || node.record === undefined ? copier.host(node, inputs) : node.record(inputs);
  for (const node of graph.nodes) {
    if (node.kind === 'read') {
      copies.set(node.output, copier.read(node));
    } else if (node.kind === 'assign') {
      copier.assign(node.variable, copyOf(node.value));
    } else {
      const inputs = node.inputs.map(copyOf);
      const outputs = trace.withPending(mapPending(node.pending, copyOf), () =>
        node.kind === 'op' ? copyOp(node, inputs) : copyHost(node, inputs),
      );
      node.outputs.forEach((t, i) => copies.set(t, outputs[i]));
    }
  }
}

/**
 * Inlines a compiled function, applied to these arguments, into the trace of its caller; returns the results. The copied reads
 * and assignments act on the variables as the calling function sees them.
 */
export function inline(trace: Trace, graph: Graph, args: readonly Tensor[]): Tensor[] {
  const copies = new Map<Tensor, Tensor>();
  graph.parameters.forEach((t, i) => copies.set(t, args[i]));
  // The original tensors, whose ids tapes know.
  for (const { symbol, source, real } of graph.constants)
    copies.set(symbol, source.isDisposed ? real : source);
  copyNodes(graph, trace, copies, {
    host: (node, inputs) => inlineHost(trace, node, inputs),
    read: ({ variable }) => variable.operand(),
    reread: (variable, output) => context.recorder?.readVariable(variable, output),
    assign: (variable, value) => {
      variable.assignTensor(value);
    },
  });
  return graph.results.map((t) => copies.get(t) ?? t);
}

function inlineHost(trace: Trace, node: HostNode, inputs: readonly Tensor[]): readonly Tensor[] {
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

export interface Replayed {
  readonly results: readonly Tensor[];
  /** The symbolic tensors of the graph's reads of variables. */
  readonly reads: readonly { readonly variable: Variable; readonly output: Tensor }[];
  /** The parameters in `trace` that are values of variables. */
  readonly variables: ReadonlyMap<Variable, Tensor>;
}

/**
 * Copies a graph, applied to other parameters, so that active tapes record it. Its reads and assignments stay nodes: the copy
 * reads and assigns the variables when it runs.
 */
export function replay(graph: Graph, trace: Trace, parameters: readonly Tensor[]): Replayed {
  const copies = new Map<Tensor, Tensor>();
  const copyOf = (t: Tensor): Tensor => copies.get(t) ?? t;
  graph.parameters.forEach((p, i) => copies.set(p, parameters[i]));
  for (const constant of graph.constants) {
    trace.adopt(constant);
    copies.set(constant.symbol, constant.real);
  }
  const reads: { variable: Variable; output: Tensor }[] = [];
  copyNodes(graph, trace, copies, {
    host: (node, inputs) => trace.copyHost(node, inputs),
    read: ({ variable, output: source }) => {
      const output = trace.copyRead(variable, source);
      reads.push({ variable, output });
      return output;
    },
    reread: (variable, output) => {
      reads.push({ variable, output });
      trace.onRead?.(output);
    },
    assign: (variable, value) => {
      trace.copyAssign(variable, value);
    },
  });
  for (const [a, b] of graph.substitutions ?? []) copies.set(a, copyOf(b));
  trace.substitutions = copies;
  const variables = new Map([...(graph.variables ?? [])].map(([v, t]) => [v, copyOf(t)]));
  return { results: graph.results.map(copyOf), reads, variables };
}
