/** The identity as an activation. */
import type { Tensor } from '../../core/tensor';

/** x itself. @tf tf.keras.activations.linear */
export const linear = (x: Tensor): Tensor => x;
