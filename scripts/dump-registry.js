'use strict';
/**
 * Prints the op registry as JSON: what test/golden/generate.py records fixtures from (test/golden/README.md has the
 * format). Reads dist/: run `npm run build:ts` after an op definition has changed. Those without a TensorFlow counterpart have
 * `"tf": null`. The examples are those of the definitions and of test/golden/more_examples.ts.
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
const examplesOf = (definition) => [...definition.examples, ...(more[definition.name] ?? [])];
const definitions = [...registry().values()].map((definition) => ({
  name: definition.name,
  tf: definition.tf || null,
  kind: definition.kind,
  dtypes: definition.dtypes,
  ...(definition.domain === undefined ? {} : { domain: definition.domain.map(encode) }),
  ...(definition.ulp === undefined ? {} : { ulp: definition.ulp }),
  differentiable: definition.differentiable,
  ...(examplesOf(definition).length === 0 ? {} : { examples: examplesOf(definition).map(encodeExample) }),
}));
console.log(`[\n${definitions.map((definition) => JSON.stringify(definition)).join(',\n')}\n]`);
