/** Layers that merge a list of inputs elementwise. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { broadcastTo } from '../../../ops/array/movement';
import { expandDims } from '../../../ops/array/views';
import * as math from '../../../ops/math/binary';
import { logicalOr as either } from '../../../ops/math/compare';
import { select } from '../../../ops/math/select';
import { reduceAny } from '../../../ops/reduce/reduce';
import { namedOptions } from '../../base/named_options';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import { logicalOr } from '../../ops/arithmetic';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { maskOf, setMask } from '../call_context';
import { Layer } from '../layer';
import type { LayerOptions } from '../options';

const showShapes = (shapes: readonly KerasShape[]): string => `[${shapes.map(showKerasShape).join(', ')}]`;

/** The shapes of a list of inputs. InvalidArgumentError for what is no list. */
export function shapesOfList(shapes: unknown, layer: string): readonly KerasShape[] {
  if (!Array.isArray(shapes) || shapes.length === 0 || !shapes.every((shape) => Array.isArray(shape)))
    throw new InvalidArgumentError(
      `[${layer}] A merge layer should be called on a list of inputs. Received: input_shape=${describe(shapes)} (not a list ` +
        'of shapes)',
    );
  return shapes as readonly KerasShape[];
}

/** The shape of two broadcast ones. */
function broadcast(a: KerasShape, b: KerasShape, layer: string): KerasShape {
  if (a.length < b.length) return broadcast(b, a, layer);
  const start = a.length - b.length;
  return a.map((n, i) => {
    const m = i < start ? 1 : b[i - start];
    if (i < start || n === m || m === 1) return n;
    if (n === null || m === null) return null;
    if (n === 1) return m;
    throw new InvalidArgumentError(
      `[${layer}] Inputs have incompatible shapes. Received shapes ${showKerasShape(a)} and ${showKerasShape(b)}`,
    );
  });
}

/** Base class of layers that merge a list of inputs elementwise; inputs of fewer dimensions are broadcast. */
export abstract class Merge extends Layer {
  constructor(options: LayerOptions, where: string) {
    super(namedOptions(options, where));
    this.supportsMasking = true;
  }

  /** Merges inputs of one rank. */
  protected abstract merge(inputs: readonly Tensor[]): Tensor;

  override build(inputShape: KerasShape): void {
    const shapes = shapesOfList(inputShape, this.name);
    const batches = new Set(shapes.filter((s) => s.length > 0 && s[0] !== null).map(([batch]) => batch));
    if (batches.size > 1)
      throw new InvalidArgumentError(
        `[${this.name}] Cannot merge tensors with different batch sizes. Received tensors with shapes ${showShapes(shapes)}`,
      );
    this.mergedShape(shapes);
    this.built = true;
  }

  protected mergedShape(shapes: readonly KerasShape[]): KerasShape {
    const batches = [...new Set(shapes.map(([batch = null]) => batch).filter((batch) => batch !== null))];
    const rest = shapes
      .map((shape): KerasShape => shape.slice(1))
      .reduce((merged, shape) => broadcast(merged, shape, this.name));
    return [batches.length === 1 ? batches[0] : null, ...rest];
  }

  call(inputs: readonly Tensor[]): Tensor {
    const given: unknown = inputs;
    if (!Array.isArray(given))
      throw new InvalidArgumentError(
        `[${this.name}] A merge layer should be called on a list of inputs. Received: inputs=${describe(inputs)} (not a list of ` +
          'tensors)',
      );
    const rank = Math.max(...inputs.map((x) => x.rank));
    const expanded = inputs.map((x) => {
      if (x.rank === rank) return x;
      let t = x;
      while (t.rank < rank) t = expandDims(t, Math.min(1, t.rank));
      return t;
    });
    return this.merge(expanded);
  }

  override computeOutputSpec(inputs: readonly KerasTensor[]): KerasTensor {
    return new KerasTensor(this.mergedShape(inputs.map(({ shape }) => shape)), this.computeDtype);
  }

  /** An entry counts if it counts in one of the inputs; no mask where one input has none. */
  override computeMask(inputs: unknown, mask: unknown): unknown {
    const masks = this.masksFor(inputs, mask);
    if (masks === null || masks.some((m) => m === null)) return null;
    return (masks as (Tensor | KerasTensor)[]).reduce((a, b) => logicalOr(a as Tensor, b as Tensor));
  }

