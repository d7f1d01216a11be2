'use strict';
/**
 * Builds the prebuilt addons of all platforms on one machine, checks them, and writes their packages to npm/<platform>:
 *
 *   npm run build:prebuilds -- [--target NAME]... [--jobs N]
 *
 * The compiler is zig, which it installs from PyPI into build-prebuilds/ (Python 3 is all that must be there). The
 * first build takes minutes for each platform, later ones compile what has changed.
 */
const os = require('node:os');
const { parseArgs } = require('node:util');
const { platforms } = require('../platforms');
const { packed } = require('../pack');
const { compile } = require('./compile');
const { problems } = require('./inspect');
const { writePackage } = require('./package');
const { zigFolder } = require('./zig');

/** The most that a package may take, packed. */
const maxPackedBytes = 2.5e6;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;

/** Builds the named platforms one after the other; throws if one fails a check. */
async function buildPrebuilds(names, jobs = os.availableParallelism()) {
  const zig = zigFolder();
  const wrong = [];
  for (const name of names) {
    const start = performance.now();
    const binary = await compile(name, zig, jobs);
    wrong.push(...problems(name, binary));
    const folder = writePackage(name, binary, zig);
    const { size, unpackedSize } = packed(folder);
    if (size > maxPackedBytes)
      wrong.push(`${name}: ${megabytes(size)} packed; the limit is ${megabytes(maxPackedBytes)}`);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`npm/${name}: ${megabytes(size)} packed, ${megabytes(unpackedSize)} unpacked (${seconds} s)`);
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

/** The platforms that the command line names; all of them if it names none. */
function chosen(targets) {
  const unknown = targets.filter((name) => !Object.hasOwn(platforms, name));
  if (unknown.length > 0) {
    throw new Error(`no target "${unknown.join('", "')}"; there are ${Object.keys(platforms).join(', ')}`);
  }
  return targets.length === 0 ? Object.keys(platforms) : targets;
}

function main() {
  const { values } = parseArgs({
    options: { target: { type: 'string', multiple: true, default: [] }, jobs: { type: 'string' } },
  });
  return buildPrebuilds(chosen(values.target), values.jobs === undefined ? undefined : Number(values.jobs));
}

module.exports = { buildPrebuilds };

if (require.main === module) {
  Promise.resolve()
    .then(main)
    .catch((error) => {
      console.error(error.message);
      process.exitCode = 1;
    });
}
