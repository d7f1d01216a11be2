/** Carries a walk out beside the model, and compares every tensor and variable that is alive after each step. */
import * as tf from 'gradtape';
import {
  apply,
  binaries,
  chain,
  copy,
  fill,
  typeOf,
  unaries,
  type Elements,
  type Elementwise,
  type Slopes,
} from './model';
import { shapes, types, type Step, type Walk } from './walk';

export class Wrong extends Error {
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

interface Held {
  readonly t: tf.Tensor;
  readonly elements: Elements;
  /** With respect to the sources of the tape that records. */
  readonly slopes: Slopes;
  /** Alive whatever a `tidy` does: it was given to `keep`. */
  kept: boolean;
}

interface HeldVariable {
  readonly v: tf.Variable;
  elements: Elements;
  /** Calls in flight that assign it. */
  claims: number;
  readonly step: readonly Compiled[];
}

interface Tape {
  readonly tape: tf.GradientTape;
  readonly persistent: boolean;
  used: boolean;
  readonly slopes: ReadonlyMap<number, Slopes>;
}

type Compiled = tf.CompiledFunction<[tf.Tensor], tf.Tensor>;

interface Flight {
  readonly id: number;
  readonly promise: Promise<tf.Tensor>;
  readonly elements: Elements;
  readonly variable: HeldVariable | null;
}

const bytes = (x: Elements): Buffer => Buffer.from(x.buffer, x.byteOffset, x.byteLength);

const none: Slopes = new Map();
const table = [1, -1, 0, 2, -3, 0.5, 7, -2, 4, -0, 1.5, 3];

/** Functions of a tensor alone: a fresh result, the argument in another shape, the argument. */
const pure = [
  { name: 'twice', f: (x: tf.Tensor) => tf.add(x, x), doubled: true },
  { name: 'reshaped', f: (x: tf.Tensor) => tf.reshape(x, x.shape), doubled: false },
  { name: 'same', f: (x: tf.Tensor) => x, doubled: false },
];
/** Functions that assign `v`, and give back its value. */
const assigning = ['assignAdd', 'assignSub', 'assign'] as const;

const views = [
  { text: (x: string) => `tf.reshape(${x}, [-1])`, f: (x: tf.Tensor) => tf.reshape(x, [-1]) },
  { text: (x: string) => `tf.identity(${x})`, f: (x: tf.Tensor) => tf.identity(x) },
  { text: (x: string) => `tf.expandDims(${x}, 0)`, f: (x: tf.Tensor) => tf.expandDims(x, 0) },
  { text: (x: string) => `tf.squeeze(${x})`, f: (x: tf.Tensor) => tf.squeeze(x) },
  { text: (x: string) => `tf.expandDims(${x}, -1)`, f: (x: tf.Tensor) => tf.expandDims(x, -1) },
];

export class World {
  private readonly tensors = new Map<number, Held>();
  private readonly variables = new Map<number, HeldVariable>();
  private readonly tapes = new Map<number, Tape>();
  private flights: Flight[] = [];
  private readonly functions: readonly Compiled[] = pure.map(({ f }) => tf.function(f));
  private readonly sgd = new Map<number, tf.keras.optimizers.Optimizer>();
  private depth = 0;
  /** What was done, as a program. */
  readonly lines: string[] = [];

  private log(text: string): void {
    this.lines.push('  '.repeat(this.depth) + text);
  }

  private hold(id: number, t: tf.Tensor, elements: Elements, slopes: Slopes = none): void {
    this.tensors.set(id, { t, elements, slopes, kept: false });
  }

  async run({ steps }: Walk): Promise<void> {
    for (const step of steps) {
      if (step.kind === 'settle') await this.settle();
      else this.step(step);
      this.check();
    }
    await this.settle();
    this.check();
  }

  private check(): void {
    for (const [id, { t, elements }] of this.tensors) this.compare(`t[${id}]`, t, elements);
    for (const [id, { v, elements }] of this.variables) this.compare(`v[${id}]`, v, elements);
  }

  private compare(name: string, t: tf.Tensor | tf.Variable, want: Elements): void {
    if (t instanceof tf.Tensor && t.isDisposed) throw new Wrong('disposed', `${name} was disposed`);
    const got = t.data() as Elements;
    if (bytes(got).equals(bytes(want))) return;
    for (let i = 0; i < want.length; i++) {
      if (!Object.is(got[i], want[i]))
        throw new Wrong(
          'value',
          `${name}: element ${i} is ${String(got[i])}, and should be ${String(want[i])}`,
        );
    }
  }

