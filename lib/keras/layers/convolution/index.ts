/** Convolutional layers. */
export { Conv1D, Conv2D, Conv3D } from './conv';
export { Conv1DTranspose, Conv2DTranspose, Conv3DTranspose } from './conv_transpose';
export { DepthwiseConv1D, DepthwiseConv2D } from './depthwise_conv';
export { SeparableConv1D, SeparableConv2D } from './separable_conv';
export type {
  Conv1DOptions,
  ConvLayerOptions,
  ConvolutionLayerOptions,
  ConvTransposeLayerOptions,
  DepthwiseConvOptions,
  KernelOptions,
  SeparableConvOptions,
} from './options';
export type { DataFormat, LayerPadding, WindowSize } from '../window_arguments';
