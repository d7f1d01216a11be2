/** The options of convolutional layers. */
import type { ActivationLike } from '../../activations/get';
import type { ConstraintLike } from '../../constraints/get';
import type { InitializerLike } from '../../initializers/get';
import type { RegularizerLike } from '../../regularizers/get';
import type { LoraLayerOptions } from '../lora';
import type { LayerOptions } from '../options';
import type { DataFormat, LayerPadding, WindowSize } from '../window_arguments';

/** What all convolutional layers take. */
export interface ConvolutionLayerOptions extends Omit<LayerOptions, 'activityRegularizer'> {
  /** Distance between adjacent windows. Default 1. */
  strides?: WindowSize;
  /** 'valid': no padding. 'same': zeros on both sides, so that there are ⌈size / stride⌉ windows. Default 'valid'. */
  padding?: LayerPadding;
  /** Where the channels are in inputs and results. Default 'channels_last'. */
  dataFormat?: DataFormat | null;
  /** Distance between the elements of a window. Default 1. */
  dilationRate?: WindowSize;
  /** Applied to the result. Default: none. */
  activation?: ActivationLike | null;
  /** Default true. */
  useBias?: boolean;
  /** Default 'zeros'. */
  biasInitializer?: InitializerLike;
  biasRegularizer?: RegularizerLike | null;
  activityRegularizer?: RegularizerLike | null;
  biasConstraint?: ConstraintLike | null;
}

/** The options of layers with one kernel. */
export interface KernelOptions {
  /** Default 'glorot_uniform'. */
  kernelInitializer?: InitializerLike;
  kernelRegularizer?: RegularizerLike | null;
  kernelConstraint?: ConstraintLike | null;
}

/** The options of `Conv2D` and `Conv3D`. Strides and dilation cannot both be greater than 1. */
export interface ConvLayerOptions extends ConvolutionLayerOptions, KernelOptions, LoraLayerOptions {
  /** Groups of channels that are convolved separately, each with filters / groups filters. Default 1. */
  groups?: number;
}

/** The options of `Conv1D`. */
export interface Conv1DOptions extends Omit<ConvLayerOptions, 'padding'> {
  /** As for `Conv2D`, or 'causal': zeros before the first step alone, so that no result depends on later steps. */
  padding?: LayerPadding | 'causal';
}

/** The options of transposed convolutions. Strides and dilation cannot both be greater than 1. */
export interface ConvTransposeLayerOptions extends ConvolutionLayerOptions, KernelOptions {
  /** Elements by which the result is longer at its end, less than the strides. Default: as many as `padding` implies. */
  outputPadding?: WindowSize | null;
}

/** The options of depthwise convolutions. */
export interface DepthwiseConvOptions extends ConvolutionLayerOptions {
  /** The number of filters for each input channel. Default 1. */
  depthMultiplier?: number;
  /** Default 'glorot_uniform'. */
  depthwiseInitializer?: InitializerLike;
  depthwiseRegularizer?: RegularizerLike | null;
  depthwiseConstraint?: ConstraintLike | null;
}

/** The options of separable convolutions. */
export interface SeparableConvOptions extends DepthwiseConvOptions {
  /** Default 'glorot_uniform'. */
  pointwiseInitializer?: InitializerLike;
  pointwiseRegularizer?: RegularizerLike | null;
  pointwiseConstraint?: ConstraintLike | null;
}
