/** Graphs for the tests of single passes. */
import * as tf from 'gradtape';
import { shapeOf, type Tensor } from '../../../lib/core/tensor';
import { compile } from '../../../lib/compile/compile';
import type { Graph } from '../../../lib/graph/graph';
import { outputsOf } from '../../../lib/graph/graph';
import { deadCode } from '../../../lib/graph/passes/dead_code';
import { Trace } from '../../../lib/graph/trace';
import { bytesOf } from '../../helpers/threads';

export type F = (...x: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

const flat = (r: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(r) ? r : [r]);

export function graphOf(f: F, args: readonly tf.Tensor[]): Graph {
  const trace = new Trace('f');
  const parameters = args.map((t) => trace.symbol(t.dt, shapeOf(t)));
  return trace.run(
    () => flat(f(...parameters)),
    (r) => r,
    parameters,
  ).graph;
}

/** What the graph does, in order. */
export const namesOf = (graph: Graph): string[] =>
  graph.nodes.map((n) => (n.kind === 'op' ? n.op.name : n.kind));

/** What a pass leaves of a function, and that it gives the same bit for bit. */
export function leaves(pass: (graph: Graph) => Graph, f: F, ...args: readonly tf.Tensor[]): string[] {
  const graph = graphOf(f, args);
  const before = JSON.stringify(namesOf(graph));
  const after = deadCode(pass(graph));
  expect(JSON.stringify(namesOf(graph))).toBe(before);
  expect(namesOf(deadCode(pass(graph)))).toEqual(namesOf(after));
  const known = new Set<Tensor>([...after.parameters, ...after.constants.map((c) => c.symbol)]);
  for (const node of after.nodes) for (const t of outputsOf(node)) known.add(t);
  for (const t of after.results) expect(known.has(t)).toBe(true);
  const want = flat(f(...args));
  const got = compile(after).run(args);
  want.forEach((w, i) => {
    expect([got[i].dtype, got[i].shape]).toEqual([w.dtype, w.shape]);
    if (!bytesOf(got[i]).equals(bytesOf(w))) expect(got[i].repr()).toBe(w.repr());
    expect(bytesOf(got[i]).equals(bytesOf(w))).toBe(true);
  });
  return namesOf(after);
}

/** Elements at which rules about numbers break. */
export const special = tf.constant([0, -0, NaN, Infinity, -Infinity, 1e-45, -1e-45, 1.5, -3.4e38, 16777217]);
