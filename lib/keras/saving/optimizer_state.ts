/** The state of optimizers in files. */
import type { Optimizer } from '../optimizers';
import type { Saveable } from './weights';

const saveables = new WeakMap<Optimizer, Saveable>();

/** The optimizer as a part of a model's file. Files of a model that was never trained have no slots: those stay as they are. */
export function savedOptimizer(optimizer: Optimizer): Saveable {
  let saveable = saveables.get(optimizer);
  if (saveable === undefined) {
    saveable = {
      name: optimizer.name,
      savedVariables: () => optimizer.variables,
      savedChildren: () =>
        optimizer.savedOptimizers().map(([name, inner]) => [name, savedOptimizer(inner)] as const),
      prepareLoad(count) {
        const own = optimizer.variables.length;
        if (count === own) return true;
        process.emitWarning(
          `Skipping variable loading for optimizer '${optimizer.name}', because it has ${own} variables whereas the saved ` +
            `optimizer has ${count} variables.`,
        );
        return false;
      },
    };
    saveables.set(optimizer, saveable);
  }
  return saveable;
}
