/** The name of a layer's activation. */
import { serialize } from '../../activations';

/** As files have it; null if the layer has no activation. */
export function nameOfActivation(layer: object): string | null {
  const { activation } = layer as { activation?: unknown };
  if (typeof activation !== 'function') return null;
  try {
    const config: unknown = serialize(activation as never);
    if (typeof config === 'string') return config;
    return (config as { class_name?: string } | null)?.class_name ?? activation.name;
  } catch {
    // A function of the user, which files cannot have.
    return activation.name === '' ? '?' : activation.name;
  }
}
