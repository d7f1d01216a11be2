/** Optimizers by name. */
import { InvalidArgumentError } from '../../core/errors';
import { describe } from '../../core/shape';
import { Adadelta } from './adadelta';
import { Adafactor } from './adafactor';
import { Adagrad } from './adagrad';
import { Adam, AdamW } from './adam';
import { Adamax } from './adamax';
import { Ftrl } from './ftrl';
import { Lamb } from './lamb';
import { Lion } from './lion';
import { Muon } from './muon';
import { Nadam } from './nadam';
import { Optimizer } from './optimizer';
import { RMSprop } from './rmsprop';
import { ScheduleFreeAdamW } from './schedule_free_adamw';
import { SGD } from './sgd';

/** An optimizer, or its name. */
export type OptimizerLike = Optimizer | string;

const namespace = {
  ...{ Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion },
  ...{ Muon, Nadam, RMSprop, ScheduleFreeAdamW, SGD },
};
const classes = new Map<string, new () => Optimizer>(
  Object.entries(namespace).map(([name, kind]) => [name.toLowerCase(), kind as new () => Optimizer]),
);

/** The optimizer that a name, in upper or lower case, or an object stands for. @tf tf.keras.optimizers.get */
export function getOptimizer(identifier: OptimizerLike, where = 'optimizers.get'): Optimizer {
  if (identifier instanceof Optimizer) return identifier;
  const found = typeof identifier === 'string' ? classes.get(identifier.toLowerCase()) : undefined;
  if (found === undefined)
    throw new InvalidArgumentError(
      `[${typeof where === 'string' ? where : 'optimizers.get'}] Could not interpret optimizer identifier: ${describe(identifier)}. ` +
        `It is one of ${[...classes.keys()].join(', ')}, or an optimizer`,
    );
  return new found();
}
