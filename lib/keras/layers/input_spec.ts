/** What a layer takes as input. */
import { InvalidArgumentError } from '../../core/errors';
import { dtypeInfo, type DType } from '../../core/dtype';
import { flatten, isPlainObject } from '../../core/nest';
import { describe } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import { withDefaults } from '../base/named_options';
import { showKerasShape, type KerasShape } from '../base/shapes';
import { KerasTensor } from '../symbolic/keras_tensor';

/** The rank, dtype and dimensions that a layer's input must have. */
export interface InputSpecOptions {
  /** Default: any. */
  readonly dtype?: DType | null;
  /** With the dimension of the batch; null dimensions are free. */
  readonly shape?: KerasShape | null;
  /** The rank. */
  readonly ndim?: number | null;
  readonly minNdim?: number | null;
  readonly maxNdim?: number | null;
  /** The sizes that some axes must have; negative axes count from the end. */
  readonly axes?: Readonly<Record<number, number | null>>;
  /** Whether a last axis of size 1 may be there or not, in inputs and in `shape`. Default false. */
  readonly allowLastAxisSqueeze?: boolean;
  /** The key of the input where inputs are passed as an object. */
  readonly name?: string | null;
  /** Whether the input may be null. Default false. */
  readonly optional?: boolean;
}

/** What layers take as `inputSpec`: an InputSpec, or its options. */
export type InputSpecLike = InputSpecOptions;

const defaults: Required<InputSpecOptions> = {
  ...{ dtype: null, shape: null, ndim: null, maxNdim: null, minNdim: null, axes: {} },
  ...{ allowLastAxisSqueeze: false, name: null, optional: false },
};

/**
 * What an input of a layer must be: `this.inputSpec = new InputSpec({ minNdim: 2, axes: { [-1]: 8 } })` makes each call of the layer
 * check its first argument; an array has a spec for each of several inputs. TypeError for options of the wrong kind,
 * InvalidArgumentError for an axis that `ndim` or `maxNdim` rules out. @tf tf.keras.InputSpec @tf tf.keras.layers.InputSpec
 */
export class InputSpec implements Required<InputSpecOptions> {
  readonly dtype: DType | null;
  readonly shape: KerasShape | null;
  readonly ndim: number | null;
  readonly minNdim: number | null;
  readonly maxNdim: number | null;
  readonly axes: Readonly<Record<number, number | null>>;
  readonly allowLastAxisSqueeze: boolean;
  readonly name: string | null;
  readonly optional: boolean;

  constructor(options: InputSpecOptions = {}) {
    const o = withDefaults(options, defaults, 'InputSpec');
    const fail = (name: string, what: string, value: unknown): never => {
      throw new TypeError(`[InputSpec] \`${name}\` must be ${what}; got ${describe(value)}`);
    };
    const isSize = (n: unknown): boolean => Number.isInteger(n) && (n as number) >= 0;
    for (const name of ['ndim', 'minNdim', 'maxNdim'] as const)
      if (o[name] !== null && !isSize(o[name])) fail(name, 'a number of dimensions', o[name]);
    const shape: unknown = o.shape;
    if (shape !== null && !(Array.isArray(shape) && shape.every((n) => n === null || isSize(n))))
      fail('shape', 'an array of sizes and nulls', shape);
    const axes: unknown = o.axes ?? {};
    if (!isPlainObject(axes) || !Object.keys(axes).every((axis) => /^-?\d+$/.test(axis)))
      fail('axes', 'an object whose keys are integers', axes);
    this.dtype = o.dtype === null ? null : dtypeInfo(o.dtype, '[InputSpec] dtype').name;
    this.shape = o.shape === null ? null : Object.freeze([...o.shape]);
    this.ndim = o.shape === null ? o.ndim : o.shape.length;
    this.minNdim = o.minNdim;
    this.maxNdim = o.maxNdim;
    this.axes = { ...o.axes };
    this.allowLastAxisSqueeze = o.allowLastAxisSqueeze;
    this.name = o.name;
    this.optional = o.optional;
    const most = this.ndim ?? this.maxNdim;
    const last = Math.max(...Object.keys(this.axes).map(Number));
    if (most !== null && last > most - 1)
      throw new InvalidArgumentError(
        `[InputSpec] Axis ${last} is greater than the maximum allowed value: ${most - 1}`,
      );
  }

  /** The options, but for `name` and `allowLastAxisSqueeze`, which Keras leaves out too. */
  getConfig(): Record<string, unknown> {
    const { dtype, shape, ndim, maxNdim, minNdim, axes, optional } = this;
    return { dtype, shape, ndim, maxNdim, minNdim, axes, optional };
  }

  static fromConfig(config: InputSpecOptions): InputSpec {
    return new InputSpec(config);
  }

