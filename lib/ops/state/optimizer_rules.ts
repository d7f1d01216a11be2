/** The native update rules of the optimizers. Not rows: they write where they are told to. */
import { native } from '../../binding';
import type { TracedOp } from '../../op/contract';
import { bufferOf, shapeOf, type Tensor } from '../../core/tensor';
import * as kernels from '../../op/kernels';

/** The rules of native/kernels/optimizer.cc. */
export type Rule = 'sgd' | 'momentum' | 'nesterov' | 'adam' | 'amsgrad';

const codes = new Map(native.optimizerNames.map((name, i) => [name, i]));

const { numbers: ruleList, places } = kernels.optimizerLists;
const rowsList = kernels.optimizerRowsLists.numbers;
/** Where the numbers of a rule stand among those of the native calls, and how many there can be. */
export const ruleNumbers = {
  slot: kernels.slotOf(ruleList),
  rowsSlot: kernels.slotOf(rowsList),
  count: ruleList.length,
};
const mostBuffers = native.maxBuffers;

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
  const most = Math.min(Math.floor(mostBuffers / buffersOf), Math.floor(places.length / (buffersOf + 1)));
  for (let first = 0; first < updates.length; first += most) {
    const count = Math.min(most, updates.length - first);
    const buffers: ArrayBuffer[] = [];
    for (let i = 0; i < numbers.length; i++) ruleList[i] = numbers[i];
    let place = count;
    for (let v = 0; v < count; v++) {
      const { gradient, from, to } = updates[first + v];
      places[v] = gradient.size;
      places[place++] = gradient.offset;
      buffers.push(bufferOf(gradient));
      for (let i = 0; i < from.length; i++) {
        places[place++] = from[i].offset;
        places[place++] = to[i].offset;
        buffers.push(bufferOf(from[i]), bufferOf(to[i]));
      }
    }
    kernels.writeOptimizer(codes.get(rule) as number, updates[0].gradient.dt.code, count);
    kernels.optimizer(...buffers);
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
  const columns = rows === 0 ? 0 : from.size / rows;
  const code = codes.get(rule) as number;
  for (let i = 0; i < numbers.length; i++) rowsList[i] = numbers[i];
  const { dt, size } = indices;
  kernels.optimizerRows(gradient, indices, from, to, size, columns, rows, dt.big, gradient.dt.code, code);
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
    over,
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
    over: [[0, 2]],
    execute: (
      [gradient, indices, from]: readonly Tensor[],
      numbers: ArrayLike<number>,
      [to]: readonly Tensor[],
    ) => applyRuleToRows(rule, numbers, gradient, indices, from, to),
  };
}
