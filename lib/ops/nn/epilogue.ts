/** Epilogues that matrix products and convolutions fuse: bias, residual and activation. */
import { frame, native } from '../../binding';
import type { TracedOp } from '../../op/contract';
import { bufferOf, type Tensor } from '../../core/tensor';

/** The op of each activation; its kernel has the same name in the native unary table. */
export const activationOps = {
  relu: 'relu',
  relu6: 'relu6',
  gelu: 'geluErf',
  geluTanh: 'geluTanh',
  silu: 'siluUnit',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
} as const;
export type FusedActivation = keyof typeof activationOps;
export const activations = Object.keys(activationOps) as FusedActivation[];
/** The index of each activation in the native unary table. */
const kernelNumbers = new Map(
  activations.map((name) => [name, native.unaryNames.indexOf(activationOps[name])]),
);

/** The activation that an elementwise op computes; null for other ops. */
export function activationOf(elementwise: string | undefined): FusedActivation | null {
  return activations.find((name) => activationOps[name] === elementwise) ?? null;
}

/** activation(product + bias + residual). */
export interface Epilogue {
  /** Indices of inputs, −1 for none: the bias is a vector for the last dimension, the residual has the result's shape. */
  readonly bias: number;
  readonly residual: number;
  readonly activation: FusedActivation | null;
}
export const noEpilogue: Epilogue = { bias: -1, residual: -1, activation: null };

/** Writes three slots of the argument buffer; returns the buffers of bias and residual (native/addon/call_finish.h). */
export function writeEpilogue(
  slot: number,
  inputs: readonly Tensor[],
  { bias, residual, activation }: Epilogue,
  result: Tensor,
): [bias: ArrayBuffer, residual: ArrayBuffer] {
  frame[slot] = bias < 0 ? -1 : inputs[bias].offset;
  frame[slot + 1] = residual < 0 ? -1 : inputs[residual].offset;
  frame[slot + 2] = activation === null ? -1 : (kernelNumbers.get(activation) as number);
  return [bufferOf(bias < 0 ? result : inputs[bias]), bufferOf(residual < 0 ? result : inputs[residual])];
}

/** A fused op that computes another op with an epilogue. */
export interface EpilogueFusion {
  readonly op: TracedOp;
  /** The fused op's attributes, from those of the other op. */
  attrs(own: unknown, epilogue: Epilogue): unknown;
}

const fusions = new Map<string, () => EpilogueFusion>();

export function registerEpilogueFusion(op: string, fusion: () => EpilogueFusion): void {
  fusions.set(op, fusion);
}

/** The fused op for an op; null if it supports no epilogue. */
export function epilogueFusionOf(op: string): EpilogueFusion | null {
  return fusions.get(op)?.() ?? null;
}
