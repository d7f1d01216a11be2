/** Convolutions with fused epilogues, which compiled functions use. */
import { native } from '../../binding';
import type { TracedOp } from '../../op/contract';
import { bufferOf, type Tensor } from '../../core/tensor';
import { convFlops, writeConv, type ConvGeometry } from './conv_ops';
import { writeDepthwise, type DepthwiseWindows } from './depthwise';
import { registerEpilogueFusion, writeEpilogue, type Epilogue } from './epilogue';

/** `own`: the attributes of the convolution alone. */
type Attrs<A> = Epilogue & { readonly own: A };
type Call = (
  x: ArrayBuffer,
  w: ArrayBuffer,
  y: ArrayBuffer,
  bias: ArrayBuffer,
  residual: ArrayBuffer,
) => void;

/** Defines op `name`: convolution `op` with a fused epilogue, bit for bit the same as the separate ops. */
function defineFusedConv<A>(
  op: string,
  name: string,
  slot: number,
  write: (x: Tensor, w: Tensor, y: Tensor, own: A) => void,
  call: Call,
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
      write(x, w, y, attrs.own);
      call(bufferOf(x), bufferOf(w), bufferOf(y), ...writeEpilogue(slot, inputs, attrs, y));
    },
  };
  registerEpilogueFusion(op, () => ({ op: definition, attrs: (own, epilogue) => ({ ...epilogue, own }) }));
}

// The slots are those of native/addon/calls_conv.cc and calls_window.cc.
defineFusedConv<ConvGeometry>(
  'convForward',
  'fusedConv',
  28,
  writeConv,
  (...buffers) => native.fusedConv(...buffers),
  ([, w], [y]) => convFlops(y, w),
);
defineFusedConv<DepthwiseWindows>(
  'depthwise',
  'fusedDepthwise',
  19,
  writeDepthwise,
  (...buffers) => native.fusedDepthwise(...buffers),
  ([, w], [y]) => convFlops(y, w, 2),
);
