'use strict';
/** Reads what an ELF shared library (64 bits, little-endian) needs and offers. */

const machines = { 62: 'x64', 183: 'arm64' };
const SHT_SYMTAB = 2;
const SHT_DYNAMIC = 6;
const SHT_DYNSYM = 11;
const SHT_VERNEED = 0x6ffffffe;
const SHT_VERSYM = 0x6fffffff;
const PT_GNU_STACK = 0x6474e551;
const DT = { NEEDED: 1, RPATH: 15, RUNPATH: 29, FLAGS_1: 0x6ffffffb };
const DF_1_NODELETE = 8;

function readElf(bytes) {
  const text = (offset) => bytes.toString('latin1', offset, bytes.indexOf(0, offset));
  const long = (offset) => Number(bytes.readBigUInt64LE(offset));

  const sections = [];
  const start = long(0x28);
  const size = bytes.readUInt16LE(0x3a);
  for (let i = 0; i < bytes.readUInt16LE(0x3c); i++) {
    const at = start + i * size;
    sections.push({
      type: bytes.readUInt32LE(at + 4),
      offset: long(at + 0x18),
      size: long(at + 0x20),
      link: bytes.readUInt32LE(at + 0x28),
      info: bytes.readUInt32LE(at + 0x2c),
    });
  }
  const section = (type) => sections.find((one) => one.type === type);
  const strings = (one) => sections[one.link].offset;

  const dynamic = section(SHT_DYNAMIC);
  const entries = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    entries.push([long(at), long(at + 8)]);
  }
  const named = (tag) =>
    entries.filter(([key]) => key === tag).map(([, value]) => text(strings(dynamic) + value));

  // The number of a version (as .gnu.version has it for each symbol): library and name.
  const versions = new Map();
  const verneed = section(SHT_VERNEED);
  let file = verneed?.offset;
  for (let i = 0; i < (verneed?.info ?? 0); i++) {
    const library = text(strings(verneed) + bytes.readUInt32LE(file + 4));
    let aux = file + bytes.readUInt32LE(file + 8);
    for (let j = 0; j < bytes.readUInt16LE(file + 2); j++) {
      const name = text(strings(verneed) + bytes.readUInt32LE(aux + 8));
      versions.set(bytes.readUInt16LE(aux + 6), { library, name });
      aux += bytes.readUInt32LE(aux + 12);
    }
    file += bytes.readUInt32LE(file + 12);
  }

  const dynsym = section(SHT_DYNSYM);
  const versym = section(SHT_VERSYM);
  const imports = [];
  const exported = [];
  for (let i = 1; i < dynsym.size / 24; i++) {
    const at = dynsym.offset + i * 24;
    const name = text(strings(dynsym) + bytes.readUInt32LE(at));
    if (bytes.readUInt16LE(at + 6) !== 0) exported.push(name);
    else {
      const version = versym && versions.get(bytes.readUInt16LE(versym.offset + 2 * i) & 0x7fff);
      imports.push({ name, version: version?.name });
    }
  }

  const stack = [];
  for (let i = 0; i < bytes.readUInt16LE(0x38); i++) {
    const at = long(0x20) + i * bytes.readUInt16LE(0x36);
    if (bytes.readUInt32LE(at) === PT_GNU_STACK) stack.push(bytes.readUInt32LE(at + 4));
  }
  const flags = entries.find(([key]) => key === DT.FLAGS_1)?.[1] ?? 0;
  return {
    format: 'elf',
    cpu: machines[bytes.readUInt16LE(0x12)],
    libraries: named(DT.NEEDED),
    searchPaths: [...named(DT.RPATH), ...named(DT.RUNPATH)],
    imports,
    exported,
    versions: [...new Set([...versions.values()].map(({ name }) => name))],
    stripped: section(SHT_SYMTAB) === undefined,
    executableStack: stack.length === 0 || stack.some((permissions) => (permissions & 1) !== 0),
    staysLoaded: (flags & DF_1_NODELETE) !== 0,
  };
}

module.exports = { readElf };
