/** Variables and optimizers: state that persists between calls. */
import { dataText } from '../text';
import {
  code,
  everyShape,
  isFloat,
  named,
  rankOf,
  sameShapes,
  type Builder,
  type Expression,
  type Value,
} from '../builder';
import { scalarOf, type Rule } from './operands';

const captured = (v: Value): boolean => v.isVariable && /^(v\d+|this\.v)$/.test(v.ref);

/** Those of the last are large enough to have a storage of their own. */
const shapes = [[], [3], [2, 3], [1], [300], [3000]];

export function addVariable(b: Builder): void {
  const shape = b.rng.chance(0.85) ? b.rng.pick(shapes.slice(0, 4)) : b.rng.pick(shapes);
  const dtype = b.rng.pick(['float32', 'float32', 'float32', 'float64', 'int32'] as const);
  b.add(
    { template: `new tf.Variable(${dataText(dtype, shape, b.rng.below(12))})`, holes: [] },
    { captured: true, prefix: 'v' },
  );
}

const optimizers = [
  'SGD(0.5)',
  'SGD({ learningRate: 0.25, momentum: 0.5 })',
  'SGD({ learningRate: 0.25, momentum: 0.5, nesterov: true })',
  'SGD({ learningRate: 0.5, gradientAccumulationSteps: 2 })',
  'SGD({ learningRate: (step) => 1 / (Number(step) + 1) })',
  'Adam(0.125)',
  'Adam({ learningRate: 0.1, clipnorm: 1 })',
  'Adam({ learningRate: 0.1, useEma: true, weightDecay: 0.01 })',
];

/** An optimizer, and the variable that is its own. */
export function addOptimizer(b: Builder): void {
  const variable = b.pick((v) => /^v\d+$/.test(v.ref) && isFloat(v));
  if (variable === null || b.whole.optimizers.some((o) => o.variable.ref === variable.ref)) return;
  const before = b.whole.captured.length;
  b.add(
    { template: `new tf.keras.optimizers.${b.rng.pick(optimizers)}`, holes: [] },
    { captured: true, prefix: 'o' },
  );
  if (b.whole.captured.length > before)
    b.whole.optimizers.push({ optimizer: named(b.whole.captured[before].name), variable });
}

const assign: Rule = (b) => {
  const v = b.pick(captured);
  if (v === null) return false;
  const a = b.pick((w) => w.dtype === v.dtype && w.ref !== v.ref && sameShapes(w, v));
  const f = b.rng.pick(['assign', 'assignAdd', 'assignSub']);
  if (a !== null && b.rng.chance(0.7)) return b.add(code`${v}.${f}(${a})`, { effect: true }) !== null;
  const any = b.pick((w) => w.ref !== v.ref);
  const s = any === null || (any.loose && !isFloat(v)) ? null : scalarOf(b, any);
  if (s === null) return false;
  return (
    b.add(code`${v}.assign(tf.add(${v}, tf.cast(${s}, '${v.dtype}')))`, {
      effect: true,
      flow: isFloat(v) ? 'exact' : 'sharp',
    }) !== null
  );
};

const read: Rule = (b) => {
  const v = b.pick(captured);
  if (v === null) return false;
  return (
    b.add(
      b.rng.pick([
        code`${v}.read()`,
        code`tf.identity(${v})`,
        code`tf.multiply(${v}, 2)`,
        code`${v}.value()`,
      ]),
    ) !== null
  );
};

const scatter: Rule = (b) => {
  const v = b.pick((w) => captured(w) && rankOf(w) > 0 && everyShape(w, (s) => s[0] > 1));
  if (v === null) return false;
  const forms: Expression[] = [
    code`${v}.scatterAdd(new tf.IndexedSlices(tf.ones([2, ...${v}.shape.slice(1)], '${v.dtype}'), tf.constant([1, 0], { dtype: 'int32' })))`,
    code`${v}.scatterNdUpdate(tf.constant([[1]], { dtype: 'int32' }), tf.zeros([1, ...${v}.shape.slice(1)], '${v.dtype}'))`,
    code`${v}.at(0).assign(tf.ones(${v}.shape.slice(1), '${v.dtype}'))`,
    code`${v}.at('1:').assign(tf.multiply(${v}.at('1:'), 2))`,
  ];
  return b.add(b.rng.pick(forms), { effect: true }) !== null;
};

const optimize: Rule = (b) => {
  if (b.whole.optimizers.length === 0) return false;
  const { optimizer, variable } = b.rng.pick(b.whole.optimizers);
  if (!b.values.some((v) => v.ref === variable.ref)) return false;
  if (!b.mayTape || b.rng.chance(0.4)) {
    const g = b.pick((v) => v.dtype === variable.dtype && sameShapes(v, variable)) ?? variable;
    return (
      b.add(code`${optimizer}.applyGradients([[tf.multiply(${g}, 0.5), ${variable}]])`, {
        effect: true,
        flow: 'sum',
      }) !== null
    );
  }
  const loss = b.block(
    [],
    (inner) => {
      const a = inner.pick((v) => v.dtype === variable.dtype && !v.isVariable);
      const first =
        a === null
          ? inner.add(code`tf.square(${variable})`)
          : inner.add(code`tf.add(tf.reduceSum(${a}), ${variable})`);
      if (first === null) return null;
      if (inner.depth < 2) b.whole.grow(inner, b.rng.below(3));
      const sum = inner.add(code`tf.reduceSum(tf.square(${first[0]}))`, { flow: 'sum' });
      return sum === null ? null : [sum[0]];
    },
    { single: true, flat: true },
  );
  return (
    loss !== null &&
    b.add(code`${optimizer}.minimize(${loss}, [${variable}])`, { effect: true, flow: 'sum' }) !== null
  );
};

export const stateRules: readonly { weight: number; rule: Rule }[] = [
  { weight: 8, rule: assign },
  { weight: 3, rule: read },
  { weight: 2, rule: scatter },
  { weight: 4, rule: optimize },
];
