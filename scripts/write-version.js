'use strict';
/** Writes package.json's version into lib/version.ts: `npm version` runs it. */
const fs = require('node:fs');
const path = require('node:path');

const { version } = require('../package.json');

const file = path.join(__dirname, '..', 'lib', 'version.ts');
const text = fs.readFileSync(file, 'utf8');
const written = text.replace(/(export const version: string = ')[^']*(')/, `$1${version}$2`);
if (!written.includes(`'${version}'`)) throw new Error(`${file} has no line for the version`);
fs.writeFileSync(file, written);
