/** A call of an op definition that can be repeated with other tensors in the same places, and its gradients. */
import { GradientTape } from '../../lib/autodiff/gradient_tape';
import { IndexedSlices } from '../../lib/core/indexed_slices';
import { Tensor } from '../../lib/core/tensor';
import type { OpDefinition } from '../../lib/op/registry';
import { densify } from '../../lib/ops/index/slices';

/** The place of tensor `index` among the arguments. */
export class Slot {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

export interface Call {
  definition: OpDefinition;
  /** Arguments and options, with slots where tensors go. */
  args: unknown[];
  options?: Record<string, unknown>;
  /** The tensors, in order. */
  tensors: Tensor[];
  /** For messages. */
  label: string;
}

function fill(value: unknown, tensors: readonly Tensor[]): unknown {
  if (value instanceof Slot) return tensors[value.index];
  return Array.isArray(value) ? value.map((v) => fill(v, tensors)) : value;
}

/** Tensors of a result, in order: an array, an object of tensors, or one. */
export function flattenResult(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result];
  if (result instanceof IndexedSlices) return [densify(result)];
  if (Array.isArray(result)) return result.flatMap(flattenResult);
  if (typeof result === 'object' && result !== null) return Object.values(result).flatMap(flattenResult);
  return [];
}

export function invoke(call: Call, tensors: readonly Tensor[] = call.tensors): Tensor[] {
  const args = call.args.map((a) => fill(a, tensors));
  if (call.options !== undefined) {
    const entries = Object.entries(call.options).map(([key, value]) => [key, fill(value, tensors)] as const);
    args.push(Object.fromEntries(entries));
  }
  return flattenResult((call.definition.call as (...a: unknown[]) => unknown)(...args));
}

export const isFloat = (t: Tensor): boolean => t.dt.kind === 'float';

/**
 * The gradients of Σ dy·output over the floating outputs with respect to `tensors`; null for integers and where none
 * flows. Sparse ones are made dense.
 */
export function gradients(
  call: Call,
  tensors: readonly Tensor[],
  dy: (outputs: readonly Tensor[]) => readonly Tensor[],
): (Tensor | null)[] {
  const sources = tensors.filter(isFloat);
  const tape = new GradientTape();
  tape.watch(sources);
  const outputs = tape.run(() => invoke(call, tensors)).filter(isFloat);
  const found = tape.gradient(outputs, sources, { outputGradients: [...dy(outputs)] });
  let at = 0;
  return tensors.map((t) => {
    if (!isFloat(t)) return null;
    const g = found[at++];
    return g instanceof IndexedSlices ? densify(g) : g;
  });
}
