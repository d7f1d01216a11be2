'use strict';
/** Writes the package of a platform, npm/<platform>: the addon, its manifest, and the licences of what is in it. */
const fs = require('node:fs');
const path = require('node:path');
const { platforms, descriptions } = require('../platforms');
const { root, zigVersion } = require('./zig');

const manifest = require(path.join(root, 'package.json'));

/** What is compiled into the addon of a platform: name, licence, and its file, if relative in the package ziglang. */
function parts(name) {
  const llvm = 'Apache-2.0 WITH LLVM-exception';
  return [
    ['node-addon-api', 'MIT', require.resolve('node-addon-api/LICENSE.md')],
    ['libc++', llvm, 'lib/libcxx/LICENSE.TXT'],
    ['libc++abi', llvm, 'lib/libcxxabi/LICENSE.TXT'],
    ...(platforms[name].os === 'darwin' ? [] : [['libunwind', llvm, 'lib/libunwind/LICENSE.TXT']]),
    ...(platforms[name].os === 'win32'
      ? [['mingw-w64 runtime', 'ZPL-2.1 and others', 'lib/libc/mingw/COPYING']]
      : []),
  ];
}

function notices(name, zigFolder) {
  const inside = zigFolder === null ? parts(name).slice(0, 1) : parts(name);
  const sections = inside.map(([part, licence, file]) => {
    const text = fs
      .readFileSync(path.resolve(zigFolder ?? root, file), 'utf8')
      .replace(/\r\n/g, '\n')
      .trim();
    return `${'='.repeat(80)}\n${part} (${licence})\n${'='.repeat(80)}\n\n${text}\n`;
  });
  return `gradtape.node contains parts of the following, compiled from their sources (those that come with zig ${zigVersion}, but for node-addon-api).

${sections.join('\n')}`;
}

function platformManifest(name) {
  const { os, cpu, libc } = platforms[name];
  const { version, license, author, repository, homepage, bugs, engines } = manifest;
  return {
    name: `@gradtape/${name}`,
    version,
    description: `The native addon of gradtape for ${descriptions[name]}`,
    license,
    author,
    repository,
    homepage,
    bugs,
    engines,
    os: [os],
    cpu: [cpu],
    ...(libc ? { libc: [libc] } : {}),
    main: 'gradtape.node',
    files: ['gradtape.node', 'THIRD-PARTY-NOTICES.txt'],
    // An addon is loaded from a file of its own, not out of an archive.
    preferUnplugged: true,
    publishConfig: { access: 'public' },
  };
}

/**
 * Writes the package of the addon in `binary`; its folder. `zigFolder` has the licences of what zig compiles in: null for
 * an addon by another compiler, whose package is only tried.
 */
function writePackage(name, binary, zigFolder, folder = path.join(root, 'npm', name)) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const write = (file, text) => fs.writeFileSync(path.join(folder, file), text);
  fs.copyFileSync(binary, path.join(folder, 'gradtape.node'));
  fs.copyFileSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  write('package.json', `${JSON.stringify(platformManifest(name), null, 2)}\n`);
  write('THIRD-PARTY-NOTICES.txt', notices(name, zigFolder));
  write(
    'README.md',
    `# @gradtape/${name}

The native addon of [gradtape](${manifest.homepage}) for ${descriptions[name]}.
Package managers install it with \`gradtape\`; it need not be named.
`,
  );
  return folder;
}

module.exports = { writePackage, platformManifest };
