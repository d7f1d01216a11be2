'use strict';
/**
 * Uses the packages in npm/ on the platform that it names, with what Node has and nothing else:
 * `node scripts/check-platform.js linux-x64-musl`.
 */
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { hostPlatform } = require('./platforms');
const { loading, training } = require('./check/programs');

const root = path.join(__dirname, '..');
const [platform] = process.argv.slice(2);
assert.equal(platform, hostPlatform(), 'the platform that this is');

const app = fs.mkdtempSync(path.join(os.tmpdir(), 'gradtape-'));
for (const [folder, name] of Object.entries({ gradtape: 'gradtape', [platform]: `@gradtape/${platform}` })) {
  fs.cpSync(path.join(root, 'npm', folder), path.join(app, 'node_modules', name), { recursive: true });
}
fs.writeFileSync(path.join(app, 'loading.mjs'), loading);
fs.writeFileSync(path.join(app, 'training.cjs'), training);
for (const file of ['loading.mjs', 'training.cjs']) {
  const { status } = spawnSync(process.execPath, [file], { cwd: app, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
fs.rmSync(app, { recursive: true });
