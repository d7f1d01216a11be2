/**
 * Applies the exact rewrites of op definitions (TracedOp.simpler): x·1, x/1, x − 0, −(−x), and copies that move nothing.
 * Results are the same bit for bit, signs of zeros and NaNs included; only a signalling NaN is not quieted.
 */
import { withContext } from '../../core/context';
import type { OpCall, RewriteContext } from '../../op/contract';
import { sameShape, scalarShape } from '../../core/shape';
import {
  pin,
  type Placeholder,
  placeholderOf,
  shapeOf,
  symbolicTensor,
  type Tensor,
  tensorFrom,
  valuesOf,
} from '../../core/tensor';
import type { Graph, OpNode } from '../graph';
import { view } from '../trace';
import { enabled } from './enabled';
import { rewrite, type Replacement, type RewriteOutput } from './rewrite';

/** Constants with more elements are not scanned. */
const maxScanned = 2 ** 22;

/** The rewrite context over the ops that a pass has visited. */
export class GraphContext implements RewriteContext {
  private readonly producers = new Map<Tensor, OpNode>();
  private readonly values = new Map<Tensor, number | bigint | null>();
  private readonly scalars = new Map<Tensor, Tensor>();
  private readonly constants: Map<Tensor, Tensor>;
  output: RewriteOutput | null = null;

  constructor(graph: Graph) {
    this.constants = new Map(graph.constants.map((c) => [c.symbol, c.real]));
  }

  add(node: OpNode): void {
    for (const t of node.outputs) this.producers.set(t, node);
  }

  producer(t: Tensor): OpCall | null {
    return this.producers.get(t) ?? null;
  }

  uniform(t: Tensor): number | bigint | null {
    let value = this.values.get(t);
    if (value === undefined) {
      const real = this.constants.get(t);
      this.values.set(t, (value = real === undefined ? null : uniformValue(real)));
    }
    return value;
  }

  scalar(t: Tensor): Tensor {
    let symbol = this.scalars.get(t);
    if (symbol === undefined) {
      const real = withContext({ tidy: null }, () =>
        tensorFrom(t.dt, scalarShape, [this.uniform(t) as number | bigint]),
      );
      pin(real);
      symbol = symbolicTensor(t.dt, scalarShape, placeholderOf(t) as Placeholder);
      this.scalars.set(t, symbol);
      this.constants.set(symbol, real);
      (this.output as RewriteOutput).constants.push({ real, symbol, source: real });
    }
    return symbol;
  }
}

function uniformValue(t: Tensor): number | bigint | null {
  if (t.size === 0 || t.size > maxScanned || t.isDisposed) return null;
  const elements = valuesOf(t);
  const [first] = elements;
  for (const x of elements) if (!Object.is(x, first)) return null;
  return Number.isNaN(first) ? null : first;
}

export function simplify(graph: Graph): Graph {
  return enabled('simplify') ? applyRule(graph, 'simpler') : graph;
}

/**
 * Applies the reassociating rewrites (TracedOp.regrouped), such as a transpose that a matrix product absorbs. They change
 * the order of float sums: results differ by rounding, within the error bounds of the ops.
 */
export function regroup(graph: Graph): Graph {
  return enabled('regroup') ? applyRule(graph, 'regrouped') : graph;
}

function applyRule(graph: Graph, rule: 'simpler' | 'regrouped'): Graph {
  const context = new GraphContext(graph);
  return rewrite(graph, (node, output) => {
    context.output = output;
    const replacement = rewriteFully(node, rule, context);
    if (replacement === null || 'kind' in replacement) context.add(replacement ?? node);
    return replacement;
  });
}

function rewriteFully(
  node: OpNode,
  rule: 'simpler' | 'regrouped',
  context: GraphContext,
): Replacement | null {
  const [out] = node.outputs;
  let call: OpCall = node;
  for (;;) {
    const replacement: Tensor | OpCall | null =
      rule === 'simpler' && call.op.execute === 'view'
        ? simplifyView(call, out, context)
        : (call.op[rule]?.(call, context, out) ?? null);
    if (replacement === null) break;
    if ('id' in replacement) {
      if (sameShape(shapeOf(replacement), shapeOf(out))) return [replacement];
      call = { op: view, inputs: [replacement], attrs: null };
    } else {
      call = replacement;
    }
  }
  return call === node ? null : { ...call, kind: 'op', outputs: node.outputs, pending: node.pending };
}

/** Removes views that keep the shape, and composes views of views. */
function simplifyView(call: OpCall, out: Tensor, context: GraphContext): Tensor | OpCall | null {
  const [x] = call.inputs;
  if (sameShape(shapeOf(x), shapeOf(out))) return x;
  const producer = context.producer(x);
  if (producer?.op.execute !== 'view') return null;
  return { op: view, inputs: [producer.inputs[0]], attrs: null };
}
