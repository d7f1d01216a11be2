/** A wrapper that divides a layer's kernel by its largest singular value. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { shapeOf, type Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { reshape } from '../../../ops/array/views';
import { matmul } from '../../../ops/linalg/matmul';
import { realDivide } from '../../../ops/math/binary';
import { equal } from '../../../ops/math/compare';
import { select } from '../../../ops/math/select';
import { l2Normalize } from '../../../ops/nn/normalization';
import { reduceAll } from '../../../ops/reduce/reduce';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { withNameScope } from '../../base/naming';
import { classNameOf } from '../../base/registry';
import type { KerasShape } from '../../base/shapes';
import { Weight } from '../../base/weight';
import { TruncatedNormal } from '../../initializers/random_initializers';
import type { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import type { CallOptions, LayerOptions } from '../options';

export interface SpectralNormalizationOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** The steps of the power iteration at each call in training. Default 1. */
  powerIterations?: number;
}

/** Keras's lower bound of a norm, squared. */
const epsilon = 1e-14;

/**
 * Calls a layer that has a kernel (or embeddings). In training, it first divides the kernel by an estimate of its largest singular
 * value, σ = v·K·uᵀ, where power iteration improves u and v = normalize(u·Kᵀ). A kernel of zeros stays what it is. Weights: those of
 * the layer, and vectorU, [1, units]. @tf tf.keras.layers.SpectralNormalization
 */
export class SpectralNormalization extends Layer {
  static override readonly positional = ['layer'];
  readonly layer: Layer;
  readonly powerIterations: number;
  kernel: Weight | null = null;
  vectorU: Weight | null = null;

  constructor(layer: Layer, options: SpectralNormalizationOptions = {}) {
    const { powerIterations = 1, ...others } = namedOptions(options, 'SpectralNormalization');
    if (!(layer instanceof Layer))
      throw new TypeError(
        `[SpectralNormalization] the layer that it wraps must be a tf.keras.layers.Layer; got ${describe(layer)}`,
      );
    super(others);
    if (!Number.isSafeInteger(powerIterations) || powerIterations <= 0)
      throw new InvalidArgumentError(
        '[SpectralNormalization] `powerIterations` should be an integer greater than zero. Received: ' +
          `powerIterations=${describe(powerIterations)}`,
      );
    this.layer = layer;
    this.powerIterations = powerIterations;
  }

  override build(inputShape: KerasShape): void {
    const { layer } = this;
    if (!layer.built) {
      withNameScope(layer.name, () => layer.build(inputShape));
      layer.buildShape = inputShape;
      layer.built = true;
    }
    this.inputSpec = { minNdim: 1, axes: { [-1]: inputShape[inputShape.length - 1] } };
    const { kernel, embeddings } = layer as { kernel?: unknown; embeddings?: unknown };
    const weight = kernel ?? embeddings;
    if (!(weight instanceof Weight))
      throw new InvalidArgumentError(
        `[SpectralNormalization] ${classNameOf(layer)} object has no attribute 'kernel' nor 'embeddings'`,
      );
    const own = weight as Weight;
    this.kernel = own;
    this.vectorU = this.addWeight({
      name: 'vector_u',
      shape: [1, own.shape[own.rank - 1]],
      initializer: new TruncatedNormal({ stddev: 0.02 }),
      trainable: false,
      dtype: own.dtype,
    });
    this.built = true;
  }

  call(x: Tensor, { training = false }: CallOptions = {}): Tensor {
    if (training) this.normalizeKernel();
    return cast(this.layer<Tensor>(x), x.dtype);
  }

  private normalizeKernel(): void {
    const [kernel, vectorU] = [this.kernel as Weight, this.vectorU as Weight];
    const [value, before] = [kernel.read(), vectorU.read()];
    const n = kernel.shape[kernel.rank - 1];
    const matrix = reshape(value, [n === 0 ? 0 : value.size / n, n]);
    let [u, v] = [before, before];
    for (let i = 0; i < this.powerIterations; i++) {
      v = l2Normalize(matmul(u, matrix, { transposeB: true }), { axis: null, epsilon });
      u = l2Normalize(matmul(v, matrix), { axis: null, epsilon });
    }
    const sigma = matmul(matmul(v, matrix), u, { transposeB: true });
    const isZero = reduceAll(equal(value, 0));
    const normalized = reshape(realDivide(matrix, sigma), shapeOf(value));
    vectorU.assign(cast(select(isZero, before, u), vectorU.dtype));
    kernel.assign(cast(select(isZero, value, normalized), kernel.dtype));
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape | readonly KerasShape[] {
    return this.layer.computeOutputShape(inputShape);
  }

  override computeOutputSpec(x: KerasTensor): unknown {
    return this.layer.computeOutputSpec(x);
  }

  /** @internal The kernel stands here too, as in Keras's files. */
  override savedVariables(): readonly Weight[] {
    const own = super.savedVariables();
    return this.kernel === null ? own : [this.kernel, ...own];
  }

  override getConfig(): Config {
    const { layer, powerIterations } = this;
    return { ...super.getConfig(), layer, powerIterations };
  }
}
