/** Dtype policies: the dtypes in which a layer computes and keeps its variables. */
import { dtypeInfo, type DType } from '../../core/dtype';
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { namedOptions } from './named_options';
import { floatx } from './settings';

/** The names of policies of mixed precision. */
export type MixedPolicy = 'mixed_float16' | 'mixed_bfloat16';

/**
 * The dtypes of a layer: it keeps its variables in `variableDtype`, and converts its inputs to `computeDtype` and computes in it.
 * `mixed_float16` and `mixed_bfloat16` compute in 16 bits with float32 variables. @tf tf.keras.DTypePolicy
 */
export class DTypePolicy {
  readonly name: string;
  readonly computeDtype: DType;
  readonly variableDtype: DType;

  constructor(name: string) {
    if (typeof name !== 'string')
      throw new TypeError(
        `[DTypePolicy] 'name' must be a string, such as 'mixed_float16'; got ${describe(name)}`,
      );
    this.name = name;
    const mixed = /^mixed_(float16|bfloat16)$/.exec(name)?.[1];
    this.computeDtype = mixed === undefined ? dtypeInfo(name, '[DTypePolicy] name').name : (mixed as DType);
    this.variableDtype = mixed === undefined ? this.computeDtype : 'float32';
  }

  getConfig(): { name: string } {
    return { name: this.name };
  }

  static fromConfig(config: { name: string }): DTypePolicy {
    return new DTypePolicy(namedOptions(config, 'DTypePolicy.fromConfig').name);
  }
}

/** Null until a layer asks for it. */
let globalPolicy: DTypePolicy | null = null;

/** The policy of layers that are given none. @tf tf.keras.config.dtype_policy */
export const dtypePolicy = (): DTypePolicy => (globalPolicy ??= new DTypePolicy(floatx()));

/** Sets the policy of layers that are given none. @tf tf.keras.config.set_dtype_policy */
export function setDtypePolicy(policy: DTypePolicy | string): void {
  globalPolicy = policyFrom(policy, 'setDtypePolicy');
}

/** A policy from one, its name, or null for the global one. */
export function policyFrom(given: unknown, where: string): DTypePolicy {
  if (given === null || given === undefined) return dtypePolicy();
  if (given instanceof DTypePolicy) return given;
  if (typeof given === 'string') return new DTypePolicy(given);
  throw new InvalidArgumentError(
    `[${where}] dtype must be a dtype, the name of a policy such as 'mixed_float16', or a DTypePolicy; got ${describe(given)}`,
  );
}
