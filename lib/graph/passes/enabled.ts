/** The passes. GRADTAPE_DISABLE_PASS lists those to disable, separated by commas. */
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
export type Pass = (typeof passes)[number];

export function enabled(pass: Pass): boolean {
  const off = process.env.GRADTAPE_DISABLE_PASS;
  return off === undefined || !off.split(',').some((name) => name.trim() === pass);
}
