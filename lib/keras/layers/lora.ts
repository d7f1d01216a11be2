/** LoRA: a frozen matrix W of a layer is used as W + (alpha / rank)·A·B, and only A and B are trained. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { shapeOf } from '../../core/tensor';
import { withDefaults } from '../base/named_options';
import { currentPath, withNameScope } from '../base/naming';
import type { Weight } from '../base/weight';
import type { Constraint } from '../constraints/get';
import { get as getInitializer, type InitializerLike } from '../initializers/get';
import type { WeightRegularizer } from '../regularizers/get';
import type { Layer } from './layer';

/** The options of `enableLora`. */
export interface LoraOptions {
  /** The product A·B is scaled by loraAlpha / rank. Default: the rank. */
  loraAlpha?: number | null;
  /** Of A. Default 'he_uniform'. */
  aInitializer?: InitializerLike;
  /** Of B. Default 'zeros': the layer computes what it did before. */
  bInitializer?: InitializerLike;
}

const defaults: Required<LoraOptions> = {
  loraAlpha: null,
  aInitializer: 'he_uniform',
  bInitializer: 'zeros',
};

/** The options of the constructors of layers that have LoRA. */
export interface LoraLayerOptions {
  /** Building the layer calls `enableLora` with this rank. Default: null, no LoRA. */
  loraRank?: number | null;
  /** Of `enableLora`. Default: the rank. */
  loraAlpha?: number | null;
}

function rankArgument(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0)
    throw new InvalidArgumentError(
      `[${where}] the rank of LoRA must be a positive integer; got ${describe(value)}`,
    );
  return value;
}

function alphaArgument(value: unknown, where: string): number | null {
  if (value === null) return null;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new InvalidArgumentError(
      `[${where}] loraAlpha must be a finite number or null; got ${describe(value)}`,
    );
  return value;
}

/** The rank and alpha that a constructor was given. */
export function loraArguments(
  { loraRank = null, loraAlpha = null }: LoraLayerOptions,
  where: string,
): { loraRank: number | null; loraAlpha: number | null } {
  const rank = loraRank === null ? null : rankArgument(loraRank, where);
  return { loraRank: rank, loraAlpha: alphaArgument(loraAlpha, where) ?? rank };
}

/** The entries of a config: none without LoRA. */
export const loraConfig = ({ loraRank, loraAlpha }: LoraLayerOptions): LoraLayerOptions =>
  loraRank === null ? {} : { loraRank, loraAlpha };

const withScope = <T>(scope: string | null, f: () => T): T =>
  scope === null ? f() : withNameScope(scope, f);

/** The weight of a layer that LoRA changes, and what the layer says of it. */
export interface LoraTarget {
  readonly weight: Weight | null;
  /** The names of A and B begin with `lora_` and this. */
  readonly name: 'kernel' | 'embeddings';
  readonly regularizer: WeightRegularizer | null;
  readonly constraint: Constraint | null;
}

/**
 * Freezes the weight and adds A [..., n, rank] and B [rank, m], which are float32 in every policy. InvalidArgumentError for a
 * layer that is not built, that has LoRA already or a constraint of that weight.
 */
export function addLora(
  layer: Layer,
  { weight, name, regularizer, constraint }: LoraTarget,
  rank: number,
  options: LoraOptions,
): { a: Weight; b: Weight; loraRank: number; loraAlpha: number } {
  const where = `${layer.name}.enableLora`;
  if (constraint !== null)
    throw new InvalidArgumentError(
      `[${where}] Lora is incompatible with ${name} constraints. In order to enable lora on this layer, remove the ` +
        `\`${name}Constraint\` argument.`,
    );
  if (!layer.built || weight === null)
    throw new InvalidArgumentError(`[${where}] Cannot enable lora on a layer that isn't yet built.`);
  if (weight.lora !== null)
    throw new InvalidArgumentError(
      `[${where}] lora is already enabled. This can only be done once per layer.`,
    );
  const loraRank = rankArgument(rank, where);
  const o = withDefaults<Required<LoraOptions>>(options, defaults, where);
  const loraAlpha = alphaArgument(o.loraAlpha, where) ?? loraRank;
  const shape = shapeOf(weight.held);
  const common = { dtype: 'float32', regularizer } as const;
  const initializers = [getInitializer(o.aInitializer, where), getInitializer(o.bInitializer, where)];
  const owner = weight.path.slice(0, Math.max(0, weight.path.lastIndexOf('/')));
  const scope = owner === '' || currentPath('') === `${owner}/` ? null : owner;
  const [a, b] = withScope(scope, () => [
    layer.addWeight({
      ...common,
      name: `lora_${name}_a`,
      shape: [...shape.slice(0, -1), loraRank],
      initializer: initializers[0],
    }),
    layer.addWeight({
      ...common,
      name: `lora_${name}_b`,
      shape: [loraRank, shape[shape.length - 1]],
      initializer: initializers[1],
    }),
  ]);
  weight.trainable = false;
  weight.lora = { a, b, scale: loraAlpha / loraRank };
  a.isLoraFactor = true;
  b.isLoraFactor = true;
  return { a, b, loraRank, loraAlpha };
}
