export { Concatenate, type ConcatenateOptions } from './concatenate';
export { Dot, type DotOptions } from './dot';
export {
  add,
  average,
  concatenate,
  dot,
  maximum,
  minimum,
  multiply,
  subtract,
  type MergeFunction,
} from './functions';
export { Add, Average, Maximum, Minimum, Multiply, Subtract } from './merge';
