/**
 * Loops with a known number of iterations as instructions of the enclosing segment: those of the body, once for each iteration,
 * with the places of that iteration's values. The body is traced, optimized and fused once, and no JavaScript runs in between.
 */
import { native } from '../binding';
import { dtypes } from '../core/dtype';
import { InternalError } from '../core/errors';
import { asShape } from '../core/shape';
import { symbolicTensor, placeholderOf, type Placeholder, type Tensor } from '../core/tensor';
import { isFallible, type CountedLoop, type HostNode, type OpNode } from '../graph/graph';
import { enabled } from '../graph/passes/optimize';
import type { TracedOp } from '../op/contract';
import { copySlots } from '../op/kernels';
import type { LoweredNode } from './lower';
import type { Place, Segment } from './steps';

/** Longer code takes more memory and time to load than calls of the body from JavaScript are worth. */
const maxWords = 2 ** 19;

/** The words before an instruction's places, and of each place. */
const headerWords = 6;
const placeWords = 3;

/** Where a value of the body lies in the enclosing segment. */
interface Position {
  readonly tensor: Tensor;
  readonly offset: number;
}

/** The op of a loop: the compiler writes its instructions. */
const loopOp = (name: string, loop: CountedLoop, flops: number): TracedOp => ({
  name: `${name} ×${loop.count}`,
  differentiable: false,
  savesInputs: 0,
  savesOutputs: false,
  flops: () => flops,
  execute: () => {
    throw new InternalError(`[${name}] an instruction of a loop stopped its program`);
  },
});

/** The only segment of a body; null if the body does more than compute, or may fail. */
function segmentOf({ steps }: CountedLoop['body']['executable']): Segment | null {
  const [segment] = steps;
  if (steps.length !== 1 || segment.kind !== 'segment' || segment.scalars.length > 0) return null;
  return segment.nodes.some(({ node }) => isFallible(node.op, node.inputs)) ? null : segment;
}

/** The positions in code of its instructions' places. */
function placesIn(code: Float64Array): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < code.length;) {
    const first = at + headerWords;
    const numbers = first + placeWords * code[at + 1];
    for (let place = first; place < numbers; place += placeWords) found.push(place);
    at = numbers + code[at + 2];
  }
  return found;
}

/** The words that copy all of a value. */
function copyWords(from: Place, to: Place, size: number, elementBytes: number): Float64Array {
  const count = copySlots.dstStrides + 1;
  const numbers = headerWords + 2 * placeWords;
  const words = new Float64Array(numbers + count);
  words.set([native.entries.copy, 2, count]);
  words.set(from, headerWords);
  words.set(to, headerWords + placeWords);
  words[numbers + copySlots.size] = elementBytes;
  words[numbers + copySlots.ndim] = 1;
  words[numbers + copySlots.dims] = size;
  words[numbers + copySlots.srcStrides] = 1;
  words[numbers + copySlots.dstStrides] = 1;
  return words;
}

/** The loop of a host step as an op of a segment; null if the node is none, or stays a host step. */
export function inlineLoop(node: OpNode | HostNode, order: number): LoweredNode | null {
  if (node.kind === 'op') return null;
  const { loop } = node;
  const placeholder = node.outputs.length === 0 ? null : placeholderOf(node.outputs[0]);
  if (loop === undefined || loop.count < 1 || placeholder === null || !enabled('loops')) return null;
  const segment = segmentOf(loop.body.executable);
  if (segment === null || (segment.code.byteLength / 8) * loop.count > maxWords) return null;
  const inlined = new InlinedLoop(node, loop, segment, placeholder);
  const flops = loop.count * segment.nodes.reduce((sum, n) => sum + flopsOf(n.node), 0);
  return {
    node: {
      kind: 'op',
      op: loopOp(node.name, loop, flops),
      inputs: [...node.inputs, ...inlined.constants.values()],
      attrs: null,
      outputs: [...node.outputs, ...inlined.workspace],
    },
    order,
    instructions: [],
    view: false,
    inputOutputAliases: [],
    constants: [...inlined.constants.values()],
    code: (placeOf) => inlined.code(placeOf),
  };
}

const flopsOf = ({ op, inputs, outputs }: OpNode): number =>
  op.flops?.(inputs, outputs) ?? Math.max(0, ...outputs.map((t) => t.size));

class InlinedLoop {
  /** The body's constants by slot. */
  readonly constants = new Map<number, Tensor>();
  /** Memory for the run of the loop alone: the body's intermediates, then two buffers for each loop variable that needs them. */
  readonly workspace: Tensor[] = [];
  /** The code of the body, and the positions of its places: their first words are storages of the body. */
  private readonly words: Float64Array;
  private readonly places: readonly number[];
  private readonly arena: Tensor;
  private readonly buffers = new Map<number, readonly [Tensor, Tensor]>();
  private readonly sourceOf = new Map<number, CountedLoop['sources'][number]>();
  /** The slots of the results: loop variables, then stacked ones. */
  private readonly results: readonly number[];
  private readonly fresh: ReadonlySet<number>;
  private readonly variables: number;

