/** Models: layers with training, evaluation and files. */
import { InvalidArgumentError } from '../../core/errors';
import { flatten, isPlainObject } from '../../core/nest';
import { Layer } from '../layers/layer';
import type { LayerOptions } from '../layers/options';
import type { SymbolicInputs } from '../layers/inputs';
import { uniqueName, withNameScope } from '../base/naming';
import type { Config } from '../base/keras_object';
import { namedOptions } from '../base/named_options';
import type { KerasShape } from '../base/shapes';
import { KerasTensor, kerasTensorsIn, splitArguments } from '../symbolic/keras_tensor';
import { Trainer } from '../training/trainer';
import {
  loadWeights,
  saveModel,
  saveWeights,
  type LoadWeightsOptions,
  type SaveOptions,
  type SaveWeightsOptions,
} from '../saving/keras_file';
import {
  configText,
  deserializeConfig,
  serialize,
  withSharing,
  type JsonObject,
  type Reading,
} from '../saving/serialize';
import { savedOptimizer } from '../saving/optimizer_state';
import type { Saveable } from '../saving/weights';
import { FunctionGraph } from './function_graph';
import { layerOf, type LayerChoice } from './layer_choice';
import { printSummary, type SummaryOptions } from './summary';
import { splitAtText, type TextSplit } from './text_split';
import { functionalConfig, rebuildFunctional, type FunctionalJson } from './functional_config';

export type ModelOptions = Omit<LayerOptions, 'activityRegularizer'>;

/** A functional model by the names of its arguments, as `keras.Model(inputs=…, outputs=…)`. */
export interface FunctionalOptions extends ModelOptions {
  inputs: SymbolicInputs;
  outputs: SymbolicInputs;
}

const isFunctionalOptions = (options: object): options is FunctionalOptions =>
  isPlainObject(options) && 'inputs' in options && 'outputs' in options;

