/** The native update rules of the optimizers. They are no op definitions, since they write into given tensors. */
import { native } from '../../binding';
import type { TracedOp } from '../../op/contract';
import { bufferOf, shapeOf, type Tensor } from '../../core/tensor';
import * as kernels from '../../op/kernels';

/** The rules of native/kernels/optimizer/optimizer.cc. */
export type Rule = 'sgd' | 'momentum' | 'nesterov' | 'adam' | 'amsgrad';

const codes = new Map(native.optimizerNames.map((name, i) => [name, i]));

const { numbers: ruleList, places } = kernels.optimizerLists;
const rowsList = kernels.optimizerRowsLists.numbers;
/** The first argument-buffer slots of a rule's numbers in the two native calls, and their maximum count. */
export const ruleNumbers = {
  slot: kernels.slotOf(ruleList),
  rowsSlot: kernels.slotOf(rowsList),
  count: ruleList.length,
};
const maxBuffers = native.maxBuffers;

/** The update of one variable: from[0] are its weights, the others the state of the rule. */
export interface RuleUpdate {
  readonly gradient: Tensor;
  readonly from: readonly Tensor[];
  /** The new values: the same tensors if they are uniquely owned, or new ones. */
  readonly to: readonly Tensor[];
}

/**
 * Applies a rule to variables of one dtype, in as few native calls as possible. All tensors of an update have the shape of
 * its gradient.
 */
export function applyRule(rule: Rule, numbers: ArrayLike<number>, updates: readonly RuleUpdate[]): void {
  const buffersPerUpdate = 1 + 2 * updates[0].from.length;
  const perCall = Math.min(
    Math.floor(maxBuffers / buffersPerUpdate),
    Math.floor(places.length / (buffersPerUpdate + 1)),
  );
  for (let first = 0; first < updates.length; first += perCall) {
    const count = Math.min(perCall, updates.length - first);
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
 * Applies a rule without state to the rows at `indices`, which are already checked, in place or from one tensor into
 * another. Duplicate indices are applied one after another.
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
 * `applyRule` as an op of compiled functions. Inputs are gradient, weights and states of each variable; outputs are its new
 * weights and states; the attributes are the rule's numbers.
 */
export function ruleOp(rule: Rule, states: number, variables: number): TracedOp {
  const aliases: (readonly [number, number])[] = [];
  for (let v = 0; v < variables; v++) {
    // Weight decay passes the weights as their own gradient, so the new weights may also replace the gradient.
    aliases.push([v * states, v * (states + 1)]);
    for (let i = 0; i < states; i++) aliases.push([v * states + i, v * (states + 1) + 1 + i]);
  }
  return {
    name: rule,
    differentiable: false,
    savesInputs: 0,
    savesOutputs: false,
    inputOutputAliases: aliases,
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

/** `applyRuleToRows` as an op: inputs are the gradient's rows, their indices, and the weights. */
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
