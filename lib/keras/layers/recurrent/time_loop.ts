/** The loop of recurrent layers over time: masks, backwards, all outputs or the last one. */
import type { Tensor } from '../../../core/tensor';
import { mapStructure } from '../../../core/nest';
import { recur } from '../../../function/control/recurrence';
import { cast } from '../../../ops/array/cast';
import { zerosLike } from '../../../ops/array/creation';
import { reverse, transpose } from '../../../ops/array/movement';
import { reshape } from '../../../ops/array/views';
import { at } from '../../../ops/array/at';
import { where } from '../../../ops/index/indexing';
import { cumsum } from '../../../ops/math/scan';
import { greater } from '../../../ops/math/compare';
import { reduceAny } from '../../../ops/reduce/reduce';
import type { States } from './cell';

export interface TimeLoop {
  readonly name: string;
  /** [time, batch, …] */
  readonly inputs: Tensor;
  readonly start: States;
  readonly step: (inputs: Tensor, states: States) => { readonly output: Tensor; readonly next: States };
  /** The output is the first state, so that it needs no place of its own. */
  readonly outputIsState: boolean;
  /** The first states are zeros. */
  readonly startsAtZero: boolean;
  /** Zeros of the output's shape; asked for once, and only where the loop needs them. */
  readonly zeroOutput: () => Tensor;
  /** [time, batch], bool: false for steps that leave the states as they are. */
  readonly mask: Tensor | null;
  readonly goBackwards: boolean;
  readonly unroll: boolean;
  readonly returnSequences: boolean;
  /** Outputs of masked steps are zeros; otherwise those of the step before. */
  readonly zeroOutputForMask: boolean;
}

export interface TimeLoopResult {
  readonly lastOutput: Tensor;
  /** [batch, time, …], in the order of the steps; null without `returnSequences`. */
  readonly outputs: Tensor | null;
  readonly states: States;
}

/** The first two axes swapped. */
export const swapBatchAndTime = (x: Tensor): Tensor =>
  transpose(x, [1, 0, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 2)]);

/** A mask [batch] or [time, batch] against values with more dimensions behind. */
const selected = (mask: Tensor, yes: Tensor, no: Tensor): Tensor =>
  where(reshape(mask, [...mask.shape, ...Array.from({ length: yes.rank - mask.rank }, () => 1)]), yes, no);

function selectedStates(mask: Tensor, yes: States, no: States): States {
  return yes.map((part, i) => {
    const before = no[i];
    return Array.isArray(part)
      ? selectedStates(mask, part as States, before as States)
      : selected(mask, part as Tensor, before as Tensor);
  });
}

interface Carried {
  /** The output of the step before; null where it is not needed, or is the first state. */
  readonly output: Tensor | null;
  readonly states: States;
}

/** Runs the steps. */
export function runTimeLoop(o: TimeLoop): TimeLoopResult {
  const { mask, outputIsState, returnSequences, zeroOutputForMask } = o;
  const carries = !outputIsState && (!returnSequences || (mask !== null && !zeroOutputForMask));
  const zeros = carries || (mask !== null && !outputIsState) ? o.zeroOutput() : null;
  const step = (carried: Carried, slices: readonly Tensor[]): { next: Carried; output: Tensor | null } => {
    const found = o.step(slices[0], carried.states);
    const present = mask === null ? null : slices[1];
    const states = present === null ? found.next : selectedStates(present, found.next, carried.states);
    let { output } = found;
    if (outputIsState) output = states[0] as Tensor;
    else if (present !== null)
      output = selected(present, output, (zeroOutputForMask ? zeros : carried.output) as Tensor);
    return { next: { output: carries ? output : null, states }, output: returnSequences ? output : null };
  };
  const { last, outputs } = recur<Carried>({
    name: o.name,
    step,
    start: { output: carries ? zeros : null, states: o.start },
    elements: mask === null ? [o.inputs] : [o.inputs, mask],
    reverse: o.goBackwards,
    unroll: o.unroll,
  });
  const result = {
    output: carries ? last.output : outputIsState ? (last.states[0] as Tensor) : null,
    outputs,
  };
  const { output, outputs: all } = mask !== null && outputIsState ? maskOutputs(result, mask, o) : result;
  const ordered = all === null || !o.goBackwards ? all : reverse(all, [0]);
  return {
    lastOutput: output ?? at(ordered as Tensor, -1),
    outputs: ordered === null ? null : swapBatchAndTime(ordered),
    states: last.states,
  };
}

interface Outputs {
  readonly output: Tensor | null;
  readonly outputs: Tensor | null;
}

/** Where the output is the first state: zeros at masked steps, or at those before the first that is not masked. */
function maskOutputs({ output, outputs }: Outputs, mask: Tensor, o: TimeLoop): Outputs {
  const zeroed = (present: Tensor, x: Tensor | null): Tensor | null =>
    x === null ? null : selected(present, x, zerosLike(x));
  if (o.zeroOutputForMask) {
    const last = at(mask, o.goBackwards ? 0 : -1);
    return { output: zeroed(last, output), outputs: zeroed(mask, outputs) };
  }
  // Zeros as states: the outputs before the first step are the state.
  if (o.startsAtZero) return { output, outputs };
  const begun =
    outputs === null ? null : greater(cumsum(cast(mask, 'int32'), { axis: 0, reverse: o.goBackwards }), 0);
  return {
    output: zeroed(reduceAny(mask, 0), output),
    outputs: begun === null ? null : zeroed(begun, outputs),
  };
}

/** A mask as bool, [batch, time] → [time, batch]; those with a last dimension of 1 too. */
export function timeMajorMask(mask: Tensor): Tensor {
  const flat = mask.rank === 3 ? reshape(mask, mask.shape.slice(0, 2)) : mask;
  return transpose(flat.dtype === 'bool' ? flat : cast(flat, 'bool'), [1, 0]);
}

/** The same structure with every tensor mapped. */
export const mapStates = (states: States, f: (t: Tensor) => Tensor): States =>
  mapStructure(states, (t) => f(t as Tensor)) as States;
