/** Describes a compiled program: as data, as text, and as a graph for Graphviz. */
import { shapeOf, type Tensor } from '../core/tensor';
import type { ConcretizationError } from '../graph/concretization_error';
import { recordTime, type Executable, type Samples } from '../compile/executable';
import type { Segment, SegmentNode, Step } from '../compile/steps';
import type { Specialization } from './specialization';

/** One op of a compiled segment, or a fused group of them. */
export interface ProgramOp {
  /** `matmul`, or `fused(add, relu)`. */
  readonly name: string;
  /** `float32[2,3]` for each. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Estimated number of arithmetic operations. */
  readonly flops: number;
  /** Bytes read and written, if each operand is touched once. */
  readonly bytes: number;
}

export type ProgramStep =
  | {
      /** Runs in one native call. */
      readonly kind: 'segment';
      readonly ops: readonly ProgramOp[];
      /** Bytes of its intermediates, which share one arena. */
      readonly arenaBytes: number;
      /** Bytes that the intermediates would take without reuse. */
      readonly intermediateBytes: number;
    }
  | {
      /** Runs in JavaScript, between native segments. */
      readonly kind: 'host';
      readonly name: string;
      readonly why: string;
    }
  | {
      /** Guarded branches, of which each run executes one: for example, whether an update is due. */
      readonly kind: 'choice';
      readonly name: string;
      readonly branches: readonly { readonly when: string; readonly steps: readonly ProgramStep[] }[];
    }
  | { readonly kind: 'read'; readonly variable: string }
  | {
      readonly kind: 'assign';
      readonly variable: string;
      /** The new value may be written in place of the old one, if that is uniquely owned. */
      readonly inPlace: boolean;
    }
  | {
      /** The function is not compiled: each call runs it op by op. Its only step. */
      readonly kind: 'eager';
      /** The op that needs a concrete value, why, and where the function calls it. */
      readonly name: string;
      readonly why: string;
      readonly line: string | null;
    };

/** The result of `f.program(...)`. */
export interface Program {
  readonly name: string;
  readonly steps: readonly ProgramStep[];
  /** Bytes of the arena that all segments share. */
  readonly arenaBytes: number;
  readonly flops: number;
  readonly bytes: number;
  /** The whole as text. */
  toString(): string;
  /** The whole in the language of Graphviz. */
  toDot(): string;
}

/** The time of one op within a function: an element of `f.profile(...)`. */
export interface ProfileRow {
  readonly name: string;
  /** The median over the runs, in microseconds. */
  readonly time: number;
  /** Its fraction of the total time. */
  readonly share: number;
}

const showType = (t: Tensor): string => `${t.dtype}[${shapeOf(t).join(',')}]`;
const sizes = (list: readonly Tensor[]): number => list.reduce((sum, t) => sum + t.size * t.dt.bytes, 0);

/** Estimated number of arithmetic operations. */
export function flopsOf({ node: { op, inputs, outputs } }: SegmentNode): number {
  return (
    op.flops?.(inputs, outputs) ?? Math.max(0, ...inputs.map((t) => t.size), ...outputs.map((t) => t.size))
  );
}

function describeOp(n: SegmentNode): ProgramOp {
  const { node } = n;
  return {
    name: node.op.name,
    inputs: node.inputs.map(showType),
    outputs: node.outputs.map(showType),
    flops: flopsOf(n),
    bytes: sizes(node.inputs) + sizes(node.outputs),
  };
}

function describeSegment(segment: Segment): ProgramStep {
  const inner = segment.nodes.flatMap((n) => n.node.outputs.filter((_, i) => n.outputs[i][0] === 0));
  return {
    kind: 'segment',
    ops: segment.nodes.map(describeOp),
    arenaBytes: segment.arenaBytes,
    intermediateBytes: sizes(inner),
  };
}

function describeStep(step: Step, inPlace: ReadonlySet<number>): ProgramStep {
  if (step.kind === 'choice') {
    const branches = step.guarded.branches.map(({ when, f }) => ({ when, steps: describeAll(f.executable) }));
    return { kind: 'choice', name: step.node.name, branches };
  }
  if (step.kind === 'segment') return describeSegment(step);
  if (step.kind === 'host') return { kind: 'host', name: step.node.name, why: step.node.why };
  const variable = step.variable.name;
  if (step.kind === 'read') return { kind: 'read', variable };
  return { kind: 'assign', variable, inPlace: inPlace.has(step.slot) };
}

const thousands = (n: number): string => n.toLocaleString('en-US');

function describeAll({ steps }: Executable): ProgramStep[] {
  const inPlace = new Set(
    steps
      .flatMap((s) => (s.kind === 'segment' ? s.fresh.filter((f) => f.overwritable !== null) : []))
      .map((f) => f.slot),
  );
  return steps.map((s) => describeStep(s, inPlace));
}

type SegmentStep = Extract<ProgramStep, { kind: 'segment' }>;

/** All native segments, including those of guarded branches. */
function segmentsOf(steps: readonly ProgramStep[]): SegmentStep[] {
  return steps.flatMap((s) => {
    if (s.kind === 'choice') return s.branches.flatMap((b) => segmentsOf(b.steps));
    return s.kind === 'segment' ? [s] : [];
  });
}

