'use strict';
/**
 * A package registry for the checks of installing: it serves tarballs under their names, to this machine alone. So
 * `npm install gradtape` does what it will do once a version is published, the choice of the platform included.
 */
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

/** The manifest in a tarball. */
function manifestOf(tarball) {
  const { stdout, status } = spawnSync('tar', ['-xzOf', tarball, 'package/package.json'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${tarball} holds no package/package.json`);
  return JSON.parse(stdout);
}

/** What a registry says of a package that has one version; `url` is where its tarball is. */
function packument(tarball, manifest, url) {
  const bytes = fs.readFileSync(tarball);
  const hash = (algorithm, encoding) => createHash(algorithm).update(bytes).digest(encoding);
  const dist = { tarball: url, shasum: hash('sha1', 'hex'), integrity: `sha512-${hash('sha512', 'base64')}` };
  const { name, version } = manifest;
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
    time: { created: '2026-01-01T00:00:00.000Z', [version]: '2026-01-01T00:00:00.000Z' },
  };
}

/** Serves `tarballs`; resolves to `{ url, close }`. */
async function startRegistry(tarballs) {
  const packages = new Map(
    tarballs.map((tarball) => {
      const manifest = manifestOf(tarball);
      return [manifest.name, { tarball, manifest }];
    }),
  );
  const server = http.createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, 'http://localhost').pathname.slice(1));
    const { port } = server.address();
    const file = [...packages.values()].find(({ tarball }) => name === `-/${path.basename(tarball)}`);
    const known = packages.get(name);
    if (file !== undefined) {
      response.setHeader('content-type', 'application/octet-stream');
      response.end(fs.readFileSync(file.tarball));
    } else if (known !== undefined) {
      const url = `http://127.0.0.1:${port}/-/${path.basename(known.tarball)}`;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(packument(known.tarball, known.manifest, url)));
    } else {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
    }
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => server.close().closeAllConnections(),
  };
}

module.exports = { startRegistry };
