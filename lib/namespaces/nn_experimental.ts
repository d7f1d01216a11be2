/** `tf.nn.experimental`: dropout with explicit seeds. */
export { statelessDropout, type StatelessDropoutOptions } from '../ops/nn/dropout';
