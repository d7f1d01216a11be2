/** Names, symbolic tensors and their graphs. */
import { describe } from '../../core/shape';
import { resetNames } from '../base/naming';
import { KerasTensor, nodeOf } from '../symbolic/keras_tensor';

/**
 * Starts the numbers of names anew: the next Dense layer is `dense` again. Models and their memory are freed by the garbage collector,
 * without it. @tf tf.keras.utils.clear_session
 */
export function clearSession(): void {
  resetNames();
}

/** Whether a value is a symbolic tensor, of `Input` or of a layer called with one. @tf tf.keras.utils.is_keras_tensor */
export const isKerasTensor = (x: unknown): x is KerasTensor => x instanceof KerasTensor;

/**
 * The symbolic tensors that a symbolic tensor is computed from, made by `Input`; TypeError for other values.
 * @tf tf.keras.utils.get_source_inputs
 */
export function getSourceInputs(tensor: KerasTensor): KerasTensor[] {
  if (!(tensor instanceof KerasTensor))
    throw new TypeError(`[getSourceInputs] needs a symbolic tensor; got ${describe(tensor)}`);
  const found = new Set<KerasTensor>();
  const seen = new Set<KerasTensor>();
  const waiting = [tensor];
  for (let t = waiting.pop(); t !== undefined; t = waiting.pop()) {
    if (seen.has(t)) continue;
    seen.add(t);
    const inputs = t.history === null ? [] : nodeOf(t).inputs;
    if (inputs.length === 0) found.add(t);
    // The first comes first.
    waiting.push(...[...inputs].reverse());
  }
  return [...found];
}