  /** Those that are alive, in order; null where one is not. */
  private operands(ids: readonly number[]): Held[] | null {
    const list = ids.map((id) => this.tensors.get(id));
    return list.includes(undefined) ? null : (list as Held[]);
  }

  private step(step: Step): void {
    const { id, kind, on, way } = step;
    switch (kind) {
      case 'make':
        this.make(step);
        return;
      case 'binary':
        this.elementwise(id, binaries[way], on);
        return;
      case 'mixed':
        this.mixed(step);
        return;
      case 'unary':
        this.elementwise(id, unaries[way], [on[0], on[0]]);
        return;
      case 'view': {
        const x = this.tensors.get(on[0]);
        if (x === undefined) return;
        this.log(`t[${id}] = ${views[way].text(`t[${on[0]}]`)};`);
        this.hold(id, views[way].f(x.t), copy(x.elements), x.slopes);
        return;
      }
      case 'dispose': {
        const x = this.tensors.get(on[0]);
        if (x === undefined) return;
        this.log(`t[${on[0]}].dispose();`);
        x.t.dispose();
        this.tensors.delete(on[0]);
        return;
      }
      case 'keep': {
        const x = this.tensors.get(on[0]);
        if (x === undefined) return;
        this.log(`tf.keep(t[${on[0]}]);`);
        tf.keep(x.t);
        x.kept = true;
        return;
      }
      case 'collect':
        this.log('globalThis.gc?.();');
        (globalThis as { gc?: () => void }).gc?.();
        return;
      case 'tidy':
        this.tidy(step);
        return;
      case 'tape':
        this.tape(step);
        return;
      case 'gradient':
        this.gradient(step);
        return;
      default:
        this.variableStep(step);
    }
  }

  private make({ id, way, seed }: Step): void {
    const shape = shapes[way % shapes.length];
    const type = types[Math.floor(way / shapes.length)];
    const size = shape.reduce((a, b) => a * b, 1);
    const elements = fill(type, size, (i) =>
      type === 'int32' ? Math.trunc(table[(seed + i) % 12]) : table[(seed + i) % 12],
    );
    this.log(`t[${id}] = numbers('${type}', [${shape.join(', ')}], ${seed});`);
    const given = copy(elements);
    const t = tf.reshape(tf.constant(given), [...shape]);
    // The tensor has elements of its own: what becomes of the array is nothing to it.
    given.fill(99);
    structuredClone(given.buffer, { transfer: [given.buffer as ArrayBuffer] });
    this.hold(id, t, elements);
  }

  private elementwise(id: number, op: Elementwise, on: readonly number[]): void {
    const found = this.operands(on);
    if (found === null) return;
    const [x, y] = found;
    // Views of one tensor have the same elements in other shapes.
    if (x.t.shape.join() !== y.t.shape.join() || typeOf(x.elements) !== typeOf(y.elements)) return;
    const isUnary = unaries.includes(op);
    this.log(`t[${id}] = tf.${op.name}(t[${on[0]}]${isUnary ? '' : `, t[${on[1]}]`});`);
    const f = tf[op.name as 'add'] as (...args: tf.Tensor[]) => tf.Tensor;
    const t = isUnary ? f(x.t) : f(x.t, y.t);
    const slopes = chain(op, x.elements, x.slopes, y.elements, isUnary ? none : y.slopes);
    this.hold(id, t, apply(op, x.elements, y.elements), slopes);
  }

  /** A variable for an operand: a tape keeps the value that it has now. */
  private mixed({ id, on, way }: Step): void {
    const x = this.tensors.get(on[0]);
    const held = this.variables.get(on[1]);
    if (x === undefined || held === undefined) return;
    if (x.t.shape.join() !== held.v.shape.join() || x.t.dtype !== held.v.dtype) return;
    const op = binaries[way];
    this.log(`t[${id}] = tf.${op.name}(t[${on[0]}], v[${on[1]}]);`);
    const t = tf[op.name as 'add'](x.t, held.v);
    this.hold(
      id,
      t,
      apply(op, x.elements, held.elements),
      chain(op, x.elements, x.slopes, held.elements, none),
    );
  }

