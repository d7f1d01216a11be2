/** Common subexpression elimination. */
import { shapeOf, type Tensor } from '../../core/tensor';
import type { Graph, OpNode } from '../graph';
import { rewrite } from './rewrite';

/**
 * Ops with equal inputs and attributes have equal results, because ops are pure and each read of a variable has a tensor of
 * its own. Operands of commutative ops are not sorted, since the payload of a NaN depends on their order.
 */
export function commonSubexpressions(graph: Graph): Graph {
  const identities = new Map<unknown, number>();
  const identityOf = (o: unknown): string => {
    let n = identities.get(o);
    if (n === undefined) identities.set(o, (n = identities.size));
    return `#${n}`;
  };
  const computed = new Map<string, readonly Tensor[]>();
  return rewrite(graph, (node) => {
    const key = keyOf(node, identityOf);
    const first = computed.get(key);
    if (first === undefined) computed.set(key, node.outputs);
    return first ?? null;
  });
}

function keyOf({ op, inputs, attrs, outputs }: OpNode, identityOf: (o: unknown) => string): string {
  const from = inputs.map((t) => t.id).join();
  // Views of different ops are equal if their shapes are.
  if (op.execute === 'view') return `view ${from} ${shapeOf(outputs[0]).join()}`;
  const to = outputs.map((t) => `${t.dt.code}[${shapeOf(t).join()}]`).join();
  return `${identityOf(op)} ${from} ${to} ${describe(attrs, identityOf)}`;
}

/** A key for attributes: arrays, plain objects and primitives by value; other objects by identity. */
function describe(value: unknown, identityOf: (o: unknown) => string): string {
  switch (typeof value) {
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'string':
      return JSON.stringify(value);
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map((v) => describe(v, identityOf)).join()}]`;
      if (Object.getPrototypeOf(value) !== Object.prototype) return identityOf(value);
      const entries = Object.entries(value).map(([k, v]) => `${k}:${describe(v, identityOf)}`);
      return `{${entries.join()}}`;
    }
    case 'function':
    case 'symbol':
      return identityOf(value);
    default:
      return String(value);
  }
}
