/** The optimization pipeline over graphs: the passes, each a pure function from graph to graph, their names, and their order. */
import type { Graph } from '../graph';
import { activations } from './activations';
import { commonSubexpressions } from './common_subexpressions';
import { deadCode, unreadResults } from './dead_code';
import { epilogues } from './epilogues';
import { foldConstants } from './fold_constants';
import { layout } from './layout';
import { regroup, simplify } from './simplify';

const graphPasses = {
  foldConstants,
  simplify,
  regroup,
  commonSubexpressions,
  deadCode,
  activations,
  layout: (graph: Graph): Graph => layout(graph, enabled('regroup')),
  epilogues,
  unreadResults,
};
/** Those of lib/compile. */
const compilerPasses = ['blocks', 'fuse', 'recompute', 'loops'] as const;

type GraphPass = keyof typeof graphPasses;
type Pass = GraphPass | (typeof compilerPasses)[number];

/**
 * The names of all passes, by which GRADTAPE_DISABLE_PASS disables them (a list separated by commas); the table of
 * docs/compiled-functions.md describes each.
 */
export const passes: readonly Pass[] = [...(Object.keys(graphPasses) as GraphPass[]), ...compilerPasses];

export function enabled(pass: Pass): boolean {
  const off = process.env.GRADTAPE_DISABLE_PASS;
  return off === undefined || !off.split(',').some((name) => name.trim() === pass);
}

function apply(graph: Graph, names: readonly GraphPass[]): Graph {
  return names.reduce((g, name) => (enabled(name) ? graphPasses[name](g) : g), graph);
}

export function optimize(graph: Graph): Graph {
  const first = apply(graph, [
    'simplify',
    'foldConstants',
    'regroup',
    'commonSubexpressions',
    'activations',
    'deadCode',
  ]);
  const moved = apply(first, ['layout']);
  // A transpose that was moved may now be next to a product.
  const second = moved === first ? first : apply(moved, ['regroup', 'deadCode']);
  return apply(second, ['epilogues', 'unreadResults']);
}
