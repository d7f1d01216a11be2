/**
 * Every differentiable definition against finite differences in float64: its gradient, and the gradient of its gradient (with
 * respect to the inputs and to the upstream gradient), along random directions at random points of the op definition's domain.
 */
import '../../lib/index';
import { GradientTape } from '../../lib/autodiff/gradient_tape';
import { dtypes } from '../../lib/core/dtype';
import { IndexedSlices } from '../../lib/core/indexed_slices';
import { tensorFrom, type Tensor } from '../../lib/core/tensor';
import { opDefinitions, type OpDefinition } from '../../lib/op/registry';
import { densify } from '../../lib/ops/index/slices';
import { gradients, invoke, isFloat, type Call } from './calls';
import { examplesOf, hasFreeDType, random, realize } from './examples';
import { singularGradients } from './exclusions';
import { numbers } from './tolerance';

const pointsPerExample = 3;
const step = 2 ** -13;

const double = (like: Tensor, f: (i: number) => number): Tensor =>
  tensorFrom(
    dtypes.float64,
    like.shape,
    Float64Array.from({ length: like.size }, (_, i) => f(i)),
  );

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** Moves the floating tensors of `points` by t·direction. */
function moved(points: readonly Tensor[], directions: readonly (Float64Array | null)[], t: number): Tensor[] {
  return points.map((p, i) => {
    const d = directions[i];
    if (d === null) return p;
    const at = numbers(p);
    return double(p, (k) => at[k] + t * d[k]);
  });
}

/**
 * f'(0) by five points, and what speaks of a kink there: how far two- and four-step slopes are apart, or by how much the
 * slope jumps (second differences over twice the distance are four times as large where f is smooth, twice at a kink).
 */
function slope(f: (t: number) => number): { value: number; unsure: number; jump: number; scale: number } {
  const [far, near, middle, near2, far2] = [-2, -1, 0, 1, 2].map((k) => f(k * step));
  const one = (near2 - near) / (2 * step);
  const two = (far2 - far) / (4 * step);
  const bend = near2 - 2 * middle + near;
  const farBend = far2 - 2 * middle + far;
  return {
    value: (4 * one - two) / 3,
    unsure: Math.abs(one - two),
    jump: Math.abs(4 * bend - farBend) / (2 * step),
    scale: Math.max(...[far, near, far2, near2].map(Math.abs)),
  };
}

interface Outcome {
  checked: number;
  kinks: number;
  failures: string[];
}

function judge(
  outcome: Outcome,
  definition: string,
  what: string,
  f: (t: number) => number,
  got: number,
): void {
  const { value, unsure, jump, scale } = slope(f);
  const size = Math.max(Math.abs(value), Math.abs(got));
  const singular = Number.isNaN(got) && singularGradients.includes(definition);
  if (singular || !Number.isFinite(value) || Math.max(unsure, jump) > 1e-4 * Math.max(size, scale, 1e-3)) {
    outcome.kinks++;
    return;
  }
  outcome.checked++;
  // The five-point error is about a third of the two slopes' distance times step; rounding adds eps·scale/step.
  const allowed = 1e-7 * size + 0.01 * unsure + (scale * 2 ** -50) / step + 1e-12;
  if (!(Math.abs(value - got) <= allowed)) {
    outcome.failures.push(`${what}: ${got}, finite differences give ${value} (±${allowed.toExponential(1)})`);
  }
}

