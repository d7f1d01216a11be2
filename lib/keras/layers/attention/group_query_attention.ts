/** Attention in which several heads of the queries share one of the keys and values. */
import { InvalidArgumentError } from '../../../core/errors';
import type { Tensor } from '../../../core/tensor';
import { repeat } from '../../../ops/array/sequences';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import { uniqueName } from '../../base/naming';
import { showKerasShape, type KerasShape } from '../../base/shapes';
import { checkCount } from './arguments';
import { HeadAttention, type HeadAttentionOptions, type HeadEquations } from './head_attention';

export type GroupQueryAttentionOptions = HeadAttentionOptions;

/** In names and files it has Keras's class name, not the one under which Keras exports it. */
const ownName = 'grouped_query_attention';

/**
 * Attention of `numQueryHeads` heads in groups, each of which has one head of keys and values; with one head of these it is
 * multi-query attention. Called as MultiHeadAttention: query [batch, T, dim], value and key [batch, S, dim] → [batch, T, dim].
 * Weights: kernel and bias of the projections query [dim, queryHeads, headDim], key, gate (`useGate`), value
 * [dim, keyValueHeads, headDim], output [queryHeads, headDim, dim]. @tf tf.keras.layers.GroupQueryAttention
 */
export class GroupQueryAttention extends HeadAttention {
  static override readonly positional = ['headDim', 'numQueryHeads', 'numKeyValueHeads'];
  readonly headDim: number;
  readonly numQueryHeads: number;
  readonly numKeyValueHeads: number;

  /**
   * @param headDim The size of each head.
   * @param numQueryHeads The number of heads of the queries, a multiple of the others'.
   * @param numKeyValueHeads The number of heads of keys and values.
   */
  constructor(
    headDim: number,
    numQueryHeads: number,
    numKeyValueHeads: number,
    options: GroupQueryAttentionOptions = {},
  ) {
    const { name = null, ...others } = namedOptions(options, 'GroupQueryAttention');
    super({ ...others, name: name ?? uniqueName(ownName) }, 'GroupQueryAttention');
    this.headDim = checkCount(headDim, 'headDim', 'GroupQueryAttention');
    this.numQueryHeads = checkCount(numQueryHeads, 'numQueryHeads', 'GroupQueryAttention');
    this.numKeyValueHeads = checkCount(numKeyValueHeads, 'numKeyValueHeads', 'GroupQueryAttention');
    if (numQueryHeads % numKeyValueHeads !== 0)
      throw new InvalidArgumentError(
        '[GroupQueryAttention] `numQueryHeads` must be divisible by `numKeyValueHeads`. Received: ' +
          `numQueryHeads=${numQueryHeads}, numKeyValueHeads=${numKeyValueHeads}`,
      );
    this.activityRegularizer = this.projectionRegularizer;
  }

  protected get scoreScale(): number {
    return 1 / Math.sqrt(this.headDim);
  }

  protected get attendedAxes(): number {
    return 1;
  }

  protected buildHeads(query: KerasShape, value: KerasShape, key: KerasShape): void {
    const { headDim, numQueryHeads, numKeyValueHeads } = this;
    for (const [what, shape] of Object.entries({ query, value, key }))
      if (shape.length !== 3)
        throw new InvalidArgumentError(
          `[${this.name}] ${what} must have the shape [batch, positions, size]; got ${showKerasShape(shape)}`,
        );
    const queries = { shape: [null, numQueryHeads, headDim], biasAxes: 'uh' };
    const shared = { shape: [null, numKeyValueHeads, headDim], biasAxes: 'vh' };
    this.queryDense = this.projection('query', 'bqm,muh->bquh', query, queries);
    this.keyDense = this.projection('key', 'bkm,mvh->bkvh', key, shared);
    if (this.useGate)
      this.gateDense = this.projection('gate', 'bqm,muh->bquh', query, { ...queries, activation: 'sigmoid' });
    this.valueDense = this.projection('value', 'bkm,mvh->bkvh', value, shared);
    this.buildWeighting(-1);
    this.outputDense = this.projection(
      'attention_output',
      'bquh,uhm->bqm',
      [null, null, numQueryHeads, headDim],
      {
        shape: [null, query[2]],
        biasAxes: 'm',
      },
    );
  }

  protected equations(): HeadEquations {
    return { scores: 'bquh,bkuh->buqk', keysFirst: false, outputs: 'buqk,bkuh->bquh' };
  }

  protected override shared(heads: Tensor): Tensor {
    const times = this.numQueryHeads / this.numKeyValueHeads;
    return times === 1 ? heads : repeat(heads, times, { axis: 2 });
  }

  protected outputShapeFor(query: KerasShape, value: KerasShape): KerasShape {
    const [a, b] = [query[query.length - 1], value[value.length - 1]];
    if (a !== b)
      throw new InvalidArgumentError(
        `[${this.name}] The last dimension of \`queryShape\` and \`valueShape\` must be equal, but are ${a ?? 'None'}, ` +
          `${b ?? 'None'}. Received: queryShape=${showKerasShape(query)}, valueShape=${showKerasShape(value)}`,
      );
    return query;
  }

  protected scoresShape(query: KerasShape, value: KerasShape): KerasShape {
    return [query[0], this.numQueryHeads, query[1], value[1]];
  }

  protected fileName(name: string): string {
    return name === 'softmax_layer' ? '_softmax' : `_${name}`;
  }

  /** @internal */
  readonly savedClassName = ownName;

  override getConfig(): Config {
    const { headDim, numQueryHeads, numKeyValueHeads } = this;
    return { ...super.getConfig(), headDim, numQueryHeads, numKeyValueHeads };
  }
}
