/** Models whose layers are called one after the other. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import type { Config } from '../base/keras_object';
import { namedOptions } from '../base/named_options';
import { uniqueName, withNameScope } from '../base/naming';
import type { KerasShape } from '../base/shapes';
import { InputLayer } from '../layers/core/input_layer';
import { Layer } from '../layers/layer';
import { KerasTensor } from '../symbolic/keras_tensor';
import { deserializeConfig, type Reading } from '../saving/serialize';
import { savedOptimizer } from '../saving/optimizer_state';
import type { Saveable } from '../saving/weights';
import { FunctionGraph } from './function_graph';
import type { FunctionalJson } from './functional_config';
import { Model, type ModelOptions } from './model';

/**
 * Layers that are called one after the other. It is built at once if the first is an `Input`, else by the first call.
 * @tf tf.keras.Sequential
 */
export class Sequential extends Model {
  private readonly stack: Layer[] = [];
  private inputLayer: InputLayer | null = null;

  constructor(layers: readonly (Layer | KerasTensor)[] = [], options: ModelOptions = {}) {
    super(options);
    if (!Array.isArray(layers))
      throw new TypeError(`[Sequential] layers must be an array of layers; got ${describe(layers)}`);
    for (const layer of layers as readonly (Layer | KerasTensor)[]) this.append(layer);
    this.rebuild();
  }

  /** Adds a layer, or first an `Input`. */
  add(layer: Layer | KerasTensor): void {
    this.append(layer);
    this.rebuild();
  }

  /** Removes the last layer, and returns it. */
  pop(): Layer | undefined {
    const last = this.stack.pop();
    this.rebuild();
    return last;
  }

  private append(given: Layer | KerasTensor): void {
    const layer = given instanceof KerasTensor ? given.history?.operation : given;
    if (!(layer instanceof Layer))
      throw new InvalidArgumentError(
        `[Sequential] Only instances of Layer can be added to a Sequential model. Received: ${describe(given)}`,
      );
    if (this.stack.some((other) => other !== layer && other.name === layer.name))
      throw new InvalidArgumentError(
        `[Sequential] All layers added to a Sequential model should have unique names. Name '${layer.name}' is already the ` +
          `name of a layer in this model. Update the \`name\` argument to pass a unique name.`,
      );
    if (layer instanceof InputLayer) {
      if (this.inputLayer !== null || this.stack.length > 0)
        throw new InvalidArgumentError(
          `[Sequential] Sequential model '${this.name}' takes one Input, as its first layer`,
        );
      this.inputLayer = layer;
    } else {
      this.stack.push(layer);
    }
  }

  private rebuild(): void {
    this.built = false;
    this.setGraph(null);
    const { inputLayer: input } = this;
    if (input !== null && this.stack.length > 0) withNameScope(this.name, () => this.build(input.batchShape));
  }

  private setGraph(graph: FunctionGraph | null): void {
    (this as { graph: FunctionGraph | null }).graph = graph;
  }

  override build(inputShape: KerasShape): void {
    if (this.stack.length === 0)
      throw new InvalidArgumentError(
        `[Sequential] Sequential model ${this.name} cannot be built because it has no layers. Call \`model.add(layer)\`.`,
      );
    // Inputs of several tensors: the layers are called as they come.
    if (!Array.isArray(inputShape) || inputShape.some((n) => typeof n === 'object' && n !== null)) return;
    this.inputLayer ??= new InputLayer({ batchShape: inputShape, dtype: this.stack[0].computeDtype });
    // Keras makes a functional model here, which takes a name.
    uniqueName('functional');
    const start = this.inputLayer.output;
    const end = this.stack.reduce<unknown>((x, layer) => layer.invoke(x), start);
    this.setGraph(new FunctionGraph(start, end, this.name));
    this.buildShape = this.inputLayer.batchShape;
    this.built = true;
  }

  override call(inputs: unknown, ...rest: unknown[]): unknown {
    if (this.isPrepared) return super.call(inputs, ...rest);
    const { training, mask } = (rest[0] ?? {}) as { training?: boolean; mask?: unknown };
    let first: unknown = mask ?? null;
    return this.stack.reduce<unknown>((x, layer) => {
      const options: Record<string, unknown> = { training };
      if (first !== null && layer.usesMask) options.mask = first;
      first = null;
      return layer.invoke(x, options);
    }, inputs);
  }

  override computeOutputSpec(inputs: unknown): unknown {
    return this.stack.reduce<unknown>((x, layer) => layer.computeOutputSpec(x), inputs);
  }

  override computeMask(): unknown {
    return null;
  }

  override get layers(): Layer[] {
    return [...this.stack];
  }

  protected override notBuilt(what: string): InvalidArgumentError {
    return new InvalidArgumentError(
      `[${this.name}] Sequential model '${this.name}' has no defined ${what} yet.`,
    );
  }

  override sublayers(): Layer[] {
    return [...this.stack];
  }

  /** @internal */
  override savedChildren(): readonly (readonly [string, Saveable | readonly Saveable[]])[] {
    const layers = ['layers', [...this.stack]] as const;
    return this.optimizer === null ? [layers] : [layers, ['optimizer', savedOptimizer(this.optimizer)]];
  }

  override getConfig(): Config {
    const { inputLayer: input, stack } = this;
    return {
      ...super.getConfig(),
      layers: input === null ? [...stack] : [input, ...stack],
      ...(this.graph === null ? {} : { buildInputShape: this.buildShape }),
    };
  }

  /** @internal */
  static override fromSerialized(config: FunctionalJson, reading: Reading, depth: number): Model {
    return Sequential.fromConfig(
      deserializeConfig(
        namedOptions(config, 'Sequential.fromSerialized') as never,
        namedOptions(reading, 'Sequential.fromSerialized'),
        depth,
      ),
    );
  }

  static override fromConfig<T>(this: unknown, config: Config): T {
    const { layers, buildInputShape, ...options } = namedOptions(config, 'Sequential.fromConfig') as {
      layers: Layer[];
      buildInputShape?: KerasShape;
    } & ModelOptions;
    const model = new Sequential(layers, options);
    if (!model.built && buildInputShape != null && layers.length > 0) model.build(buildInputShape);
    return model as T;
  }
}
