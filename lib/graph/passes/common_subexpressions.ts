/** Computes once what is written several times. */
import { shapeOf, type Tensor } from '../../core/tensor';
import type { Graph, OpNode } from '../graph';
import { enabled } from './enabled';
import { rewrite } from './rewrite';

/**
 * Ops with the same inputs and attributes give the same results: rows are pure, and each read of a variable is a tensor of
 * its own. Operands that commute are not put in order, since the payload of a NaN depends on it.
 */
export function commonSubexpressions(graph: Graph): Graph {
  if (!enabled('commonSubexpressions')) return graph;
  const numbers = new Map<unknown, number>();
  const numberOf = (o: unknown): string => {
    let n = numbers.get(o);
    if (n === undefined) numbers.set(o, (n = numbers.size));
    return `#${n}`;
  };
  const known = new Map<string, readonly Tensor[]>();
  return rewrite(graph, (node) => {
    const key = keyOf(node, numberOf);
    const first = known.get(key);
    if (first === undefined) known.set(key, node.outputs);
    return first ?? null;
  });
}

function keyOf({ op, inputs, attrs, outputs }: OpNode, numberOf: (o: unknown) => string): string {
  const from = inputs.map((t) => t.id).join();
  // Whatever a view is called, it is told by its shape.
  if (op.execute === 'view') return `view ${from} ${shapeOf(outputs[0]).join()}`;
  const to = outputs.map((t) => `${t.dt.code}[${shapeOf(t).join()}]`).join();
  return `${numberOf(op)} ${from} ${to} ${describe(attrs, numberOf)}`;
}

/** Attributes by value: lists, plain objects and what is written as a literal; all else by identity. */
function describe(value: unknown, numberOf: (o: unknown) => string): string {
  switch (typeof value) {
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'string':
      return JSON.stringify(value);
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map((v) => describe(v, numberOf)).join()}]`;
      if (Object.getPrototypeOf(value) !== Object.prototype) return numberOf(value);
      const entries = Object.entries(value).map(([k, v]) => `${k}:${describe(v, numberOf)}`);
      return `{${entries.join()}}`;
    }
    case 'function':
    case 'symbol':
      return numberOf(value);
    default:
      return String(value);
  }
}