  /** The text of Keras's: what is free is left out. */
  toString(): string {
    const { dtype, shape, ndim, maxNdim, minNdim, axes } = this;
    const sizes = Object.keys(axes)
      .map(Number)
      .sort((a, b) => a - b)
      .map((axis) => `${axis}: ${axes[axis] ?? 'None'}`);
    const parts = [
      dtype === null ? '' : `dtype=${dtype}`,
      shape === null || shape.length === 0 ? '' : `shape=${showKerasShape(shape)}`,
      ndim ? `ndim=${ndim}` : '',
      maxNdim ? `max_ndim=${maxNdim}` : '',
      minNdim ? `min_ndim=${minNdim}` : '',
      sizes.length === 0 ? '' : `axes={${sizes.join(', ')}}`,
    ];
    return `InputSpec(${parts.filter((part) => part !== '').join(', ')})`;
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

interface Described {
  readonly shape: KerasShape;
  readonly dtype: DType;
}

/** Of one input, or of each of several; null: anything. */
export type InputSpecs = InputSpecLike | readonly (InputSpecLike | null)[];

/** InvalidArgumentError unless the first argument of a layer is as its specs say. */
export function checkInputs(specs: InputSpecs, inputs: unknown, layer: string): void {
  if (inputs instanceof Tensor && !Array.isArray(specs)) {
    checkInput(specs as InputSpecLike, inputs, 0, layer);
    return;
  }
  const list = (Array.isArray(specs) ? specs : [specs]) as readonly (InputSpecLike | null)[];
  const names = list.map((spec) => spec?.name ?? null);
  const isNamed = isPlainObject(inputs) && !names.includes(null);
  const parts = isNamed ? named(inputs, names as string[], layer) : flatten(inputs);
  if (list.length !== parts.length) {
    throw new InvalidArgumentError(
      `[${layer}] Layer "${layer}" expects ${list.length} input(s), but it received ${parts.length} input tensors`,
    );
  }
  list.forEach((spec, i) => {
    const x = parts[i];
    if (spec === null || (x === null && spec.optional === true)) return;
    if (!(x instanceof Tensor || x instanceof KerasTensor))
      throw new InvalidArgumentError(
        `[${layer}] Inputs to a layer should be tensors. Got ${describe(x)} as input ${i} of layer "${layer}"`,
      );
    checkInput(spec, x, i, layer);
  });
}

/** The inputs in the order of the specs' names. */
function named(
  inputs: Readonly<Record<string, unknown>>,
  names: readonly string[],
  layer: string,
): unknown[] {
  return names.map((name) => {
    if (!Object.hasOwn(inputs, name))
      throw new InvalidArgumentError(
        `[${layer}] Missing data for input "${name}". You passed a data dictionary with keys ` +
          `${Object.keys(inputs).join(', ')}. Expected the following keys: ${names.join(', ')}`,
      );
    return inputs[name];
  });
}

/** The shape without a last axis of size 1. */
const squeezed = (shape: KerasShape): KerasShape => (shape.at(-1) === 1 ? shape.slice(0, -1) : shape);

/** InvalidArgumentError unless input i is as the spec says. */
export function checkInput(spec: InputSpecLike, { shape, dtype }: Described, i: number, layer: string): void {
  const fail = (what: string): never => {
    const name = spec.name == null ? '' : ` with name '${spec.name}'`;
    throw new InvalidArgumentError(
      `[${layer}] Input ${i}${name} of layer "${layer}" is incompatible with the layer: ${what}. Full shape received: ` +
        showKerasShape(shape),
    );
  };
  const rank = shape.length;
  const mayBeSqueezed = spec.allowLastAxisSqueeze === true;
  const ndim = spec.ndim ?? spec.shape?.length ?? null;
  const { minNdim = null, maxNdim = null } = spec;
  if (ndim !== null && rank !== ndim && !mayBeSqueezed) fail(`expected ndim=${ndim}, found ndim=${rank}`);
  if (maxNdim !== null && rank > maxNdim) fail(`expected max_ndim=${maxNdim}, found ndim=${rank}`);
  if (minNdim !== null && rank < minNdim) fail(`expected min_ndim=${minNdim}, found ndim=${rank}`);
  if (spec.dtype != null && dtype !== spec.dtype) fail(`expected dtype=${spec.dtype}, found dtype=${dtype}`);
  for (const axis in spec.axes) {
    const value = spec.axes[Number(axis)];
    const size = shape.at(Number(axis));
    if (value !== null && size !== null && size !== value)
      fail(
        `expected axis ${axis} of input shape to have value ${value}, but received input with shape ${showKerasShape(shape)}`,
      );
  }
  if (spec.shape != null) {
    const expected = mayBeSqueezed ? squeezed(spec.shape) : spec.shape;
    const found = mayBeSqueezed ? squeezed(shape) : shape;
    if (
      expected.length !== found.length ||
      expected.some((n, k) => n !== null && found[k] !== null && n !== found[k])
    )
      fail(`expected shape=${showKerasShape(spec.shape)}, found shape=${showKerasShape(shape)}`);
  }
}
