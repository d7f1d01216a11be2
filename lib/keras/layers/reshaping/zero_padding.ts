/** Layers that add zeros around their inputs. */
import type { Tensor } from '../../../core/tensor';
import { pad } from '../../../ops/array/padding';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import type { LayerOptions } from '../options';
import { dataFormatName, integerTuple, type DataFormat } from '../window_arguments';
import { firstSpatial, marginPairs, ShapeLayer, type Margins } from './shape_layer';

export interface ZeroPaddingOptions extends LayerOptions {
  /** Where the channels are. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
}

abstract class ZeroPadding extends ShapeLayer {
  static override readonly positional = ['padding'];
  abstract readonly padding: readonly unknown[];
  readonly dataFormat: DataFormat;
  private readonly margins: readonly (readonly number[])[];

  constructor(margins: readonly (readonly number[])[], options: ZeroPaddingOptions, where: string) {
    const { dataFormat = null, ...others } = namedOptions(options, where);
    super(others);
    this.dataFormat = dataFormatName(dataFormat, where);
    this.margins = margins;
    this.inputSpec = { ndim: margins.length + 2 };
  }

  private marginOf(axis: number): readonly number[] {
    return this.margins.at(axis - firstSpatial(this.dataFormat)) ?? [0, 0];
  }

  private marginsOf(rank: number): (readonly number[])[] {
    const first = firstSpatial(this.dataFormat);
    return Array.from({ length: rank }, (_, axis) =>
      axis < first || axis >= first + this.margins.length ? [0, 0] : this.marginOf(axis),
    );
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape {
    const margins = this.marginsOf(inputShape.length);
    return inputShape.map((n, axis) => (n === null ? null : n + margins[axis][0] + margins[axis][1]));
  }

  call(x: Tensor): Tensor {
    return pad(
      x,
      this.marginsOf(x.rank).map((pair) => [...pair]),
    );
  }

  override getConfig(): Config {
    return { ...super.getConfig(), padding: this.padding, dataFormat: this.dataFormat };
  }
}

/**
 * Adds steps of zeros: [batch, steps, channels] → [batch, before + steps + after, channels].
 * @tf tf.keras.layers.ZeroPadding1D
 */
export class ZeroPadding1D extends ZeroPadding {
  readonly padding: readonly number[];

  /** @param padding How many steps: a pair, or one number for both ends. Default 1. */
  constructor(padding: number | readonly number[] = 1, options: ZeroPaddingOptions = {}) {
    const pair = integerTuple(padding, 2, 'padding', 'ZeroPadding1D', 0);
    super([pair], options, 'ZeroPadding1D');
    this.padding = pair;
  }
}

/** Adds rows and columns of zeros to images [batch, height, width, channels]. @tf tf.keras.layers.ZeroPadding2D */
export class ZeroPadding2D extends ZeroPadding {
  readonly padding: readonly (readonly number[])[];

  /** @param padding [[top, bottom], [left, right]], [vertical, horizontal], or one number. Default 1. */
  constructor(padding: Margins = 1, options: ZeroPaddingOptions = {}) {
    const pairs = marginPairs(padding, 2, 'padding', 'ZeroPadding2D');
    super(pairs, options, 'ZeroPadding2D');
    this.padding = pairs;
  }
}

/** Adds zeros around volumes [batch, depth, height, width, channels]. @tf tf.keras.layers.ZeroPadding3D */
export class ZeroPadding3D extends ZeroPadding {
  readonly padding: readonly (readonly number[])[];

  /** @param padding A pair for each dimension, a number for each, or one number. Default 1. */
  constructor(padding: Margins = 1, options: ZeroPaddingOptions = {}) {
    const pairs = marginPairs(padding, 3, 'padding', 'ZeroPadding3D');
    super(pairs, options, 'ZeroPadding3D');
    this.padding = pairs;
  }
}
