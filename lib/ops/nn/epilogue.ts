/** What a matrix product or a convolution can do to its sums before it writes them: a bias, a residual, an activation. */
import { native } from '../../binding';
import type { TracedOp } from '../../op/contract';
import type { Tensor } from '../../core/tensor';

/** What the sums go through, by name; each is a row of the unary table, and an op of that name. */
export const activationRows = {
  relu: 'relu',
  relu6: 'relu6',
  gelu: 'geluErf',
  geluTanh: 'geluTanh',
  silu: 'siluUnit',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
} as const;
export type FusedActivation = keyof typeof activationRows;
export const activations = Object.keys(activationRows) as FusedActivation[];
/** Their places in the unary table. */
const kernelNumbers = new Map(
  activations.map((name) => [name, native.unaryNames.indexOf(activationRows[name])]),
);

/** The activation that the op of that name is, or null. */
export function activationOf(op: string): FusedActivation | null {
  return activations.find((name) => activationRows[name] === op) ?? null;
}

/** activation(sums + bias + residual). */
export interface Finish {
  /** Places among the inputs, −1 where there is none: a vector for the last dimension, a tensor of the result's shape. */
  readonly bias: number;
  readonly residual: number;
  readonly activation: FusedActivation | null;
}
export const noFinish: Finish = { bias: -1, residual: -1, activation: null };

/** The arguments of a native call that say so: −1 where there is no activation. */
export function finishArguments(
  inputs: readonly Tensor[],
  { bias, residual, activation }: Finish,
): [bias: Tensor | null, residual: Tensor | null, activation: number] {
  return [
    bias < 0 ? null : inputs[bias],
    residual < 0 ? null : inputs[residual],
    activation === null ? -1 : (kernelNumbers.get(activation) as number),
  ];
}

/** The op that does another one and finishes it. */
export interface Finisher {
  readonly op: TracedOp;
  /** Its attributes, from those of the other. */
  attrs(own: unknown, finish: Finish): unknown;
}

const finishers = new Map<string, () => Finisher>();

export function setFinisher(op: string, finisher: () => Finisher): void {
  finishers.set(op, finisher);
}

/** For the op of that name; null where it writes its sums as they are. */
export function finisherOf(op: string): Finisher | null {
  return finishers.get(op)?.() ?? null;
}
