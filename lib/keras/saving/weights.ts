/** The weights of a model as a tree of HDF5 groups, in Keras's layout. */
import { DataLossError, InvalidArgumentError } from '../../core/errors';
import { showShape } from '../../core/shape';
import { shapeOf, Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';
import { cast } from '../../ops/array/cast';
import { zeros } from '../../ops/array/creation';
import type { H5Dataset, H5Group, ReadDataset, ReadGroup } from '../../io/hdf5';
import { bytesOf } from '../../io/stored';
import { snakeNameOf } from '../base/registry';
import { effectiveWeight } from '../base/lora_weight';
import type { Weight } from '../base/weight';

/** Files of an object beside its variables: text by their names. */
export type Assets = Readonly<Record<string, string>>;

/** What has variables in a file: layers, models, optimizers. */
export interface Saveable {
  readonly name: string;
  /** Its own variables, in the order of the file. */
  savedVariables(): readonly Variable[];
  /** What it holds, under the names that Keras has for its properties. */
  savedChildren(): readonly (readonly [string, Saveable | readonly Saveable[]])[];
  /** The name of its class in lists, where it is not that of its class. */
  readonly savedClassName?: string;
  /** The names of its variables in the file, where these are not their numbers. */
  savedVariableNames?(): readonly string[];
  /** Called before its variables are read, with their number in the file and a look at each; false: leave them. */
  prepareLoad?(count: number, dataset: (name: string) => ReadDataset | null): boolean;
  /** Its other files, in a `.keras` file. */
  savedAssets?(): Assets;
  /** Called with these after its variables were read. */
  loadAssets?(assets: Assets, file: string): void;
}

/** The variables of one object in a file: a group, or one that is spread over several files. */
export interface VariableGroup {
  keys(): string[];
  dataset(name: string): ReadDataset | null;
}

/** Where the variables of a file are found. */
export interface WeightStore {
  readonly file: string;
  /** Those of the object that these names lead to; null if the file has none. */
  variables(path: readonly string[]): VariableGroup | null;
}

// `instanceof Weight` holds for every variable.
type MaybeWeight = Partial<Pick<Weight, 'lora' | 'isLoraFactor'>>;
const loraOf = (v: Variable & MaybeWeight): Weight['lora'] => v.lora ?? null;

/** The variables that an object has in a file: those of LoRA are a part of the weight that they change. */
export const fileVariables = (saveable: Saveable): Variable[] =>
  saveable.savedVariables().filter((v: Variable & MaybeWeight) => v.isLoraFactor !== true);

/** The value of a variable in a file, which for a weight with LoRA is the sum. */
export function fileDataset(v: Variable): H5Dataset {
  return datasetOf(loraOf(v) === null ? v : effectiveWeight(v as Weight, v.dtype));
}

/** The value itself. */
export function datasetOf(v: Variable | Tensor): H5Dataset {
  const value = v instanceof Tensor ? v : v.held;
  return { shape: [...shapeOf(value)], dtype: value.dtype, data: () => bytesOf(value) };
}

/** Names of the objects of a list: their classes in snake case, numbered in the order of the list. */
function numbered(list: readonly Saveable[]): [string, Saveable][] {
  const counts = new Map<string, number>();
  return list.map((saveable) => {
    const name = saveable.savedClassName ?? snakeNameOf(saveable);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return [count === 0 ? name : `${name}_${count}`, saveable];
  });
}

/** A saveable and all that it holds, each once, with the names of the groups that lead to it; those in `seen` are left out. */
export function* saveables(
  saveable: Saveable,
  seen: Set<unknown>,
  path: readonly string[] = [],
): Generator<{ saveable: Saveable; path: readonly string[] }> {
  if (seen.has(saveable)) return;
  seen.add(saveable);
  yield { saveable, path };
  for (const [name, child] of saveable.savedChildren()) {
    if (!Array.isArray(child)) yield* saveables(child as Saveable, seen, [...path, name]);
    else
      for (const [key, one] of numbered(child as Saveable[]))
        yield* saveables(one, seen, [...path, name, key]);
  }
}

/** The group of that path, made where there is none. */
export function groupAt(root: H5Group, path: readonly string[]): H5Group {
  let group = root;
  for (const name of path) group = (group.groups ??= {})[name] ??= {};
  return group;
}

/** The groups of a model's file, without the objects to skip. */
export function weightsTree(model: Saveable, skip: readonly unknown[] = []): H5Group {
  const root: H5Group = {};
  for (const { saveable, path } of saveables(model, new Set(skip))) {
    const group = groupAt(root, [...path, 'vars']);
    group.attributes = { name: saveable.name };
    const names = saveable.savedVariableNames?.();
    group.datasets = Object.fromEntries(
      fileVariables(saveable).map((v, i) => [names?.[i] ?? `${i}`, fileDataset(v)]),
    );
  }
  return root;
}

/** The variables of one HDF5 file. */
export class TreeStore implements WeightStore {
  constructor(
    readonly file: string,
    private readonly root: ReadGroup,
  ) {}

  variables(path: readonly string[]): VariableGroup | null {
    const found = this.root.group([...path, 'vars'].join('/'));
    if (found !== null || path[0] !== 'layers') return found;
    // As files of Keras 2.13 name it.
    return this.root.group(['_layer_checkpoint_dependencies', ...path.slice(1), 'vars'].join('/'));
  }
}

export interface LoadTreeOptions {
  /** Objects that do not fit their variables in the file keep what they have, with a warning. */
  readonly skipMismatch: boolean;
  readonly objectsToSkip: readonly unknown[];
}

/** A tensor in a file, which is read when it is asked for. */
export type StoredTensor = Pick<ReadDataset, 'shape' | 'dtype' | 'typeName' | 'read'>;

/** A variable, and what it will be assigned. */
export interface Assignment {
  readonly variable: Variable;
  readonly dataset: StoredTensor;
}

/** Assigns variables, which have been checked to fit. */
export function assignAll(assignments: readonly Assignment[]): void {
  for (const { variable, dataset } of assignments) variable.assign(cast(dataset.read(), variable.dtype));
}

/** Assigns the variables of a model from a file; all are checked before the first changes. */
export function loadWeightsTree(
  model: Saveable,
  store: WeightStore,
  { skipMismatch, objectsToSkip }: LoadTreeOptions = { skipMismatch: false, objectsToSkip: [] },
): void {
  const assignments: Assignment[] = [];
  const failed: { name: string; error: Error }[] = [];
  for (const { saveable, path } of saveables(model, new Set(objectsToSkip))) {
    try {
      assignments.push(...matchVariables(saveable, store, path));
    } catch (error) {
      failed.push({ name: saveable.name, error: error as Error });
    }
  }
  if (failed.length > 0) {
    const [{ name, error }] = failed;
    if (!skipMismatch && failed.length === 1) throw error;
    const all = failed.map((one) => `'${one.name}'`).join(', ');
    const message =
      `[${store.file}] A total of ${failed.length} objects could not be loaded. Example error message for object ` +
      `'${name}': ${error.message}. List of objects that could not be loaded: ${all}`;
    if (!skipMismatch)
      throw new (error.constructor as typeof InvalidArgumentError)(message, { cause: error });
    process.emitWarning(message);
  }
  assignAll(assignments);
}

function matchVariables(saveable: Saveable, store: WeightStore, path: readonly string[]): Assignment[] {
  const { file } = store;
  const group = store.variables(path);
  const place = path.map((name) => `/${name}`).join('') + '/vars';
  const names = group?.keys() ?? [];
  if (saveable.prepareLoad?.(names.length, (name) => group?.dataset(name) ?? null) === false) return [];
  const variables = fileVariables(saveable);
  if (variables.length === 0) return [];
  if (group === null || names.length !== variables.length)
    throw new InvalidArgumentError(
      `[${file}] '${saveable.name}' has ${variables.length} variables; the file has ${names.length} of them at ${place}`,
    );
  const wanted = saveable.savedVariableNames?.();
  return variables.flatMap((variable, i) => {
    const name = wanted?.[i] ?? `${i}`;
    const dataset = group.dataset(name);
    if (dataset === null) throw new DataLossError(`[${file}] ${place}/${name} is missing, or is no dataset`);
    checkFits(dataset, variable, `[${file}] ${place}/${name}`, saveable.name);
    return [{ variable, dataset }, ...withoutLora(variable)];
  });
}

/** Zeros for the matrices of a weight's LoRA: files have the sum. */
function withoutLora(variable: Variable): Assignment[] {
  const lora = loraOf(variable);
  if (lora === null) return [];
  return [lora.a, lora.b].map((factor) => {
    const shape = [...shapeOf(factor.held)];
    const { dtype } = factor;
    return { variable: factor, dataset: { shape, dtype, typeName: dtype, read: () => zeros(shape, dtype) } };
  });
}

/** InvalidArgumentError if a dataset has not the shape of a variable, DataLossError if it has no numbers. */
export function checkFits(dataset: StoredTensor, variable: Variable, place: string, owner: string): void {
  const shape = shapeOf(variable.held);
  if (dataset.shape.join() !== shape.join())
    throw new InvalidArgumentError(
      `${place} has the shape ${showShape(dataset.shape)}; the variable '${variable.name}' of '${owner}' has ` +
        showShape(shape),
    );
  if (dataset.dtype === null)
    throw new DataLossError(`${place} has elements of the type ${dataset.typeName}, no numbers`);
}
