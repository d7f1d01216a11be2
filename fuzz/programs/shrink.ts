/** Smaller programs: with fewer calls, statements and options. Whether they still fail is for their runs to say. */
import { withoutRuns } from '../shrinkable';
import {
  baseOf,
  isRef,
  isSound,
  namesUsed,
  type Block,
  type Hole,
  type Program,
  type Sizes,
  type Statement,
} from './program';

/** The name refers to another value from here on. */
function renamed(body: readonly Statement[], name: string, ref: string): Statement[] {
  return body.map((s) => ({ ...s, holes: s.holes.map((h) => renamedHole(h, name, ref)) }));
}

const renamedRef = (from: string, name: string, ref: string): string =>
  baseOf(from) === name
    ? ref + (ref.includes('[') ? '' : from.slice(name.length).replace(/^\[\d+\]|^\.\w+/, ''))
    : from;

function renamedHole(h: Hole, name: string, ref: string): Hole {
  if (isRef(h)) return { ref: renamedRef(h.ref, name, ref) };
  return { block: renamedBlock(h.block, name, ref) };
}

function renamedBlock(block: Block, name: string, ref: string): Block {
  return {
    ...block,
    body: renamed(block.body, name, ref),
    results: block.results.map((r) => renamedRef(r, name, ref)),
  };
}

/** What may take the place of a statement's value: its operands, but for functions and optimizers. */
function* standIns(s: Statement): Generator<string> {
  for (const hole of s.holes) {
    if (isRef(hole) && !/^[go]\d/.test(hole.ref)) yield hole.ref;
  }
  for (const hole of s.holes) {
    if (!isRef(hole) && hole.block.params.length === 0) {
      for (const r of hole.block.results) yield r;
    }
  }
}

/** Blocks without one of their statements, here or in blocks inside; what was computed there is replaced by an operand. */
function* smallerBlocks(block: Block, isTop: boolean): Generator<Block> {
  const { body, results } = block;
  const unused = body.filter((s) => s.fixed !== true);
  // Runs of statements without effect on the result.
  for (const left of withoutRuns(body)) {
    const gone = body.filter((s) => !left.includes(s));
    const used = namesUsed(left, isTop ? [] : results);
    if (gone.some((s) => s.name !== '' && used.has(s.name))) continue;
    const kept = isTop ? results.filter((r) => !gone.some((s) => s.name === baseOf(r))) : results;
    if (kept.length > 0) yield { ...block, body: left, results: kept };
  }
  if (isTop) for (const kept of withoutRuns(results, 1)) yield { ...block, results: kept };
  for (const s of unused) {
    const at = body.indexOf(s);
    const inlined = s.holes.flatMap((h) =>
      !isRef(h) && h.block.params.length === 0 && h.block.self === undefined ? [h.block.body] : [],
    );
    for (const ref of s.name === '' ? [] : standIns(s)) {
      const before = [...body.slice(0, at)];
      const owner = inlined.find((list) => list.some((inner) => inner.name === baseOf(ref)));
      if (owner !== undefined) before.push(...owner);
      const rest = renamedBlock({ ...block, body: body.slice(at + 1) }, s.name, ref);
      yield { ...rest, body: [...before, ...rest.body] };
    }
    // A statement of a block alone, where the block is the effect.
    if (s.name === '')
      for (const list of inlined)
        yield { ...block, body: [...body.slice(0, at), ...list, ...body.slice(at + 1)] };
    for (const [k, hole] of s.holes.entries()) {
      if (isRef(hole)) continue;
      for (const smaller of smallerBlocks(hole.block, false)) {
        const holes = s.holes.map((h, j) => (j === k ? { block: smaller } : h));
        yield { ...block, body: body.map((o) => (o === s ? { ...s, holes } : o)) };
      }
    }
  }
}

/** Drops what the function captures and does not use, and arguments. */
function tidied(program: Program): Program {
  let captured = program.captured;
  for (let count = -1; count !== captured.length;) {
    count = captured.length;
    const used = new Set([
      ...namesUsed(captured),
      ...namesUsed(program.body.body, program.body.results),
      ...program.sources,
      ...program.selves,
    ]);
    captured = captured.filter((s) => used.has(s.name));
  }
  return { ...program, captured };
}

function* smallerCalls(program: Program): Generator<Program> {
  for (const calls of withoutRuns(program.calls, 1)) yield { ...program, calls };
  const with_ = (i: number, change: Partial<Sizes>): Program => ({
    ...program,
    calls: program.calls.map((c, k) => (k === i ? { ...c, ...change } : c)),
  });
  for (const [i, c] of program.calls.entries()) {
    for (const n of [1, 2, 3, Math.floor(c.n / 2)]) if (n < c.n) yield with_(i, { n });
    if (c.m > 1) yield with_(i, { m: 1 });
    if (c.seed > 0) yield with_(i, { seed: 0 });
  }
}

function* smallerArguments(program: Program): Generator<Program> {
  const { args, body } = program;
  const used = namesUsed(body.body, body.results);
  for (const [i, a] of args.entries()) {
    const keep = (_: unknown, k: number): boolean => k !== i;
    if (args.length > 1 && !used.has(body.params[i]))
      yield { ...program, args: args.filter(keep), body: { ...body, params: body.params.filter(keep) } };
    for (const [d, dim] of a.shape.entries()) {
      const shapes = [a.shape.filter((_, k) => k !== d)];
      if (typeof dim === 'number' && dim > 1) shapes.push(a.shape.map((o, k) => (k === d ? 1 : o)));
      if (dim === 'm') shapes.push(a.shape.map((o, k) => (k === d ? 2 : o)));
      for (const shape of shapes)
        yield { ...program, args: args.map((o, k) => (k === i ? { ...a, shape } : o)) };
    }
    if (a.dtype !== 'float32')
      yield { ...program, args: args.map((o, k) => (k === i ? { ...a, dtype: 'float32' } : o)) };
  }
}

function* smallerOptions(program: Program): Generator<Program> {
  if (program.selves.length > 1) yield { ...program, selves: program.selves.slice(0, 1) };
  if (program.together) yield { ...program, together: false };
  if (program.tapes > 0) yield { ...program, tapes: 0, sources: [] };
  if (program.tapes > 1) yield { ...program, tapes: 1 };
  if (program.sources.length > 0) yield { ...program, sources: program.sources.slice(1) };
  if (program.signature !== 'none') yield { ...program, signature: 'none' };
  if (program.signature === 'inputSignature') yield { ...program, signature: 'reduceRetracing' };
  if (program.passes !== 'none') yield { ...program, passes: 'none' };
}

function* smallerCaptured(program: Program): Generator<Program> {
  for (const [i, s] of program.captured.entries()) {
    for (const [k, hole] of s.holes.entries()) {
      if (isRef(hole)) continue;
      for (const block of smallerBlocks(hole.block, false)) {
        const holes = s.holes.map((h, j) => (j === k ? { block } : h));
        yield { ...program, captured: program.captured.map((o, j) => (j === i ? { ...s, holes } : o)) };
      }
    }
  }
}

function* candidates(program: Program): Generator<Program> {
  yield* smallerOptions(program);
  for (const calls of smallerCalls(program)) yield calls;
  for (const body of smallerBlocks(program.body, true)) yield tidied({ ...program, body });
  for (const smaller of smallerCaptured(program)) yield tidied(smaller);
  yield* smallerArguments(program);
}

export function* smallerPrograms(program: Program): Generator<Program> {
  for (const smaller of candidates(program)) if (isSound(smaller)) yield smaller;
}
