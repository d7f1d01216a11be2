/** Texts in the files of a folder. */
import { readFile } from 'node:fs/promises';
import { InvalidArgumentError } from '../../core/errors';
import { options as resolve } from '../../core/options';
import { describe } from '../../core/shape';
import { fromBytes, stringTensor } from '../../core/strings';
import { datasetsOf, directoryDefaults, type DirectoryDataset, type DirectoryOptions } from './directories';

export interface TextDirectoryOptions extends DirectoryOptions {
  /** The most bytes of a file that are read; null (default): all. */
  maxLength?: number | null;
}

const defaults: Required<TextDirectoryOptions> = { ...directoryDefaults, maxLength: null };

type Both = TextDirectoryOptions & { subset: 'both' };

/**
 * The texts of the `.txt` files in a folder, strings [batch], with labels by the subfolders that they are in: an async iterable of
 * batches, [texts, labels], or texts alone. With `subset: 'both'`, an array of the datasets for training and validation.
 * InvalidArgumentError for options that contradict each other, or a folder without such files.
 * @tf tf.keras.utils.text_dataset_from_directory
 */
export function textDatasetFromDirectory(
  directory: string,
  options: Both,
): [training: DirectoryDataset, validation: DirectoryDataset];
export function textDatasetFromDirectory(directory: string, options?: TextDirectoryOptions): DirectoryDataset;
export function textDatasetFromDirectory(
  directory: string,
  options: TextDirectoryOptions = {},
): DirectoryDataset | [DirectoryDataset, DirectoryDataset] {
  const where = 'textDatasetFromDirectory';
  const o = { ...defaults, ...resolve(options, 'labels', defaults, where) };
  const { maxLength } = o;
  if (maxLength !== null && !(Number.isInteger(maxLength) && maxLength >= 0))
    throw new InvalidArgumentError(
      `[${where}] \`maxLength\` must be a number of bytes, or null; got ${describe(maxLength)}`,
    );
  const textOf = async (file: string): Promise<string> =>
    fromBytes((await readFile(file)).subarray(0, maxLength ?? undefined));
  return datasetsOf(
    directory,
    o,
    ['.txt'],
    async (files) => stringTensor([files.length], await Promise.all(files.map(textOf))),
    where,
  );
}
