import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Model } from './model';
import { type PngOptions, readPngOptions, toPNG, toSVG } from './render';

/** Options of `Chart.save`; an SVG file ignores them. */
export type SaveOptions = PngOptions;

/** Renders a chart in the format of the file's extension, and replaces the file atomically. */
export async function save(model: Model, path: string, options?: SaveOptions): Promise<void> {
  if (typeof path !== 'string' || path === '') {
    throw new TypeError("save: path must be a file name such as 'chart.svg' or 'chart.png'");
  }
  const extension = extname(path).toLowerCase();
  if (extension !== '.svg' && extension !== '.png') {
    throw new RangeError(`save: '${path}' must end in .svg or .png`);
  }
  readPngOptions('save', options);
  await replaceFile(path, extension === '.svg' ? await toSVG(model) : await toPNG(model, options));
}

/** Writes beside the file and renames, so that whoever opens it finds the old one or the new one, both whole. */
async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const scratch = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(scratch, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(scratch, path);
  } catch (error) {
    await rm(scratch, { force: true });
    throw error;
  }
}
