/** Convolutions with fused epilogues, which compiled functions use. */
import type { TracedOp } from '../../op/contract';
import type { Tensor } from '../../core/tensor';
import { convFlops, runConv, type ConvGeometry } from './conv_ops';
import { runDepthwise, type DepthwiseWindows } from './depthwise';
import { epilogueArguments, registerEpilogueFusion, type Epilogue } from './epilogue';

/** `own`: the attributes of the convolution alone. */
type Attrs<A> = Epilogue & { readonly own: A };

/** Defines op `name`: convolution `op` with a fused epilogue, bit for bit the same as the separate ops. */
function defineFusedConv<A>(
  op: string,
  name: string,
  run: (
    x: Tensor,
    w: Tensor,
    y: Tensor,
    own: A,
    bias: Tensor | null,
    residual: Tensor | null,
    activation: number,
  ) => void,
  flops: NonNullable<TracedOp['flops']>,
): void {
  const definition: TracedOp = {
    name,
    differentiable: false,
    savesInputs: 0,
    savesOutputs: false,
    flops,
    execute: (inputs, attrs: Attrs<A>, [y]) => {
      if (y.size === 0) return;
      const [x, w] = inputs;
      run(x, w, y, attrs.own, ...epilogueArguments(inputs, attrs));
    },
  };
  registerEpilogueFusion(op, () => ({ op: definition, attrs: (own, epilogue) => ({ ...epilogue, own }) }));
}

defineFusedConv<ConvGeometry>('convForward', 'fusedConv', runConv, ([, w], [y]) => convFlops(y, w));
defineFusedConv<DepthwiseWindows>('depthwise', 'fusedDepthwise', runDepthwise, ([, w], [y]) =>
  convFlops(y, w, 2),
);

export {};