/** A structure whose objects have their keys in order, as Keras orders the tensors of a dict: by name, not by insertion. */
function withSortedKeys<T>(structure: T): T {
  if (Array.isArray(structure)) return structure.map(withSortedKeys) as T;
  if (!isPlainObject(structure)) return structure;
  const entries = Object.entries(structure).map(([key, part]) => [key, withSortedKeys(part)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}

/**
 * A model: of the layers between symbolic inputs and outputs, `new Model(inputs, outputs)`, or of what a subclass does in its
 * `call(inputs, { training })` with the layers that it keeps in its properties. @tf tf.keras.Model
 */
export class Model extends Trainer {
  /** @internal What lies between inputs and outputs; null for subclasses with a `call` of their own. */
  declare readonly graph: FunctionGraph | null;
  #textSplit: { readonly graph: FunctionGraph; readonly split: TextSplit | null } | null = null;
  #prepared: FunctionGraph | null = null;

  constructor(inputs: SymbolicInputs, outputs: SymbolicInputs, options?: ModelOptions);
  constructor(options: FunctionalOptions);
  constructor(options?: ModelOptions);
  constructor(
    first: SymbolicInputs | ModelOptions = {},
    second?: SymbolicInputs,
    functionalOptions: ModelOptions = {},
  ) {
    const { inputs, outputs, ...options } =
      second !== undefined
        ? { inputs: first as SymbolicInputs, outputs: second, ...functionalOptions }
        : isFunctionalOptions(first)
          ? namedOptions(first, 'Model')
          : { inputs: null, outputs: null, ...(first as ModelOptions) };
    const isFunctional = inputs !== null;
    super(isFunctional ? { ...options, name: options.name ?? uniqueName('functional') } : options);
    Object.defineProperty(this, 'graph', { value: null, writable: true, enumerable: false });
    if (isFunctional) this.connect(inputs, outputs);
  }

  private connect(inputs: SymbolicInputs, outputs: SymbolicInputs): void {
    const own = this as { graph: FunctionGraph | null };
    for (const [what, structure] of [
      ['inputs', inputs],
      ['outputs', outputs],
    ] as const) {
      const others = flatten(structure).filter((t) => !(t instanceof KerasTensor));
      if (others.length > 0)
        throw new InvalidArgumentError(
          `[${this.name}] All \`${what}\` values must be KerasTensors. Received: ${others.map(String).join(', ')}`,
        );
    }
    own.graph = new FunctionGraph(withSortedKeys(inputs), withSortedKeys(outputs), this.name);
    this.built = true;
    this.buildShape = null;
  }

  call(inputs: unknown, ...rest: unknown[]): unknown {
    const { graph } = this;
    const options = (rest[0] ?? {}) as { training?: boolean };
    if (this.#prepared !== null) return runGraph(this.#prepared, flatten(inputs), options.training);
    if (graph === null)
      throw new InvalidArgumentError(
        `[${this.name}] Model ${this.constructor.name} does not have a \`call()\` method implemented.`,
      );
    return runGraph(graph, this.inputValues(inputs, graph), options.training);
  }

  /** The graph, split where text ends; null if it has none, or none that can be split off. */
  private get textSplit(): TextSplit | null {
    const { graph } = this;
    if (graph === null) return null;
    if (this.#textSplit?.graph !== graph) this.#textSplit = { graph, split: splitAtText(graph, this.name) };
    return this.#textSplit.split;
  }

  /** @internal Whether a compiled step calls it, with what the layers that take text have computed. */
  protected get isPrepared(): boolean {
    return this.#prepared !== null;
  }

  /** @internal What the layers that take text make of the inputs, and the other inputs. */
  protected override prepareInputs(x: unknown): unknown {
    const { textSplit: split, graph } = this;
    if (split === null || graph === null) return x;
    return runGraph(split.text, this.inputValues(x, graph), undefined);
  }

  /** @internal */
  protected override withPrepared<R>(f: () => R): R {
    const before = this.#prepared;
    this.#prepared = this.textSplit?.rest ?? null;
    try {
      return f();
    } finally {
      this.#prepared = before;
    }
  }

  /** @internal Layers of a graph may have been called with a `training` of their own. */
  protected override get defaultTraining(): boolean | undefined {
    return this.graph === null ? super.defaultTraining : undefined;
  }

  override computeOutputSpec(inputs: unknown, ...rest: unknown[]): unknown {
    if (this.graph === null) return super.computeOutputSpec(inputs, ...rest);
    return this.graph.run(
      kerasTensorsIn(inputs),
      ({ operation }, args) => (operation as Layer).computeOutputSpec(...args),
      flatten,
    );
  }

  /** The inputs in the order of the graph's; by name where they are an object. */
  private inputValues(inputs: unknown, graph: FunctionGraph): readonly unknown[] {
    const { inputStructure } = graph;
    const byName = isPlainObject(inputs);
    const values = byName
      ? graph.inputs.map((t, i) => {
          const keys = isPlainObject(inputStructure) ? Object.keys(inputStructure) : null;
          const name = keys?.[i] ?? t.name;
          return inputs[name];
        })
      : flatten(inputs);
    if (values.length !== graph.inputs.length || values.some((value) => value === undefined))
      throw new InvalidArgumentError(
        `[${this.name}] the model has ${graph.inputs.length} input(s), ${graph.inputs.map(({ name }) => name).join(', ')}; ` +
          `it was called with ${byName ? Object.keys(inputs).join(', ') : values.length}`,
      );
    return values;
  }

  override get outputNames(): readonly string[] {
    if (this.graph === null) return super.outputNames;
    const { outputStructure, outputs } = this.graph;
    if (isPlainObject(outputStructure)) return Object.keys(outputStructure);
    return outputs.map((t) => t.history?.operation.name ?? t.name);
  }

  /** The symbolic inputs. */
  get inputs(): readonly KerasTensor[] {
    return this.symbolic('inputs');
  }

  get outputs(): readonly KerasTensor[] {
    return this.symbolic('outputs');
  }

  private symbolic(what: 'inputs' | 'outputs'): readonly KerasTensor[] {
    if (this.graph === null) throw this.notBuilt(what);
    return this.graph[what];
  }

  /** @internal The error of a model that has no graph. */
  protected notBuilt(what: string): InvalidArgumentError {
    return new InvalidArgumentError(
      `[${this.name}] model '${this.name}' has no defined ${what}: it is not a functional model, or was not built yet`,
    );
  }

  /** The symbolic inputs, in the structure in which the model was made of them. */
  override get input(): SymbolicInputs {
    return this.graph === null ? super.input : (this.graph.inputStructure as SymbolicInputs);
  }

  /** The symbolic outputs, likewise. With `input` and a layer's `output`, a model of some of the layers. */
  override get output(): SymbolicInputs {
    return this.graph === null ? super.output : (this.graph.outputStructure as SymbolicInputs);
  }

  get inputShape(): KerasShape {
    return this.inputs[0].shape;
  }

  get outputShape(): KerasShape {
    return this.outputs[0].shape;
  }

  /** @internal */
  override savedChildren(): readonly (readonly [string, Saveable | readonly Saveable[]])[] {
    const layers = this.graph === null ? super.savedChildren() : [['layers', this.sublayers()] as const];
    return this.optimizer === null ? layers : [...layers, ['optimizer', savedOptimizer(this.optimizer)]];
  }

  /** @internal A functional model has the class of these in lists. */
  get savedClassName(): string | undefined {
    return this.isFunctional ? 'functional' : undefined;
  }

  /** Whether it is described by its inputs and outputs alone. */
  protected get isFunctional(): boolean {
    return this.graph !== null && this.constructor === Model;
  }

  /** @internal */
  serializedAs(): { module: string; className: string; registeredName: string | null } | undefined {
    if (!this.isFunctional) return undefined;
    return {
      module: 'keras.src.models.functional',
      className: 'Functional',
      registeredName: 'Functional',
    };
  }

  override serializedExtras(): Record<string, unknown> {
    const build = this.isFunctional ? { build_config: { input_shape: null } } : super.serializedExtras();
    return { ...build, compile_config: this.compileConfig() };
  }

  /** @internal The layers of a `call` of its own are built by tracing it. */
  override buildFromConfig(config: { readonly input_shape?: unknown }): void {
    const shapes = config.input_shape;
    const tracesCall = this.graph === null && this.build === Layer.prototype.build;
    if (!tracesCall || typeof shapes !== 'object' || shapes === null) {
      super.buildFromConfig(config);
      return;
    }
    const symbolic = (shape: unknown): unknown => {
      if (isPlainObject(shape))
        return Object.fromEntries(Object.entries(shape).map(([key, part]) => [key, symbolic(part)]));
      const isShape = (shape as unknown[]).every((n) => n === null || typeof n === 'number');
      return isShape
        ? new KerasTensor(shape as KerasShape, this.computeDtype)
        : (shape as unknown[]).map(symbolic);
    };
    this.buildShape = shapes as KerasShape;
    withNameScope(this.name, () => this.computeOutputSpec(symbolic(shapes)));
    this.built = true;
  }

  override getConfig(): Config {
    if (this.graph === null || !this.isFunctional) return super.getConfig();
    return { name: this.name, trainable: this.trainable, ...functionalConfig(this.graph) };
  }

  /** @internal */
  static fromSerialized(config: FunctionalJson, reading: Reading, depth: number): Model {
    const json = namedOptions(config, 'Model.fromSerialized');
    // The config of a class with a `call` of its own has the arguments of its constructor.
    if (this !== Model && !('input_layers' in json))
      return this.fromConfig(deserializeConfig(json as JsonObject, reading, depth));
    const { inputs, outputs } = rebuildFunctional(json, reading, depth);
    return new Model(inputs, outputs, { name: json.name, trainable: json.trainable ?? true });
  }

  /**
   * Writes the model, its weights and the state of its optimizer to a `.keras` file, which Python's Keras reads too, or to one of
   * Keras's legacy format, `.h5`.
   */
  save(file: string, options?: SaveOptions): Promise<void> {
    return saveModel(this, file, options);
  }

  /** Writes the weights, and the state of the optimizer, to a `.weights.h5` file, or to several. */
  saveWeights(file: string, options?: SaveWeightsOptions): Promise<void> {
    return saveWeights(this, file, options);
  }

  /** Assigns the weights of a `.weights.h5`, `.weights.json`, `.keras` or legacy `.h5` file. */
  loadWeights(file: string, options?: LoadWeightsOptions): Promise<void> {
    return loadWeights(this, file, options);
  }

  /** The config of the model as JSON, for `tf.keras.models.modelFromJson`: what it consists of, without weights. */
  toJson(): string {
    return configText(withSharing(() => serialize(this)));
  }

  /** Prints the layers with their shapes and numbers of weights, as Keras prints them. @tf tf.keras.Model.summary */
  summary(options?: SummaryOptions): void {
    printSummary(this, options);
  }

  /** The layers, in the order of Keras. */
  get layers(): Layer[] {
    return this.sublayers();
  }

  override sublayers(): Layer[] {
    if (this.graph === null) return super.sublayers();
    return this.graph.operations.filter((operation): operation is Layer => operation instanceof Layer);
  }

  /**
   * The layer of a name, or at an index. InvalidArgumentError if there is none, and for both or neither of name and index.
   * @tf tf.keras.Model.get_layer
   */
  getLayer(which: string | number | LayerChoice): Layer {
    return layerOf(this.layers, which, this.name);
  }
}

function runGraph(graph: FunctionGraph, values: readonly unknown[], training: boolean | undefined): unknown {
  return graph.run(
    values,
    ({ operation }, args) =>
      operation.invoke(...(operation instanceof Layer ? withTraining(args, training) : args)),
    flatten,
  );
}

/** The arguments with the option `training` of the outer call, which goes before their own. */
function withTraining(args: readonly unknown[], training: boolean | undefined): unknown[] {
  if (training === undefined) return [...args];
  const { positional, named } = splitArguments(args);
  return [...positional, { ...named, training }];
}
