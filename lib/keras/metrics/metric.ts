/** The base class of metrics: values that are gathered over batches. */
import { toTensor, type TensorLike } from '../../core/convert';
import type { DType } from '../../core/dtype';
import { describe } from '../../core/shape';
import { shapeOf, type Tensor } from '../../core/tensor';
import { initScope } from '../../function/eager';
import { zeros } from '../../ops/array/creation';
import { policyFrom, type DTypePolicy, type MixedPolicy } from '../base/dtype_policy';
import { floatx } from '../base/settings';
import { KerasObject, type Config } from '../base/keras_object';
import { withDefaults } from '../base/named_options';
import { uniqueName, withNameScope } from '../base/naming';
import { classNameOf, snakeNameOf } from '../base/registry';
import { Weight } from '../base/weight';
import { get as getInitializer, type InitializerLike } from '../initializers/get';
import { inDType } from '../losses/operands';

export interface MetricOptions {
  /** Default: the class in snake case; numbered for metrics whose state depends on further options. */
  name?: string | null;
  /** The dtype of the result. Default: float32. */
  dtype?: DType | MixedPolicy | DTypePolicy | null;
}

export const metricDefaults: Required<MetricOptions> = { name: null, dtype: null };

/** The defaults of a metric whose name is fixed. */
export const named = (name: string): Required<MetricOptions> => ({ name, dtype: null });

/**
 * Base class of metrics: `updateState` adds a batch, `result` computes from all so far, `resetState` forgets them. A call,
 * `metric(yTrue, yPred)`, adds a batch and gives the result. @tf tf.keras.metrics.Metric
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export abstract class Metric extends KerasObject {
  declare name: string;
  readonly dtype: DType;
  readonly variables: Weight[] = [];

  constructor(options: MetricOptions = {}) {
    super();
    const { name, dtype } = withDefaults(options, metricDefaults, classNameOf(this));
    if (name !== null && typeof name !== 'string')
      throw new TypeError(`[Metric] name must be a string; got ${describe(name)}`);
    this.name = name ?? uniqueName(snakeNameOf(this));
    this.dtype = dtype === null ? floatx() : policyFrom(dtype, 'Metric').computeDtype;
  }

  /** Creates a variable of the state: zeros, of float32, unless the options say otherwise. */
  addVariable(o: {
    shape: readonly number[];
    name: string;
    initializer?: InitializerLike;
    dtype?: DType;
  }): Weight {
    const initializer = getInitializer(o.initializer ?? 'zeros', this.name);
    const weight = withNameScope(this.name, () =>
      initScope(
        () =>
          new Weight(initializer([...o.shape], o.dtype ?? floatx()), {
            name: o.name,
            trainable: false,
            regularizer: null,
            constraint: null,
            autocast: false,
          }),
      ),
    );
    this.variables.push(weight);
    return weight;
  }

  /** @internal An argument of `updateState` as a tensor, of a dtype if one is given. */
  protected argument(value: unknown, what: string, dtype: DType | null = this.dtype): Tensor {
    const t = toTensor(value, null, this.name, what);
    return dtype === null ? t : inDType(t, dtype);
  }

  /** @internal The weights of the examples, if there are any. */
  protected weightsOf(value: unknown, dtype: DType = this.dtype): Tensor | null {
    return value == null ? null : this.argument(value, 'sampleWeight', dtype);
  }

  /** Adds a batch. */
  abstract updateState(...args: unknown[]): void;

  /** The value of all batches since the last reset. */
  abstract result(): Tensor;

  /** Forgets all batches. */
  resetState(): void {
    for (const v of this.variables) v.assign(zeros(shapeOf(v.held), { dtype: v.dtype }));
  }

  /** @internal */
  override invoke(...args: unknown[]): Tensor {
    this.updateState(...args);
    return this.result();
  }

  override getConfig(): Config {
    return { name: this.name, dtype: this.dtype };
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- Callable makes instances callable
export interface Metric {
  (yTrue: TensorLike, yPred?: TensorLike, sampleWeight?: TensorLike | null): Tensor;
}
