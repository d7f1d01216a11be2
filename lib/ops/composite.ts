/** Ops written in other ops. */
import type { DType } from '../core/dtype';
import { InvalidArgumentError } from '../core/errors';
import { Readable } from '../core/readable';
import { Tensor } from '../core/tensor';
import { badDType, dtypeMask } from './define';
import { register, type Example, type OpRow } from './registry';

/** f(...p), but that spreading a list into a call costs more than the call where p is short. */
export function passOn<P extends unknown[], R>(f: (...args: P) => R, p: P): R {
  const g = f as (...args: unknown[]) => R;
  switch (p.length) {
    case 1:
      return g(p[0]);
    case 2:
      return g(p[0], p[1]);
    case 3:
      return g(p[0], p[1], p[2]);
    case 4:
      return g(p[0], p[1], p[2], p[3]);
    default:
      return f(...p);
  }
}

export interface CompositeSpec {
  tf: string;
  dtypes: readonly DType[];
  domain?: readonly [number, number];
  ulp?: number;
  examples?: readonly Example[];
  kind?: OpRow['kind'];
}

/**
 * An op written in other ops: no kernel, and its gradient comes for free. It checks what it takes itself; where one of
 * the ops inside refuses a dtype that the row does not list, the error is in the row's name.
 */
export function composite<P extends unknown[], R>(
  name: string,
  spec: CompositeSpec,
  f: (...args: P) => R,
): (...args: P) => R {
  const mask = dtypeMask(spec.dtypes);
  const call = (...args: P): R => {
    try {
      return passOn(f, args);
    } catch (error) {
      // An error of one of the ops inside, because of a dtype that the row does not list, becomes one of the row.
      if (!(error instanceof InvalidArgumentError) || error.message.startsWith(`[${name}]`)) throw error;
      const tensors = args.filter((x) => x instanceof Tensor || x instanceof Readable);
      const refused = tensors.find((x) => ((mask >> x.dt.code) & 1) === 0);
      if (refused === undefined || tensors.some((x) => ((mask >> x.dt.code) & 1) !== 0)) throw error;
      throw badDType(name, 'the argument', refused.dt, spec.dtypes);
    }
  };
  register({
    name,
    kind: spec.kind ?? 'composite',
    tf: spec.tf,
    dtypes: spec.dtypes,
    domain: spec.domain,
    ulp: spec.ulp,
    examples: spec.examples ?? [],
    differentiable: true,
    savesInputs: 0,
    savesOutputs: false,
    gradient: null,
    call,
  });
  return call;
}
