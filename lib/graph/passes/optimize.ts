/** The optimization pipeline over graphs. Each pass is a pure function and can be disabled. */
import type { Graph } from '../graph';
import { activations } from './activations';
import { commonSubexpressions } from './common_subexpressions';
import { deadCode } from './dead_code';
import { epilogues } from './epilogues';
import { foldConstants } from './fold_constants';
import { layout } from './layout';
import { regroup, simplify } from './simplify';
import { stackProducts } from './stack_products';
import { transposeOnce } from './transpose_once';
import { unreadResults } from './unread_results';

export function optimize(graph: Graph): Graph {
  const passes = [
    simplify,
    foldConstants,
    regroup,
    commonSubexpressions,
    activations,
    deadCode,
    stackProducts,
  ];
  const first = passes.reduce((g, pass) => pass(g), graph);
  const moved = layout(first);
  // A transpose that was moved may now be next to a product.
  return unreadResults(transposeOnce(epilogues(moved === first ? first : deadCode(regroup(moved)))));
}
