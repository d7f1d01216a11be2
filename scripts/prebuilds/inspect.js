'use strict';
/** What must hold of a prebuilt addon, read from the file itself: also for platforms that this machine cannot run. */
const fs = require('node:fs');
const { platforms } = require('../platforms');
const { nodeApi, exported } = require('./node_api');
const { readElf } = require('./elf');
const { readMachO } = require('./macho');
const { readPe } = require('./pe');
const { root } = require('./zig');

const oldestGlibc = [2, 28];
/** The libraries that each kind of system has; an addon may need no other. */
const systemLibraries = {
  glibc: /^(lib(c|m|dl|pthread)\.so\.[026]|ld-linux-(x86-64|aarch64)\.so\.[12])$/,
  musl: /^libc\.so$/,
  darwin: /^\/usr\/lib\/libSystem\.B\.dylib$/,
  // Those of Windows 10 and later.
  win32: /^(kernel32|user32|ntdll|advapi32|bcryptprimitives|api-ms-win-(crt|core)-[a-z0-9-]+)\.dll$/,
};

function read(file) {
  const bytes = fs.readFileSync(file);
  const magic = bytes.readUInt32BE(0);
  if (magic === 0x7f454c46) return readElf(bytes);
  if (magic === 0xcffaedfe) return readMachO(bytes);
  if (magic >>> 16 === 0x4d5a) return readPe(bytes);
  throw new Error(`${file} is no ELF, Mach-O or PE file`);
}

const newerGlibc = (name) => {
  const [, ...parts] = /^GLIBC_(\d+)\.(\d+)/.exec(name) ?? [];
  if (parts.length === 0) return true;
  const [major, minor] = parts.map(Number);
  return major > oldestGlibc[0] || (major === oldestGlibc[0] && minor > oldestGlibc[1]);
};

/** What is wrong with the addon in `file` of the platform `name`: lines, none if nothing is. */
function problems(name, file) {
  const { os, cpu, libc } = platforms[name];
  const found = read(file);
  const wrong = [];
  const check = (holds, what) => void (holds || wrong.push(`${name}: ${what}`));
  const list = (items) => items.slice(0, 8).join(', ');
  const format = { linux: 'elf', darwin: 'mach-o', win32: 'pe' }[os];
  check(found.format === format && found.cpu === cpu, `it is ${found.format} for ${found.cpu}`);

  const allowed = systemLibraries[libc ?? os];
  const foreign = found.libraries.filter((library) => !allowed.test(library));
  check(foreign.length === 0, `it needs ${list(foreign)}, which not every such system has`);
  check(found.searchPaths.length === 0, `it looks for libraries in ${list(found.searchPaths)}`);
  check(found.stripped, 'it has local or debug symbols');
  check(!fs.readFileSync(file).includes(root), 'it names the folder it was built in');

  const missing = exported.filter((symbol) => !found.exported.includes(symbol));
  check(missing.length === 0, `it does not export ${list(missing)}`);
  const surplus = found.exported.filter((symbol) => !exported.includes(symbol));
  check(surplus.length === 0, `it exports ${list(surplus)}`);

  const calls = found.imports.filter(({ name: symbol }) => /^(napi|node)_/.test(symbol));
  const newer = calls.filter(({ name: symbol }) => !nodeApi.includes(symbol));
  check(newer.length === 0, `its Node-API version lacks ${list(newer.map((call) => call.name))}`);
  if (os === 'win32') check(calls.length === 0, 'it names the program that has the Node-API');
  else check(calls.length > 0, 'it calls no function of the Node-API');

  // zig's stand-ins for these are slow or less exact; see linkArguments.
  const own = ['memcpy', 'exp'].filter((symbol) => !found.imports.some((one) => one.name === symbol));
  check(own.length === 0, `it has its own ${list(own)} in place of the C library's`);

  if (os === 'linux') {
    const versions = found.versions.filter(newerGlibc);
    check(versions.length === 0, `it needs ${list(versions)}: the oldest glibc is ${oldestGlibc.join('.')}`);
    check(libc !== 'musl' || found.versions.length === 0, `musl has no ${list(found.versions)}`);
    check(!found.executableStack, 'its stack is executable');
    check(found.staysLoaded, 'it can be unloaded under its threads (-z nodelete)');
  }
  if (os === 'darwin') {
    check(found.minimum === '11.0', `it needs macOS ${found.minimum}`);
    check(found.signed || cpu !== 'arm64', 'it has no signature: Apple silicon loads nothing unsigned');
    check(found.aligned, 'its descriptors of thread-local variables are not aligned');
    const bound = calls.filter(({ library }) => library !== 'dynamic lookup');
    check(bound.length === 0, `${list(bound.map((call) => call.name))}: not by dynamic lookup`);
    const others = found.imports.filter(
      (one) => !calls.includes(one) && !found.libraries.includes(one.library),
    );
    check(others.length === 0, `no library has ${list(others.map((one) => one.name))}`);
  }
  return wrong;
}

module.exports = { problems, read };
