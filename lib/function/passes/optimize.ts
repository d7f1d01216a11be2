/** The passes over graphs, in their order: each is a pure function, and may be left out. */
import type { Graph } from '../graph';
import { commonSubexpressions } from './common';
import { deadCode } from './dead_code';
import { epilogues } from './epilogues';
import { foldConstants } from './fold_constants';
import { regroup, simplify } from './simplify';

export function optimize(graph: Graph): Graph {
  return [simplify, foldConstants, regroup, commonSubexpressions, deadCode, epilogues].reduce(
    (g, pass) => pass(g),
    graph,
  );
}
