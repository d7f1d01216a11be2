/**
 * The names of the passes, by which GRADTAPE_DISABLE_PASS disables them (a list separated by commas); the table of
 * docs/compiled-functions.md describes each. Those from `blocks` on belong to lib/compile. The order of the list has no meaning:
 * optimize.ts has the order of the passes over graphs.
 */
export const passes = [
  'foldConstants',
  'simplify',
  'regroup',
  'commonSubexpressions',
  'deadCode',
  'activations',
  'layout',
  'epilogues',
  'unreadResults',
  'blocks',
  'fuse',
  'recompute',
  'loops',
] as const;
type Pass = (typeof passes)[number];

export function enabled(pass: Pass): boolean {
  const off = process.env.GRADTAPE_DISABLE_PASS;
  return off === undefined || !off.split(',').some((name) => name.trim() === pass);
}
