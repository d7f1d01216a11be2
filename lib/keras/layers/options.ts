/** The options of layers and of their calls. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import type { DType } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import type { DTypePolicy, MixedPolicy } from '../base/dtype_policy';
import type { InitializerLike } from '../initializers/get';

/** The options of every layer's constructor. */
export interface LayerOptions {
  /** Default: the class in snake case, numbered. */
  name?: string | null;
  /** Whether its weights are trained. Default true. */
  trainable?: boolean;
  /** A dtype, or the policy with which it computes. Default: the global policy, float32. */
  dtype?: DType | MixedPolicy | DTypePolicy | null;
  /** Called with the output of each call; what it returns is added to the losses. */
  activityRegularizer?: ((output: Tensor) => Tensor) | null;
}

/** The options of a call, which `call` receives as its last argument. */
export interface CallOptions {
  /** Whether the call is part of training. Default: that of the calling layer; false in the outermost. */
  training?: boolean;
  /** Which entries of the inputs count; default: the mask that comes with the inputs. */
  mask?: Tensor | (Tensor | null)[] | null;
}

/** The options of `addWeight`. */
export interface AddWeightOptions {
  shape: readonly number[];
  name?: string;
  /** Default: 'glorot_uniform' for floats, zeros otherwise. */
  initializer?: InitializerLike | null;
  dtype?: DType | null;
  trainable?: boolean;
  regularizer?: ((value: Tensor) => Tensor) | null;
  constraint?: ((value: Tensor) => Tensor) | null;
  /** Whether a policy of mixed precision casts it where it is read. Default true. */
  autocast?: boolean;
}

/** @internal Adds options to a literal, so that those of all calls have one shape; V8 is slow to add properties to copies of objects. */
export function withOptions(literal: Record<string, unknown>, options: object): Record<string, unknown> {
  for (const [key, value] of Object.entries(options)) if (!Object.hasOwn(literal, key)) literal[key] = value;
  return literal;
}

/** Checks a layer's name. */
export function checkLayerName(name: unknown, layer: string): void {
  if (name !== null && (typeof name !== 'string' || name.includes('/')))
    throw new InvalidArgumentError(
      `[${layer}] Argument \`name\` must be a string and cannot contain character \`/\`. Received: name=${describe(name)}`,
    );
}

/** What a layer is for the message about options that it does not have. */
interface WithConfig {
  readonly constructor: unknown;
  getConfig(): object;
}

/** The names of a layer's options: those in its config, which a layer that is not complete yet may fail to write. */
function optionNames(layer: WithConfig): string[] {
  const { positional = [] } = layer.constructor as { positional?: readonly string[] };
  const own = ['name', 'trainable', 'dtype', 'activityRegularizer'];
  try {
    return [...new Set([...Object.keys(layer.getConfig()), ...own])].filter(
      (name) => !positional.includes(name),
    );
  } catch {
    return own;
  }
}

/** TypeError if options are left that no class of the layer took. */
export function checkNoOthers(others: object, layer: WithConfig, where: string): void {
  const unknown = Object.keys(others);
  if (unknown.length > 0)
    throw new TypeError(
      `[${where}] Unrecognized keyword arguments passed to the layer: ${unknown.join(', ')}. It takes ` +
        optionNames(layer).join(', '),
    );
}
