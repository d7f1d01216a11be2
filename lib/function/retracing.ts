/** What counts as a trace, and a word to users whose functions are traced again and again. */
import type { Tensor } from '../core/tensor';
import { generalize, TensorSpec } from './tensor_spec';

const threshold = 5;
const history = 10;

/** The traces of one function as TensorFlow counts them: several programs may belong to one. */
export class TraceTypes {
  private readonly types = new Set<string>();
  /** With `relaxes`: what was traced, by everything but shapes; the last holds all before. */
  private readonly relaxed = new Map<string, TensorSpec[][]>();

  /** `declared`: there is an input signature. `relaxes`: dimensions that varied once may be of any size. */
  constructor(
    private readonly declared: boolean,
    private readonly relaxes: boolean,
  ) {}

  /** Whether a program for such a call is a trace. */
  isNew(type: string, tensors: readonly Tensor[]): boolean {
    if (this.declared) return this.types.size === 0;
    if (!this.relaxes) return !this.types.has(type);
    const traced = this.relaxed.get(withoutShapes(type)) ?? [];
    return !traced.some((specs) => specs.every((s, i) => s.isCompatibleWith(tensors[i])));
  }

  /** With `relaxes`: what is traced for a call, and its place among what was traced for others like it. */
  specs(
    type: string,
    tensors: readonly Tensor[],
  ): { readonly place: number; readonly specs: readonly TensorSpec[] } {
    const traced = this.relaxed.get(withoutShapes(type)) ?? [];
    const place = traced.findIndex((specs) => specs.every((s, i) => s.isCompatibleWith(tensors[i])));
    return place < 0
      ? { place: traced.length, specs: relax(traced, tensors) }
      : { place, specs: traced[place] };
  }

  /** It was made. */
  add(type: string, tensors: readonly Tensor[]): void {
    this.types.add(type);
    if (!this.relaxes) return;
    const base = withoutShapes(type);
    const traced = this.relaxed.get(base) ?? [];
    this.relaxed.set(base, traced);
    traced.push(relax(traced, tensors));
  }
}

function relax(traced: readonly TensorSpec[][], tensors: readonly Tensor[]): TensorSpec[] {
  const specs = tensors.map((t) => TensorSpec.fromTensor(t));
  const last = traced.at(-1);
  return last === undefined ? specs : specs.map((s, i) => generalize(last[i], s) ?? s);
}

export const withoutShapes = (type: string): string => type.replace(/(T\d+)\[[\d,]*\]/g, '$1');

/** Counts the calls of one function, and warns once. */
export class RetracingWatch {
  /** For each of the last traces, the calls from it to the next one. */
  private perTrace: number[] = [];
  private calls = 0;
  private warned = false;

  constructor(private readonly name: string) {}

  called(traced: boolean): void {
    this.calls++;
    if (!traced) {
      if (this.perTrace.length === 0) this.perTrace.push(0);
      this.perTrace[this.perTrace.length - 1]++;
      return;
    }
    this.perTrace.push(1);
    while (this.perTrace.length > 0 && this.calls - this.perTrace[0] > history)
      this.calls -= this.perTrace.shift() as number;
    if (this.warned || this.perTrace.length < threshold) return;
    this.warned = true;
    process.emitWarning(
      `${this.perTrace.length} out of the last ${this.calls} calls to ${this.name} triggered tf.function retracing. ` +
        `Tracing is expensive and the excessive number of tracings could be due to (1) creating tf.function repeatedly in a ` +
        `loop, (2) passing tensors with different shapes, (3) passing JavaScript values instead of tensors. For (1), please ` +
        `define your tf.function outside of the loop. For (2), tf.function has the option reduceRetracing, and padding ` +
        `helps: each shape is a program of its own. For (3), pass tf.constant(value). See ` +
        `https://www.tensorflow.org/guide/function#controlling_retracing`,
      'RetracingWarning',
    );
  }
}
