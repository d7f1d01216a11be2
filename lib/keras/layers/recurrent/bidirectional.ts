/** Two layers over a sequence, one in each direction. */
import { InvalidArgumentError } from '../../../core/errors';
import { flatten } from '../../../core/nest';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { cast } from '../../../ops/array/cast';
import { concat } from '../../../ops/array/joining';
import { reverse } from '../../../ops/array/movement';
import { add, divide, multiply } from '../../../ops/math/binary';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { withNameScope } from '../../base/naming';
import type { KerasShape } from '../../base/shapes';
import { KerasTensor } from '../../symbolic/keras_tensor';
import { Layer } from '../layer';
import type { LayerOptions } from '../options';
import { isList } from './cell';
import { cloneOf } from '../../base/clone';
import type { RnnCallOptions } from './rnn';

const mergeModes = ['sum', 'mul', 'ave', 'concat', null] as const;
/** How the outputs of both directions become one; null: they are two results. */
export type MergeMode = (typeof mergeModes)[number];

/** A layer that Bidirectional can wrap: RNN and its subclasses, or one with the same properties. */
export type SequenceLayer = Layer & {
  readonly goBackwards: boolean;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly stateful: boolean;
  zeroOutputForMask?: boolean;
  readonly states?: readonly unknown[] | null;
  resetState?(): void;
};

export interface BidirectionalOptions extends LayerOptions {
  /** 'concat' (along the last dimension), 'sum', 'mul', 'ave', or null: both outputs. Default 'concat'. */
  mergeMode?: MergeMode;
  /** Values for the weights, those of the forward layer first. */
  weights?: readonly Tensor[] | null;
  /** The layer for the other direction. Default: a copy of `layer` that goes backwards, with weights of its own. */
  backwardLayer?: SequenceLayer | null;
}

const withoutPrefix = (name: string, prefix: string): string =>
  name.startsWith(prefix) ? name.slice(prefix.length) : name;

/** A copy of a layer under another name. */
function copyFor(layer: SequenceLayer, direction: 'forward' | 'backward'): SequenceLayer {
  const name = `${direction}_${withoutPrefix(layer.name, `${direction}_`)}`;
  return cloneOf(layer, direction === 'forward' ? { name } : { name, goBackwards: true });
}

/**
 * Runs a recurrent layer forwards and another one backwards over the same inputs, and merges their outputs; with
 * `returnSequences` those of the backward layer are turned around first. Results with `returnState`: the output, the states of the
 * forward layer, those of the backward layer; `initialState` of a call is a list in that order too. The wrapped layers are copies
 * of `layer`. @tf tf.keras.layers.Bidirectional
 */
export class Bidirectional extends Layer {
  static override readonly positional = ['layer'];
  readonly forwardLayer: SequenceLayer;
  readonly backwardLayer: SequenceLayer;
  readonly mergeMode: MergeMode;
  readonly stateful: boolean;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly #initialWeights: readonly Tensor[] | null;

  constructor(layer: SequenceLayer, options: BidirectionalOptions = {}) {
    const {
      mergeMode = 'concat',
      weights = null,
      backwardLayer = null,
      ...others
    } = namedOptions(options, 'Bidirectional');
    if (!(layer instanceof Layer))
      throw new InvalidArgumentError(
        `[Bidirectional] Please initialize \`Bidirectional\` layer with a \`tf.keras.layers.Layer\` instance. Received: ${describe(layer)}`,
      );
    if (backwardLayer !== null && !(backwardLayer instanceof Layer))
      throw new InvalidArgumentError(
        `[Bidirectional] \`backwardLayer\` need to be a \`tf.keras.layers.Layer\` instance. Received: ${describe(backwardLayer)}`,
      );
    if (!mergeModes.includes(mergeMode))
      throw new InvalidArgumentError(
        `[Bidirectional] Invalid merge mode. Received: ${describe(mergeMode)}. Merge mode should be one of "sum", "mul", "ave", ` +
          '"concat", null',
      );
    super(others);
    this.forwardLayer = copyFor(layer, 'forward');
    this.backwardLayer = backwardLayer ?? copyFor(layer, 'backward');
    this.verify();
    for (const one of [this.forwardLayer, this.backwardLayer])
      if (typeof one.zeroOutputForMask === 'boolean') one.zeroOutputForMask = one.returnSequences;
    this.mergeMode = mergeMode;
    this.#initialWeights = weights;
    this.stateful = layer.stateful;
    this.returnSequences = layer.returnSequences;
    this.returnState = layer.returnState;
    this.supportsMasking = true;
    this.usesMask = true;
    this.inputSpec = layer.inputSpec;
  }

