/** The matrix product with a fused epilogue: bias, residual and activation in one pass over the result. */
import { toTensor, type TensorLike } from '../../core/convert';
import { InvalidArgumentError } from '../../core/errors';
import { sameShape, showShape } from '../../core/shape';
import { floating } from '../../core/dtype';
import type { TracedOp } from '../../op/contract';
import { shapeOf, type Tensor } from '../../core/tensor';
import { unbroadcast } from '../../op/broadcast';
import { badDType, convertPair, mixedDTypes } from '../../op/checks';
import { op, type ResultSpec } from '../../op/define/general';
import { options } from '../../core/options';
import type { DTypeOfPair } from '../../core/dtype_of';
import {
  activationOps,
  activations,
  epilogueArguments,
  registerEpilogueFusion,
  type Epilogue,
  type FusedActivation,
} from '../nn/epilogue';
import {
  gradientOfA,
  gradientOfB,
  matmulFlops,
  productShape,
  parseTransposes,
  runProduct,
  transposesOf,
  type Transposes,
} from './matmul';
import { opDefinitions, sample, type GradContext, type OpDefinition } from '../../op/registry';

export interface FusedMatmulOptions {
  /** A vector with one element for each column of the result, which is added to each row. Default null: none. */
  bias?: TensorLike | null;
  /** A tensor of the result's shape, which is added to the result. Default null: none. */
  residual?: TensorLike | null;
  /** The activation function, which is applied last. Default null: none. */
  activation?: FusedActivation | null;
  /** Multiply the transpose of `a`. Default false. */
  transposeA?: boolean;
  /** Multiply the transpose of `b`. Default false. */
  transposeB?: boolean;
}

export type FusedAttrs = Transposes & Epilogue;

const defaults: Required<FusedMatmulOptions> = {
  bias: null,
  residual: null,
  activation: null,
  transposeA: false,
  transposeB: false,
};

function parse(left: TensorLike, right: TensorLike, given?: FusedMatmulOptions): [Tensor[], FusedAttrs] {
  const inputs: Tensor[] = convertPair(left, right, 'fusedMatmul');
  const o = options<Required<FusedMatmulOptions>>(given, 'bias', defaults, 'fusedMatmul');
  const { transposeA, transposeB } = o;
  const plain = typeof transposeA === 'boolean' && typeof transposeB === 'boolean';
  const { ta, tb } = plain
    ? transposesOf(transposeA, transposeB)
    : parseTransposes({ transposeA, transposeB });
  const add = (value: TensorLike | null, name: string): number =>
    value === null ? -1 : inputs.push(toTensor(value, inputs[0].dt, 'fusedMatmul', name)) - 1;
  const { activation } = o;
  if (activation !== null && !activations.includes(activation)) {
    throw new InvalidArgumentError(
      `[fusedMatmul] no activation is named ${String(activation)}; there are ${activations.join(', ')}`,
    );
  }
  const bias = add(o.bias, 'bias');
  return [inputs, { ta, tb, bias, residual: add(o.residual, 'residual'), activation }];
}

function infer(inputs: readonly Tensor[], attrs: FusedAttrs): ResultSpec {
  const a = inputs[0];
  for (let i = 1; i < inputs.length; i++)
    if (inputs[i].dt !== a.dt) throw mixedDTypes('fusedMatmul', a, inputs[i]);
  if (!floating.includes(a.dtype)) throw badDType('fusedMatmul', 'a', a.dt, floating);
  const shape = productShape(a, inputs[1], attrs);
  const n = shape[shape.length - 1];
  const bias = attrs.bias < 0 ? null : inputs[attrs.bias];
  if (bias !== null && !sameShape(shapeOf(bias), [n])) {
    throw new InvalidArgumentError(
      `[fusedMatmul] bias must have shape ${showShape([n])}, one element for each column of the result of shape ` +
        `${showShape(shape)}; it has shape ${showShape(shapeOf(bias))}`,
    );
  }
  const residual = attrs.residual < 0 ? null : inputs[attrs.residual];
  if (residual !== null && !sameShape(shapeOf(residual), shape)) {
    throw new InvalidArgumentError(
      `[fusedMatmul] residual must have the result's shape ${showShape(shape)}; it has shape ` +
        showShape(shapeOf(residual)),
    );
  }
  return { shape, dt: a.dt };
}

