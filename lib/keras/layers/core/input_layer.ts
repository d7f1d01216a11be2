/** Where symbolic tensors come from. */
import { dtypeInfo, stringType, type AnyDType, type DType } from '../../../core/dtype';
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Config } from '../../base/keras_object';
import type { KerasShape } from '../../base/shapes';
import { KerasTensor, CallNode } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import { namedOptions, withDefaults } from '../../base/named_options';
import { floatx } from '../../base/settings';

export interface InputOptions {
  /** The number of examples in a batch; null (default): any. */
  batchSize?: number | null;
  /** Default: `tf.keras.config.floatx()`, 'float32'. */
  dtype?: AnyDType | null;
  /** The name of the input layer; default: `input_layer`, numbered. */
  name?: string | null;
}

export interface InputLayerOptions extends InputOptions {
  /** The shape without the batch dimension. */
  shape?: KerasShape;
  /** The shape with it. */
  batchShape?: KerasShape;
  optional?: boolean;
}

const defaults: InputLayerOptions & { batchSize: number | null; optional: boolean } = {
  shape: undefined,
  batchShape: undefined,
  batchSize: null,
  dtype: null,
  name: null,
  optional: false,
};

function checkShape(shape: unknown, what: string): KerasShape {
  const ok =
    Array.isArray(shape) &&
    shape.every((n: unknown) => n === null || (Number.isInteger(n) && (n as number) >= 0));
  if (!ok)
    throw new InvalidArgumentError(
      `[Input] ${what} must be an array of sizes, with null for those that vary; got ${describe(shape)}`,
    );
  return shape as KerasShape;
}

/** The layer behind `Input`: its result is the input itself. @tf tf.keras.layers.InputLayer */
export class InputLayer extends Layer {
  readonly batchShape: KerasShape;
  readonly optional: boolean;
  private readonly inputDtype: DType;

  constructor(options: InputLayerOptions) {
    const { shape, batchShape, batchSize, dtype, name, optional } = withDefaults(
      options,
      defaults,
      'InputLayer',
    );
    super({ name });
    if ((shape === undefined) === (batchShape === undefined))
      throw new InvalidArgumentError('[InputLayer] give either shape or batchShape');
    this.batchShape =
      batchShape === undefined
        ? [batchSize, ...checkShape(shape, 'shape')]
        : checkShape(batchShape, 'batchShape');
    this.inputDtype =
      dtype === 'string' ? stringType.name : dtypeInfo(dtype ?? floatx(), '[Input] dtype').name;
    this.optional = optional;
    this.built = true;
    new CallNode(this, [], new KerasTensor(this.batchShape, this.inputDtype, this.name));
  }

  call(x: unknown): unknown {
    return x;
  }

  /** The symbolic tensor. */
  override get output(): KerasTensor {
    return this.inboundNodes[0].outputTensors[0];
  }

  override get dtype(): DType {
    return this.inputDtype;
  }

  override getConfig(): Config {
    const { batchShape, inputDtype, name, optional } = this;
    return { batchShape, dtype: inputDtype, sparse: false, ragged: false, name, optional };
  }

  static override fromConfig<T>(this: unknown, config: Config): T {
    const { batchShape, dtype, name, optional } = namedOptions(
      config as unknown as InputLayerOptions,
      'InputLayer.fromConfig',
    );
    return new InputLayer({ batchShape, dtype, name, optional }) as T;
  }
}

/**
 * A symbolic tensor for the input of a functional model; `shape` is without the batch dimension. @tf tf.keras.Input
 */
export function Input(shape: KerasShape, options: InputOptions = {}): KerasTensor {
  return new InputLayer({ shape, ...options }).output;
}
