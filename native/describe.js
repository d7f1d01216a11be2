'use strict';
/**
 * Reads lists from the C++ sources, so that nobody maintains them by hand: for the builds, the sources by folder and the tables
 * of kernel families and entries; for lib/op/kernels.ts, the arguments of each entry of the native binding.
 *
 *   node native/describe.js kernels|engine|addon   prints the sources of that part
 *   node native/describe.js tables FOLDER          writes FOLDER/kernel_table.h and FOLDER/tables.h, and prints the folder
 */
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const parts = { kernels: ['kernels'], engine: ['program', 'runtime'], addon: ['addon'] };

/** The files of a folder of native/ with that ending, as native/…, in one order everywhere. */
function files(folder, ending) {
  return fs
    .readdirSync(path.join(__dirname, folder), { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => `native/${folder}/${name.split(path.sep).join('/')}`)
    .sort();
}
const sources = (part) => parts[part].flatMap((folder) => files(folder, '.cc'));
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

/** The text between the parenthesis at `open` and the one that closes it. */
function inside(text, open) {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return text.slice(open + 1, at);
  }
  throw new Error('a parenthesis is not closed');
}

/** A macro's arguments; those within parentheses stay together. */
function split(text) {
  const list = [''];
  let depth = 0;
  for (const c of text) {
    if (c === '(' || c === '<') depth++;
    else if (c === ')' || c === '>') depth--;
    if (c === ',' && depth === 0) list.push('');
    else list[list.length - 1] += c;
  }
  return list.map((part) => part.replace(/\s+/g, ' ').trim()).filter((part) => part !== '');
}

/** The uses of macros in the text of a file: the arguments and the `///` comment before each. */
function uses(text, pattern) {
  const plain = text.replace(/(^|[^/])\/\/[^/\n].*$/gm, '$1');
  return [...plain.matchAll(new RegExp(`((?:^///.*\\n)*)^(${pattern})(?=\\()`, 'gm'))].map((match) => ({
    macro: match[2],
    doc: match[1].replace(/^\/\/\/ ?/gm, '').trim(),
    given: split(inside(plain, match.index + match[0].length)),
  }));
}

/** The integer constants of the headers, by name: the lengths of lists are expressions over them. */
function lengths() {
  const found = new Map();
  for (const file of [
    ...files('runtime', '.h'),
    ...files('addon', '.h'),
    ...files('program', '.h'),
    ...files('kernels', '.h'),
  ]) {
    for (const [, name, value] of read(file).matchAll(/^inline constexpr int (k\w+) = (\d+);/gm)) {
      found.set(name, Number(value));
    }
  }
  return found;
}

/** The length of a list, from an expression over numbers and constants. */
function length(text, known) {
  const sum = text.replace(/\bk\w+\b/g, (name) => {
    if (!known.has(name)) throw new Error(`${name} is no constant that native/describe.js knows`);
    return known.get(name);
  });
  if (!/^[\d\s+*()-]+$/.test(sum)) throw new Error(`the length of a list is not a constant: ${text}`);
  return Number(Function(`return (${sum})`)());
}

/** `first_number` as TypeScript has it. */
const camel = (name) => name.replace(/_(\w)/g, (_, c) => c.toUpperCase());

/**
 * The entries of the native binding, as GT_ENTRY and its like declare them (addon/entry.h): for each its name, its buffers
 * and its numbers, with the slots that these have in the argument buffer.
 */
