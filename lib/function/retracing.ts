/** The traces that `experimentalGetTracingCount` counts, and the warning about frequent retracing. */
import type { Tensor } from '../core/tensor';
import { generalize, TensorSpec } from './tensor_spec';

/** The warning: this many traces within this many calls. */
const threshold = 5;
const history = 10;

/** The traces of one function as TensorFlow counts them: several programs may share one. */
export class TraceTypes {
  private readonly types = new Set<string>();
  /** With `relaxes`: the specs of each trace by signature without shapes; each generalizes those before it. */
  private readonly relaxed = new Map<string, TensorSpec[][]>();

  /** `declared`: there is an input signature. `relaxes`: a dimension that has varied matches any size. */
  constructor(
    private readonly declared: boolean,
    private readonly relaxes: boolean,
  ) {}

  /** Whether a program for such a call counts as a new trace. */
  isNew(type: string, tensors: readonly Tensor[]): boolean {
    if (this.declared) return this.types.size === 0;
    if (!this.relaxes) return !this.types.has(type);
    const traced = this.relaxed.get(withoutShapes(type)) ?? [];
    return !traced.some((specs) => specs.every((s, i) => s.isCompatibleWith(tensors[i])));
  }

  /** Adds a counted trace. */
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

const withoutShapes = (type: string): string => type.replace(/(T\d+)\[[\d,]*\]/g, '$1');

/** Counts calls and traces of one function, and warns once about frequent retracing. */
export class RetracingWatch {
  /** For each recent trace, the number of calls until the next one. */
  private perTrace: number[] = [];
  private calls = 0;
  private warned = false;

  constructor(private readonly name: string) {}

  recordCall(traced: boolean): void {
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
