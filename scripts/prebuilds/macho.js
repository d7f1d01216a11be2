'use strict';
/** Reads what a Mach-O bundle or library (64 bits, little-endian) needs and offers. */

const cpus = { 0x01000007: 'x64', 0x0100000c: 'arm64' };
const LC_SYMTAB = 0x2;
const LC_LOAD_DYLIB = 0xc;
const LC_RPATH = 0x8000001c;
const LC_CODE_SIGNATURE = 0x1d;
const LC_BUILD_VERSION = 0x32;
const DYNAMIC_LOOKUP = 0xfe;
const N_STAB = 0xe0;
const N_TYPE = 0x0e;
const N_EXT = 1;
const N_PEXT = 0x10;

const version = (word) => `${word >>> 16}.${(word >>> 8) & 0xff}`;

function readMachO(bytes) {
  const text = (offset) => bytes.toString('latin1', offset, bytes.indexOf(0, offset));
  const libraries = [];
  const searchPaths = [];
  let symtab, minimum;
  let signed = false;
  let at = 32;
  for (let i = 0; i < bytes.readUInt32LE(16); i++) {
    const command = bytes.readUInt32LE(at);
    if (command === LC_LOAD_DYLIB) libraries.push(text(at + bytes.readUInt32LE(at + 8)));
    if (command === LC_RPATH) searchPaths.push(text(at + bytes.readUInt32LE(at + 8)));
    if (command === LC_CODE_SIGNATURE) signed = true;
    if (command === LC_BUILD_VERSION) minimum = version(bytes.readUInt32LE(at + 12));
    if (command === LC_SYMTAB) {
      symtab = { offset: bytes.readUInt32LE(at + 8), count: bytes.readUInt32LE(at + 12) };
      symtab.strings = bytes.readUInt32LE(at + 16);
    }
    at += bytes.readUInt32LE(at + 4);
  }

  const imports = [];
  const exported = [];
  let local = 0;
  for (let i = 0; i < symtab.count; i++) {
    const entry = symtab.offset + i * 16;
    const type = bytes.readUInt8(entry + 4);
    // The names that C has: without the underscore in front.
    const name = text(symtab.strings + bytes.readUInt32LE(entry)).replace(/^_/, '');
    if ((type & N_STAB) !== 0 || (type & N_EXT) === 0 || (type & N_PEXT) !== 0) local++;
    else if ((type & N_TYPE) !== 0) exported.push(name);
    else {
      const ordinal = bytes.readUInt16LE(entry + 6) >>> 8;
      imports.push({ name, library: ordinal === DYNAMIC_LOOKUP ? 'dynamic lookup' : libraries[ordinal - 1] });
    }
  }
  return {
    format: 'mach-o',
    cpu: cpus[bytes.readUInt32LE(4)],
    libraries,
    searchPaths,
    imports,
    exported,
    minimum,
    signed,
    stripped: local === 0,
  };
}

module.exports = { readMachO };
