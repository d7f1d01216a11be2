/** The losses that `compile` was given, for the outputs of a model. */
import { InvalidArgumentError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/array/cast';
import { add, multiply } from '../../ops/math/binary';
import { floatx } from '../base/settings';
import { snakeCase } from '../base/naming';
import { FunctionLoss } from '../losses/function_loss';
import { get as getLoss, type LossLike } from '../losses/get';
import { Loss } from '../losses/loss';
import { Mean } from '../metrics/reduction_metrics';
import { labelKind, perOutput, type PerOutput } from './per_output';

/** A loss of one output. */
interface OutputLoss {
  readonly output: number;
  readonly loss: Loss;
  readonly weight: number | null;
  /** The mean of its values, where there are several losses. */
  metric: Mean | null;
}

const crossentropies = {
  binary: 'binary_crossentropy',
  sparse: 'sparse_categorical_crossentropy',
  categorical: 'categorical_crossentropy',
} as const;

/** The loss that is meant; 'crossentropy' is that of the shapes. */
function resolve(given: LossLike, yTrue: Tensor | null, yPred: Tensor): Loss {
  const isGeneral = typeof given === 'string' && /^(crossentropy|ce)$/i.test(given);
  const found = getLoss(isGeneral ? crossentropies[labelKind(yTrue, yPred)] : given, 'compile');
  if (found instanceof Loss) return found;
  const name = typeof given === 'string' ? given : snakeCase(found.name);
  return new FunctionLoss(found, { name: name === '' ? null : name }, 'compile');
}

/** The total loss of a model's outputs. */
export class CompileLoss {
  #losses: OutputLoss[] | null = null;

  constructor(
    private readonly given: PerOutput<LossLike>,
    private readonly givenWeights: PerOutput<number> | null,
  ) {}

  /** The means of the losses, where there are several. */
  get metrics(): Mean[] {
    return (this.#losses ?? []).flatMap(({ metric }) => metric ?? []);
  }

  private build(
    names: readonly string[],
    yTrue: readonly (Tensor | null)[],
    yPred: readonly Tensor[],
  ): OutputLoss[] {
    const { given } = this;
    // Several losses of the only output.
    const several = names.length === 1 && Array.isArray(given) && given.length > 1;
    const outputs = several ? (given as LossLike[]).map(() => 0) : names.map((_, i) => i);
    const keys = outputs.map((i) => names[i]);
    const list = several ? (given as (LossLike | null)[]) : perOutput(given, names, 'loss');
    const weights = perOutput(this.givenWeights, keys, 'lossWeights');
    const found = list.flatMap((loss, i) => {
      if (loss === null) return [];
      const output = outputs[i];
      const weight = weights[i];
      if (weight !== null && typeof weight !== 'number')
        throw new TypeError(`[compile] lossWeights must be numbers, one for each output`);
      return [{ output, loss: resolve(loss, yTrue[output] ?? null, yPred[output]), weight, metric: null }];
    });
    const all: OutputLoss[] = found;
    if (all.length > 1)
      for (const part of all) part.metric = new Mean({ name: `${names[part.output]}_loss` });
    return (this.#losses = all);
  }

  /** The weighted sum of the losses; null if there is none. */
  compute(
    yTrue: readonly (Tensor | null)[],
    yPred: readonly Tensor[],
    sampleWeight: readonly (Tensor | null)[],
    names: readonly string[],
  ): Tensor | null {
    const losses = this.#losses ?? this.build(names, yTrue, yPred);
    let total: Tensor | null = null;
    // Labels of the outputs that have a loss alone.
    const skips = yTrue.length < names.length && yTrue.length === losses.length;
    for (const [i, { output, loss, weight, metric }] of losses.entries()) {
      const truth = yTrue[skips ? i : output] ?? null;
      const predicted = yPred[output];
      if (truth === null)
        throw new InvalidArgumentError(
          `[fit] output '${names[output]}' has a loss, and no labels y were given for it`,
        );
      const found = loss.invoke(truth, predicted, sampleWeight[output] ?? null);
      const value = found.dtype === floatx() ? found : cast(found, floatx());
      metric?.updateState(value, predicted.shape[0]);
      const weighted = weight === null ? value : multiply(value, weight);
      total = total === null ? weighted : add(total, weighted);
    }
    return total;
  }
}
