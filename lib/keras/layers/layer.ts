/** The base class of layers. */
import type { TensorLike } from '../../core/convert';
import { dtypeInfo, isDType, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { isPlainObject } from '../../core/nest';
import { describe } from '../../core/shape';
import { isText, type StringLike } from '../../core/strings';
import { shapeOf, Tensor } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { initScope } from '../../function/eager';
import { cast } from '../../ops/array/cast';
import { convertToTensor } from '../../ops/array/convert';
import { divide } from '../../ops/math/binary';
import { policyFrom, type DTypePolicy } from '../base/dtype_policy';
import { inspectSymbol, KerasObject, type Config } from '../base/keras_object';
import { uniqueName, withNameScope } from '../base/naming';
import { classNameOf, snakeNameOf } from '../base/registry';
import type { KerasShape } from '../base/shapes';
import { SeedGenerator } from '../base/seed';
import { Weight, withAutocast } from '../base/weight';
import { countWeight, weightWith } from '../base/weight_limit';
import { get as getInitializer } from '../initializers/get';
import { RandomInitializer } from '../initializers/random_initializers';
import {
  KerasTensor,
  CallNode,
  hasKerasTensors,
  kerasTensorsIn,
  splitArguments,
} from '../symbolic/keras_tensor';
import { currentTraining, maskOf, setMask, withTraining } from './call_context';
import type { Saveable } from '../saving/weights';
import {
  checkLayerName,
  checkNoOthers,
  withOptions,
  type AddWeightOptions,
  type CallOptions,
  type LayerOptions,
} from './options';
import { checkInputs, type InputSpecs } from './input_spec';
import { isHostArray, masksOf, shapesOf, type SymbolicInputs, type TensorInputs } from './inputs';
import { symbolicOutputs } from '../symbolic/symbolic_output';
import { childrenOf, partsOf } from './tracking';
import { namedOptions } from '../base/named_options';
import { assignWeights } from './assign_weights';
import { tensorsOfFirstCall } from './first_call';

/**
 * Base class of layers. A layer is called like a function, `layer(x)`; the first call builds it: `build(inputShape)` makes its
 * weights with `addWeight`. What it computes is its `call(inputs, { training, mask })`. Called with symbolic tensors (`Input`), it
 * becomes a part of a functional model. @tf tf.keras.Layer
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export abstract class Layer extends KerasObject {
  declare name: string;
  declare built: boolean;
  /** Whether it passes masks on: `computeMask` gives that of its results. */
  declare supportsMasking: boolean;
  /** What its first argument must be: an InputSpec, or one for each of several inputs; null: anything. */
  declare inputSpec: InputSpecs | null;
  declare readonly dtypePolicy: DTypePolicy;
  declare activityRegularizer: ((output: Tensor) => Tensor) | null;
  readonly #inboundNodes: CallNode[] = [];
  /** @internal Whether `call` uses the option `mask`: a functional model then lists the mask among its arguments. */
  declare usesMask: boolean;
  /** @internal The shapes with which it was built. */
  declare buildShape: KerasShape | readonly KerasShape[] | Record<string, KerasShape> | null;
  // Private fields are not among the properties in which sublayers are looked for.
  readonly #ownWeights: Weight[] = [];
  #lossTensors: Tensor[] = [];
  #trainable: boolean;

  constructor(options: LayerOptions = {}) {
    super();
    const own = snakeNameOf(this);
    const named = namedOptions(options, own);
    const { name = null, trainable = true, dtype = null, activityRegularizer = null, ...others } = named;
    checkLayerName(name, own);
    this.name = name ?? uniqueName(own);
    this.built = false;
    this.supportsMasking = false;
    this.usesMask = false;
    this.inputSpec = null;
    this.dtypePolicy = policyFrom(dtype, this.name);
    this.activityRegularizer = activityRegularizer;
    this.buildShape = null;
    this.#trainable = trainable;
    checkNoOthers(others, this, own);
  }

  /** Creates the weights for inputs of this shape. */
  build(_inputShape: KerasShape): void {
    this.built = true;
  }

  /** What the layer computes. */
  abstract call(inputs: unknown, ...rest: unknown[]): unknown;

  /** The shape of the result. Default: found by tracing `call`. */
  computeOutputShape(inputShape: KerasShape): KerasShape | readonly KerasShape[] {
    const result = this.computeOutputSpec(new KerasTensor(inputShape, this.computeDtype));
    return result instanceof KerasTensor ? result.shape : kerasTensorsIn(result).map(({ shape }) => shape);
  }

  /** @internal The results of a call with symbolic tensors. */
  computeOutputSpec(...args: unknown[]): unknown {
    if (this.computeOutputShape !== Layer.prototype.computeOutputShape)
      return new KerasTensor(
        this.computeOutputShape(shapesOf(args[0]) as KerasShape) as KerasShape,
        this.computeDtype,
      );
    return symbolicOutputs((...given) => this.call(...(given as [unknown])), args);
  }

  /** The mask of the result. Default: that of the inputs, where the layer supports masks. */
  computeMask(_inputs: unknown, previousMask: unknown): unknown {
    return previousMask;
  }

  /** Creates a weight, or in `build` usually several. */
  addWeight(o: AddWeightOptions): Weight {
    const dtype = o.dtype ?? this.dtypePolicy.variableDtype;
    const dt = dtypeInfo(dtype, `[${this.name}] dtype`);
    const isFloat = dt.kind === 'float';
    const { name = 'variable', regularizer = null, constraint = null, autocast = true } = o;
    countWeight(o.shape, name);
    const initializer = getInitializer(o.initializer ?? (isFloat ? 'glorot_uniform' : 'zeros'), this.name);
    const initial = {
      dt,
      shape: o.shape,
      draw: (): Tensor => convertToTensor(initializer([...o.shape], dtype), { dtype }),
      // Generators of seeds draw anyway: later numbers depend on it.
      isNeeded: !(initializer instanceof RandomInitializer && typeof initializer.seed === 'number'),
    };
    const trainable = (o.trainable ?? true) && this.#trainable;
    const weight = initScope(() =>
      weightWith(
        initial,
        (value) => new Weight(value, { name, trainable, regularizer, constraint, autocast }),
      ),
    );
    weight.mayTrain = o.trainable ?? true;
    this.#ownWeights.push(weight);
    return weight;
  }

  /** @internal What a call of the layer does. */
  override invoke(...inputsAndOptions: unknown[]): unknown {
    if (inputsAndOptions.length === 0)
      throw new TypeError(`[${this.name}] a layer is called with its inputs, layer(x); got no arguments`);
    const { positional: args, named } = splitArguments(inputsAndOptions);
    const options: CallOptions = named;
    const symbolic = hasKerasTensors(args) || hasKerasTensors(Object.values(named));
    const inputs = args.map((arg) => this.convertInputs(arg));
    if (this.inputSpec !== null) checkInputs(this.inputSpec, inputs[0], this.name);
    if (!this.built) withNameScope(this.name, () => this.buildFor(inputs, options));
    const training = options.training ?? currentTraining() ?? this.defaultTraining;
    const mask = options.mask ?? masksOf(inputs[0]);
    const callOptions = withOptions({ training, mask }, options);
    const outputs = symbolic
      ? this.callSymbolically(inputs, { ...options, training: options.training }, mask)
      : this.callWithTensors(inputs, callOptions, training);
    if (this.supportsMasking) this.setMasks(inputs[0], outputs, mask);
    if (symbolic) {
      const recorded: Record<string, unknown> = { ...options };
      if (this.usesMask && mask !== null && options.mask === undefined) recorded.mask = mask;
      new CallNode(this, Object.keys(recorded).length > 0 ? [...args, recorded] : args, outputs);
    }
    return outputs;
  }

  /** @internal The value of `training` in a call for which nobody says it; undefined: that of the layers within. */
  protected get defaultTraining(): boolean | undefined {
    return false;
  }

  /** Arrays become tensors, and floating-point tensors get the dtype in which the layer computes. */
  private convertInputs(inputs: unknown): unknown {
    if (inputs instanceof KerasTensor || inputs === null || inputs === undefined) return inputs ?? null;
    if (inputs instanceof Tensor || inputs instanceof Variable) return this.convertTensor(inputs);
    if (Array.isArray(inputs) && (inputs.length === 0 || isHostArray(inputs)))
      return convertToTensor(inputs as unknown as TensorLike, {
        // A layer of strings refuses numbers itself.
        dtypeHint: isText(inputs) || !isDType(this.computeDtype) ? null : this.computeDtype,
      });
    if (Array.isArray(inputs)) return inputs.map((part) => this.convertInputs(part));
    if (isPlainObject(inputs))
      return Object.fromEntries(Object.entries(inputs).map(([key, part]) => [key, this.convertInputs(part)]));
    return this.convertTensor(convertToTensor(inputs as TensorLike));
  }

  private convertTensor(x: Tensor | Variable): Tensor {
    const dt = x.dt;
    const wanted = this.dtypePolicy.computeDtype;
    const t = x instanceof Variable ? x.read() : x;
    if (dt.kind !== 'float' || dt.name === wanted || !this.convertsFloats) return t;
    const converted = cast(t, wanted);
    setMask(converted, maskOf(t));
    return converted;
  }

  /** @internal Whether floating-point inputs are cast to the dtype in which the layer computes. */
  protected get convertsFloats(): boolean {
    return true;
  }

  /** Builds it for the shapes of the arguments; a subclass whose `build` takes several shapes overrides it. */
  protected buildFor(inputs: readonly unknown[], _options: CallOptions): void {
    const shape = shapesOf(inputs[0]);
    this.buildShape = shape;
    initScope(() => this.build(shape as KerasShape));
    this.built = true;
  }

  private callWithTensors(
    inputs: readonly unknown[],
    options: Record<string, unknown>,
    training: boolean | undefined,
  ): unknown {
    const { computeDtype, variableDtype } = this.dtypePolicy;
    const call = (): unknown => withTraining(training, () => this.call(...(inputs as [unknown]), options));
    // A layer in one dtype within a model in mixed precision keeps its weights' dtype.
    const outputs = withAutocast(computeDtype === variableDtype ? null : computeDtype, call);
    if (this.activityRegularizer !== null) this.regularizeActivity(outputs);
    return outputs;
  }

  private regularizeActivity(outputs: unknown): void {
    const list = Array.isArray(outputs) ? (outputs as unknown[]) : [outputs];
    for (const output of list) {
      if (!(output instanceof Tensor)) continue;
      const loss = (this.activityRegularizer as (output: Tensor) => Tensor)(output);
      this.addLoss(output.rank > 0 ? divide(loss, shapeOf(output)[0]) : loss);
    }
  }

  private callSymbolically(
    inputs: readonly unknown[],
    options: Record<string, unknown>,
    mask: unknown,
  ): unknown {
    const callOptions = { ...options, training: options.training ?? false, mask };
    return withNameScope(this.name, () => this.computeOutputSpec(...inputs, callOptions));
  }

  private setMasks(inputs: unknown, outputs: unknown, previous: unknown): void {
    const list = (Array.isArray(outputs) ? outputs : [outputs]) as (Tensor | KerasTensor)[];
    if (list.every((t) => maskOf(t) !== null)) return;
    const computed = this.computeMask(inputs, previous);
    const found = (Array.isArray(computed) ? computed : [computed]) as (Tensor | KerasTensor | null)[];
    list.forEach((t, i) => setMask(t, found[i] ?? null));
  }

  /** Adds a scalar to the losses that training minimizes; call it within `call`. */
  addLoss(loss: Tensor | readonly Tensor[]): void {
    this.#lossTensors.push(...(Array.isArray(loss) ? (loss as Tensor[]) : [loss as Tensor]));
  }

  /** @internal Forgets the losses of the last call. */
  clearLosses(): void {
    this.#lossTensors = [];
    for (const layer of this.sublayers()) layer.clearLosses();
  }

  /** The losses that layers added in their last call, and those of the regularizers of weights. */
  get losses(): Tensor[] {
    const added = [this as Layer, ...this.allSublayers()].flatMap((layer) => layer.#lossTensors);
    const regularized = this.trainableWeights
      .filter(({ regularizer }) => regularizer !== null)
      .map((w) => (w.regularizer as (value: Tensor) => Tensor)(w.read()));
    return [...added, ...regularized];
  }

  /** @internal The calls with symbolic tensors. */
  get inboundNodes(): CallNode[] {
    return this.#inboundNodes;
  }

  /**
   * The symbolic inputs of the first call with symbolic tensors: one, or a list. InvalidArgumentError if there was no such call.
   * @tf tf.keras.Layer.input
   */
  get input(): SymbolicInputs {
    return tensorsOfFirstCall(this, 'input');
  }

  /** The symbolic results of that call. @tf tf.keras.Layer.output */
  get output(): SymbolicInputs {
    return tensorsOfFirstCall(this, 'output');
  }

  /** @internal The layers that this one owns: those in its properties, in arrays and objects there too. */
  sublayers(): Layer[] {
    return partsOf(this, (part): part is Layer => part instanceof Layer);
  }

  /** @internal The layers within, at any depth, each once. */
  allSublayers(): Layer[] {
    const found = new Set<Layer>();
    const visit = (layer: Layer): void => {
      for (const sub of layer.sublayers()) {
        if (found.has(sub)) continue;
        found.add(sub);
        visit(sub);
      }
    };
    visit(this);
    return [...found];
  }

  /** All variables: weights, and the states of seed generators. */
  get variables(): Weight[] {
    const states = [this as Layer, ...this.allSublayers()].flatMap((layer) =>
      partsOf(layer, (part): part is SeedGenerator => part instanceof SeedGenerator).map(
        ({ state }) => state,
      ),
    );
    return [...new Set([...this.weights, ...states])];
  }

  /** The weights, trainable ones of each layer first. */
  get weights(): Weight[] {
    const found = new Set(this.savedVariables());
    for (const layer of this.sublayers()) for (const w of layer.weights) found.add(w);
    return [...found];
  }

  get trainableWeights(): Weight[] {
    if (!this.trainable) return [];
    const found = new Set<Weight>(this.#ownWeights.filter((w) => w.mayTrain && w.lora === null));
    for (const layer of this.sublayers()) for (const w of layer.trainableWeights) found.add(w);
    return [...found];
  }

  get nonTrainableWeights(): Weight[] {
    const trained = new Set(this.trainableWeights);
    return this.weights.filter((w) => !trained.has(w));
  }

  get trainableVariables(): Weight[] {
    return this.trainableWeights;
  }

  get nonTrainableVariables(): Weight[] {
    const trained = new Set(this.trainableWeights);
    return this.variables.filter((w) => !trained.has(w));
  }

  /** Whether its weights, and those of the layers in it, are trained. */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(value: boolean) {
    if (typeof value !== 'boolean')
      throw new TypeError(`[${this.name}] trainable must be true or false; got ${describe(value)}`);
    this.#trainable = value;
    for (const w of this.#ownWeights) w.trainable = value && w.mayTrain && w.lora === null;
    for (const layer of this.sublayers()) layer.trainable = value;
  }

  /** The values of the weights, in the order of `weights`. */
  getWeights(): Tensor[] {
    return this.weights.map((w) => w.read());
  }

  /** Assigns the weights, in the order of `weights`. */
  setWeights(values: readonly TensorLike[]): void {
    assignWeights(this.weights, values, this.name);
  }

  /** The number of elements of all weights. InvalidArgumentError if it has not been built. */
  countParams(): number {
    if (!this.built) {
      throw new InvalidArgumentError(
        `[${this.name}] You tried to call \`countParams\` on layer '${this.name}', but the layer isn't built. You can build ` +
          `it manually via: \`layer.build(inputShape)\``,
      );
    }
    return this.weights.reduce((sum, w) => sum + w.size, 0);
  }

  /** The dtype in which it computes. */
  get computeDtype(): DType {
    return this.dtypePolicy.computeDtype;
  }

  get variableDtype(): DType {
    return this.dtypePolicy.variableDtype;
  }

  get dtype(): DType {
    return this.variableDtype;
  }

  /** @internal The weights of the layer itself, trainable ones first. */
  savedVariables(): readonly Weight[] {
    return [...this.#ownWeights.filter((w) => w.mayTrain), ...this.#ownWeights.filter((w) => !w.mayTrain)];
  }

  /** @internal The layers in its properties, under the properties' names. */
  savedChildren(): readonly (readonly [string, Saveable | readonly Saveable[]])[] {
    return childrenOf(this, (part): part is Layer => part instanceof Layer);
  }

  /** @internal How it was built, for files. */
  serializedExtras(): Record<string, unknown> {
    return this.buildShape === null ? {} : { build_config: { input_shape: this.buildShape } };
  }

  /** @internal Builds it as a file says. */
  buildFromConfig(config: { readonly input_shape?: unknown }): void {
    const shape = config.input_shape;
    if (!Array.isArray(shape)) return;
    this.buildShape = shape as KerasShape;
    withNameScope(this.name, () => this.build(shape as KerasShape));
    this.built = true;
  }

  override getConfig(): Config {
    return { name: this.name, trainable: this.#trainable, dtype: this.dtypePolicy };
  }

  /** @internal */
  override [inspectSymbol](): string {
    return `<${classNameOf(this)} name=${this.name}, built=${this.built}>`;
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export interface Layer {
  /** With symbolic tensors: a part of a functional model. */
  <R = KerasTensor>(inputs: SymbolicInputs, ...rest: unknown[]): R;
  /** With tensors, variables or arrays: computes. */
  <R = Tensor>(inputs: TensorLike | StringLike | TensorInputs, ...rest: unknown[]): R;
}
