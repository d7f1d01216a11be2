/** Files of a folder as examples: their order, their classes and their part of the data, as Keras has them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { constant } from '../../ops/array/convert';
import { cast } from '../../ops/array/cast';
import { oneHot } from '../../ops/array/patterns';
import { reshape } from '../../ops/array/views';
import { MersenneTwister } from '../../ops/random/mersenne_twister';
import { drawBelow } from '../base/seed';
import { checkSeed } from './datasets';
import { write } from '../base/settings';

/** Options that images and texts share. */
export interface DirectoryOptions {
  /**
   * 'inferred' (default): the number of the subfolder that a file is in, in the order of their names; an array: a label for each
   * file, in the order of their paths; null: none.
   */
  labels?: 'inferred' | readonly number[] | null;
  /**
   * 'int' (default): int32 [batch]; 'categorical': one-hot float32 [batch, classes]; 'binary': float32 [batch, 1], of two classes;
   * null: no labels.
   */
  labelMode?: 'int' | 'categorical' | 'binary' | null;
  /** The subfolders that are classes, in the order of their numbers. Default: all, sorted. */
  classNames?: readonly string[] | null;
  /** Default 32; null: an example at a time, without a dimension of batches. */
  batchSize?: number | null;
  /** Whether files come in a random order, another one in each epoch. Default true. */
  shuffle?: boolean;
  /** Of the order. Default: none. */
  seed?: number | null;
  /** The share of files that are kept for validation, between 0 and 1. */
  validationSplit?: number | null;
  /** With `validationSplit`: which part is wanted; 'both': an array of the two datasets. */
  subset?: 'training' | 'validation' | 'both' | null;
  /** Whether folders that are symbolic links are visited. Default false. */
  followLinks?: boolean;
  /** Whether the numbers of files and classes are printed. Default true. */
  verbose?: boolean;
}

export const directoryDefaults: Required<DirectoryOptions> = {
  ...{ labels: 'inferred', labelMode: 'int', classNames: null, batchSize: 32, shuffle: true, seed: null },
  ...{ validationSplit: null, subset: null, followLinks: false, verbose: true },
};

/** The order of Python's `sorted`: by code points. */
const byCodePoints = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function fail(where: string, why: string): never {
  throw new InvalidArgumentError(`[${where}] ${why}`);
}

function listFolder(folder: string, where: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    return fail(where, `\`directory\` must be a folder; ${describe(folder)} is none (${code})`);
  }
}

