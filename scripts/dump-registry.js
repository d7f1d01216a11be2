'use strict';
/**
 * Prints the op registry as JSON: what test/golden/generate.py records fixtures from (test/golden/README.md has the
 * format). Reads dist/: run `npm run build:ts` after a row has changed. Rows without a TensorFlow counterpart have
 * `"tf": null`. The examples are those of the rows and of test/golden/more_examples.ts.
 */
const fs = require('node:fs');
const path = require('node:path');

const dist = path.join(__dirname, '..', 'dist');
let registry;
try {
  registry = require(path.join(dist, 'index.js')).registry;
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') throw error;
  console.error(
    `dump-registry: no compiled library in ${dist}; run npm run build (${error.message.split('\n')[0]})`,
  );
  process.exit(1);
}

/** The calls of test/golden/more_examples.ts, which imports types only. */
function moreExamples() {
  const ts = require('typescript');
  const source = fs.readFileSync(path.join(__dirname, '..', 'test', 'golden', 'more_examples.ts'), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const made = { exports: {} };
  new Function('exports', 'module', outputText)(made.exports, made);
  return made.exports.moreExamples;
}

/** What JSON cannot say, as the recorder reads it. */
function encode(value) {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return String(value);
    if (Object.is(value, -0)) return '-0';
    return value;
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value, encode);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, encode(inner)]));
  }
  return value;
}

/** A bigint that is an argument (not an element of a tensor) is an int64. */
function encodeArgument(value) {
  if (typeof value === 'bigint') return { int64: String(value) };
  if (Array.isArray(value)) return value.map(encodeArgument);
  return encode(value);
}

function encodeExample(example) {
  const { args, options, ...rest } = example;
  const encoded = { args: args.map(encodeArgument) };
  if (options !== undefined) {
    encoded.options = Object.fromEntries(Object.entries(options).map(([k, v]) => [k, encodeArgument(v)]));
  }
  return { ...encoded, ...rest };
}

const more = moreExamples();
const examplesOf = (row) => [...row.examples, ...(more[row.name] ?? [])];
const rows = [...registry().values()].map((row) => ({
  name: row.name,
  tf: row.tf || null,
  kind: row.kind,
  dtypes: row.dtypes,
  ...(row.domain === undefined ? {} : { domain: row.domain.map(encode) }),
  ...(row.ulp === undefined ? {} : { ulp: row.ulp }),
  differentiable: row.differentiable,
  ...(examplesOf(row).length === 0 ? {} : { examples: examplesOf(row).map(encodeExample) }),
}));
console.log(`[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]`);
