/**
 * What variables held before eager code assigned them, for calls in flight that were made before that and may still read them.
 * Which variables a call with cuts reads is known when it has ended; so the past of those that change meanwhile is kept.
 */
import { apart } from '../../core/scope';
import { pin, unpin, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';

interface Past {
  /** Calls with smaller numbers see it, and what such calls assign is a part of it. */
  readonly end: number;
  value: Tensor;
  /** What the variable held when the past began: where it still does, nothing was assigned after all. */
  readonly present: Tensor;
}

/** The oldest first. */
const pasts = new Map<Variable, Past[]>();

function drop(past: Past): void {
  unpin(past.value);
  if (past.value.block !== null) past.value.dispose();
}

/** Without the last one, where nothing was assigned. */
function settled(variable: Variable, list: Past[]): Past[] {
  if (list.length > 0 && list[list.length - 1].present === variable.held) drop(list.pop() as Past);
  return list;
}

/** Keeps what the variable holds, which is about to change, for calls with numbers below `end`. */
export function keepPast(variable: Variable, end: number): void {
  let list = pasts.get(variable);
  if (list === undefined) pasts.set(variable, (list = []));
  settled(variable, list);
  // No call was made since then.
  if (list.length > 0 && list[list.length - 1].end === end) return;
  // The tensor itself goes: who saw the variable hold it finds it so again.
  const present = apart(() => variable.lend());
  pin(present);
  list.push({ end, value: variable.swap(present), present });
}

/** Forgets what calls from this number on do not see. */
export function forgetPasts(from: number): void {
  if (pasts.size === 0) return;
  for (const [variable, list] of pasts) {
    settled(variable, list);
    while (list.length > 0 && list[0].end <= from) drop(list.shift() as Past);
    if (list.length === 0) pasts.delete(variable);
  }
}

/** The call that variables hold their values for, and what they hold otherwise. */
let current: { readonly call: number; readonly swapped: readonly (readonly [Variable, Past])[] } | null =
  null;

function enter(call: number | null): void {
  if (current !== null) {
    for (const [variable, past] of current.swapped) past.value = variable.swap(past.value);
  }
  current = null;
  if (call === null) return;
  const swapped: (readonly [Variable, Past])[] = [];
  for (const [variable, list] of pasts) {
    const past = settled(variable, list).find(({ end }) => call < end);
    if (past === undefined) continue;
    past.value = variable.swap(past.value);
    swapped.push([variable, past]);
  }
  current = { call, swapped };
}

/** Runs `f` while variables are what they are to a call: as at the time when it was made, and as calls before it leave them. */
export function asOf<T>(call: number, f: () => T): T {
  const before = current?.call ?? null;
  if (before === call || pasts.size === 0) return f();
  enter(call);
  try {
    return f();
  } finally {
    enter(before);
  }
}