function checkPoint(call: Call, rng: () => number, first: Outcome, second: Outcome): void {
  const points = call.tensors;
  const outputs = invoke(call).filter(isFloat);
  if (outputs.length === 0 || outputs.every((t) => t.size === 0)) return;
  const direction = (t: Tensor): Float64Array | null =>
    isFloat(t) ? Float64Array.from({ length: t.size }, () => 2 * rng() - 1) : null;
  const directions = points.map(direction);
  const dy = outputs.map((t) => double(t, () => 2 * rng() - 1));
  const weights = dy.map(numbers);
  const along = (grads: readonly (Tensor | null)[], ds: readonly (Float64Array | null)[]): number =>
    grads.reduce((sum, g, i) => {
      const d = ds[i];
      return g === null || d === null ? sum : sum + dot(numbers(g), d);
    }, 0);

  const loss = (t: number): number =>
    invoke(call, moved(points, directions, t))
      .filter(isFloat)
      .reduce((sum, out, i) => sum + dot(numbers(out), weights[i]), 0);
  const grads = gradients(call, points, () => dy);
  judge(first, call.definition.name, call.label, loss, along(grads, directions));

  // G(x, dy) = Σ w·∇L: its derivative by tapes within tapes.
  const reached = grads.map((g) =>
    g === null ? null : Float64Array.from({ length: g.size }, () => 2 * rng() - 1),
  );
  const dyDirections = dy.map(direction);
  const total = (t: number): number =>
    along(
      gradients(call, moved(points, directions, t), () => moved(dy, dyDirections, t)),
      reached,
    );
  const sources = points.filter(isFloat);
  const outer = new GradientTape();
  outer.watch([...sources, ...dy]);
  const inner = new GradientTape();
  inner.watch(sources);
  const firsts = outer.run(() => {
    const ys = inner.run(() => invoke(call, points)).filter(isFloat);
    const found = inner.gradient(ys, sources, { outputGradients: dy });
    return found.map((g) => (g instanceof IndexedSlices ? densify(g) : g));
  });
  const present = firsts.filter((g) => g !== null);
  if (present.length === 0) return;
  const reachedDense = reached.filter((w) => w !== null);
  const seconds = outer.gradient(present, [...sources, ...dy], {
    outputGradients: present.map((g, i) => double(g, (k) => reachedDense[i][k])),
  });
  const dense = seconds.map((g) => (g instanceof IndexedSlices ? densify(g) : g));
  const ds = [...directions.filter((d) => d !== null), ...dyDirections];
  judge(second, call.definition.name, call.label, total, along(dense, ds));
}

function check(definition: OpDefinition): void {
  const first: Outcome = { checked: 0, kinks: 0, failures: [] };
  const second: Outcome = { checked: 0, kinks: 0, failures: [] };
  let eligible = 0;
  for (const [i, example] of examplesOf(definition).entries()) {
    if (example.noGradient === true) continue;
    if (hasFreeDType(example) && !definition.dtypes.includes('float64')) continue;
    for (let point = 0; point < pointsPerExample; point++) {
      const seed = `fd/${i}/${point}`;
      const call = realize(definition, example, { dtype: 'float64', seed, retype: { float32: 'float64' } });
      if (!call.tensors.some((t) => isFloat(t) && t.size > 0)) continue;
      if (call.tensors.some((t) => isFloat(t) && !numbers(t).every(Number.isFinite))) continue;
      let outputs: Tensor[];
      try {
        outputs = invoke(call);
      } catch {
        continue; // an example of an error; golden.test.ts looks at those
      }
      const floats = outputs.filter(isFloat);
      if (floats.length === 0 || floats.some((t) => t.dtype !== 'float64')) continue;
      eligible++;
      checkPoint(call, random(`${definition.name}/${seed}`), first, second);
    }
  }
  const failures = [
    ...first.failures.map((f) => `first order, ${f}`),
    ...second.failures.map((f) => `second order, ${f}`),
  ];
  if (failures.length > 0) {
    const more = failures.length > 8 ? `\n… and ${failures.length - 8} more` : '';
    throw new Error(`${failures.length} differences:\n${failures.slice(0, 8).join('\n')}${more}`);
  }
  if (eligible === 0 && definition.gradient === null) return; // a composite of constants, such as zeros
  if (examplesOf(definition).length === 0) return; // a part of other definitions, whose second-order checks go through it
  // An op definition whose every point lies at a kink has not been checked at all.
  if (first.checked < 2)
    throw new Error(`only ${first.checked} points could be checked (${first.kinks} at kinks)`);
}

const definitions = [...opDefinitions().values()].filter((definition) => definition.differentiable);
test.each(definitions.map((definition) => [definition.name, definition] as const))('%s', (_, definition) =>
  check(definition),
);
