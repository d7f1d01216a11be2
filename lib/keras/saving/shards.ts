/** Weights that are spread over several files, with a JSON that says where each is. */
import * as path from 'node:path';
import { dtypes } from '../../core/dtype';
import { DataLossError, InvalidArgumentError } from '../../core/errors';
import { isPlain } from '../../core/options';
import { writeAllAtomically, type FileToWrite } from '../../io/atomic';
import { hdf5Parts, openHdf5, type H5Group, type ReadDataset, type ReadGroup } from '../../io/hdf5';
import { readSmallFile, withFile } from '../../io/source';
import { fileDataset, fileVariables, groupAt, loadWeightsTree, saveables, TreeStore } from './weights';
import type { LoadTreeOptions, Saveable, VariableGroup, WeightStore } from './weights';

const ending = '.weights.json';
/** Of the JSON. */
const maxMapBytes = 2 ** 26;

interface ShardMap {
  metadata: { total_size: number };
  weight_map: Record<string, string | string[]>;
}

/** Writes the weights in files of at most `maxShardSize` GiB, and the JSON `file` last. */
export function saveShards(
  model: Saveable,
  file: string,
  maxShardSize: number,
  objectsToSkip: readonly unknown[],
): void {
  const base = path.basename(file).slice(0, -ending.length);
  const limit = maxShardSize * 2 ** 30;
  const shards: H5Group[] = [{}];
  const map: ShardMap = { metadata: { total_size: 0 }, weight_map: {} };
  const nameOf = (i: number): string => `${base}_${`${i}`.padStart(5, '0')}.weights.h5`;
  let size = 0;
  for (const { saveable, path: names } of saveables(model, new Set(objectsToSkip))) {
    const groups = [...names, 'vars'];
    groupAt(shards[shards.length - 1], groups).attributes = { name: saveable.name };
    const used = new Set<string>();
    fileVariables(saveable).forEach((v, i) => {
      const bytes = v.size * dtypes[v.dtype].bytes;
      if (bytes > limit)
        throw new InvalidArgumentError(
          `[saveWeights] The size of '${v.name}' is ${bytes} bytes, which exceeds the maximum shard size of ` +
            `${limit} bytes: increase maxShardSize`,
        );
      size += bytes;
      map.metadata.total_size += bytes;
      if (size > limit) {
        shards.push({});
        size = bytes;
      }
      (groupAt(shards[shards.length - 1], groups).datasets ??= {})[`${i}`] = fileDataset(v);
      used.add(nameOf(shards.length - 1));
    });
    const list = [...used];
    if (list.length > 0) map.weight_map[`/${groups.join('/')}`] = list.length === 1 ? list[0] : list;
  }
  const files: FileToWrite[] = shards.map((shard, i) => ({
    file: path.join(path.dirname(file), nameOf(i)),
    parts: hdf5Parts(shard).parts(),
  }));
  writeAllAtomically([...files, { file, parts: [Buffer.from(JSON.stringify(map, null, 4))] }]);
}

function readMap(file: string): ReadonlyMap<string, readonly string[]> {
  let json: unknown;
  try {
    json = JSON.parse(readSmallFile(file, 'loadWeights', maxMapBytes).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DataLossError(`[${file}] is no JSON: ${error.message}`);
  }
  const entries = (json as { weight_map?: unknown } | null)?.weight_map;
  if (typeof entries !== 'object' || entries === null || !isPlain(entries))
    throw new DataLossError(`[${file}] has no weight_map`);
  const map = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(entries) as [string, unknown][]) {
    const list = Array.isArray(value) ? (value as unknown[]) : [value];
    for (const name of list)
      if (typeof name !== 'string' || /[/\\\0]/.test(name) || !name.endsWith('.weights.h5'))
        throw new DataLossError(
          `[${file}] weight_map names the file ${JSON.stringify(name)}; it must be one of the same folder, *.weights.h5`,
        );
    map.set(key, list as string[]);
  }
  return map;
}

/** Assigns the weights of several files. */
export function loadShards(model: Saveable, file: string, options: LoadTreeOptions): void {
  const map = readMap(file);
  const open = new Map<string, ReadGroup>();
  const rest = [...new Set([...map.values()].flat())];
  const folder = path.dirname(file);
  // Each file is open while those after it are opened.
  const openNext = (): void => {
    const name = rest.shift();
    if (name === undefined) loadWeightsTree(model, new ShardStore(file, map, open), options);
    else
      withFile(path.join(folder, name), 'loadWeights', (source) => {
        open.set(name, openHdf5(source));
        openNext();
      });
  };
  openNext();
}

class ShardStore implements WeightStore {
  constructor(
    readonly file: string,
    private readonly map: ReadonlyMap<string, readonly string[]>,
    private readonly open: ReadonlyMap<string, ReadGroup>,
  ) {}

  variables(names: readonly string[]): VariableGroup | null {
    const files = this.map.get(`/${[...names, 'vars'].join('/')}`);
    if (files === undefined) return null;
    const groups = files
      .map((name) => new TreeStore(name, this.open.get(name) as ReadGroup).variables(names))
      .filter((group) => group !== null);
    return {
      keys: () => groups.flatMap((group) => group.keys()),
      dataset: (name): ReadDataset | null => {
        for (const group of groups) {
          const found = group.dataset(name);
          if (found !== null) return found;
        }
        return null;
      },
    };
  }
}

/** Whether a path is that of such a JSON. */
export const isShardMap = (file: string): boolean => file.endsWith(ending);