  constructor(
    private readonly node: HostNode,
    private readonly loop: CountedLoop,
    private readonly segment: Segment,
    private readonly placeholder: Placeholder,
  ) {
    const { executable } = loop.body;
    this.variables = loop.starts.length;
    this.words = new Float64Array(segment.code);
    this.places = placesIn(this.words);
    this.results = executable.results.map(({ slot }) => slot);
    this.fresh = new Set(segment.fresh.map(({ slot }) => slot));
    executable.parameters.forEach((slot, p) => this.sourceOf.set(slot, loop.sources[p]));
    executable.values.forEach((t, slot) => {
      if (t !== null) this.constants.set(slot, t);
    });
    this.arena = this.scratch(segment.arenaBytes);
    for (let k = 0; k < this.variables; k++) {
      const slot = this.results[k];
      const source = this.sourceOf.get(slot);
      const stays =
        source?.kind === 'carried' ? source.index === k : source !== undefined || this.constants.has(slot);
      if (stays || this.stackOf(slot) >= 0) continue;
      const { size, dt } = node.outputs[k];
      this.buffers.set(k, [this.scratch(size * dt.bytes), this.scratch(size * dt.bytes)]);
    }
    loop.starts.forEach((input, k) => {
      if (input === null) this.constants.set(-1 - k, loop.zeros(k));
    });
  }

  private scratch(bytes: number): Tensor {
    const t = symbolicTensor(dtypes.uint8, asShape([bytes]), this.placeholder);
    this.workspace.push(t);
    return t;
  }

  /** The stacked result that a slot is written to, by number among all results; −1: none. */
  private stackOf(slot: number): number {
    return this.fresh.has(slot) ? this.results.indexOf(slot, this.variables) : -1;
  }

  private slice(tensor: Tensor, i: number): Position {
    return { tensor, offset: i * (tensor.size / this.loop.count) * tensor.dt.bytes };
  }

  /** The place of a loop variable's next value. */
  private target(k: number, iteration: number): Position {
    const buffers = this.buffers.get(k);
    const last = iteration === this.loop.count - 1;
    return {
      tensor: last || buffers === undefined ? this.node.outputs[k] : buffers[iteration % 2],
      offset: 0,
    };
  }

  code(placeOf: (t: Tensor) => Place): readonly Float64Array[] {
    const { loop, node, variables } = this;
    const { count, reverse } = loop;
    const chunks: Float64Array[] = [];
    const absolute = ({ tensor, offset }: Position, bytes: number): Place => {
      const [storage, at] = placeOf(tensor);
      return [storage, at + offset, bytes];
    };
    const copy = (from: Position, to: Position, like: Tensor, size: number): void => {
      const bytes = size * like.dt.bytes;
      if (bytes === 0 || (from.tensor === to.tensor && from.offset === to.offset)) return;
      chunks.push(copyWords(absolute(from, bytes), absolute(to, bytes), size, like.dt.bytes));
    };
    let carried: Position[] = loop.starts.map((input, k) => ({
      tensor: input === null ? (this.constants.get(-1 - k) as Tensor) : node.inputs[input],
      offset: 0,
    }));
    for (let iteration = 0; iteration < count; iteration++) {
      const i = reverse ? count - 1 - iteration : iteration;
      const written = new Map<number, Position>();
      const before = carried;
      /** The place of a slot in this iteration. */
      const at = (slot: number): Position => {
        const source = this.sourceOf.get(slot);
        if (source?.kind === 'carried') return before[source.index];
        if (source?.kind === 'whole') return { tensor: node.inputs[source.input], offset: 0 };
        if (source !== undefined) return this.slice(node.inputs[source.input], i);
        const constant = this.constants.get(slot);
        if (constant !== undefined) return { tensor: constant, offset: 0 };
        let place = written.get(slot);
        if (place === undefined) {
          const stacked = this.stackOf(slot);
          place =
            stacked >= 0
              ? this.slice(node.outputs[stacked], i)
              : this.target(this.results.indexOf(slot), iteration);
          written.set(slot, place);
        }
        return place;
      };
      // Instructions name the same storages again and again.
      const places: (Place | undefined)[] = [];
      const placeAt = (storage: number): Place =>
        (places[storage] ??= absolute(
          storage === 0 ? { tensor: this.arena, offset: 0 } : at(this.segment.externals[storage - 1]),
          0,
        ));
      const chunk = this.words.slice();
      for (const place of this.places) {
        const [base, offset] = placeAt(this.words[place]);
        chunk[place] = base;
        chunk[place + 1] += offset;
      }
      chunks.push(chunk);
      for (let k = variables; k < this.results.length; k++) {
        const stack = node.outputs[k];
        copy(at(this.results[k]), this.slice(stack, i), stack, stack.size / count);
      }
      carried = before.map((_, k) => {
        const slot = this.results[k];
        const from = at(slot);
        const source = this.sourceOf.get(slot);
        // Another variable's value, whose memory the next iteration but one writes.
        if (source?.kind !== 'carried' || source.index === k) return from;
        const to = this.target(k, iteration);
        copy(from, to, node.outputs[k], node.outputs[k].size);
        return to;
      });
    }
    carried.forEach((from, k) => {
      copy(from, { tensor: node.outputs[k], offset: 0 }, node.outputs[k], node.outputs[k].size);
    });
    return chunks;
  }
}
