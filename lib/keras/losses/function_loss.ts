/** Losses made of a function. */
import type { TensorLike } from '../../core/convert';
import type { Tensor } from '../../core/tensor';
import type { Config } from '../base/keras_object';
import { withDefaults } from '../base/named_options';
import { toSameRank } from '../base/ranks';
import { Loss, lossDefaults, type LossOptions } from './loss';

type LossFunction = (yTrue: TensorLike, yPred: TensorLike, options?: never) => Tensor;

/**
 * A loss whose values are those of a function. Options beyond those of every loss are the function's: they are properties of the
 * loss, and stand in its config.
 */
export class FunctionLoss extends Loss {
  readonly #options: Readonly<Record<string, unknown>>;
  readonly #fn: LossFunction;
  /** The defaults of options that Keras's configs do not have: these are there if they have other values. */
  readonly #unsaved: Readonly<Record<string, unknown>>;

  /** @internal */
  constructor(
    fn: LossFunction,
    given: LossOptions | undefined,
    where: string,
    defaults: Readonly<Record<string, unknown>> = {},
    unsaved: Readonly<Record<string, unknown>> = {},
  ) {
    const all = { ...lossDefaults, ...defaults, ...unsaved };
    const { name, reduction, dtype, ...own } = withDefaults(given, all, where);
    super({ name, reduction, dtype });
    this.#fn = fn;
    this.#unsaved = unsaved;
    this.#options = own;
    Object.assign(this, this.#options);
  }

  call(yTrue: Tensor, yPred: Tensor): Tensor {
    return this.#fn(...toSameRank(yTrue, yPred), this.#options as never);
  }

  override getConfig(): Config {
    const saved = Object.entries(this.#options).filter(
      ([key, value]) => !(key in this.#unsaved) || this.#unsaved[key] !== value,
    );
    return { ...super.getConfig(), ...Object.fromEntries(saved) };
  }
}
