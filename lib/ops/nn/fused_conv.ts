/** Convolutions that finish their sums: what compiled functions make of a convolution and what follows it. */
import { native } from '../../binding';
import type { TracedOp } from '../../op/contract';
import { bufferOf, type Tensor } from '../../core/tensor';
import { convFlops, writeConv, type ConvGeometry } from './conv_ops';
import { writeDepthwise, type DepthwiseWindows } from './depthwise';
import { setFinisher, writeFinish, type Finish } from './epilogue';

/** `own`: the attributes of the convolution alone. */
type Attrs<A> = Finish & { readonly own: A };
type Call = (
  x: ArrayBuffer,
  w: ArrayBuffer,
  y: ArrayBuffer,
  bias: ArrayBuffer,
  residual: ArrayBuffer,
) => void;

/** The bits are those of the ops one after another. */
function finishing<A>(
  op: string,
  name: string,
  slot: number,
  write: (x: Tensor, w: Tensor, y: Tensor, own: A) => void,
  call: Call,
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
      write(x, w, y, attrs.own);
      call(bufferOf(x), bufferOf(w), bufferOf(y), ...writeFinish(slot, inputs, attrs, y));
    },
  };
  setFinisher(op, () => ({ op: row, attrs: (own, finish) => ({ ...finish, own }) }));
}

// The slots are those of native/addon/calls_conv.cc and calls_window.cc.
finishing<ConvGeometry>(
  'convForward',
  'fusedConv',
  28,
  writeConv,
  (...buffers) => native.fusedConv(...buffers),
  ([, w], [y]) => convFlops(y, w),
);
finishing<DepthwiseWindows>(
  'depthwise',
  'fusedDepthwise',
  19,
  writeDepthwise,
  (...buffers) => native.fusedDepthwise(...buffers),
  ([, w], [y]) => convFlops(y, w, 2),
);
