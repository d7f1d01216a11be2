'use strict';
/**
 * The platforms that have a prebuilt addon, each in a package of its own, `@gradtape/<name>`: the one table that the
 * build, the packages' manifests, the checks of binaries and the tests read. lib/binding.ts has the names once more,
 * since bundlers must see them as literals; test/errors/binding.test.ts compares the two.
 *
 * `triple` is zig's target; its version after the C library or system is the oldest that the addon runs on. `kernels`
 * names the platform whose kernels are linked: they use the C library's memory and math functions alone, so that one
 * set serves both C libraries of Linux.
 */
const x64 = ['portable', 'avx2', 'avx512'];
const arm64 = ['portable', 'neon'];

const platforms = {
  'linux-x64': { os: 'linux', cpu: 'x64', libc: 'glibc', triple: 'x86_64-linux-gnu.2.28', isas: x64 },
  'linux-arm64': { os: 'linux', cpu: 'arm64', libc: 'glibc', triple: 'aarch64-linux-gnu.2.28', isas: arm64 },
  'linux-x64-musl': {
    os: 'linux',
    cpu: 'x64',
    libc: 'musl',
    triple: 'x86_64-linux-musl',
    kernels: 'linux-x64',
    isas: x64,
  },
  'linux-arm64-musl': {
    os: 'linux',
    cpu: 'arm64',
    libc: 'musl',
    triple: 'aarch64-linux-musl',
    kernels: 'linux-arm64',
    isas: arm64,
  },
  'darwin-arm64': { os: 'darwin', cpu: 'arm64', triple: 'aarch64-macos.11.0', isas: arm64 },
  'darwin-x64': { os: 'darwin', cpu: 'x64', triple: 'x86_64-macos.11.0', isas: x64 },
  'win32-x64': { os: 'win32', cpu: 'x64', triple: 'x86_64-windows-gnu', isas: x64 },
};

/** What a person reads of a platform. */
const descriptions = {
  'linux-x64': 'Linux on x86-64, glibc 2.28 or later (Debian 10, Ubuntu 20.04, RHEL 8)',
  'linux-arm64': 'Linux on arm64, glibc 2.28 or later',
  'linux-x64-musl': 'Linux on x86-64 with musl (Alpine)',
  'linux-arm64-musl': 'Linux on arm64 with musl (Alpine)',
  'darwin-arm64': 'macOS 11 or later on Apple silicon',
  'darwin-x64': 'macOS 11 or later on Intel',
  'win32-x64': 'Windows 10 or later on x86-64',
};

/** The platform of the Node that runs this, or null if it has no prebuilt addon. */
function hostPlatform() {
  const { header } = process.report.getReport();
  const musl = process.platform === 'linux' && header.glibcVersionRuntime === undefined;
  const name = `${process.platform}-${process.arch}${musl ? '-musl' : ''}`;
  return Object.hasOwn(platforms, name) ? name : null;
}

module.exports = { platforms, descriptions, hostPlatform };
