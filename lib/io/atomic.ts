/** Files that are replaced as a whole. */
import * as fs from 'node:fs';
import * as path from 'node:path';

export interface FileToWrite {
  readonly file: string;
  readonly parts: Iterable<Uint8Array>;
}

let nextTemporary = 0;

/**
 * Writes a file from parts: what was there before stays until all bytes are on the disk, so whoever reads it, and whatever ends
 * the process, finds either the old content or the new one.
 */
export function writeAtomically(file: string, parts: Iterable<Uint8Array>): void {
  writeAllAtomically([{ file, parts }]);
}

/** Writes several files, each as a whole; none is replaced before all are on the disk, and the last one comes last. */
export function writeAllAtomically(files: readonly FileToWrite[]): void {
  const written: string[] = [];
  try {
    for (const { file, parts } of files) {
      const name = `.${path.basename(file)}.${process.pid}.${nextTemporary++}.${Date.now()}.tmp`;
      const temporary = path.join(path.dirname(file), name);
      written.push(temporary);
      writeNew(temporary, parts);
    }
    files.forEach(({ file }, i) => fs.renameSync(written[i], file));
  } catch (error) {
    for (const temporary of written) fs.rmSync(temporary, { force: true });
    throw error;
  }
  for (const folder of new Set(files.map(({ file }) => path.dirname(file)))) syncFolder(folder);
}

function writeNew(file: string, parts: Iterable<Uint8Array>): void {
  const handle = fs.openSync(file, 'wx');
  try {
    for (const part of parts)
      for (let at = 0; at < part.length;)
        at += fs.writeSync(handle, part, at, Math.min(part.length - at, 1 << 30));
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** Makes the rename durable (fsync of the folder). Systems on which folders cannot be opened, such as Windows, have no such call. */
function syncFolder(folder: string): void {
  try {
    const handle = fs.openSync(folder, 'r');
    try {
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
  } catch {
    // The file is complete either way.
  }
}