function run(inputs: readonly Tensor[], attrs: FusedAttrs, outputs: readonly Tensor[]): void {
  const c = outputs[0];
  if (c.size > 0) runProduct(inputs[0], inputs[1], c, attrs, ...epilogueArguments(inputs, attrs));
}

/** The gradient with respect to the activation's input, by the gradient function of the activation's op. */
function preActivationGradient(dy: Tensor, ctx: GradContext<FusedAttrs>): Tensor {
  const { activation, ...linear } = ctx.attrs;
  if (activation === null) return dy;
  const activationOp = opDefinitions().get(activationOps[activation]);
  if (activationOp?.gradient == null) throw new Error(`activation ${activation} has no gradient`);
  const rule = activationOp.gradient as (
    dy: readonly Tensor[],
    ctx: Partial<GradContext>,
  ) => readonly Tensor[];
  // If that function reads its input, it is recomputed: saving it would cost the pass over memory that fusion avoids.
  const x = activationOp.savesInputs === 0 ? [] : [fused(ctx.x[0], ctx.x[1], optionsOf(ctx.x, linear))];
  return rule([dy], { x, y: ctx.y, needs: [true] })[0];
}

function optionsOf(x: readonly Tensor[], attrs: Omit<FusedAttrs, 'activation'>): FusedMatmulOptions {
  return {
    bias: attrs.bias < 0 ? null : x[attrs.bias],
    residual: attrs.residual < 0 ? null : x[attrs.residual],
    transposeA: attrs.ta,
    transposeB: attrs.tb,
  };
}

const fused = op<[a: TensorLike, b: TensorLike, given?: FusedMatmulOptions], FusedAttrs>('fusedMatmul', {
  flops: matmulFlops,
  tf: '',
  dtypes: floating,
  domain: [-2, 2],
  examples: [
    { args: [sample([2, 3]), sample([3, 4])] },
    { args: [sample([2, 3]), sample([3, 4])], options: { bias: sample([4]) } },
    { args: [sample([3, 2]), sample([3, 4])], options: { transposeA: true, residual: sample([2, 4]) } },
    {
      args: [sample([3, 2, 3]), sample([4, 3])],
      options: { transposeB: true, bias: sample([4]), residual: sample([3, 2, 4]) },
    },
    ...activations.map((activation) => ({
      args: [sample([3, 5]), sample([5, 4])],
      options: { activation, bias: sample([4]) },
    })),
    {
      args: [sample([3, 40]), sample([40, 1])],
      options: { bias: sample([1]), residual: sample([3, 1]), activation: 'tanh' },
    },
    { args: [sample([2, 0]), sample([0, 3])], options: { bias: sample([3]), activation: 'sigmoid' } },
    { args: [sample([0, 2]), sample([2, 3])], options: { bias: sample([3]) } },
  ],
  args: parse,
  infer,
  run,
  saves: { inputs: 'all', outputs: true },
  gradient: ([dy], ctx: GradContext<FusedAttrs>) => {
    const dz = preActivationGradient(dy, ctx);
    const { bias, residual } = ctx.attrs;
    return ctx.shapes.map((shape, i) => {
      if (!ctx.needs[i]) return null;
      if (i === bias) return unbroadcast(dz, shape);
      if (i === residual) return dz;
      return unbroadcast(
        i === 0 ? gradientOfA(dz, ctx.x[1], ctx.attrs) : gradientOfB(dz, ctx.x[0], ctx.attrs, ctx.shapes[1]),
        shape,
      );
    });
  },
});

registerEpilogueFusion('matmul', () => ({
  op: opDefinitions().get('fusedMatmul') as OpDefinition & TracedOp,
  attrs: (own, epilogue): FusedAttrs => ({ ...(own as Transposes), ...epilogue }),
}));

/**
 * activation(A·B + bias + residual), bit for bit the same as the separate ops; the epilogue is applied to each tile of the
 * result while it is in the cache. Shapes as for `matmul`; the bias has one element for each column, the residual has the
 * result's shape. Floating dtypes. Layers and compiled functions use it.
 * InvalidArgumentError for incompatible shapes or an unknown activation.
 */
export const fusedMatmul: <A extends TensorLike, B extends TensorLike>(
  a: A,
  b: B,
  options?: FusedMatmulOptions,
) => Tensor<DTypeOfPair<A, B>> = fused;