  private inside(steps: readonly Step[]): void {
    this.depth++;
    for (const s of steps) this.step(s);
    this.depth--;
  }

  private tidy({ on, inner = [] }: Step): void {
    const before = new Set(this.tensors.keys());
    this.log('tf.tidy(() => {');
    tf.tidy(() => {
      this.inside(inner);
      const returned = on.filter((id) => this.tensors.has(id));
      this.log(`  return [${returned.map((id) => `t[${id}]`).join(', ')}];`);
      return returned.map((id) => this.tensors.get(id)?.t);
    });
    this.log('});');
    for (const [id, { t, kept }] of [...this.tensors]) {
      if (!before.has(id) && !on.includes(id) && !kept && t.isDisposed) this.tensors.delete(id);
    }
  }

  private tape({ id, on, way, inner = [] }: Step): void {
    const found = this.operands(on);
    if (found === null) return;
    const persistent = way === 1;
    const tape = new tf.GradientTape({ persistent });
    this.log(`tapes[${id}] = new tf.GradientTape({ persistent: ${persistent} });`);
    this.log(`tapes[${id}].watch([${on.map((k) => `t[${k}]`).join(', ')}]);`);
    tape.watch(found.map((h) => h.t));
    const outer = new Map(this.tensors);
    for (const [k, h] of outer) {
      const own = on.includes(k) ? new Map([[k, new Float64Array(h.elements.length).fill(1)]]) : none;
      this.tensors.set(k, { ...h, slopes: own });
    }
    this.log(`tapes[${id}].run(() => {`);
    const slopes = new Map<number, Slopes>();
    tape.run(() => {
      this.inside(inner);
    });
    this.log('});');
    for (const [k, h] of this.tensors) {
      slopes.set(k, h.slopes);
      this.tensors.set(k, { ...h, slopes: none });
    }
    this.tapes.set(id, { tape, persistent, used: false, slopes });
  }

  private gradient({ id, on }: Step): void {
    const [tapeId, target, source] = on;
    const tape = this.tapes.get(tapeId);
    const y = this.tensors.get(target);
    const x = this.tensors.get(source);
    const slopes = tape?.slopes.get(target);
    if (tape === undefined || y === undefined || x === undefined || slopes === undefined) return;
    const call = `tapes[${tapeId}].gradient(t[${target}], t[${source}], { unconnectedGradients: 'zero' }) as tf.Tensor`;
    if (tape.used && !tape.persistent) {
      this.log(`${call}; // refused`);
      this.refused(() => tape.tape.gradient(y.t, x.t));
      return;
    }
    this.log(`t[${id}] = ${call};`);
    tape.used = true;
    const g = tape.tape.gradient(y.t, x.t, { unconnectedGradients: 'zero' }) as tf.Tensor;
    const want = slopes.get(source) ?? new Float64Array(x.elements.length);
    const got = g.data();
    for (let i = 0; i < want.length; i++) {
      if (!Number.isFinite(want[i]) || Math.abs(want[i]) > 1e30) continue;
      if (!(Math.abs(Number(got[i]) - want[i]) <= 1e-5 * Math.max(1, Math.abs(want[i]))))
        throw new Wrong('gradient', `t[${id}]: element ${i} is ${String(got[i])}, and should be ${want[i]}`);
    }
    this.hold(id, g, g.data() as Elements);
  }

  private refused(f: () => unknown): void {
    try {
      f();
    } catch (error) {
      if (error instanceof tf.errors.OpError) return;
      throw error;
    }
    throw new Wrong('accepted', 'the last line should be an error');
  }

