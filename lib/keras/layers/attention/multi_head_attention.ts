/** Attention of several heads, over one or more dimensions. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { KerasShape } from '../../base/shapes';
import { listOfAxes, type LayerAxis } from '../axes';
import { maskOf, removeMask } from '../call_context';
import { checkCount } from './arguments';
import {
  HeadAttention,
  type HeadAttentionCallOptions,
  type HeadAttentionOptions,
  type HeadEquations,
} from './head_attention';

export interface MultiHeadAttentionOptions extends HeadAttentionOptions {
  /** The size of each head's values. Default: keyDim. */
  valueDim?: number | null;
  /** The shape of the last dimensions of the output. Default: the last dimension of the query. */
  outputShape?: number | readonly number[] | null;
  /** The dimensions over which queries attend, of the batch's ones. Default: all but the batch and the last. */
  attentionAxes?: LayerAxis | null;
}

/** The n letters from one on. */
const letters = (n: number, from = 0): string =>
  Array.from({ length: n }, (_, i) => String.fromCharCode('a'.charCodeAt(0) + from + i)).join('');

/** The equation of a projection: `kept` dimensions stay, `bound` are summed over, `made` are new. */
function projectionEquation(
  kept: number,
  bound: number,
  made: number,
): { equation: string; biasAxes: string } {
  const [x, summed, y] = [letters(kept), letters(bound, kept), letters(made, kept + bound)];
  return { equation: `${x}${summed},${summed}${y}->${x}${y}`, biasAxes: y };
}

/**
 * Attention of `numHeads` heads: softmax(query·keyᵀ / √keyDim)·value of projections of the inputs for each head, projected to the
 * output. Called as layer(query, value), with the keys as a third argument: query [batch, T, …, dim], value and key
 * [batch, S, …, dim] → [batch, T, …, dim]. Options of a call: masks, `useCausalMask`, `returnAttentionScores`. Weights: kernel and bias of
 * the projections query [dim, heads, keyDim], key, gate (`useGate`), value [dim, heads, valueDim], output [heads, valueDim, dim].
 * @tf tf.keras.layers.MultiHeadAttention
 */
export class MultiHeadAttention extends HeadAttention {
  static override readonly positional = ['numHeads', 'keyDim'];
  readonly numHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly outputShape: readonly number[] | null;
  attentionAxes: readonly number[] | null;

  /**
   * @param numHeads The number of heads.
   * @param keyDim The size of each head's queries and keys.
   */
  constructor(numHeads: number, keyDim: number, options: MultiHeadAttentionOptions = {}) {
    const {
      valueDim = null,
      outputShape = null,
      attentionAxes = null,
      ...others
    } = namedOptions(options, 'MultiHeadAttention');
    super(others, 'MultiHeadAttention');
    this.numHeads = checkCount(numHeads, 'numHeads', 'MultiHeadAttention');
    this.keyDim = checkCount(keyDim, 'keyDim', 'MultiHeadAttention');
    this.valueDim =
      valueDim === null ? keyDim : checkCount(valueDim, 'valueDim', 'MultiHeadAttention', ' or null');
    this.outputShape = outputShape === null ? null : checkOutputShape(outputShape);
    this.attentionAxes =
      attentionAxes === null ? null : listOfAxes(attentionAxes, 'attentionAxes', 'MultiHeadAttention');
  }

  protected get scoreScale(): number {
    return 1 / Math.sqrt(this.keyDim);
  }

  protected get attendedAxes(): number {
    return this.attentionAxes?.length ?? 1;
  }

  protected buildHeads(query: KerasShape, value: KerasShape, key: KerasShape): void {
    const { numHeads, keyDim, valueDim } = this;
    const project = (name: string, input: KerasShape, size: number, activation?: string) => {
      const { equation, biasAxes } = projectionEquation(input.length - 1, 1, 2);
      const shape = [...new Array<null>(Math.max(0, input.length - 2)).fill(null), numHeads, size];
      return this.projection(name, equation, input, { shape, biasAxes, activation });
    };
    this.queryDense = project('query', query, keyDim);
    this.keyDense = project('key', key, keyDim);
    if (this.useGate) this.gateDense = project('gate', query, valueDim, 'sigmoid');
    this.valueDense = project('value', value, valueDim);
    const rank = value.length + 1;
    this.attentionAxes = this.axesFor(rank);
    const n = this.attentionAxes.length;
    const scoresRank = rank - 1 + n;
    this.buildWeighting(Array.from({ length: n }, (_, i) => scoresRank - n + i));
    const last = this.outputShape ?? query.slice(-1);
    const { equation, biasAxes } = projectionEquation(query.length - 1, 2, last.length);
    const shape = [...new Array<null>(Math.max(0, query.length - 2)).fill(null), ...last];
    this.outputDense = this.projection(
      'attention_output',
      equation,
      [...query.slice(0, -1), numHeads, valueDim],
      {
        shape,
        biasAxes,
      },
    );
  }

