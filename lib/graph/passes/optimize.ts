/** The optimization pipeline over graphs: the order of the passes, each a pure function from graph to graph. */
import type { Graph } from '../graph';
import { activations } from './activations';
import { commonSubexpressions } from './common_subexpressions';
import { deadCode, unreadResults } from './dead_code';
import { enabled } from './enabled';
import { epilogues } from './epilogues';
import { foldConstants } from './fold_constants';
import { layout } from './layout';
import { regroup, simplify } from './simplify';

const graphPasses = {
  simplify,
  foldConstants,
  regroup,
  commonSubexpressions,
  activations,
  deadCode,
  layout,
  epilogues,
  unreadResults,
};

function apply(graph: Graph, names: readonly (keyof typeof graphPasses)[]): Graph {
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
