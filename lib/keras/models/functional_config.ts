/** The configs of functional models: layers and the calls between them. */
import { DataLossError, InvalidArgumentError } from '../../core/errors';
import type { Config } from '../base/keras_object';
import { fromPythonName, toPythonName } from '../base/naming';
import { namedOptions } from '../base/named_options';
import type { SymbolicInputs } from '../layers/inputs';
import { deserialize, serialize, serializeKerasTensor, type Json, type Reading } from '../saving/serialize';
import {
  type KerasTensor,
  replaceKerasTensors,
  splitArguments,
  type CallNode,
  type Operation,
} from '../symbolic/keras_tensor';
import type { FunctionGraph } from './function_graph';

/** Keras counts a call with which functional models start, in the places of outputs, but not in those of arguments. */
const callsBefore = (operation: object): number =>
  'graph' in operation && operation.graph !== null && !('add' in operation) ? 1 : 0;

/** The layers, calls, inputs and outputs of a graph. */
export function functionalConfig(graph: FunctionGraph): Config {
  const indices = new Map<Operation, Map<number, number>>();
  for (const operation of graph.operations) indices.set(operation, new Map());
  const own = new Set(graph.nodes);
  for (const operation of graph.operations) {
    const map = indices.get(operation) as Map<number, number>;
    operation.inboundNodes.forEach((node, i) => {
      if (own.has(node)) map.set(i, map.size);
    });
  }
  const renumber = (index: number, operation: object): number =>
    indices.get(operation as Operation)?.get(index) ?? index;
  const tensors = (structure: unknown): Json =>
    serialize(replaceKerasTensors(structure, (t) => serializeKerasTensor(t, renumber)));
  const node = ({ args, operation }: CallNode): Json => {
    const { positional, named } = splitArguments(args);
    const spell = operation.keepsNames === true ? (key: string): string => key : toPythonName;
    const entries = Object.entries(named).map(([key, value]) => [spell(key), tensors(value)] as const);
    return { args: positional.map(tensors), kwargs: Object.fromEntries(entries) };
  };
  const place = (t: KerasTensor): unknown => {
    const history = t.history as NonNullable<KerasTensor['history']>;
    const { operation, nodeIndex, tensorIndex } = history;
    return [operation.name, renumber(nodeIndex, operation) + callsBefore(operation), tensorIndex];
  };
  return {
    layers: graph.operations.map((operation) => ({
      ...(serialize(operation) as Record<string, Json>),
      name: operation.name,
      inbound_nodes: operation.inboundNodes.filter((n) => own.has(n) && n.inputs.length > 0).map(node),
    })),
    inputLayers: replaceKerasTensors(graph.inputStructure, place),
    outputLayers: replaceKerasTensors(graph.outputStructure, place),
  };
}

interface LayerJson {
  readonly name: string;
  readonly inbound_nodes: readonly {
    readonly args: readonly Json[];
    readonly kwargs: Readonly<Record<string, Json>>;
  }[];
}

/** The config of a functional model in a file. */
export interface FunctionalJson {
  readonly name?: string;
  readonly trainable?: boolean;
  readonly layers?: readonly LayerJson[];
  readonly input_layers?: Json;
  readonly output_layers?: Json;
}

type Layers = ReadonlyMap<string, Operation>;

/** The symbolic tensor at a place `[layer, call, result]`; null if that call has not been made yet. */
function tensorAt(
  layers: Layers,
  place: readonly Json[],
  file: string,
  isOutput = false,
): KerasTensor | null {
  const [name, call, index] = place;
  const operation = layers.get(name as string);
  if (operation === undefined)
    throw new DataLossError(`[${file}] the model has no layer '${JSON.stringify(name)}'`);
  const node = operation.inboundNodes[Number(call) - (isOutput ? callsBefore(operation) : 0)] as
    CallNode | undefined;
  return node?.outputTensors[Number(index)] ?? null;
}

