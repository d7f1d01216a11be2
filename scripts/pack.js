'use strict';
/**
 * Writes the tarballs of the main package and of this host's platform package, as they would be published:
 *
 *   npm run pack:local -- --out DIR
 *
 * The main package is staged in npm/gradtape. Its manifest is the checkout's without what only development needs, and
 * with the platform packages as optional dependencies: in the checkout these would keep `npm ci` from working before
 * a version is published.
 */
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { parseArgs } = require('node:util');
const { platforms, hostPlatform } = require('./platforms');

const root = path.join(__dirname, '..');

/** Runs npm in a folder; what it prints. */
function npm(folder, args) {
  const shell = process.platform === 'win32';
  const { status, stdout, stderr, error } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', shell });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ${args.join(' ')} in ${folder} ended with ${status}:\n${stderr}`);
  return stdout;
}

/** What `npm pack` says of a folder: `files`, `size` and, unless it is a dry run, the `filename` written to `out`. */
function packed(folder, out) {
  const where = out === undefined ? ['--dry-run'] : ['--pack-destination', out];
  const result = JSON.parse(npm(folder, ['pack', '--ignore-scripts', '--json', ...where]));
  // npm 11 and before print a list, later ones an object by name.
  return Array.isArray(result) ? result[0] : Object.values(result)[0];
}

/** The manifest of the main package as it is published. */
function publishedManifest() {
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  delete manifest.scripts;
  delete manifest.devDependencies;
  const packages = Object.keys(platforms).map((name) => [`@gradtape/${name}`, manifest.version]);
  return { ...manifest, optionalDependencies: Object.fromEntries(packages) };
}

/** Copies what the main package has to npm/gradtape; that folder. */
function stageMain() {
  const folder = path.join(root, 'npm', 'gradtape');
  fs.rmSync(folder, { recursive: true, force: true });
  for (const { path: file } of packed(root).files) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.copyFileSync(path.join(root, file), path.join(folder, file));
  }
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(publishedManifest(), null, 2)}\n`);
  return folder;
}

async function main() {
  const { values } = parseArgs({ options: { out: { type: 'string', default: root } } });
  const host = hostPlatform();
  if (host === null) throw new Error(`no prebuilt addon for ${process.platform}-${process.arch}`);
  const out = path.resolve(values.out);
  fs.mkdirSync(out, { recursive: true });
  const { buildPrebuilds } = require('./prebuilds/main');
  await buildPrebuilds([host]);
  for (const folder of [stageMain(), path.join(root, 'npm', host)]) {
    console.log(path.join(out, packed(folder, out).filename));
  }
}

module.exports = { packed, stageMain };

if (require.main === module) {
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
