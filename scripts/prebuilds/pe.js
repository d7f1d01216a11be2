'use strict';
/** Reads what a Windows DLL (PE32+) needs and offers. */

const machines = { 0x8664: 'x64', 0xaa64: 'arm64' };

function readPe(bytes) {
  const text = (offset) => bytes.toString('latin1', offset, bytes.indexOf(0, offset));
  const header = bytes.readUInt32LE(0x3c);
  const sectionCount = bytes.readUInt16LE(header + 6);
  const optional = header + 24;
  const sections = [];
  for (let i = 0; i < sectionCount; i++) {
    const at = optional + bytes.readUInt16LE(header + 20) + i * 40;
    sections.push({
      name: text(at).slice(0, 8),
      size: bytes.readUInt32LE(at + 8),
      address: bytes.readUInt32LE(at + 12),
      offset: bytes.readUInt32LE(at + 20),
    });
  }
  /** Where in the file an address of the loaded image lies. */
  const where = (address) => {
    const section = sections.find((one) => address >= one.address && address < one.address + one.size);
    return address - section.address + section.offset;
  };
  const directory = (i) => bytes.readUInt32LE(optional + 112 + i * 8);

  const imports = [];
  for (
    let at = directory(1) && where(directory(1));
    at !== 0 && bytes.readUInt32LE(at + 12) !== 0;
    at += 20
  ) {
    const library = text(where(bytes.readUInt32LE(at + 12))).toLowerCase();
    for (let thunk = where(bytes.readUInt32LE(at)); bytes.readBigUInt64LE(thunk) !== 0n; thunk += 8) {
      const entry = bytes.readBigUInt64LE(thunk);
      const name = entry >> 63n === 1n ? `#${entry & 0xffffn}` : text(where(Number(entry)) + 2);
      imports.push({ name, library });
    }
  }
  const exported = [];
  if (directory(0) !== 0) {
    const at = where(directory(0));
    const names = where(bytes.readUInt32LE(at + 32));
    for (let i = 0; i < bytes.readUInt32LE(at + 24); i++) {
      exported.push(text(where(bytes.readUInt32LE(names + i * 4))));
    }
  }
  return {
    format: 'pe',
    cpu: machines[bytes.readUInt16LE(header + 4)],
    libraries: [...new Set(imports.map(({ library }) => library))],
    searchPaths: [],
    imports,
    exported,
    /** Delay-loaded libraries: none of ours. */
    delayed: directory(13) !== 0,
    stripped:
      bytes.readUInt32LE(header + 12) === 0 && !sections.some(({ name }) => /^(\.debug|\/)/.test(name)),
  };
}

module.exports = { readPe };