const isFolder = (folder: string, entry: fs.Dirent): boolean =>
  entry.isDirectory() ||
  (entry.isSymbolicLink() &&
    (fs.statSync(path.join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() ?? false));

/** The files in a folder and in those below it, by folder and name. A folder that links lead back to is visited once. */
function filesBelow(top: string, formats: readonly string[], followLinks: boolean, where: string): string[] {
  const found: { readonly root: string; readonly names: string[] }[] = [];
  const seen = new Set<string>();
  const visit = (root: string): void => {
    const real = fs.realpathSync(root);
    if (seen.has(real)) return;
    seen.add(real);
    const names: string[] = [];
    for (const entry of listFolder(root, where)) {
      const file = path.join(root, entry.name);
      if (!isFolder(root, entry)) names.push(entry.name);
      else if (followLinks || !entry.isSymbolicLink()) visit(file);
    }
    found.push({ root, names: names.sort(byCodePoints) });
  };
  visit(top);
  return found
    .sort((a, b) => byCodePoints(a.root, b.root))
    .flatMap(({ root, names }) =>
      names
        .filter((name) => formats.some((ending) => name.toLowerCase().endsWith(ending)))
        .map((name) => path.join(root, name)),
    );
}

/** Files with their labels. */
export interface LabeledFiles {
  readonly files: readonly string[];
  /** null: none. */
  readonly labels: readonly number[] | null;
  readonly classNames: readonly string[] | null;
}

type Options = Required<DirectoryOptions>;

export function checkDirectoryOptions(o: Options, where: string): void {
  const { labels, labelMode, classNames, batchSize, validationSplit, subset } = o;
  if (labels !== 'inferred' && labels !== null && !Array.isArray(labels))
    fail(where, `\`labels\` must be 'inferred', an array of integers, or null; got ${describe(labels)}`);
  if (Array.isArray(labels) && !labels.every((label) => Number.isInteger(label)))
    fail(where, `\`labels\` must be integers; got ${describe(labels)}`);
  if (labels !== 'inferred' && classNames !== null)
    fail(
      where,
      `\`classNames\` can only be given if \`labels\` is 'inferred'; got labels=${describe(labels)}`,
    );
  if (labelMode !== null && !['int', 'categorical', 'binary'].includes(labelMode))
    fail(where, `\`labelMode\` must be 'int', 'categorical', 'binary' or null; got ${describe(labelMode)}`);
  if (batchSize !== null && !(Number.isInteger(batchSize) && batchSize > 0))
    fail(where, `\`batchSize\` must be a positive integer or null; got ${describe(batchSize)}`);
  checkSeed(o.seed, where);
  if (validationSplit !== null && !(validationSplit > 0 && validationSplit < 1))
    fail(where, `\`validationSplit\` must be between 0 and 1; got ${describe(validationSplit)}`);
  if (subset !== null && !['training', 'validation', 'both'].includes(subset))
    fail(where, `\`subset\` must be 'training', 'validation' or 'both'; got ${describe(subset)}`);
  if ((validationSplit === null) !== (subset === null))
    fail(where, 'If `subset` is set, `validationSplit` must be set, and inversely');
  if (validationSplit !== null && o.shuffle && o.seed === null)
    fail(
      where,
      'With `validationSplit`, a `seed` is needed, or `shuffle: false`, so that training and validation do not overlap',
    );
}

/** NumPy's `RandomState(seed).shuffle`. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  const result = [...list];
  const twister = MersenneTwister.ofRandomState(seed);
  for (let i = result.length - 1; i > 0; i--) {
    const j = twister.upTo(i);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** All files of the folder with their labels, in Keras's order for a seed. */
export function indexDirectory(
  directory: string,
  o: Options,
  formats: readonly string[],
  seed: number,
  where: string,
): LabeledFiles {
  const wanted = o.labelMode === null ? null : o.labels;
  let files: string[];
  let labels: number[] | null = null;
  let classNames: readonly string[] | null = null;
  if (wanted === 'inferred') {
    const folders = listFolder(directory, where)
      .filter((entry) => !entry.name.startsWith('.') && isFolder(directory, entry))
      .map(({ name }) => name)
      .sort(byCodePoints);
    const unknown = o.classNames?.filter((name) => !folders.includes(name)) ?? [];
    if (unknown.length > 0)
      fail(
        where,
        `\`classNames\` must be names of the subfolders of ${describe(directory)}, ${describe(folders)}; got also ${describe(unknown)}`,
      );
    classNames = [...(o.classNames ?? folders)];
    const ofClass = classNames.map((name) =>
      filesBelow(path.join(directory, name), formats, o.followLinks, where),
    );
    files = ofClass.flat();
    labels = ofClass.flatMap((list, label) => list.map(() => label));
  } else {
    files = filesBelow(directory, formats, o.followLinks, where);
    if (wanted !== null) {
      if (wanted.length !== files.length)
        fail(
          where,
          `\`labels\` must be one for each file; got ${wanted.length} for ${files.length} files in ${describe(directory)}`,
        );
      labels = [...wanted];
      classNames = [...new Set(wanted)].sort((a, b) => a - b).map(String);
    }
  }
  if (o.labelMode === 'binary' && labels !== null && classNames?.length !== 2)
    fail(where, `labelMode: 'binary' needs exactly two classes; got ${describe(classNames)}`);
  if (o.verbose)
    write(
      `Found ${files.length} files${classNames === null ? '' : ` belonging to ${classNames.length} classes`}.\n`,
    );
  if (o.shuffle) {
    files = shuffled(files, seed);
    labels = labels && shuffled(labels, seed);
  }
  return { files, labels, classNames };
}

/** The part for training or validation, which comes last. */
export function partOf(
  all: LabeledFiles,
  share: number,
  subset: 'training' | 'validation',
  verbose: boolean,
): LabeledFiles {
  const { files, labels, classNames } = all;
  const held = Math.trunc(share * files.length);
  const at = files.length - held;
  const take = <T>(list: readonly T[]): readonly T[] =>
    subset === 'training' ? list.slice(0, at) : list.slice(at);
  if (verbose) write(`Using ${subset === 'training' ? at : held} files for ${subset}.\n`);
  return { files: take(files), labels: labels && take(labels), classNames };
}

/** What a dataset needs beyond its files. */
export interface Reading {
  readonly batchSize: number | null;
  readonly labelMode: Options['labelMode'];
  readonly shuffle: boolean;
  readonly seed: number | null;
  /** The examples of files, [files, …]. */
  read(files: readonly string[]): Promise<Tensor>;
}

/** Batches of files' contents, with their labels, read while it is iterated; `fit` takes it. */
export class DirectoryDataset implements AsyncIterable<Tensor | [Tensor, Tensor]> {
  /** The names of the classes, by their numbers; null: there are no labels. */
  readonly classNames: readonly string[] | null;
  /** The files, in their order before epochs are shuffled. */
  readonly filePaths: readonly string[];
  private readonly labels: readonly number[] | null;
  private readonly below: (n: number) => number;

  /** @internal */
  constructor(
    { files, labels, classNames }: LabeledFiles,
    private readonly reading: Reading,
  ) {
    this.filePaths = files;
    this.labels = labels;
    this.classNames = classNames;
    const twister = reading.seed === null ? null : MersenneTwister.ofRandomState(reading.seed);
    this.below = twister === null ? drawBelow : (n) => twister.upTo(n - 1);
  }

  /** The number of batches. */
  get length(): number {
    return Math.ceil(this.filePaths.length / (this.reading.batchSize ?? 1));
  }

  private labelsOf(numbers: readonly number[]): Tensor {
    const t = constant(numbers, { dtype: 'int32' });
    if (this.reading.labelMode === 'binary') return reshape(cast(t, 'float32'), [-1, 1]);
    return this.reading.labelMode === 'categorical' ? oneHot(t, this.classNames!.length) : t;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Tensor | [Tensor, Tensor]> {
    const { batchSize, shuffle } = this.reading;
    const order = this.filePaths.map((_, i) => i);
    for (let i = order.length - 1; shuffle && i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    const whole = (t: Tensor): Tensor => (batchSize === null ? reshape(t, t.shape.slice(1)) : t);
    const size = batchSize ?? 1;
    for (let at = 0; at < order.length; at += size) {
      const batch = order.slice(at, at + size);
      const x = whole(await this.reading.read(batch.map((i) => this.filePaths[i])));
      yield this.labels === null ? x : [x, whole(this.labelsOf(batch.map((i) => this.labels![i])))];
    }
  }
}

/** The dataset of a folder, or those for training and validation. */
export function datasetsOf(
  directory: string,
  o: Options,
  formats: readonly string[],
  read: Reading['read'],
  where: string,
): DirectoryDataset | [DirectoryDataset, DirectoryDataset] {
  if (typeof directory !== 'string')
    throw new TypeError(`[${where}] \`directory\` must be the path of a folder; got ${describe(directory)}`);
  checkDirectoryOptions(o, where);
  const all = indexDirectory(directory, o, formats, o.seed ?? drawBelow(1e6), where);
  const make = (part: LabeledFiles, shuffle: boolean, kind: string): DirectoryDataset => {
    if (part.files.length === 0)
      fail(where, `there are no ${kind}files in ${describe(directory)} that end in ${formats.join(', ')}`);
    const { batchSize, labelMode, seed } = o;
    return new DirectoryDataset(part, { batchSize, labelMode, shuffle, seed, read });
  };
  const { validationSplit, subset, shuffle, verbose } = o;
  if (validationSplit === null || subset === null) return make(all, shuffle, '');
  const part = (name: 'training' | 'validation', order: boolean): DirectoryDataset =>
    make(partOf(all, validationSplit, name, verbose), order, `${name} `);
  if (subset !== 'both') return part(subset, shuffle);
  return [part('training', shuffle), part('validation', false)];
}
