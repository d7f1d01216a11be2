'use strict';
/**
 * Writes lib/op/kernels.ts: a function for each entry of the native binding, from what the entry says of its arguments in
 * native/addon (native/describe.js). `--check` only compares.
 */
const fs = require('node:fs');
const path = require('node:path');
const prettier = require('prettier');
const { camel, entries, fingerprint } = require('../native/describe');

const target = path.join(__dirname, '..', 'lib', 'op', 'kernels.ts');

const head = `/**
 * The entries of the native binding as functions of tensors and numbers. Written by scripts/write-kernels.js from their
 * declarations in native/addon: it is these that are to be edited.
 *
 * A function writes its arguments to the argument buffer and calls the entry. Lists (\`copyLists.dims\`) are views of that
 * buffer, which the caller fills before the call; what others wrote there since is lost.
 */
import { frame, native as binding } from '../binding';
import { InternalError } from '../core/errors';
import { bufferOf, type Tensor } from '../core/tensor';

if (binding.arguments !== ${fingerprint()}) {
  throw new InternalError(
    "the native addon is of another version than gradtape's JavaScript: build it again (npm run build:native)",
  );
}

/** Numbers of a call that the caller writes itself. */
export type List = Float64Array;

/** The slot of the argument buffer in which a list begins. */
export const slotOf = (list: List): number => list.byteOffset / 8;

const list = (slot: number, length: number): List => frame.subarray(slot, slot + length);
`;

const comment = (text) =>
  text === ''
    ? ''
    : `/**${text
        .split('\n')
        .map((line) => `\n * ${line}`)
        .join('')}\n */\n`;
const isList = ({ kind }) => kind === 'list' || kind === 'raw';
const nameOf = ({ name }) => camel(name);

/** The parameters of an entry's function and the statements that write them. */
function written({ buffers, numbers }) {
  const plain = numbers.filter((n) => !isList(n));
  return {
    parameters: [
      ...buffers.map((b) => `${nameOf(b)}: Tensor${b.optional ? ' | null' : ''}`),
      ...plain.map((n) => `${nameOf(n)}: ${n.kind === 'flag' ? 'boolean' : 'number'}`),
    ],
    statements: [
      ...buffers.map((b, i) => {
        const name = nameOf(b);
        return `frame[${i}] = ${b.optional ? `${name} === null ? -1 : ${name}.offset` : `${name}.offset`};`;
      }),
      ...plain.map((n) => `frame[${n.slot}] = ${n.kind === 'flag' ? `${nameOf(n)} ? 1 : 0` : nameOf(n)};`),
    ],
  };
}

/** The views of an entry's lists. */
function listsOf({ name, numbers }) {
  const lists = numbers.filter(isList);
  if (lists.length === 0) return '';
  const fields = lists.map((n) => `${nameOf(n)}: list(${n.slot}, ${n.size}),`);
  return `/** Of \`${name}\`. */\nexport const ${name}Lists = {\n${fields.join('\n')}\n};\n`;
}

function functionOf(entry) {
  const { name, doc, buffers, value, variadic, entry: callable } = entry;
  const { parameters, statements } = written(entry);
  const result = value ? 'number' : 'void';
  // One that is left out is another argument once more: in a program each is a storage of the op.
  const other = buffers.find((b) => !b.optional);
  const storages = buffers.map((b) => `bufferOf(${nameOf(b)}${b.optional ? ` ?? ${nameOf(other)}` : ''})`);
  const lists = listsOf(entry);
  if (!callable || variadic) {
    const write = `export function write${name[0].toUpperCase()}${name.slice(1)}(${parameters.join(', ')}): void {\n${statements.join('\n')}\n}\n`;
    if (!callable) return `${comment(doc)}${write}${lists}`;
    const named = buffers.map((b) => `${nameOf(b)}: Tensor, `).join('');
    return `${comment(`The numbers of the call of \`${name}\` that follows.`)}${write}${comment(doc)}export function ${name}(${named}...buffers: readonly ArrayBuffer[]): ${result} {
  ${value ? 'return ' : ''}${name}Entry(${[...storages, '...buffers'].join(', ')});
}
${lists}`;
  }
  const call = (list) => `${name}Entry(${list.join(', ')});`;
  let calls = `${value ? 'return ' : ''}${call(storages)}`;
  // Fewer arguments cost less.
  const last = buffers.slice(buffers.findLastIndex((b) => !b.optional) + 1);
  if (last.length > 0) {
    const none = last.map((b) => `${nameOf(b)} === null`).join(' && ');
    const few = call(storages.slice(0, -last.length));
    calls = value ? `if (${none}) return ${few}\n${calls}` : `if (${none}) ${few}\nelse ${calls}`;
  }
  return `${comment(doc)}export function ${name}(${parameters.join(', ')}): ${result} {
  ${statements.join('\n')}
  ${calls}
}
${lists}`;
}

/** Where the numbers stand in the argument buffer of a call that was recorded. */
function slotsOf({ name, buffers, numbers }) {
  const fields = [
    ...buffers.map((b, i) => `${nameOf(b)}: ${i}`),
    ...numbers.map((n) => `${nameOf(n)}: ${n.slot}`),
  ];
  return `/** Where the arguments of \`${name}\` stand in its argument buffer. */\nexport const ${name}Slots = { ${fields.join(', ')} };\n`;
}

async function generate() {
  const all = entries();
  const callable = all.filter(({ entry }) => entry);
  const signatures = callable.map(({ name, buffers, value, variadic }) => {
    const least = buffers.findLastIndex((b) => !b.optional);
    const own = buffers.map((b, i) => `${nameOf(b)}${i > least && !variadic ? '?' : ''}: ArrayBuffer`);
    if (variadic) own.push('...buffers: readonly ArrayBuffer[]');
    return `readonly ${name}: (${own.join(', ')}) => ${value ? 'number' : 'void'};`;
  });
  const text = [
    head,
    `interface Entries {\n${signatures.join('\n')}\n}\n// Functions that are constants cost no look-up at each call.\nconst {\n${callable
      .filter(({ name }) => name !== 'fused')
      .map(({ name }) => `${name}: ${name}Entry,`)
      .join('\n')}\n} = binding as typeof binding & Entries;\n`,
    // Fused groups are instructions of programs only (compile/fusion/encode_group.ts).
    ...all.filter(({ name }) => name !== 'fused').map(functionOf),
    // Of the copies: compile/copies.ts finds splits and concatenations by them.
    ...callable.filter(({ name }) => ['copy', 'parts'].includes(name)).map(slotsOf),
  ].join('\n');
  return prettier.format(text, { ...(await prettier.resolveConfig(target)), parser: 'typescript' });
}

async function main() {
  const text = await generate();
  if (!process.argv.includes('--check')) fs.writeFileSync(target, text);
  else if (!fs.existsSync(target) || fs.readFileSync(target, 'utf8') !== text)
    throw new Error('lib/op/kernels.ts is out of date: npm run build:kernels');
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
