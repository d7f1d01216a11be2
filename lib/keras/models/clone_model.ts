/** Models like others, with new layers and weights. */
import { InvalidArgumentError } from '../../core/errors';
import { flatten, isPlainObject, mapStructure } from '../../core/nest';
import { options as resolve } from '../../core/options';
import { describe } from '../../core/shape';
import { cloneOf } from '../base/clone';
import { KerasObject } from '../base/keras_object';
import { classNameOf } from '../base/registry';
import { InputLayer } from '../layers/core/input_layer';
import type { SymbolicInputs } from '../layers/inputs';
import { Layer } from '../layers/layer';
import { RecordedOperation } from '../ops/operation';
import { Optimizer } from '../optimizers/optimizer';
import { deserializeKerasObject } from '../saving/serialization';
import { serialize } from '../saving/serialize';
import { KerasTensor, type Operation } from '../symbolic/keras_tensor';
import type { FunctionGraph } from './function_graph';
import { Model } from './model';
import { Sequential } from './sequential';

export interface CloneModelOptions {
  /** Symbolic tensors in the structure of the model's inputs, from which the copy starts. Default: new `Input`s. */
  inputTensors?: SymbolicInputs | null;
  /** Returns the layer that takes the place of a layer (all but `Input`s). Default: one made from the layer's config. */
  cloneFunction?: ((layer: Layer) => Layer) | null;
  /** Calls a layer of the copy and returns its outputs, for functional models. Default: `(layer, ...args) => layer(...args)`. */
  callFunction?: ((layer: Layer, ...args: unknown[]) => unknown) | null;
  /** Whether models in the model are cloned with these options too; otherwise they are layers like others. Default false. */
  recursive?: boolean;
}

type Resolved = Required<CloneModelOptions>;
type Copies = Map<Operation, Operation>;

const defaults: Resolved = { inputTensors: null, cloneFunction: null, callFunction: null, recursive: false };

/**
 * A functional or sequential model like `model`, whose layers have new weights. It is compiled as `model` is, with a new
 * optimizer. Other models are made from their configs, `getConfig`. @tf tf.keras.models.clone_model
 */
export function cloneModel(model: Model, options?: CloneModelOptions): Model {
  if (!(model instanceof Model)) throw new TypeError(`[cloneModel] needs a model; got ${describe(model)}`);
  const chosen = resolve<Resolved>(options, 'inputTensors', defaults, 'cloneModel');
  for (const name of ['cloneFunction', 'callFunction'] as const)
    if (chosen[name] !== null && typeof chosen[name] !== 'function')
      throw new TypeError(
        `[cloneModel] Expected \`${name}\` argument to be a function. Received: ${describe(chosen[name])}`,
      );
  return cloneWith(model, chosen, new Map());
}

function cloneWith(model: Model, chosen: Resolved, copies: Copies): Model {
  if (model instanceof Sequential) return withCompilation(cloneSequential(model, chosen, copies), model);
  if (model.graph !== null)
    return withCompilation(cloneFunctional(model, model.graph, chosen, copies), model);
  for (const name of ['inputTensors', 'cloneFunction', 'callFunction'] as const)
    if (chosen[name] !== null)
      throw new InvalidArgumentError(
        `[cloneModel] Argument \`${name}\` is only supported for Sequential models or Functional models. ` +
          `Received model of type '${classNameOf(model)}'`,
      );
  return withCompilation(fromOwnConfig(model) as Model, model);
}

/** An equal object, made by way of its JSON. */
const fromOwnConfig = (model: Model): unknown =>
  deserializeKerasObject(serialize(model), {
    customObjects: { [model.constructor.name]: model.constructor },
  });

/** What takes the place of a layer or operation; the same for each of its calls. */
function copyOf(operation: Operation, chosen: Resolved, copies: Copies): Operation {
  const known = copies.get(operation);
  if (known !== undefined) return known;
  const copy = newCopyOf(operation, chosen, copies);
  copies.set(operation, copy);
  return copy;
}

