/** Convolutions that finish their sums: what compiled functions make of a convolution and what follows it. */
import type { TracedOp } from '../../op/contract';
import type { Tensor } from '../../core/tensor';
import { convFlops, runConv, type ConvGeometry } from './conv_ops';
import { runDepthwise, type DepthwiseWindows } from './depthwise';
import { finishArguments, setFinisher, type Finish } from './epilogue';

/** `own`: the attributes of the convolution alone. */
type Attrs<A> = Finish & { readonly own: A };
/** The bits are those of the ops one after another. */
function finishing<A>(
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
  const row: TracedOp = {
    name,
    differentiable: false,
    savesInputs: 0,
    savesOutputs: false,
    flops,
    execute: (inputs, attrs: Attrs<A>, [y]) => {
      if (y.size === 0) return;
      const [x, w] = inputs;
      run(x, w, y, attrs.own, ...finishArguments(inputs, attrs));
    },
  };
  setFinisher(op, () => ({ op: row, attrs: (own, finish) => ({ ...finish, own }) }));
}

finishing<ConvGeometry>('convForward', 'fusedConv', runConv, ([, w], [y]) => convFlops(y, w));
finishing<DepthwiseWindows>('depthwise', 'fusedDepthwise', runDepthwise, ([, w], [y]) => convFlops(y, w, 2));
