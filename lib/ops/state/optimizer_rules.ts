/** The native update rules of the optimizers. Not rows: they write where they are told to. */
import { frame, native } from '../../binding';
import type { TracedOp } from '../../op/contract';
import { bufferOf, shapeOf, type Tensor } from '../../core/tensor';

/** The rules of native/kernels/optimizer.cc. */
export type Rule = 'sgd' | 'momentum' | 'nesterov' | 'adam' | 'amsgrad';

const codes = new Map(native.optimizerNames.map((name, i) => [name, i]));

/** Where the numbers of a rule stand among those of the native calls, and how many there can be. */
export const ruleNumbers = { slot: 3, rowsSlot: 10, count: 4 } as const;
const mostBuffers = native.maxBuffers;
const mostNumbers = frame.length;

/** One variable: from[0] are its weights, the others the state of the rule. */
export interface RuleUpdate {
  readonly gradient: Tensor;
  readonly from: readonly Tensor[];
  /** The new values: the same tensors, where nobody else sees them, or others. */
  readonly to: readonly Tensor[];
}

/**
 * Applies a rule to variables of one dtype, in as few native calls as can be. All tensors of an update have the shape of its
 * gradient.
 */
export function applyRule(rule: Rule, numbers: ArrayLike<number>, updates: readonly RuleUpdate[]): void {
  const buffersOf = 1 + 2 * updates[0].from.length;
  const head = ruleNumbers.slot + ruleNumbers.count;
  const most = Math.min(
    Math.floor(mostBuffers / buffersOf),
    Math.floor((mostNumbers - head) / (buffersOf + 1)),
  );
  for (let first = 0; first < updates.length; first += most) {
    const count = Math.min(most, updates.length - first);
    const buffers: ArrayBuffer[] = [];
    frame[0] = codes.get(rule) as number;
    frame[1] = updates[0].gradient.dt.code;
    frame[2] = count;
    for (let i = 0; i < numbers.length; i++) frame[ruleNumbers.slot + i] = numbers[i];
    let slot = head + count;
    for (let v = 0; v < count; v++) {
      const { gradient, from, to } = updates[first + v];
      frame[head + v] = gradient.size;
      frame[slot++] = gradient.offset;
      buffers.push(bufferOf(gradient));
      for (let i = 0; i < from.length; i++) {
        frame[slot++] = from[i].offset;
        frame[slot++] = to[i].offset;
        buffers.push(bufferOf(from[i]), bufferOf(to[i]));
      }
    }
    native.optimizer(...buffers);
  }
}

/**
 * Applies a rule without state to the rows that `indices` (checked before) name, from weights into others or in place. Rows
 * that repeat meet one after another.
 */
export function applyRuleToRows(
  rule: 'sgd',
  numbers: ArrayLike<number>,
  gradient: Tensor,
  indices: Tensor,
  from: Tensor,
  to: Tensor,
): void {
  const rows = shapeOf(from)[0];
  frame[0] = gradient.offset;
  frame[1] = indices.offset;
  frame[2] = from.offset;
  frame[3] = to.offset;
  frame[4] = indices.size;
  frame[5] = rows === 0 ? 0 : from.size / rows;
  frame[6] = rows;
  frame[7] = indices.dt.big ? 1 : 0;
  frame[8] = gradient.dt.code;
  frame[9] = codes.get(rule) as number;
  for (let i = 0; i < numbers.length; i++) frame[ruleNumbers.rowsSlot + i] = numbers[i];
  native.optimizerRows(bufferOf(gradient), bufferOf(indices), bufferOf(from), bufferOf(to));
}

/**
 * The same as an op over several variables, for programs. Inputs are for each its gradient, its weights, its states; outputs
 * its new weights and states; attributes the rule's numbers.
 */
export function ruleOp(rule: Rule, states: number, variables: number): TracedOp {
  const over: (readonly [number, number])[] = [];
  for (let v = 0; v < variables; v++) {
    // Weights that are their own gradient decay.
    over.push([v * states, v * (states + 1)]);
    for (let i = 0; i < states; i++) over.push([v * states + i, v * (states + 1) + 1 + i]);
  }
  return {
    name: rule,
    differentiable: false,
    savesInputs: 0,
    savesOutputs: false,
    inputOutputAliases: over,
    execute: (inputs: readonly Tensor[], numbers: ArrayLike<number>, outputs: readonly Tensor[]) => {
      applyRule(
        rule,
        numbers,
        Array.from({ length: variables }, (_, v) => ({
          gradient: inputs[v * (states + 1)],
          from: inputs.slice(v * (states + 1) + 1, (v + 1) * (states + 1)),
          to: outputs.slice(v * states, (v + 1) * states),
        })),
      );
    },
  };
}

/** The update of rows as an op: inputs are the rows of the gradient, their indices and the weights. */
export function rowsRuleOp(rule: 'sgd'): TracedOp {
  return {
    name: `${rule}Rows`,
    differentiable: false,
    savesInputs: 0,
    savesOutputs: false,
    inputOutputAliases: [[0, 2]],
    execute: (
      [gradient, indices, from]: readonly Tensor[],
      numbers: ArrayLike<number>,
      [to]: readonly Tensor[],
    ) => applyRuleToRows(rule, numbers, gradient, indices, from, to),
  };
}
