/** The names of the passes over graphs, then those of lib/compile. GRADTAPE_DISABLE_PASS disables some, separated by commas. */
export const passes = [
  'foldConstants',
  'simplify',
  'regroup',
  'commonSubexpressions',
  'deadCode',
  'stackProducts',
  'activations',
  'layout',
  'epilogues',
  'transposeOnce',
  'unreadResults',
  'blocks',
  'fuse',
  'recompute',
] as const;
type Pass = (typeof passes)[number];

export function enabled(pass: Pass): boolean {
  const off = process.env.GRADTAPE_DISABLE_PASS;
  return off === undefined || !off.split(',').some((name) => name.trim() === pass);
}
