/** Runs a program eagerly, compiled and off the event loop, and compares. */
import * as tf from 'gradtape';
import { load, type Args, type Instance, type Module } from './module';
import {
  difference,
  failureOf,
  snapshots,
  stateDifference,
  stateOf,
  type Outcome,
  type Snapshot,
  type State,
  type Tolerance,
} from './outcome';
import {
  baseOf,
  hasUnits,
  isRef,
  namesUsed,
  rounding,
  statementsIn,
  type Block,
  type Program,
} from './program';
import { disabled } from './text';

/** What went wrong; shrinking keeps to failures of one kind. */
export class Difference extends Error {
  constructor(
    /** 'values', 'state', 'accepted' (what eager code refuses), 'error' (another one), or the error that only it throws. */
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

/** What stands for tf.function in eager runs. */
const eagerly = (f: unknown): unknown => f;

/** The compiler under test, for tests of the fuzzer itself. */
export type Compiler = typeof tf.function;

/** The functions of a program that ran in a call, by number. */
interface Probe {
  ran: Set<number>;
}

function outcomeOf(instance: Instance, probe: Probe, run: () => unknown): Outcome {
  probe.ran = new Set();
  let values: readonly Snapshot[] | null = null;
  let error = null;
  try {
    values = snapshots(run());
  } catch (e) {
    error = failureOf(e);
  }
  return { values, error, state: stateOf(instance.state()), ran: probe.ran };
}

const selfOf = ({ selves }: Instance, i: number): object | undefined =>
  selves.length === 0 ? undefined : selves[i % selves.length];

function callPlainly(instance: Instance, probe: Probe, args: Args, i: number): Outcome {
  return outcomeOf(instance, probe, () => instance.f.apply(selfOf(instance, i), [...args] as never));
}

async function callLater(instance: Instance, probe: Probe, args: Args, i: number): Promise<Outcome> {
  probe.ran = new Set();
  let values: readonly Snapshot[] | null = null;
  let error = null;
  const self = selfOf(instance, i);
  const f = self === undefined ? instance.f : instance.f.bind(self);
  try {
    values = snapshots(await f.async(...args));
  } catch (e) {
    error = failureOf(e);
  }
  return { values, error, state: stateOf(instance.state()), ran: probe.ran };
}

/** Names that results or effects need: what nobody reads need not be computed, nor fail. */
function needed(program: Program): ReadonlySet<string> {
  const all = [...statementsIn(program.captured), ...statementsIn(program.body.body)];
  const live = new Set(namesUsed([], program.body.results));
  const functions = new Map<string, Block>();
  for (const { name, holes } of program.captured)
    for (const hole of holes) if (!isRef(hole)) functions.set(name, hole.block);
  for (let size = -1; size !== live.size;) {
    size = live.size;
    for (const s of all) {
      if (s.name !== '' && !live.has(s.name)) continue;
      const [f] = s.holes;
      const called = f !== undefined && isRef(f) ? functions.get(baseOf(f.ref)) : undefined;
      s.holes.forEach((hole, i) => {
        // Statements of its block are in `all` themselves. A function may not read its argument.
        if (!isRef(hole)) for (const name of hole.block.results) live.add(baseOf(name));
        else {
          const parameter = called?.params[i - 1];
          if (parameter === undefined || live.has(parameter)) live.add(baseOf(hole.ref));
        }
      });
    }
  }
  return live;
}

/** Whether the statement that failed is one whose result nobody reads. */
function isUnread(outcome: Outcome, module: Module, program: Program): boolean {
  const live = needed(program);
  return (outcome.error?.lines ?? []).some((line) => {
    const name = /^\s*const (\w+) =/.exec(module.lines[line - 1] ?? '')?.[1];
    return name !== undefined && !live.has(name);
  });
}

/** What a compiled function refuses and an eager one does not, as in TensorFlow or by docs/differences.md. */
const documented = [
  /Inside tf\.function shapes must stay the same/,
  /no gradient passes: inside of it, an update of a variable/,
  /only supports singleton tf\.Variables created on the first call/,
];

interface Comparison {
  readonly program: Program;
  readonly module: Module;
  readonly what: string;
  readonly tolerances: readonly (Tolerance | null)[];
  /** Of what comes behind them: the gradients of tapes around the function. */
  readonly gradientTolerance: Tolerance | null;
  readonly stateTolerance: Tolerance | null;
}

/** False where the copies have gone apart rightly, and later calls cannot be compared. */
function compare(
  { program, module, what, tolerances, gradientTolerance, stateTolerance }: Comparison,
  i: number,
  got: Outcome,
  want: Outcome,
  before: State,
): boolean {
  const at = `call ${i}, ${what}`;
  const { error } = got;
  // A trace goes through branches that are not taken.
  const place = error?.tracing === true ? module.functionAt(error.lines[0] ?? 0) : null;
  const isUntaken = place !== null && !want.ran.has(place);
  if (error !== null && documented.some((message) => message.test(error.message))) return false;
  if (error !== null && want.error === null) {
    if (isUntaken) return false;
    throw new Difference(
      `refused: ${error.name}: ${error.message.replace(/[\d'"[\],-]+/g, '').slice(0, 60)}`,
      `${at}: ${error.name}: ${error.message}; eagerly there is no error`,
    );
  }
  if (error === null && want.error !== null) {
    if (isUnread(want, module, program)) return false;
    throw new Difference('accepted', `${at}: no error; eagerly ${want.error.name}: ${want.error.message}`);
  }
  if (error !== null && want.error !== null) {
    // A trace goes on behind what fails by its values.
    const [line, there] = [error.lines.at(-1), want.error.lines.at(-1)];
    // Without a line of the program, what comes behind it failed.
    const isLater = error.tracing && there !== undefined && (line === undefined || line > there);
    if (error.name !== want.error.name && !isLater && !isUntaken) {
      throw new Difference(
        'error',
        `${at}: ${error.name}: ${error.message}; eagerly ${want.error.name}: ${want.error.message}`,
      );
    }
    const found = stateDifference(got.state, want.state, stateTolerance);
    if (found === null) return true;
    // Nothing runs where the trace fails.
    if (error.tracing && stateDifference(got.state, before, null) === null) return false;
    throw new Difference('state', `${at}: after ${error.name} (${error.message}): ${found}`);
  }
  const [values, wanted] = [got.values ?? [], want.values ?? []];
  if (values.length !== wanted.length)
    throw new Difference('values', `${at}: ${values.length} results, eagerly ${wanted.length}`);
  values.forEach((v, k) => {
    const found = difference(v, wanted[k], k < tolerances.length ? tolerances[k] : gradientTolerance);
    if (found !== null) throw new Difference('values', `${at}: result ${k}: ${found}`);
  });
  const found = stateDifference(got.state, want.state, stateTolerance);
  if (found !== null) throw new Difference('state', `${at}: afterwards ${found}`);
  return true;
}

/** Runs `f` with the program's passes. */
async function withPasses<T>(program: Program, f: () => Promise<T>): Promise<T> {
  const before = process.env.GRADTAPE_DISABLE_PASS;
  process.env.GRADTAPE_DISABLE_PASS = disabled[program.passes];
  try {
    return await f();
  } finally {
    if (before === undefined) delete process.env.GRADTAPE_DISABLE_PASS;
    else process.env.GRADTAPE_DISABLE_PASS = before;
  }
}

const relative = 2e-5;

/** That of a program: one rounding of a 16-bit float, which others follow, is worth more than all of float32. */
function relativeOf({ lines }: Module): number {
  const has = (dtype: string): boolean => lines.some((line) => line.includes(`'${dtype}'`));
  return has('bfloat16') ? 2 ** -4 : has('float16') ? 2 ** -6 : relative;
}

/** By how much an argument is moved, relative to it: 16-bit floats by one or two in the last place. */
const stepOf = (dtype: string): number =>
  dtype === 'bfloat16' ? 2 ** -7 : dtype === 'float16' ? 2 ** -10 : 1e-6;

interface Widths {
  readonly values: readonly Tolerance[];
  readonly state: Tolerance;
}

/** By how much results move when arguments move a little; where that is much, they may differ by as much. */
function sensitivity(module: Module, probe: Probe, i: number, want: Outcome, nan: boolean): Widths {
  const lists = (o: Outcome): Snapshot[] => [...(o.values ?? []), ...o.state.flat()];
  const wanted = lists(want);
  const moved = wanted.map((v) => new Float64Array('other' in v ? 0 : v.data.length));
  for (const sign of [1, -1, 3]) {
    const instance = module.make(eagerly, true);
    for (let k = 0; k <= i; k++) {
      const near = module.calls[k]().map((x, j) =>
        x.dtype.includes('float') ? tf.multiply(x, 1 + sign * (j % 2 === 0 ? 1 : -1) * stepOf(x.dtype)) : x,
      );
      const got = callPlainly(instance, probe, near, k);
      if (k < i || got.values === null) continue;
      lists(got).forEach((v, r) => {
        const w = wanted[r];
        if (w === undefined || 'other' in v || 'other' in w || v.data.length !== w.data.length) return;
        v.data.forEach((e, at) => {
          const d = Math.abs(Number(e) - Number(w.data[at]));
          moved[r][at] = Math.max(moved[r][at], Number.isNaN(d) ? Infinity : d);
        });
      });
    }
  }
  const count = want.values?.length ?? 0;
  const least = relativeOf(module);
  const most = moved.slice(count).reduce((x, m) => m.reduce((y, d) => Math.max(y, d), x), 0);
  return {
    values: moved.slice(0, count).map((m) => ({ width: (at, scale) => least * scale + 30 * m[at], nan })),
    state: { width: (_, scale) => least * scale + 30 * most, nan },
  };
}

/** Rejects with a Difference where the program gives one thing eagerly and another compiled, or off the event loop. */
export async function check(program: Program, compiler: Compiler = tf.function): Promise<void> {
  const { loose, holds } = rounding(program);
  if (program.passes === 'all' && !holds) return;
  const probe: Probe = { ran: new Set() };
  const module = load(program, (number) => probe.ran.add(number));
  const exact = program.passes !== 'all';
  const nan = hasUnits(program);
  const least = relativeOf(module);
  const near: Tolerance = { width: (_, scale) => least * scale, nan };
  const tolerances = program.body.results.map((ref) => (!exact && loose.has(baseOf(ref)) ? near : null));
  // A function under a tape is one op to it: what flows to a value from inside and from outside is added in another order.
  const gradientTolerance = exact && program.tapes < 2 && !hasUnits(program) ? null : near;
  const base = { program, module, tolerances, gradientTolerance, stateTolerance: exact ? null : near };

  const eager = module.make(eagerly, true);
  const start = stateOf(eager.state());
  const wanted = module.calls.map((args, i) => callPlainly(eager, probe, args(), i));
  const same = (what: string, i: number, got: Outcome): boolean => {
    const before = i === 0 ? start : wanted[i - 1].state;
    try {
      return compare({ ...base, what }, i, got, wanted[i], before);
    } catch (error) {
      if ((exact && gradientTolerance === null) || !(error instanceof Difference)) throw error;
      const wide = sensitivity(module, probe, i, wanted[i], nan);
      const own = wide.values.map((t, k) => (k < tolerances.length && tolerances[k] === null ? null : t));
      const wider = { ...base, what, tolerances: own, stateTolerance: exact ? null : wide.state };
      return compare(wider, i, got, wanted[i], before);
    }
  };

  await withPasses(program, async () => {
    const compiled = module.make(compiler, true);
    for (const [i, args] of module.calls.entries())
      if (!same('compiled', i, callPlainly(compiled, probe, args(), i))) break;
    const later = module.make(compiler, false);
    let apart = false;
    for (const [i, args] of module.calls.entries()) {
      if (same('off the event loop', i, await callLater(later, probe, args(), i))) continue;
      apart = true;
      break;
    }
    if (!program.together || apart) return;
    const flying = module.make(compiler, false);
    // What variables hold meanwhile is not compared.
    const all = await Promise.all(module.calls.map((args, i) => callLater(flying, probe, args(), i)));
    const end = stateOf(flying.state());
    for (const [i, got] of all.entries()) {
      const state = i === all.length - 1 ? end : wanted[i].state;
      if (!same('in flight with the others', i, { ...got, state })) return;
    }
  });
}