  /** The dimensions over which heads of this rank, [batch, …, heads, size], attend. */
  private axesFor(rank: number): readonly number[] {
    const axes =
      this.attentionAxes?.map((axis) => (axis < 0 ? rank - 1 + axis : axis)) ??
      Array.from({ length: Math.max(0, rank - 3) }, (_, i) => i + 1);
    const valid = axes.every((axis) => axis >= 0 && axis < rank - 2) && new Set(axes).size === axes.length;
    if (!valid || axes.length === 0)
      throw new InvalidArgumentError(
        `[${this.name}] attentionAxes must be different dimensions between the batch and the last one of inputs of rank ` +
          `${rank - 1}, of which there must be one at least; got ${describe(this.attentionAxes)}`,
      );
    return axes;
  }

  /** The letters of queries (target), keys (source) and scores. */
  private notation(rank: number): { target: string; source: string; scores: string } {
    const axes = this.axesFor(rank);
    const target = letters(rank);
    let next = rank;
    const source = [...target].map((c, i) => (axes.includes(i) ? letters(1, next++) : c)).join('');
    const batch = [...target].filter((_, i) => !axes.includes(i) && i !== rank - 1).join('');
    const pick = (from: string): string => axes.map((axis) => from[axis]).join('');
    return { target, source, scores: batch + pick(target) + pick(source) };
  }

  protected equations(): HeadEquations {
    const rank =
      (this.valueDense as { readonly equation: string } | null)?.equation.split('->')[1].length ?? 4;
    const { target, source, scores } = this.notation(rank);
    return {
      scores: `${source},${target}->${scores}`,
      keysFirst: true,
      outputs: `${scores},${source}->${target}`,
    };
  }

  protected outputShapeFor(query: KerasShape): KerasShape {
    return this.outputShape === null ? query : [...query.slice(0, -1), ...this.outputShape];
  }

  protected scoresShape(query: KerasShape, value: KerasShape): KerasShape {
    const heads = (shape: KerasShape): KerasShape => [...shape.slice(0, -1), this.numHeads, this.keyDim];
    const { target, source, scores } = this.notation(value.length + 1);
    const sizes = new Map<string, number | null>();
    [...source].forEach((c, i) => sizes.set(c, heads(value)[i]));
    [...target].forEach((c, i) => sizes.set(c, heads(query)[i]));
    return [...scores].map((c) => sizes.get(c) ?? null);
  }

  /** As in Keras: the queries' own mask, whatever the option says. */
  protected override queryMask(query: Tensor, _options: HeadAttentionCallOptions): Tensor | null {
    return maskOf(query);
  }

  /** As in Keras, the operands lose their masks: what uses the same tensors later sees none. */
  protected override takeMasks(operands: readonly Tensor[]): void {
    operands.forEach(removeMask);
  }

  protected fileName(name: string): string {
    return name === 'softmax_layer'
      ? '_softmax'
      : /^(gate_dense|dropout_layer)$/.test(name)
        ? `_${name}`
        : name;
  }

  override getConfig(): Config {
    const { numHeads, keyDim, valueDim, outputShape, attentionAxes } = this;
    return { ...super.getConfig(), numHeads, keyDim, valueDim, outputShape, attentionAxes };
  }
}

function checkOutputShape(value: unknown): readonly number[] | null {
  const list: unknown = typeof value === 'number' ? [value] : value;
  if (!Array.isArray(list))
    throw new TypeError(
      `[MultiHeadAttention] Invalid \`outputShape\`: ${describe(value)}. When specified, it should be a list of integers or an integer.`,
    );
  list.forEach((n: unknown) => checkCount(n, 'outputShape', 'MultiHeadAttention'));
  return list.length === 0 ? null : [...(list as number[])];
}
