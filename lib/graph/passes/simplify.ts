/**
 * Two passes that apply the rewrite rules of op definitions to the ops of a graph: `simplify` the exact rules
 * (OpTraits.exactRewrite), `regroup` the reassociating ones. Exact rules replace, for example, x·1, x/1, x − 0, −(−x) and a copy of
 * all of x by x. Results are the same bit for bit, signs of zeros and NaNs included, with one exception: arithmetic such as x·1
 * turns a signalling NaN into a quiet one, and the x that replaces it is still signalling.
 */
import type { OpCall } from '../../op/contract';
import { sameShape } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import type { Graph, OpNode } from '../graph';
import { view } from '../trace';
import { GraphContext, rewrite, type Replacement } from './rewrite';

export function simplify(graph: Graph): Graph {
  return applyRules(graph, 'exactRewrite');
}

/**
 * Applies the reassociating rewrites (OpTraits.reassociatingRewrite), such as a transpose that a matrix product absorbs. They change
 * the order of float sums: results differ by rounding, within the error bounds of the ops.
 */
export function regroup(graph: Graph): Graph {
  return applyRules(graph, 'reassociatingRewrite');
}

function applyRules(graph: Graph, rule: 'exactRewrite' | 'reassociatingRewrite'): Graph {
  const context = new GraphContext(graph);
  return rewrite(graph, (node, output) => {
    context.output = output;
    const replacement = rewriteFully(node, rule, context);
    if (replacement === null || 'kind' in replacement) context.add(replacement ?? node);
    return replacement;
  });
}

/** Applies the rules of a node, then those of its replacement, and so on. */
function rewriteFully(
  node: OpNode,
  rule: 'exactRewrite' | 'reassociatingRewrite',
  context: GraphContext,
): Replacement | null {
  const [out] = node.outputs;
  let call: OpCall = node;
  for (;;) {
    const replacement: Tensor | OpCall | null =
      rule === 'exactRewrite' && call.op.execute === 'view'
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