  private verify(): void {
    const { forwardLayer: forward, backwardLayer: backward } = this;
    if (forward.goBackwards === backward.goBackwards)
      throw new InvalidArgumentError(
        '[Bidirectional] Forward layer and backward layer should have different `goBackwards` value. Received: ' +
          `forwardLayer.goBackwards=${forward.goBackwards}, backwardLayer.goBackwards=${backward.goBackwards}`,
      );
    for (const name of ['stateful', 'returnSequences', 'returnState'] as const)
      if (forward[name] !== backward[name])
        throw new InvalidArgumentError(
          '[Bidirectional] Forward layer and backward layer are expected to have the same value for attribute ' +
            `"${name}", got "${forward[name]}" for forward layer and "${backward[name]}" for backward layer`,
        );
  }

  override build(sequencesShape: KerasShape): void {
    for (const layer of [this.forwardLayer, this.backwardLayer]) {
      if (layer.built) continue;
      withNameScope(layer.name, () => {
        layer.build(sequencesShape);
      });
      layer.buildShape = sequencesShape;
      layer.built = true;
    }
    this.built = true;
    if (this.#initialWeights !== null) this.setWeights(this.#initialWeights);
  }

  /** The states of both layers, once they are stateful and built; null otherwise. */
  get states(): readonly unknown[] | null {
    const [forward, backward] = [this.forwardLayer.states ?? null, this.backwardLayer.states ?? null];
    return forward === null || backward === null ? null : [...forward, ...backward];
  }

  /** Sets the states of both layers to zeros. InvalidArgumentError unless they are stateful. */
  resetState(): void {
    if (!this.stateful) throw new InvalidArgumentError(`[${this.name}] Layer must be stateful.`);
    this.forwardLayer.resetState?.();
    this.backwardLayer.resetState?.();
  }

  /** The same as `resetState`. */
  resetStates(): void {
    this.resetState();
  }

  call(sequences: Tensor, options: RnnCallOptions = {}): unknown {
    const { initialState = null, training, mask } = options;
    const half = isList(initialState) ? Math.floor(initialState.length / 2) : 0;
    const part = (begin: number, end?: number): unknown =>
      isList(initialState) ? initialState.slice(begin, end) : null;
    const run = (layer: SequenceLayer, state: unknown): unknown =>
      layer(sequences, { training, mask, initialState: state });
    const forward = run(this.forwardLayer, part(0, half));
    const backward = run(this.backwardLayer, part(half));
    const states = this.returnState ? [...statesOf(forward), ...statesOf(backward)] : [];
    const [y, last] = [forward, backward].map((r) =>
      this.converted(this.returnState ? (r as Tensor[])[0] : r),
    );
    const yBack = this.returnSequences ? reverse(last, [1]) : last;
    const output = this.merged(y, yBack);
    if (!this.returnState) return output;
    return Array.isArray(output) ? [...output, ...states] : [output, ...states];
  }

  private converted(t: unknown): Tensor {
    const tensor = t as Tensor;
    return tensor.dtype === this.computeDtype ? tensor : cast(tensor, this.computeDtype);
  }

  private merged(y: Tensor, yBack: Tensor): Tensor | Tensor[] {
    switch (this.mergeMode) {
      case 'concat':
        return concat([y, yBack], -1);
      case 'sum':
        return add(y, yBack);
      case 'ave':
        return divide(add(y, yBack), 2);
      case 'mul':
        return multiply(y, yBack);
      case null:
        return [y, yBack];
    }
  }

  override computeOutputShape(inputShape: KerasShape): KerasShape | readonly KerasShape[] {
    const shapes = this.forwardLayer.computeOutputShape(inputShape);
    const [output, ...states] = (this.returnState ? shapes : [shapes]) as KerasShape[];
    const size = output[output.length - 1];
    const wide = [...output.slice(0, -1), size === null ? null : 2 * size];
    const outputs =
      this.mergeMode === null ? [output, output] : [this.mergeMode === 'concat' ? wide : output];
    if (!this.returnState) return this.mergeMode === null ? outputs : outputs[0];
    return [...outputs, ...states, ...states];
  }

  override computeOutputSpec(x: KerasTensor): unknown {
    const shapes = this.computeOutputShape(x.shape);
    const one = (shape: unknown): KerasTensor => new KerasTensor(shape as KerasShape, this.computeDtype);
    return this.returnState || this.mergeMode === null ? (shapes as KerasShape[]).map(one) : one(shapes);
  }

  override computeMask(_: unknown, mask: unknown): unknown {
    const first = (isList(mask) ? flatten(mask)[0] : mask) ?? null;
    const output = this.returnSequences ? first : null;
    return this.mergeMode === null ? [output, output] : [output];
  }

  override getConfig(): Config {
    const { mergeMode, forwardLayer, backwardLayer } = this;
    return { ...super.getConfig(), mergeMode, layer: forwardLayer, backwardLayer };
  }
}

const statesOf = (results: unknown): readonly unknown[] => (results as readonly unknown[]).slice(1);
