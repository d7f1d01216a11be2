/** The checksums of zip files and of record files. */
import * as zlib from 'node:zlib';

/** A CRC of 32 bits computed byte by byte, for a reflected polynomial. */
function bytewiseCrc(polynomial: number): (data: Uint8Array, before?: number) => number {
  let table: Uint32Array | null = null;
  return (data, before = 0) => {
    table ??= Uint32Array.from({ length: 256 }, (_, i) => {
      let c = i;
      for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ polynomial : c >>> 1;
      return c;
    });
    let c = ~before;
    for (let i = 0; i < data.length; i++) c = table[(c ^ data[i]) & 255] ^ (c >>> 8);
    return ~c >>> 0;
  };
}

/** The CRC-32 of data that follow others whose CRC-32 is `before`. Node.js has it from 20.15 on. */
export const crc32: (data: Uint8Array, before?: number) => number =
  typeof (zlib as Partial<typeof zlib>).crc32 === 'function'
    ? (data, before = 0) => zlib.crc32(data, before)
    : bytewiseCrc(0xedb88320);

/** The CRC-32C of data, the checksum of TensorFlow's record files. */
export const crc32c = bytewiseCrc(0x82f63b78);
