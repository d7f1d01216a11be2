/** Runs a program eagerly, compiled and off the event loop, and compares. */
import * as tf from 'gradtape';
import { load, type Args, type Instance, type Module } from './module';
import { nudged } from './nudged';
import {
  difference,
  failureOf,
  snapshots,
  stateDifference,
  stateOf,
  type Failure,
  type Outcome,
  type Snapshot,
  type State,
  type Tolerance,
} from './outcome';
import {
  baseOf,
  hasTapes,
  hasUnits,
  isRef,
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

/** The substitute for tf.function in eager runs. */
const eagerly = (f: unknown): unknown => f;

/** The compiler under test, for tests of the fuzzer itself. */
export type Compiler = typeof tf.function;

/** A function of a program that begins to run in an eager call. */
interface Visit {
  readonly number: number;
  /** The lines that called it, the innermost first. */
  readonly callers: readonly number[];
  /** What the variables hold. */
  readonly state: State;
}

interface Probe {
  /** The functions of a program that ran in a call, by number. */
  ran: Set<number>;
  /** Called where one begins. */
  begins?: (number: number) => void;
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

/** Where a template needs only the shape of a value. */
const shapeAlone =
  /tf\.(?:zerosLike|onesLike|shape|size|rank)\(\$\d\b|(?:\$\d|tf\.squeeze\(\$\d\))\.(?:shape|rank|size)\b/g;

/** Names whose values results or effects need: a value that is never read need not be computed, nor fail. */
function needed(program: Program): ReadonlySet<string> {
  const all = [...statementsIn(program.captured), ...statementsIn(program.body.body)];
  const live = new Set<string>();
  /** The same with their paths. */
  const refs = new Set<string>();
  const use = (ref: string): void => {
    live.add(baseOf(ref));
    refs.add(ref);
  };
  program.body.results.forEach(use);
  const functions = new Map<string, Block>();
  for (const { name, holes, template } of program.captured) {
    const [hole] = holes.slice(-1);
    if (/^(?:compile\(|\(\{ v:)/.test(template) && !isRef(hole)) functions.set(name, hole.block);
  }
  const useResults = ({ results, single }: Block, name: string): void => {
    const own = [...refs].filter((ref) => baseOf(ref) === name).map((ref) => /\[(\d+)\]/.exec(ref)?.[1]);
    results.forEach((ref, k) => {
      if (single || own.some((at) => at === undefined || Number(at) === k)) use(ref);
    });
  };
  for (let size = -1; size !== refs.size;) {
    size = refs.size;
    for (const s of all) {
      if (s.name !== '' && !live.has(s.name)) continue;
      const [f] = s.holes;
      const called = f !== undefined && isRef(f) ? functions.get(baseOf(f.ref)) : undefined;
      if (called !== undefined) useResults(called, s.name);
      const read = s.template.replace(shapeAlone, '');
      s.holes.forEach((hole, i) => {
        if (isRef(hole)) {
          // A function may not read its argument.
          const parameter = called?.params[i - 1];
          if (read.includes(`$${i}`) && (parameter === undefined || live.has(parameter))) use(hole.ref);
        } else if (!functions.has(s.name)) {
          // Statements of its block are in `all` themselves.
          hole.block.results.forEach(use);
        }
      });
    }
  }
  return live;
}

/** Whether the statement that failed is one whose result is never read. */
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

/** Whether the text draws from the stream of random numbers. */
const draws = ({ lines }: Module): boolean =>
  lines.some((line) => /random\.(?!stateless)|dropout\(/i.test(line) && !line.includes('setSeed'));

/**
 * Whether an op failed that the program does not call: one of a gradient. To tapes control flow and other functions are one op,
 * all of whose results have gradients, those that rest on no source included, as in TensorFlow.
 */
function isOfGradient(error: Failure, { captured, body, tapes }: Program, { lines }: Module): boolean {
  if (tapes === 0 && !hasTapes(captured) && !hasTapes(body.body)) return false;
  const op = /^\[(\w+)\]/.exec(error.message)?.[1];
  return op !== undefined && !lines.some((line) => line.includes(`${op}(`));
}

/** Whether a function began where one on the stack of the error did. */
function isOnStack({ lines }: Failure, { number, callers }: Visit, module: Module): boolean {
  const at = lines.length - callers.length - 1;
  if (callers.length === 0) return true;
  return (
    at >= 0 && module.functionAt(lines[at]) === number && callers.every((c, i) => c === lines[at + 1 + i])
  );
}

/**
 * Whether a tape inside the function may see a variable as two: behind any assignment, also of another variable, the function reads it
 * again, and what flows to each of the two is added up first.
 */
const readsAgain = ({ captured, body, tapes }: Program, { lines }: Module): boolean =>
  (tapes > 0 || hasTapes(captured) || hasTapes(body.body)) &&
  lines.some((line) => /\.(assign|applyGradients|minimize)/.test(line));

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
  visits: () => readonly Visit[],
): boolean {
  const at = `call ${i}, ${what}`;
  const { error } = got;
  // A trace goes through branches that are not taken: there, or in this call of the function around them.
  const place = error?.tracing === true ? module.functionAt(error.lines[0] ?? 0) : null;
  const isUntaken =
    error !== null &&
    place !== null &&
    (!want.ran.has(place) || !visits().some((v) => v.number === place && isOnStack(error, v, module)));
  if (error !== null && documented.some((message) => message.test(error.message))) return false;
  if (error !== null && want.error === null) {
    if (isUntaken) return false;
    if (hasUnits(program) && isOfGradient(error, program, module)) return false;
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
    // What failed eagerly need not run: then this is another error, further on, and more has been assigned before it.
    const isSkipped = isUnread(want, module, program);
    if (error.name !== want.error.name && !isLater && !isUntaken && !isSkipped) {
      throw new Difference(
        'error',
        `${at}: ${error.name}: ${error.message}; eagerly ${want.error.name}: ${want.error.message}`,
      );
    }
    const found = stateDifference(got.state, want.state, stateTolerance);
    // Where the trace fails nothing has run, nor drawn random numbers; a program draws those behind the op that fails before it starts.
    if (found === null) return !draws(module);
    if (isSkipped) return false;
    const begun = error.tracing ? visits().filter((v) => isOnStack(error, v, module)) : [];
    if (begun.some((v) => stateDifference(got.state, v.state, stateTolerance) === null)) return false;
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

/** Bit for bit, but for the sign of zeros. */
const anyZero: Tolerance = { width: () => 0, nan: false };

const relative = 2e-5;

/** That of a program: one rounding of a 16-bit float, which others follow, is worth more than all of float32. */
function relativeOf({ lines }: Module): number {
  const has = (dtype: string): boolean => lines.some((line) => line.includes(`'${dtype}'`));
  return has('bfloat16') ? 2 ** -4 : has('float16') ? 2 ** -6 : relative;
}

/** By how much an argument is moved, relative to it: 16-bit floats by one or two in the last place. */
const stepOf = (dtype: string): number =>
  dtype === 'bfloat16' ? 2 ** -7 : dtype === 'float16' ? 2 ** -10 : 1e-6;

interface Moved {
  readonly program: Program;
  readonly module: Module;
  /** Of the call. */
  readonly i: number;
  readonly want: Outcome;
  readonly nan: boolean;
}

interface Widths {
  readonly values: readonly Tolerance[];
  readonly state: Tolerance;
}

/** By how much results move when arguments, or gradients on their way, move a little; where that is much, they may differ by as much. */
function sensitivity({ program, module, i, want, nan }: Moved): Widths {
  const probe: Probe = { ran: new Set() };
  const lists = (o: Outcome): Snapshot[] => [...(o.values ?? []), ...o.state.flat()];
  const wanted = lists(want);
  const moved = wanted.map((v) => new Float64Array('other' in v ? 0 : v.data.length));
  const off = load(program, () => undefined, nudged(stepOf));
  for (const sign of [1, -1, 3, 0]) {
    const instance = (sign === 0 ? off : module).make(eagerly, true);
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

/** The functions that run in an eager call, in their order. */
function visitsOf(program: Program, i: number): Visit[] {
  const visits: Visit[] = [];
  const probe: Probe = { ran: new Set() };
  const module = load(program, (number) => probe.begins?.(number));
  const instance = module.make(eagerly, true);
  for (let k = 0; k <= i; k++) {
    if (k === i) {
      probe.begins = (number) => {
        const callers = failureOf(new Error()).lines.slice(1);
        visits.push({ number, callers, state: stateOf(instance.state()) });
      };
    }
    callPlainly(instance, probe, module.calls[k](), k);
  }
  return visits;
}

/** Rejects with a Difference if the eager results of the program differ from the compiled ones, or from those off the event loop. */
export async function check(program: Program, compiler: Compiler = tf.function): Promise<void> {
  const { loose, holds } = rounding(program);
  if (program.passes === 'all' && !holds) return;
  const probe: Probe = { ran: new Set() };
  const module = load(program, (number) => probe.ran.add(number));
  const exact = program.passes !== 'all' && !readsAgain(program, module);
  const nan = hasUnits(program);
  const least = relativeOf(module);
  const near: Tolerance = { width: (_, scale) => least * scale, nan };
  // What is known to be no gradient is not multiplied by what follows, which would give its zeros a sign.
  const same = hasTapes(program.captured) || hasTapes(program.body.body) ? anyZero : null;
  const tolerances = program.body.results.map((ref) => (!exact && loose.has(baseOf(ref)) ? near : same));
  // A function under a tape is one op to it: what flows to a value from inside and from outside is added in another order.
  const precise = exact && program.tapes < 2 && !hasUnits(program);
  const gradientTolerance = precise ? same : near;
  const base = { program, module, tolerances, gradientTolerance, stateTolerance: exact ? same : near };

  const eager = module.make(eagerly, true);
  const wanted = module.calls.map((args, i) => callPlainly(eager, probe, args(), i));
  const agree = (what: string, i: number, got: Outcome): boolean => {
    let known: Visit[] | null = null;
    const visits = (): Visit[] => (known ??= visitsOf(program, i));
    try {
      return compare({ ...base, what }, i, got, wanted[i], visits);
    } catch (error) {
      if (precise || !(error instanceof Difference)) throw error;
      const wide = sensitivity({ program, module, i, want: wanted[i], nan });
      const own = wide.values.map((t, k) => (k < tolerances.length && tolerances[k] === same ? same : t));
      const wider = { ...base, what, tolerances: own, stateTolerance: exact ? same : wide.state };
      // That has set the seed again.
      return compare(wider, i, got, wanted[i], visits) && !draws(module);
    }
  };

  await withPasses(program, async () => {
    const compiled = module.make(compiler, true);
    for (const [i, args] of module.calls.entries())
      if (!agree('compiled', i, callPlainly(compiled, probe, args(), i))) break;
    const later = module.make(compiler, false);
    let apart = false;
    for (const [i, args] of module.calls.entries()) {
      if (agree('off the event loop', i, await callLater(later, probe, args(), i))) continue;
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
      if (!agree('in flight with the others', i, { ...got, state })) return;
    }
  });
}