  private variableStep({ id, kind, on, way }: Step): void {
    if (kind === 'variable') {
      const x = this.tensors.get(on[0]);
      if (x === undefined) return;
      this.log(`v[${id}] = new tf.Variable(t[${on[0]}]);`);
      this.log(`steps[${id}] = stepsOf(v[${id}]);`);
      const v = new tf.Variable(x.t);
      const step = assigning.map((f) =>
        tf.function((t: tf.Tensor) => {
          v[f](t);
          return v.read();
        }),
      );
      this.variables.set(id, { v, elements: copy(x.elements), claims: 0, step });
      return;
    }
    if (kind === 'call' || kind === 'later') {
      this.call(id, kind, on, way);
      return;
    }
    const held = this.variables.get(on[0]);
    if (held === undefined) return;
    if (kind === 'read') {
      this.log(`t[${id}] = v[${on[0]}]${way === 0 ? '.read()' : '.value()'};`);
      this.hold(id, way === 0 ? held.v.read() : held.v.value(), copy(held.elements));
      return;
    }
    const x = this.tensors.get(on[1]);
    if (x?.t.shape.join() !== held.v.shape.join() || x.t.dtype !== held.v.dtype) return;
    const { text, f, next } =
      kind === 'optimize'
        ? this.update(on[0], held, x, on[1], way)
        : this.assignment(on[0], held, x, on[1], way);
    if (held.claims > 0) {
      this.log(`${text}; // refused: a call in flight assigns it`);
      this.refused(f);
      return;
    }
    this.log(`${text};`);
    f();
    held.elements = next();
  }

  private assignment(v: number, held: HeldVariable, x: Held, t: number, way: number) {
    const name = (['assign', 'assignAdd', 'assignSub'] as const)[way % 3];
    return {
      text: `v[${v}].${name}(t[${t}])`,
      f: () => held.v[name](x.t),
      next: () =>
        way % 3 === 0 ? copy(x.elements) : apply(binaries[way % 3 === 1 ? 0 : 1], held.elements, x.elements),
    };
  }

  private update(v: number, held: HeldVariable, x: Held, t: number, way: number) {
    const adam = way === 2;
    const key = v * 2 + (adam ? 1 : 0);
    const made =
      this.sgd.get(key) ?? (adam ? new tf.keras.optimizers.Adam(0.5) : new tf.keras.optimizers.SGD(0.5));
    this.sgd.set(key, made);
    return {
      text: `${adam ? 'adam' : 'sgd'}(${v}).applyGradients([[t[${t}], v[${v}]]])`,
      f: () => made.applyGradients([[x.t, held.v]]),
      next: () =>
        adam
          ? (held.v.data() as Elements)
          : fill(typeOf(held.elements), held.elements.length, (i) => held.elements[i] - 0.5 * x.elements[i]),
    };
  }

  private call(id: number, kind: 'call' | 'later', on: readonly number[], way: number): void {
    const x = this.tensors.get(on[0]);
    if (x === undefined) return;
    const held = on.length > 1 ? (this.variables.get(on[1]) ?? null) : null;
    if (
      on.length > 1 &&
      (held === null || x.t.shape.join() !== held.v.shape.join() || x.t.dtype !== held.v.dtype)
    )
      return;
    const f = held === null ? this.functions[way] : held.step[way];
    const text = held === null ? pure[way].name : `steps[${on[1]}].${assigning[way]}`;
    if (kind === 'call') {
      if (held !== null && held.claims > 0) {
        this.log(`${text}(t[${on[0]}]); // refused: a call in flight assigns it`);
        this.refused(() => f(x.t));
        return;
      }
      this.log(`t[${id}] = ${text}(t[${on[0]}]);`);
      this.hold(id, f(x.t), this.resultOf(held, x.elements, way));
      if (held !== null) held.elements = this.resultOf(held, x.elements, way);
      return;
    }
    this.log(`p[${id}] = ${text}.async(t[${on[0]}]);`);
    // The calls before it on the same variable decide what it sees: what it gives is found when all have ended.
    this.flights.push({ id, promise: f.async(x.t), elements: copy(x.elements), variable: held });
    if (held !== null) held.claims++;
    this.ways.set(id, way);
  }

  private readonly ways = new Map<number, number>();

  private resultOf(held: HeldVariable | null, x: Elements, way: number): Elements {
    if (held === null) return pure[way].doubled ? apply(binaries[0], x, x) : copy(x);
    return way === 2 ? copy(x) : apply(binaries[way], held.elements, x);
  }

  private async settle(): Promise<void> {
    const { flights } = this;
    this.flights = [];
    for (const { id, promise, elements, variable } of flights) {
      this.log(`t[${id}] = await p[${id}];`);
      const t = await promise;
      const result = this.resultOf(variable, elements, this.ways.get(id) ?? 0);
      this.hold(id, t, result);
      if (variable === null) continue;
      variable.claims--;
      variable.elements = copy(result);
    }
  }
}
