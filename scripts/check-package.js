'use strict';
/**
 * Packs the built library and addon (`npm run build` first; the published addons, which zig compiles, are tried by
 * `npm run check:release`) and uses both packages as users would: what they contain, publint, attw, an installation without scripts or tools, one Tensor class however it is loaded, types
 * under every module resolution, bundlers, Bun and Deno, the messages where the addon is missing, and what the import costs (not with
 * `--no-cost`: a figure of time, and other processes may use the machine). `check-release.js` has what takes longer.
 */
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { hostPlatform } = require('./platforms');
const { packed, stageMain } = require('./pack');
const { writePackage } = require('./prebuilds/package');
const { checkContents } = require('./check/contents');
const { checkCosts } = require('./check/cost');
const { environments, writePrograms } = require('./check/environments');
const { inJest } = require('./check/frameworks');
const { environment, install, managers, tarballs } = require('./check/managers');
const { startRegistry } = require('./check/registry');
const { checkTypes } = require('./check/types');
const { root, run, node, write, newFolder, check, finish } = require('./check/tools');

const bin = (name) => path.join(root, 'node_modules', '.bin', name);

/** Without its platform's package the library says what to type. */
async function checkWithout(main) {
  const folder = newFolder('without');
  const home = path.join(folder, 'node_modules', 'gradtape');
  fs.mkdirSync(home, { recursive: true });
  await run('tar', ['-xzf', main, '-C', home, '--strip-components=1']);
  write(folder, { 'package.json': '{}' });
  const script = "try { require('gradtape') } catch (e) { console.log(e.message) }";
  const said = await node(['-e', script], { cwd: folder });
  assert.match(said, /could not be loaded/);
  assert.match(said, new RegExp(`npm install @gradtape/${hostPlatform()}@\\d`));
  assert.match(said, /npx gradtape build/);
}

/** The two tarballs that `npm run pack:local` writes, with what they depend on, installed by name of file, offline. */
async function checkTarballs({ main, platform, needed }) {
  const folder = newFolder('tarballs');
  const app = path.join(folder, 'app');
  write(app, { 'package.json': '{"private":true}' });
  const env = { ...environment('http://127.0.0.1:9/', folder), npm_config_fetch_retries: '0' };
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', main, platform, ...needed];
  await run('npm', args, { cwd: app, env });
  await node(['-e', "require('gradtape').add(1, 2)"], { cwd: app });
  return app;
}

async function main() {
  const built = path.join(root, 'build', 'Release', 'gradtape.node');
  const host = writePackage(hostPlatform(), built, null, newFolder('platform'));
  const files = tarballs(host);
  const registry = await startRegistry(files.all);
  await check('contents', () => checkContents(packed(stageMain())));
  await check('publint', async () => void (await run(bin('publint'), ['run', files.main, '--strict'])));
  await check('attw', async () => void (await run(bin('attw'), [files.main, '--no-color'])));
  await check('npm publish --dry-run', async () => {
    for (const folder of [root, path.join(root, 'npm', 'gradtape'), host]) {
      await run('npm', ['publish', '--dry-run', '--ignore-scripts'], { cwd: folder });
    }
  });
  let app;
  await check('npm install gradtape', async () => {
    const { said, app: where } = await install(managers['npm'], registry.url, ['gradtape']);
    app = where;
    return said;
  });
  writePrograms(app);
  for (const [name, f] of Object.entries(environments)) await check(name, () => f(app));
  await check('gradtape/jest in Jest', () => inJest(app));
  await check('npm install of the tarballs', async () => void (await checkTarballs(files)));
  await check('types', () => checkTypes(app, path.join(root, 'node_modules', 'typescript')));
  await check('npx gradtape --help', async () => {
    const said = await run('npx', ['gradtape', '--help'], { cwd: app });
    assert.match(said, /npx gradtape build/);
  });
  await check('without its addon it says so', () => checkWithout(files.main));
  if (!process.argv.includes('--no-cost')) await check('cost of the import', () => checkCosts(app));
  registry.close();
  finish();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