function describeSpecialization({ compiled, reason }: Specialization): ProgramStep[] {
  if (compiled !== null) return describeAll(compiled.graph.executable);
  const { op, why, line } = reason as ConcretizationError;
  return [{ kind: 'eager', name: op, why, line }];
}

export function describeProgram(name: string, specialization: Specialization): Program {
  const steps = describeSpecialization(specialization);
  const segments = segmentsOf(steps);
  const ops = segments.flatMap((s) => s.ops);
  const arenaBytes = Math.max(0, ...segments.map((s) => s.arenaBytes));
  const flops = ops.reduce((sum, o) => sum + o.flops, 0);
  const bytes = ops.reduce((sum, o) => sum + o.bytes, 0);
  return {
    name,
    steps,
    arenaBytes,
    flops,
    bytes,
    toString: () => {
      const lines = [
        `${name}: ${ops.length} ${ops.length === 1 ? 'op' : 'ops'}, about ${thousands(flops)} FLOPs and ${thousands(bytes)} bytes, ` +
          `arena ${thousands(arenaBytes)} bytes`,
      ];
      show(steps, '  ', lines);
      return lines.join('\n');
    },
    toDot: () => dot(name, specialization),
  };
}

function show(steps: readonly ProgramStep[], indent: string, lines: string[]): void {
  for (const step of steps) {
    if (step.kind === 'segment') {
      const { intermediateBytes, arenaBytes } = step;
      lines.push(
        `${indent}compiled (intermediates ${thousands(intermediateBytes)} bytes in ${thousands(arenaBytes)}):`,
      );
      for (const o of step.ops)
        lines.push(`${indent}  ${o.name}  ${o.inputs.join(' ')} → ${o.outputs.join(' ')}`);
    } else if (step.kind === 'host') {
      lines.push(`${indent}in JavaScript: ${step.name} (${step.why})`);
    } else if (step.kind === 'choice') {
      lines.push(`${indent}each run chooses: ${step.name}`);
      for (const { when, steps: then } of step.branches) {
        lines.push(`${indent}  ${when}:`);
        show(then, `${indent}    `, lines);
      }
    } else if (step.kind === 'eager') {
      const { name, why, line } = step;
      lines.push(`${indent}not compiled, runs op by op: ${name} (${why}${line === null ? '' : `, ${line}`})`);
    } else {
      const how =
        step.kind === 'assign' && step.inPlace ? ', in place if the old value is uniquely owned' : '';
      lines.push(`${indent}${step.kind} ${step.variable}${how}`);
    }
  }
}

function dot(name: string, { compiled, reason }: Specialization): string {
  const lines = [`digraph ${JSON.stringify(name)} {`, '  node [shape=box, fontname="sans-serif"];'];
  const producer = new Map<Tensor, string>();
  let next = 0;
  const node = (label: string, inputs: readonly Tensor[], outputs: readonly Tensor[], style = ''): void => {
    const id = `n${next++}`;
    lines.push(`  ${id} [label=${JSON.stringify(label)}${style}];`);
    for (const t of inputs) {
      const from = producer.get(t);
      if (from !== undefined) lines.push(`  ${from} -> ${id} [label=${JSON.stringify(showType(t))}];`);
    }
    for (const t of outputs) producer.set(t, id);
  };
  if (reason !== null) node(`op by op: ${reason.op}`, [], [], ', style=dashed');
  for (const step of compiled?.graph.executable.steps ?? []) {
    if (step.kind === 'segment') {
      for (const n of step.nodes) node(n.node.op.name, n.node.inputs, n.node.outputs);
    } else if (step.kind === 'host' || step.kind === 'choice') {
      node(step.node.name, step.node.inputs, step.node.outputs, ', style=dashed');
    } else {
      node(`${step.kind} ${step.variable.name}`, [], [], ', style=rounded');
    }
  }
  lines.push('}');
  return lines.join('\n');
}

/** The median time of each op and host step in microseconds; a single entry if the function runs op by op. */
export function profileSpecialization(
  name: string,
  specialization: Specialization,
  tensors: readonly Tensor[],
  runs: number,
): { name: string; time: number }[] {
  const samples: Samples = new Map();
  const executable = specialization.compiled?.graph.executable;
  for (let i = 0; i < runs; i++) {
    if (executable !== undefined) {
      executable.sampled(samples, () => executable.run(tensors));
      continue;
    }
    const start = process.hrtime.bigint();
    specialization.run(tensors);
    recordTime(samples, specialization, `${name}, op by op`, Number(process.hrtime.bigint() - start));
  }
  return [...samples.values()].map(({ name, times }) => {
    times.sort((a, b) => a - b);
    return { name, time: times[times.length >> 1] / 1000 };
  });
}

/** Adds each op's share of the total time. */
export function profileRows(
  times: readonly { readonly name: string; readonly time: number }[],
): ProfileRow[] {
  const total = times.reduce((sum, t) => sum + t.time, 0);
  return times.map((t) => ({ ...t, share: total === 0 ? 0 : t.time / total }));
}
