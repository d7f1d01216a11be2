/** A layer for each step of a sequence. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { stack, unstack } from '../../../ops/array/joining';
import { reshape } from '../../../ops/array/views';
import type { Config } from '../../base/keras_object';
import { classNameOf } from '../../base/registry';
import { namedOptions } from '../../base/named_options';
import { withNameScope } from '../../base/naming';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import type { CallOptions, LayerOptions } from '../options';

/** Layers whose results depend, row by row, on the same row of their inputs alone: all steps can be rows of one call. */
const rowwise = new Set([
  ...[
    'Dense',
    'Activation',
    'Flatten',
    'Reshape',
    'Permute',
    'RepeatVector',
    'Embedding',
    'LayerNormalization',
  ],
  ...['ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'Softmax', 'Conv1D', 'Conv2D', 'Conv3D', 'DepthwiseConv1D'],
  ...['DepthwiseConv2D', 'SeparableConv1D', 'SeparableConv2D', 'Conv1DTranspose', 'Conv2DTranspose'],
  ...['Conv3DTranspose', 'MaxPooling1D', 'MaxPooling2D', 'MaxPooling3D', 'AveragePooling1D'],
  ...['AveragePooling2D', 'AveragePooling3D', 'GlobalMaxPooling1D', 'GlobalMaxPooling2D'],
  ...['GlobalMaxPooling3D', 'GlobalAveragePooling1D', 'GlobalAveragePooling2D', 'GlobalAveragePooling3D'],
  ...['ZeroPadding1D', 'ZeroPadding2D', 'ZeroPadding3D', 'Cropping1D', 'Cropping2D', 'Cropping3D'],
  ...[
    'UpSampling1D',
    'UpSampling2D',
    'UpSampling3D',
    'EinsumDense',
    'Identity',
    'Rescaling',
    'UnitNormalization',
  ],
]);

/**
 * Applies a layer to each step of its inputs, [batch, time, …] → [batch, time, …], with the same weights. A mask [batch, time] is
 * passed to the layer step by step. @tf tf.keras.layers.TimeDistributed
 */
export class TimeDistributed extends Layer {
  static override readonly positional = ['layer'];
  readonly layer: Layer;

  constructor(layer: Layer, options: LayerOptions = {}) {
    if (!(layer instanceof Layer))
      throw new InvalidArgumentError(
        `[TimeDistributed] Please initialize \`TimeDistributed\` layer with a \`tf.keras.layers.Layer\` instance. Received: ${describe(layer)}`,
      );
    super(namedOptions(options, 'TimeDistributed'));
    this.layer = layer;
    this.supportsMasking = true;
    this.usesMask = true;
  }

  private stepShape(inputShape: KerasShape): KerasShape {
    if (inputShape.length < 3)
      throw new InvalidArgumentError(
        '[TimeDistributed] `TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, received: ' +
          showKerasShape(inputShape),
      );
    return [inputShape[0], ...inputShape.slice(2)];
  }

  override build(inputShape: KerasShape): void {
    const shape = this.stepShape(inputShape);
    const { layer } = this;
    if (!layer.built) {
      withNameScope(layer.name, () => {
        layer.build(shape);
      });
      layer.buildShape = shape;
      layer.built = true;
    }
    this.built = true;
  }

  call(inputs: Tensor, options: CallOptions = {}): Tensor {
    const { layer } = this;
    const mask = (options.mask as Tensor | null | undefined) ?? null;
    const [batch, time, ...rest] = inputs.shape;
    if (mask !== null && (mask.shape.length < 2 || mask.shape[0] !== batch || mask.shape[1] !== time))
      throw new InvalidArgumentError(
        `[${this.name}] The \`mask\` passed to the \`TimeDistributed\` layer has a shape ${showKerasShape(mask.shape)} that is ` +
          `incompatible with the input shape ${showKerasShape(inputs.shape)}. The first two dimensions of the mask (batch size ` +
          `and timesteps) must match the input's first two dimensions.`,
      );
    const { training } = options;
    const isRowwise = (l: Layer): boolean =>
      rowwise.has(classNameOf(l)) && l.activityRegularizer === null && l.sublayers().every(isRowwise);
    if (isRowwise(layer)) {
      const rows = layer<Tensor>(reshape(inputs, [batch * time, ...rest]), { training });
      return reshape(rows, [batch, time, ...rows.shape.slice(1)]);
    }
    const masks = mask === null ? null : unstack(mask, { axis: 1 });
    const steps = unstack(inputs, { axis: 1 });
    const outputs = steps.map((x, i) =>
      layer<Tensor>(x, masks === null || !layer.usesMask ? { training } : { training, mask: masks[i] }),
    );
    return stack(outputs, { axis: 1 });
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    const shape = this.layer.computeOutputShape(this.stepShape(inputShape)) as KerasShape;
    return [shape[0], inputShape[1], ...shape.slice(1)];
  }

  override computeOutputSpec(x: KerasTensor): KerasTensor {
    return new KerasTensor(this.computeOutputShape(x.shape), this.computeDtype);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), layer: this.layer };
  }
}
