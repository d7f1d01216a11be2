/** What callbacks read of optimizers. */
import { LossScaleOptimizer, type Optimizer } from '../optimizers';

/** The optimizer that holds the learning rate and the state: the one within where losses are scaled. */
export const innermost = (optimizer: Optimizer): Optimizer =>
  optimizer instanceof LossScaleOptimizer ? optimizer.innerOptimizer : optimizer;

/** The learning rate of the step to come. */
export const rateOf = (optimizer: Optimizer): number => Number(optimizer.learningRate.item());