  /** The masks of the list of inputs; null if there is none. */
  protected masksFor(inputs: unknown, mask: unknown): (Tensor | KerasTensor | null)[] | null {
    if (mask === null || mask === undefined) return null;
    if (!Array.isArray(mask) || !Array.isArray(inputs) || mask.length !== inputs.length)
      throw new InvalidArgumentError(
        `[${this.name}] \`mask\` should be a list with one mask, or null, for each input. Received: mask=${describe(mask)}`,
      );
    return mask as (Tensor | KerasTensor | null)[];
  }
}

type Both = (a: Tensor, b: Tensor) => Tensor;

/** The mask of a tensor, broadcast to its elements; null if it has none. */
function elementMask(x: Tensor): Tensor | null {
  const mask = maskOf(x);
  return mask === null ? null : broadcastTo(expandDims(mask, -1), x.shape);
}

/** f over the inputs; where one of them is masked, the others alone count. */
function overUnmasked(inputs: readonly Tensor[], f: Both): Tensor {
  const [first, ...rest] = inputs;
  let [output, outputMask] = [first, elementMask(first)];
  for (const input of rest) {
    const mask = elementMask(input);
    const x = mask === null ? input : select(mask, input, output);
    if (outputMask !== null) output = select(outputMask, output, x);
    outputMask = mask !== null && outputMask !== null ? either(outputMask, mask) : null;
    output = f(output, x);
  }
  if (outputMask !== null) setMask(output, reduceAny(outputMask, { axis: -1 }));
  return output;
}

const sumOf = (inputs: readonly Tensor[]): Tensor => inputs.reduce((a, b) => math.add(a, b));

/** The sum of a list of inputs, elementwise. @tf tf.keras.layers.Add */
export class Add extends Merge {
  constructor(options: LayerOptions = {}) {
    super(options, 'Add');
  }

  protected merge(inputs: readonly Tensor[]): Tensor {
    return sumOf(inputs);
  }
}

/** The first of two inputs minus the second, elementwise. @tf tf.keras.layers.Subtract */
export class Subtract extends Merge {
  constructor(options: LayerOptions = {}) {
    super(options, 'Subtract');
  }

  override build(inputShape: KerasShape): void {
    super.build(inputShape);
    if (inputShape.length !== 2)
      throw new InvalidArgumentError(
        `[${this.name}] A \`Subtract\` layer should be called on exactly 2 inputs. Received: input_shape=` +
          showShapes(inputShape as unknown as KerasShape[]),
      );
  }

  protected merge([a, b]: readonly Tensor[]): Tensor {
    return math.subtract(a, b);
  }
}

/**
 * The product of a list of inputs, elementwise. What the mask of an input excludes counts as 1; where all inputs are excluded,
 * the product is 0. @tf tf.keras.layers.Multiply
 */
export class Multiply extends Merge {
  constructor(options: LayerOptions = {}) {
    super(options, 'Multiply');
  }

  protected merge(inputs: readonly Tensor[]): Tensor {
    const masks = inputs.map(elementMask);
    const product = inputs
      .map((x, i) => {
        const mask = masks[i];
        return mask === null ? x : select(mask, x, 1);
      })
      .reduce((a, b) => math.multiply(a, b));
    if (masks.some((mask) => mask === null)) return product;
    const mask = (masks as Tensor[]).reduce((a, b) => either(a, b));
    const output = select(mask, product, 0);
    setMask(output, reduceAny(mask, { axis: -1 }));
    return output;
  }
}

/** The mean of a list of inputs, elementwise. @tf tf.keras.layers.Average */
export class Average extends Merge {
  constructor(options: LayerOptions = {}) {
    super(options, 'Average');
  }

  protected merge(inputs: readonly Tensor[]): Tensor {
    return math.divide(sumOf(inputs), inputs.length);
  }
}

/** The maximum of a list of inputs, elementwise, of those that their masks leave. @tf tf.keras.layers.Maximum */
export class Maximum extends Merge {
  constructor(options: LayerOptions = {}) {
    super(options, 'Maximum');
  }

  protected merge(inputs: readonly Tensor[]): Tensor {
    return overUnmasked(inputs, math.maximum);
  }
}

/** The minimum of a list of inputs, elementwise, of those that their masks leave. @tf tf.keras.layers.Minimum */
export class Minimum extends Merge {
  constructor(options: LayerOptions = {}) {
    super(options, 'Minimum');
  }

  protected merge(inputs: readonly Tensor[]): Tensor {
    return overUnmasked(inputs, math.minimum);
  }
}