function newCopyOf(operation: Operation, chosen: Resolved, copies: Copies): Operation {
  if (operation instanceof RecordedOperation)
    return new RecordedOperation(operation.definition, operation.config, operation.name);
  const isGraph = operation instanceof Model && (operation instanceof Sequential || operation.graph !== null);
  if (isGraph && chosen.recursive)
    return cloneWith(
      operation,
      {
        ...chosen,
        inputTensors: null,
        callFunction: operation instanceof Sequential ? null : chosen.callFunction,
      },
      copies,
    );
  if (chosen.cloneFunction === null)
    return isGraph ? (fromOwnConfig(operation) as Model) : cloneOf(operation as Layer);
  const copy: unknown = chosen.cloneFunction(operation as Layer);
  if (copy instanceof Layer) return copy;
  throw new InvalidArgumentError(
    `[cloneModel] cloneFunction must return a layer; for '${operation.name}' it returned ${describe(copy)}`,
  );
}

function cloneSequential(model: Sequential, chosen: Resolved, copies: Copies): Model {
  if (chosen.callFunction !== null)
    throw new InvalidArgumentError(
      '[cloneModel] `callFunction` argument is not supported with Sequential models. In a Sequential model, layers ' +
        "aren't called at model-construction time (they're merely listed). Use `callFunction` with Functional models only.",
    );
  const layers = model.layers.map((layer) => copyOf(layer, chosen, copies) as Layer);
  const { layers: listed } = model.getConfig() as { layers: readonly Layer[] };
  const first = listed[0] instanceof InputLayer ? listed[0] : null;
  const input = chosen.inputTensors === null ? first : inputLike(chosen.inputTensors, first);
  const { name, trainable } = model;
  return new Sequential(input === null ? layers : [cloneOf(input), ...layers], { name, trainable });
}

/** An input of the shape and dtype of the one tensor. */
function inputLike(inputTensors: unknown, first: InputLayer | null): InputLayer {
  const tensors = Array.isArray(inputTensors) ? (inputTensors as unknown[]) : [inputTensors];
  const [t] = tensors;
  if (tensors.length !== 1 || !(t instanceof KerasTensor))
    throw new InvalidArgumentError(
      `[cloneModel] Argument \`inputTensors\` must contain a single KerasTensor. Received: ${describe(inputTensors)}`,
    );
  return new InputLayer({ batchShape: t.shape, dtype: t.dtype, name: first?.name ?? null });
}

/** Whether two structures have tensors at the same places. */
function haveSameStructure(a: unknown, b: unknown): boolean {
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((part, i) => haveSameStructure(part, b[i]));
  if (isPlainObject(a))
    return (
      isPlainObject(b) &&
      Object.keys(a).length === Object.keys(b).length &&
      Object.keys(a).every((key) => key in b && haveSameStructure(a[key], b[key]))
    );
  return a instanceof KerasTensor && b instanceof KerasTensor;
}

function cloneFunctional(model: Model, graph: FunctionGraph, chosen: Resolved, copies: Copies): Model {
  const { inputStructure } = graph;
  if (chosen.inputTensors !== null && !haveSameStructure(inputStructure, chosen.inputTensors))
    throw new InvalidArgumentError(
      `[cloneModel] \`inputTensors\` must be KerasTensors in the same structure as the model's inputs, ` +
        `${graph.inputs.map(String).join(', ')}. Received: ${describe(chosen.inputTensors)}`,
    );
  const inputs = (chosen.inputTensors ?? mapStructure(inputStructure, newInput)) as SymbolicInputs;
  const values = isPlainObject(inputStructure)
    ? Object.keys(inputStructure).map((key) => (inputs as Record<string, unknown>)[key])
    : flatten(inputs);
  const call = chosen.callFunction;
  const outputs = graph.run(
    values,
    ({ operation }, args) => {
      const copy = copyOf(operation, chosen, copies);
      return call !== null && copy instanceof Layer ? call(copy, ...args) : copy.invoke(...args);
    },
    flatten,
  );
  return new Model(inputs, outputs as SymbolicInputs, { name: model.name });
}

const newInput = (t: unknown): KerasTensor => {
  const { shape, dtype, name } = t as KerasTensor;
  return new InputLayer({ batchShape: shape, dtype, name }).output;
};

/** The model, compiled with copies of what `like` was compiled with. */
function withCompilation(model: Model, like: Model): Model {
  const copy = (value: unknown): unknown => {
    if (value instanceof KerasObject || value instanceof Optimizer) return cloneOf(value);
    if (Array.isArray(value)) return value.map(copy);
    if (!isPlainObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)]));
  };
  const config = like.compileConfig();
  if (Object.keys(config).length > 0) model.compileFromConfig(copy(config) as Record<string, unknown>);
  return model;
}
