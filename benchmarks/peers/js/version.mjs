import { readFileSync } from 'node:fs';

/** The version of an installed package, also of one that does not export its package.json. */
export function versionOf(name) {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}
