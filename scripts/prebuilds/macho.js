'use strict';
/**
 * Reads what a Mach-O bundle or library (64 bits, little-endian) needs and offers: imports and exports from where dyld
 * reads them, the opcodes of LC_DYLD_INFO_ONLY. The symbol table, which dyld does not consult beside these, says only
 * whether the file is stripped: of functions looked up dynamically zig's linker writes no library ordinal there.
 */

const cpus = { 0x01000007: 'x64', 0x0100000c: 'arm64' };
const LC_SYMTAB = 0x2;
const LC_LOAD_DYLIB = 0xc;
const LC_SEGMENT_64 = 0x19;
const LC_RPATH = 0x8000001c;
const LC_CODE_SIGNATURE = 0x1d;
const LC_DYLD_INFO_ONLY = 0x80000022;
const LC_BUILD_VERSION = 0x32;
const S_THREAD_LOCAL_VARIABLES = 0x13;
const N_STAB = 0xe0;
const N_EXT = 1;
const N_PEXT = 0x10;
/** The special ordinals, by their low four bits. */
const specialOrdinals = { 0: 'itself', 15: 'the program', 14: 'dynamic lookup', 13: 'weak lookup' };
/** What zig's linker exports of every library: two names of its header, which other files never import. */
const ofHeader = ['_mh_dylib_header', '__dso_handle'];

const version = (word) => `${word >>> 16}.${(word >>> 8) & 0xff}`;

/** The number (LEB128, its sign not extended) at `at`, and where it ends. */
function leb(bytes, at) {
  let value = 0;
  let scale = 1;
  let byte;
  do {
    byte = bytes[at++];
    value += (byte & 0x7f) * scale;
    scale *= 128;
  } while (byte & 0x80);
  return { value, end: at };
}

const text = (bytes, at) => bytes.toString('latin1', at, bytes.indexOf(0, at));
/** The name that C has: without the underscore in front. */
const inC = (name) => name.replace(/^_/, '');

/** What a list of bind opcodes binds: name and library. */
function bindings(bytes, libraries, library) {
  const found = [];
  let name;
  for (let at = 0; at < bytes.length;) {
    const opcode = bytes[at] >> 4;
    const immediate = bytes[at++] & 15;
    // The numbers that follow, by opcode.
    const numbers = [0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 2][opcode];
    if (numbers === undefined) throw new Error(`bind opcode ${opcode} is not known`);
    const start = at;
    for (let i = 0; i < numbers; i++) at = leb(bytes, at).end;
    if (opcode === 1) library = libraries[immediate - 1];
    else if (opcode === 2) library = libraries[leb(bytes, start).value - 1];
    else if (opcode === 3) library = specialOrdinals[immediate];
    else if (opcode === 4) {
      name = text(bytes, at);
      at += name.length + 1;
    } else if (opcode === 9 || opcode === 10 || opcode === 11 || opcode === 12) {
      found.push({ name: inC(name), library });
    }
  }
  return found;
}

/** The names in an export trie, from its node at `at`. */
function exportsOf(trie, at = 0, prefix = '') {
  if (trie.length === 0) return [];
  const terminal = leb(trie, at);
  const found = terminal.value === 0 ? [] : [inC(prefix)];
  let next = terminal.end + terminal.value;
  for (let children = trie[next++]; children > 0; children--) {
    const edge = text(trie, next);
    const child = leb(trie, next + edge.length + 1);
    found.push(...exportsOf(trie, child.value, prefix + edge));
    next = child.end;
  }
  return found;
}

function readMachO(bytes) {
  const word = (at) => bytes.readUInt32LE(at);
  /** The part of the file whose offset and size are at `at`. */
  const part = (at) => bytes.subarray(word(at), word(at) + word(at + 4));
  const libraries = [];
  const searchPaths = [];
  let symtab, info, minimum;
  let signed = false;
  let aligned = true;
  let at = 32;
  for (let i = 0; i < word(16); i++) {
    const command = word(at);
    if (command === LC_SEGMENT_64) {
      for (let section = at + 72; section < at + word(at + 4); section += 80) {
        const descriptors = (word(section + 64) & 0xff) === S_THREAD_LOCAL_VARIABLES;
        if (descriptors && word(section + 32) % 8 !== 0) aligned = false;
      }
    }
    if (command === LC_LOAD_DYLIB) libraries.push(text(bytes, at + word(at + 8)));
    if (command === LC_RPATH) searchPaths.push(text(bytes, at + word(at + 8)));
    if (command === LC_CODE_SIGNATURE) signed = true;
    if (command === LC_BUILD_VERSION) minimum = version(word(at + 12));
    if (command === LC_SYMTAB)
      symtab = { offset: word(at + 8), count: word(at + 12), strings: word(at + 16) };
    if (command === LC_DYLD_INFO_ONLY) info = at;
    at += word(at + 4);
  }
  if (info === undefined) throw new Error('it has no LC_DYLD_INFO_ONLY');

  let local = 0;
  for (let i = 0; i < symtab.count; i++) {
    const entry = symtab.offset + i * 16;
    const type = bytes[entry + 4];
    const ofSource = (type & N_STAB) !== 0 || (type & N_EXT) === 0 || (type & N_PEXT) !== 0;
    // zig's linker names its own jumps to distant functions, also in a stripped file.
    if (ofSource && !text(bytes, symtab.strings + word(entry)).endsWith('__thunk')) local++;
  }
  return {
    format: 'mach-o',
    cpu: cpus[word(4)],
    libraries,
    searchPaths,
    imports: [
      ...bindings(part(info + 16), libraries, 'itself'),
      ...bindings(part(info + 24), libraries, 'weak lookup'),
      ...bindings(part(info + 32), libraries, 'itself'),
    ],
    exported: exportsOf(part(info + 40)).filter((name) => !ofHeader.includes(name)),
    minimum,
    signed,
    aligned,
    stripped: local === 0,
  };
}

module.exports = { readMachO };