class NotYet extends Error {}

/** The arguments of a call, with tensors in place of the places where they come from. */
function readArguments(value: Json, layers: Layers, reading: Reading): unknown {
  if (Array.isArray(value)) return value.map((part: Json) => readArguments(part, layers, reading));
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Readonly<Record<string, Json>>;
  if (object.class_name === '__keras_tensor__') {
    const { keras_history: place } = object.config as { keras_history?: Json };
    if (!Array.isArray(place) || place.length !== 3)
      throw new DataLossError(`[${reading.file}] a tensor of a functional model has no place`);
    const found = tensorAt(layers, place as Json[], reading.file);
    if (found === null) throw new NotYet();
    return found;
  }
  if (typeof object.class_name === 'string') return deserialize(value, reading);
  return Object.fromEntries(
    Object.entries(object).map(([key, part]) => [key, readArguments(part, layers, reading)]),
  );
}

/** Makes the layers of a functional model and calls them as its config says. */
export function rebuildFunctional(
  config: FunctionalJson,
  reading: Reading,
  depth: number,
): { inputs: SymbolicInputs; outputs: SymbolicInputs } {
  const { file } = namedOptions(reading, 'Model.fromSerialized');
  if (
    !Array.isArray(config.layers) ||
    config.input_layers === undefined ||
    config.output_layers === undefined
  )
    throw new DataLossError(
      `[${file}] the config of a functional model needs layers, input_layers and output_layers`,
    );
  const layers = new Map<string, Operation>();
  const waiting: { operation: Operation; node: LayerJson['inbound_nodes'][number] }[] = [];
  for (const json of config.layers as readonly LayerJson[]) {
    const operation = deserialize(json as unknown as Json, reading, depth + 1) as Operation;
    layers.set(json.name, operation);
    for (const node of json.inbound_nodes ?? []) waiting.push({ operation, node });
  }
  while (waiting.length > 0) {
    const before = waiting.length;
    const blocked = new Set<Operation>();
    for (const entry of waiting.splice(0)) {
      // The calls of a layer keep their order, since they are known by their numbers.
      if (blocked.has(entry.operation) || !callNode(entry, layers, reading)) {
        blocked.add(entry.operation);
        waiting.push(entry);
      }
    }
    if (waiting.length === before)
      throw new InvalidArgumentError(
        `[${file}] the graph of the functional model has loops or disconnected calls, at ` +
          waiting.map(({ operation }) => operation.name).join(', '),
      );
  }
  const structure = (value: Json): unknown => {
    if (Array.isArray(value) && value.length === 3 && typeof value[0] === 'string') {
      const found = tensorAt(layers, value as Json[], file, true);
      if (found === null)
        throw new DataLossError(`[${file}] ${value.join(', ')} is no result of the model's layers`);
      return found;
    }
    if (Array.isArray(value)) return value.map((part: Json) => structure(part));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, structure(part)]));
    throw new DataLossError(`[${file}] the inputs and outputs of a functional model are places of tensors`);
  };
  return {
    inputs: structure(config.input_layers) as SymbolicInputs,
    outputs: structure(config.output_layers) as SymbolicInputs,
  };
}

/** Makes a call if its arguments exist already. */
function callNode(
  { operation, node }: { operation: Operation; node: LayerJson['inbound_nodes'][number] },
  layers: Layers,
  reading: Reading,
): boolean {
  try {
    const args = readArguments(node.args, layers, reading) as unknown[];
    const entries = Object.entries(readArguments(node.kwargs, layers, reading) as Record<string, unknown>);
    const spell = operation.keepsNames === true ? (key: string): string => key : fromPythonName;
    const kwargs = Object.fromEntries(entries.map(([key, value]) => [spell(key), value]));
    operation.invoke(...args, ...(entries.length > 0 ? [kwargs] : []));
    return true;
  } catch (error) {
    if (error instanceof NotYet) return false;
    throw error;
  }
}
