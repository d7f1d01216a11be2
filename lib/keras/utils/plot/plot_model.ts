/** `plotModel` and `modelToSvg`. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import { writeAtomically } from '../../../io/atomic';
import { withDefaults } from '../../base/named_options';
import { Model } from '../../models/model';
import { drawingOf } from './model_drawing';
import { drawSvg } from './svg';

export interface ModelToSvgOptions {
  /** Whether the shapes of inputs and results are shown. Default false. */
  showShapes?: boolean;
  /** Whether the dtypes of results are shown. Default false. */
  showDtype?: boolean;
  /** Whether names are shown beside classes. Default true. */
  showLayerNames?: boolean;
  /** Whether activations are shown. Default false. */
  showLayerActivations?: boolean;
  /** Whether it is shown which layers are trained. Default false. */
  showTrainable?: boolean;
  /** From top to bottom, from left to right, or the reverse of these. Default 'TB'. */
  rankdir?: 'TB' | 'LR' | 'BT' | 'RL';
  /** Whether the layers of models within the model are drawn, in a frame. Default false. */
  expandNested?: boolean;
}

export interface PlotModelOptions extends ModelToSvgOptions {
  /** A name that ends in `.svg`. Default 'model.svg'. */
  toFile?: string;
}

const defaults: Required<ModelToSvgOptions> = {
  ...{ showShapes: false, showDtype: false, showLayerNames: true, showLayerActivations: false },
  ...{ showTrainable: false, rankdir: 'TB', expandNested: false },
};

function svgOf(model: Model, o: Required<ModelToSvgOptions>, where: string): string {
  if (!(model instanceof Model))
    throw new TypeError(`[${where}] model must be a model; got ${describe(model)}`);
  if (!['TB', 'LR', 'BT', 'RL'].includes(o.rankdir))
    throw new InvalidArgumentError(
      `[${where}] rankdir must be 'TB', 'LR', 'BT' or 'RL'; got ${describe(o.rankdir)}`,
    );
  for (const [name, value] of Object.entries(o))
    if (name.startsWith('show') || name === 'expandNested')
      if (typeof value !== 'boolean')
        throw new TypeError(`[${where}] ${name} must be true or false; got ${describe(value)}`);
  if (!model.built)
    throw new InvalidArgumentError(
      `[${where}] This model has not yet been built. Build the model first by calling \`build()\` or by calling the model on ` +
        'a batch of data.',
    );
  return drawSvg(drawingOf(model, o), o.rankdir);
}

/**
 * A drawing of a model's layers as the text of an SVG. A subclassed model is one box. InvalidArgumentError for a model that is
 * not built.
 */
export function modelToSvg(model: Model, options: ModelToSvgOptions = {}): string {
  return svgOf(model, withDefaults(options, defaults, 'modelToSvg'), 'modelToSvg');
}

/**
 * Writes a drawing of a model's layers to an SVG file. InvalidArgumentError for a model that is not built, or a file name with
 * another ending. @tf tf.keras.utils.plot_model
 */
export function plotModel(model: Model, options: PlotModelOptions = {}): void {
  const { toFile, ...o } = withDefaults(options, { ...defaults, toFile: 'model.svg' }, 'plotModel');
  if (typeof toFile !== 'string' || !toFile.toLowerCase().endsWith('.svg'))
    throw new InvalidArgumentError(
      `[plotModel] toFile must be a name that ends in .svg; got ${describe(toFile)}`,
    );
  writeAtomically(toFile, [Buffer.from(svgOf(model, o, 'plotModel'))]);
}
