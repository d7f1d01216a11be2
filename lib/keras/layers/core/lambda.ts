/** A function as a layer. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import { deserializeConfig, type Json, type Reading } from '../../saving/serialize';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { symbolicOutputs } from '../../symbolic/symbolic_output';
import { shapesOf } from '../inputs';
import { Layer } from '../layer';
import type { CallOptions, LayerOptions } from '../options';

/** What a `Lambda` computes: called with the inputs, and an object of `arguments`, `training` and `mask`. */
export type LambdaFunction = (inputs: never, options: never) => unknown;

export interface LambdaOptions extends LayerOptions {
  /**
   * The shape of the result without the batch, or a function from the shape of the inputs to the whole shape. Default: found by
   * tracing the function.
   */
  outputShape?: KerasShape | ((inputShape: never) => KerasShape) | null;
  /** The mask of the result, or a function of inputs and mask. Default: none. */
  mask?: Tensor | ((inputs: never, mask: never) => unknown) | null;
  /** Named arguments of the function. */
  arguments?: Readonly<Record<string, unknown>> | null;
}

/**
 * A function of tensors as a layer: `new Lambda((x) => tf.square(x))`. In files, a named function stands under its name, and
 * must be registered or given in `customObjects` to be found again. The lambdas that Python writes are bytecode, which is never
 * executed: give a function in `customObjects` under the name of the layer in its place. @tf tf.keras.layers.Lambda
 */
export class Lambda extends Layer {
  static override readonly positional = ['function'];
  readonly function: LambdaFunction;
  readonly resultShape: LambdaOptions['outputShape'];
  readonly mask: LambdaOptions['mask'];
  readonly namedArguments: Readonly<Record<string, unknown>>;

  /** @param f The function. */
  constructor(f: LambdaFunction, options: LambdaOptions = {}) {
    const {
      outputShape = null,
      mask = null,
      arguments: given = null,
      ...others
    } = namedOptions(options, 'Lambda');
    super(others);
    if (typeof f !== 'function')
      throw new TypeError(`[Lambda] needs a function of tensors; got ${describe(f)}`);
    if (outputShape !== null && typeof outputShape !== 'function' && !Array.isArray(outputShape))
      throw new TypeError(
        `[Lambda] outputShape must be an array of sizes, or a function that gives one; got ${describe(outputShape)}`,
      );
    this.function = f;
    this.resultShape = outputShape;
    this.mask = mask;
    this.namedArguments = namedOptions(given ?? {}, 'Lambda arguments');
    this.supportsMasking = mask !== null;
  }

  call(inputs: unknown, { training = false, mask = null }: CallOptions = {}): unknown {
    const f = this.function as (inputs: unknown, options: object) => unknown;
    return f(inputs, { ...this.namedArguments, training, mask });
  }

  override computeMask(inputs: unknown, previousMask: unknown): unknown {
    const { mask } = this;
    if (typeof mask !== 'function') return mask;
    return (mask as (inputs: unknown, mask: unknown) => unknown)(inputs, previousMask);
  }

  override computeOutputSpec(...args: unknown[]): unknown {
    const { resultShape: outputShape } = this;
    if (typeof outputShape === 'function') {
      const of = outputShape as (shape: unknown) => KerasShape;
      return new KerasTensor(of(shapesOf(args[0])), this.computeDtype);
    }
    if (outputShape !== null && outputShape !== undefined) {
      const first = shapesOf(args[0]) as KerasShape;
      return new KerasTensor([first[0], ...outputShape], this.computeDtype);
    }
    return symbolicOutputs((...tensors) => this.call(...(tensors as [unknown])), args);
  }

  override getConfig(): Config {
    const { resultShape: outputShape, mask, namedArguments } = this;
    return {
      ...super.getConfig(),
      function: this.function,
      ...(outputShape === null ? {} : { outputShape }),
      ...(mask === null ? {} : { mask }),
      arguments: namedArguments,
    };
  }

  /** @internal */
  static fromSerialized(config: { readonly [key: string]: Json }, reading: Reading, depth: number): unknown {
    const { customObjects = {}, file } = namedOptions(reading, 'Lambda.fromSerialized');
    const options = namedOptions(config, 'Lambda.fromSerialized');
    const { name } = options;
    const entries = Object.entries(options);
    if (typeof name !== 'string')
      throw new InvalidArgumentError(`[Lambda] the config of a layer has its name; got ${describe(name)}`);
    const own: unknown = customObjects[name];
    const kept = entries.filter(([, part]) => !isBytecode(part) && part !== undefined);
    const replaced = typeof own === 'function' ? { function: own } : {};
    if (entries.some(([key, part]) => isBytecode(part) && !(key in replaced)))
      throw new InvalidArgumentError(
        `[${file}] the Lambda layer '${name}' has a Python lambda, whose bytecode is not executed: give a ` +
          `function in customObjects under the layer's name`,
      );
    const others = kept.filter(([key]) => !(key in replaced));
    return Lambda.fromConfig({
      ...deserializeConfig(Object.fromEntries(others), reading, depth),
      ...replaced,
    });
  }
}

/** Whether a part of a config is the bytecode of a Python lambda. */
const isBytecode = (part: Json): boolean =>
  typeof part === 'object' && part !== null && 'class_name' in part && part.class_name === '__lambda__';
