/** Activation functions as layers. */
export { Activation, type ActivationLayerOptions } from './activation';
export {
  ELU,
  LeakyReLU,
  PReLU,
  ReLU,
  type ELULayerOptions,
  type LeakyReLULayerOptions,
  type PReLUOptions,
  type ReLULayerOptions,
} from './rectifiers';
export { Softmax, type SoftmaxLayerOptions } from './softmax';