function entries() {
  const known = lengths();
  const list = [];
  const groupsOf = (text) => uses(text, 'GT_GROUP').map(({ given: [name, ...numbers] }) => [name, numbers]);
  const headers = files('addon', '.h').map(read);
  const shared = headers.flatMap(groupsOf);
  for (const text of [...headers, ...files('addon', '.cc').map(read)]) {
    const groups = new Map([...shared, ...groupsOf(text)]);
    for (const { macro, doc, given } of uses(text, 'GT_(?:[A-Z]+_)?ENTRY|GT_NUMBERS')) {
      const [name, ...rest] = given;
      const bare = macro === 'GT_NUMBERS';
      const buffers = bare
        ? []
        : split(rest[0].slice(1, -1)).map((text) => {
            const optional = /^GT_OPTIONAL\((\w+)\)$/.exec(text);
            return { name: optional?.[1] ?? text, optional: optional !== null };
          });
      const numbers = [];
      let slot = buffers.length;
      const add = (texts) => {
        for (const text of texts) {
          const [, kind = 'number', name] = /^(?:GT_(FLAG|RAW|LIST|PART)\()?(\w+)/.exec(text);
          const [, second] = split(
            inside(`(${text})`, 0)
              .replace(/^GT_\w+\(/, '')
              .replace(/\)$/, ''),
          );
          if (kind === 'PART') {
            add(groups.get(second));
            continue;
          }
          const size = kind === 'LIST' ? length(second, known) : 1;
          numbers.push({ name, kind: kind.toLowerCase(), slot, size });
          slot += size;
        }
      };
      add(bare ? rest : rest.slice(1));
      if (slot > known.get('kArgumentSlots'))
        throw new Error(`${name} has more numbers than the argument buffer`);
      list.push({
        type: name,
        name: name[0].toLowerCase() + name.slice(1),
        doc,
        entry: !bare,
        variadic: macro === 'GT_VARIADIC_ENTRY',
        value: macro === 'GT_VALUE_ENTRY',
        buffers,
        numbers,
      });
    }
  }
  return list.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A number that changes with the arguments of any entry. */
function fingerprint() {
  const text = JSON.stringify(entries().map((entry) => ({ ...entry, doc: null })));
  let hash = 0x811c9dc5;
  for (const c of text) hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}

/**
 * The kernel families, as GT_FAMILY declares each in a kernel source (kernels/isa.h): its name, its members of the kernel
 * table, and the types of functions that the source declares by GT_FUNCTION.
 */
function families() {
  return sources('kernels')
    .flatMap((file) => {
      const text = read(file);
      const functions = uses(text, 'GT_FUNCTION').map(({ doc, given: [name, ...parameters] }) => ({
        doc,
        name,
        parameters,
      }));
      return uses(text, 'GT_FAMILY').map(({ doc, given: [name, ...members] }, i) => ({
        ...{ name, members, doc, file },
        functions: i === 0 ? functions : [],
      }));
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The lists of named ops among the members of the kernel table, and the addon's properties that have the names. */
const opLists = () =>
  families()
    .flatMap(({ members }) => members)
    .flatMap((member) => /^OpList<\w+> (\w+)$/.exec(member)?.slice(1) ?? [])
    .map((name) => `${name}, ${camel(name)}Names`);

const commented = (doc) => doc.split('\n').filter(Boolean).map((line) => `/// ${line}\n`).join(''); // prettier-ignore

/** The text of kernel_table.h: the KernelTable, and the types of its functions. */
function kernelTable() {
  const all = families();
  return [
    '// Written by native/describe.js when the build is configured. kernels/table.h includes it.\n#pragma once\n',
    files('kernels', 'interface.h')
      .map((file) => `#include "${file.replace('native/', '')}"\n`)
      .join(''),
    '\nnamespace gradtape {\n\n',
    ...all.flatMap(({ file, functions }) =>
      functions.map(
        ({ doc, name, parameters }) =>
          `// ${file}\n${commented(doc)}using ${name} = void (*)(${parameters.join(', ')}) noexcept;\n\n`,
      ),
    ),
    'struct KernelTable {\n  const char* isa;\n  int vector_bytes;\n',
    ...all.map(
      ({ file, doc, members }) =>
        `\n// ${file}\n${commented(doc)}${members.map((m) => `  ${m};\n`).join('')}`,
    ),
    '};\n\n}  // namespace gradtape\n',
  ].join('');
}

/** The text of tables.h: X-macros over the entries, the kernel families and their lists of ops. */
function tables() {
  const macro = (name, rows) => `#define ${name}(X)${rows.map((row) => ` \\\n  X(${row})`).join('')}\n`;
  return [
    '// Written by native/describe.js when the build is configured.\n#pragma once\n',
    `#define GT_ARGUMENTS_FINGERPRINT ${fingerprint()}u\n`,
    macro(
      'GT_ENTRIES',
      entries()
        .filter(({ entry }) => entry)
        .map(({ type, name }) => `${type}, ${name}`),
    ),
    macro(
      'GT_FAMILIES',
      families().map(({ name }) => name),
    ),
    macro('GT_OP_LISTS', opLists()),
  ].join('\n');
}

/** Writes a file only if its text changes, so that what includes it is not recompiled. */
function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) fs.writeFileSync(file, text);
}
function writeTables(folder) {
  write(path.join(folder, 'kernel_table.h'), kernelTable());
  write(path.join(folder, 'tables.h'), tables());
}

module.exports = { sources, entries, families, fingerprint, writeTables, camel };

if (require.main === module) {
  const [what, folder] = process.argv.slice(2);
  if (what === 'tables') {
    writeTables(path.resolve(root, folder));
    console.log(folder);
  } else {
    console.log(sources(what).join('\n'));
  }
}
