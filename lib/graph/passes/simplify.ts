/**
 * Puts something simpler in the place of ops, as their rows say (TracedOp.simpler): x·1, x/1, x − 0, −(−x), and whatever
 * moves nothing. All of it is the same bit for bit, zeros' signs and NaNs included, but that a signalling NaN stays one.
 */
import { withContext } from '../../core/context';
import type { OpCall, Surroundings } from '../../op/contract';
import { sameShape, scalarShape } from '../../core/shape';
import {
  pin,
  type Placeholder,
  placeholderOf,
  shapeOf,
  symbolicTensor,
  type Tensor,
  tensorFrom,
  viewOf,
} from '../../core/tensor';
import type { Graph, OpNode } from '../graph';
import { view } from '../trace';
import { enabled } from './enabled';
import { rewrite, type Replacement, type Rewriting } from './rewrite';

/** Larger constants are not looked through. */
const mostElements = 2 ** 22;

/** What a pass knows of the ops that it has gone through. */
export class Around implements Surroundings {
  private readonly makers = new Map<Tensor, OpNode>();
  private readonly values = new Map<Tensor, number | bigint | null>();
  private readonly scalars = new Map<Tensor, Tensor>();
  private readonly reals: Map<Tensor, Tensor>;
  so: Rewriting | null = null;

  constructor(graph: Graph) {
    this.reals = new Map(graph.constants.map((c) => [c.symbol, c.real]));
  }

  note(node: OpNode): void {
    for (const t of node.outputs) this.makers.set(t, node);
  }

  maker(t: Tensor): OpCall | null {
    return this.makers.get(t) ?? null;
  }

  uniform(t: Tensor): number | bigint | null {
    let value = this.values.get(t);
    if (value === undefined) {
      const real = this.reals.get(t);
      this.values.set(t, (value = real === undefined ? null : oneValue(real)));
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
      this.reals.set(symbol, real);
      (this.so as Rewriting).constants.push({ real, symbol, source: real });
    }
    return symbol;
  }
}

function oneValue(t: Tensor): number | bigint | null {
  if (t.size === 0 || t.size > mostElements || t.isDisposed) return null;
  const elements = viewOf(t);
  const [first] = elements;
  for (const x of elements) if (!Object.is(x, first)) return null;
  return Number.isNaN(first) ? null : first;
}

export function simplify(graph: Graph): Graph {
  return enabled('simplify') ? put(graph, 'simpler') : graph;
}

/**
 * The same, where sums of floats are taken in another order (TracedOp.regrouped): a transpose that the matrix product does
 * itself. The results differ by roundings, within what the ops promise anyway.
 */
export function regroup(graph: Graph): Graph {
  return enabled('regroup') ? put(graph, 'regrouped') : graph;
}

function put(graph: Graph, rule: 'simpler' | 'regrouped'): Graph {
  const around = new Around(graph);
  return rewrite(graph, (node, so) => {
    around.so = so;
    const found = simplest(node, rule, around);
    if (found === null || 'kind' in found) around.note(found ?? node);
    return found;
  });
}

function simplest(node: OpNode, rule: 'simpler' | 'regrouped', around: Around): Replacement | null {
  const [out] = node.outputs;
  let call: OpCall = node;
  for (;;) {
    const found: Tensor | OpCall | null =
      rule === 'simpler' && call.op.execute === 'view'
        ? plainView(call, out, around)
        : (call.op[rule]?.(call, around, out) ?? null);
    if (found === null) break;
    if ('id' in found) {
      if (sameShape(shapeOf(found), shapeOf(out))) return [found];
      call = { op: view, inputs: [found], attrs: null };
    } else {
      call = found;
    }
  }
  return call === node ? null : { ...call, kind: 'op', outputs: node.outputs, pending: node.pending };
}

/** A view of what a view shows. */
function plainView(call: OpCall, out: Tensor, around: Around): Tensor | OpCall | null {
  const [x] = call.inputs;
  if (sameShape(shapeOf(x), shapeOf(out))) return x;
  const maker = around.maker(x);
  if (maker?.op.execute !== 'view') return null;
  return { op: view, inputs: [maker.inputs[0]], attrs: null };
}
