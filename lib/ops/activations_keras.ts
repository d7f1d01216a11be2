/** Activations that Keras has and tf.nn has not: `tf.keras.activations`. */
import { toTensor, type TensorLike } from '../core/convert';
import { floating } from '../core/dtype';
import { InvalidArgumentError } from '../core/errors';
import { describe, normalizeAxis, showShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { relu6Grad, elu as plainElu } from './activations';
import { add, maximum, minimum, multiply, realDivide, subtract } from './binary';
import { greater, greaterEqual, lessEqual } from './compare';
import { badDType, composite, options, unary } from './define';
import { split } from './joining';
import { sample, type Example } from './registry';
import { select } from './select';
import { abs, negative, sign, sqrt, square } from './unary';
import { exp, sigmoid, softplus, tanh } from './unary_math';

const six = 1 / 6;

/** Hard sigmoid, elementwise. y = x/6 + 1/2 within [0, 1]. The gradient is 0 at −3 and at 3. @tf tf.keras.activations.hard_sigmoid */
export const hardSigmoid = unary('hardSigmoid', {
  tf: 'tf.keras.activations.hard_sigmoid',
  dtypes: floating,
  saves: 'output',
  domain: [-5, 5],
  ulp: 2,
  js: (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1),
  gradient: (dy, { y }) => multiply(relu6Grad(dy, multiply(y, 6)), six),
});

/** Hard swish, elementwise. y = x·hardSigmoid(x). @tf tf.keras.activations.hard_silu */
export const hardSilu = unary('hardSilu', {
  tf: 'tf.keras.activations.hard_silu',
  dtypes: floating,
  domain: [-5, 5],
  ulp: 2,
  js: (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1),
  gradient: (dy, { x }) => {
    const h = hardSigmoid(x);
    return add(multiply(dy, h), multiply(relu6Grad(multiply(dy, x), multiply(h, 6)), six));
  },
});

/** Mish, elementwise. y = x·tanh(softplus(x)); 0 at −∞. @tf tf.keras.activations.mish */
export const mish = unary('mish', {
  tf: 'tf.keras.activations.mish',
  dtypes: floating,
  domain: [-4, 4],
  ulp: 4,
  js: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  gradient: (dy, { x }) => {
    // With q = sigmoid(−x), 1 − tanh² is (2·q / (1 + q²))².
    const q = sigmoid(negative(x));
    const slope = square(realDivide(multiply(q, 2), add(square(q), 1)));
    return multiply(dy, add(tanh(softplus(x)), multiply(multiply(x, sigmoid(x)), slope)));
  },
});

const plain: readonly Example[] = [
  { args: [sample([2, 3])] },
  { args: [sample([])] },
  { args: [sample([2, 0])] },
];

/** An elementwise composite of a floating operand. */
function elementwise(
  name: string,
  f: (x: Tensor) => Tensor,
  domain: [number, number],
): (x: TensorLike) => Tensor {
  const tf = `tf.keras.activations.${name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}`;
  return composite(name, { tf, dtypes: floating, domain, ulp: 4, examples: plain }, (x: TensorLike) =>
    f(operand(x, name)),
  );
}

/** The same with one number as its option. */
function withNumber<K extends string>(
  name: string,
  option: K,
  standard: number,
  f: (x: Tensor, value: number) => Tensor,
): (x: TensorLike, options?: Partial<Record<K, number>> | number) => Tensor {
  const tf = `tf.keras.activations.${name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}`;
  const examples = [...plain, { args: [sample([7])], options: { [option]: standard * 1.5 } }];
  return composite(
    name,
    { tf, dtypes: floating, domain: [-4, 4], ulp: 4, examples },
    (x: TensorLike, given?: Partial<Record<K, number>> | number): Tensor => {
      const t = operand(x, name);
      const value = options<Record<string, unknown>>(given, option, { [option]: standard }, name)[option];
      if (typeof value !== 'number')
        throw new TypeError(`[${name}] ${option} must be a number; got ${describe(value)}`);
      return f(t, value);
    },
  );
}

function operand(x: TensorLike, op: string): Tensor {
  const t = toTensor(x, null, op, 'x');
  if (!floating.includes(t.dtype)) throw badDType(op, 'x', t.dt, floating);
  return t;
}

/** Clipping to [−1, 1], elementwise. @tf tf.keras.activations.hard_tanh */
export const hardTanh = elementwise('hardTanh', (x) => maximum(minimum(x, 1), -1), [-3, 3]);

/** x − tanh(x), elementwise. @tf tf.keras.activations.tanh_shrink */
export const tanhShrink = elementwise('tanhShrink', (x) => subtract(x, tanh(x)), [-4, 4]);

/** 0 up to −1, x from 1 on, (x + 1)²/4 between, elementwise. @tf tf.keras.activations.sparse_plus */
export const sparsePlus = elementwise(
  'sparsePlus',
  (x) => select(lessEqual(x, -1), 0, select(greaterEqual(x, 1), x, multiply(square(add(x, 1)), 0.25))),
  [-3, 3],
);

/** 0 up to −1, 1 from 1 on, (x + 1)/2 between, elementwise. @tf tf.keras.activations.sparse_sigmoid */
export const sparseSigmoid = elementwise(
  'sparseSigmoid',
  (x) => select(lessEqual(x, -1), 0, select(greaterEqual(x, 1), 1, multiply(add(x, 1), 0.5))),
  [-3, 3],
);

/** eˣ. @tf tf.keras.activations.exponential */
export const exponential = elementwise('exponential', (x) => exp(x), [-10, 10]);

/** x where |x| > threshold, else 0. @tf tf.keras.activations.hard_shrink */
export const hardShrink = withNumber('hardShrink', 'threshold', 0.5, (x, limit) =>
  select(greater(abs(x), limit), x, 0),
);

/** x − threshold·sign(x) where |x| > threshold, else 0. @tf tf.keras.activations.soft_shrink */
export const softShrink = withNumber('softShrink', 'threshold', 0.5, (x, limit) =>
  select(greater(abs(x), limit), subtract(x, multiply(sign(x), limit)), 0),
);

/** (x + √(x² + b)) / 2. @tf tf.keras.activations.squareplus */
export const squareplus = withNumber('squareplus', 'b', 4, (x, b) =>
  multiply(add(x, sqrt(add(square(x), b))), 0.5),
);

/** max(0, x) + min(0, alpha·(e^(x/alpha) − 1)): a smooth elu. @tf tf.keras.activations.celu */
export const celu = withNumber('celu', 'alpha', 1, (x, alpha) =>
  multiply(plainElu(realDivide(x, alpha)), alpha),
);

export interface GluOptions {
  /** The axis that is halved. Default: the last. */
  axis?: number;
}

/**
 * Gated linear unit: the first half along `axis` times the sigmoid of the second. InvalidArgumentError where the axis has an odd
 * number of elements. @tf tf.keras.activations.glu
 */
export const glu = composite(
  'glu',
  {
    tf: 'tf.keras.activations.glu',
    dtypes: floating,
    domain: [-4, 4],
    ulp: 4,
    examples: [
      { args: [sample([2, 4])] },
      { args: [sample([2, 3])], options: { axis: 0 } },
      { args: [sample([0, 6])] },
    ],
  },
  (x: TensorLike, given?: GluOptions | number): Tensor => {
    const t = operand(x, 'glu');
    const { axis } = options<{ axis: number }>(given, 'axis', { axis: -1 }, 'glu');
    const along = normalizeAxis(axis, t.shape.length, 'glu');
    if (t.shape[along] % 2 !== 0) {
      throw new InvalidArgumentError(
        `[glu] axis ${along} must have an even number of elements to be halved; the shape is ${showShape(t.shape)}`,
      );
    }
    const [value, gate] = split(t, 2, along);
    return multiply(value, sigmoid(gate));
  },
);
