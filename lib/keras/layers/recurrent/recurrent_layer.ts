/** What SimpleRNN, LSTM and GRU have in common: they are an RNN with a cell of their own, whose options are theirs. */
import { InvalidArgumentError } from '../../../core/errors';
import { describe } from '../../../core/shape';
import type { Activation } from '../../activations/get';
import type { Config } from '../../base/keras_object';
import { namedOptions } from '../../base/named_options';
import type { Constraint } from '../../constraints/get';
import type { Initializer } from '../../initializers/initializer';
import type { WeightRegularizer } from '../../regularizers/get';
import type { LayerOptions } from '../options';
import type { GatedCell, RecurrentCell } from './recurrent_cell';
import { RNN, type RnnOptions } from './rnn';

/** The options of a layer whose cell has the options C. */
export type RecurrentLayerOptions<C> = Omit<C, keyof LayerOptions> & RnnOptions;

/** The options for the layer, and those for the cell. */
export function splitOptions<C extends LayerOptions>(
  options: RecurrentLayerOptions<C> | undefined,
  where: string,
  cellName: string,
): { layer: RnnOptions; cell: C } {
  const { ...all } = namedOptions(options as RnnOptions | undefined, where) as RnnOptions &
    Record<string, unknown>;
  const { returnSequences, returnState, goBackwards, stateful, unroll, zeroOutputForMask, ...rest } = all;
  const { activityRegularizer, name, trainable, dtype, ...own } = rest;
  const defined = (o: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(o).filter(([, value]) => value !== undefined));
  const shared = defined({ trainable, dtype });
  const layer = defined({
    ...{ returnSequences, returnState, goBackwards, stateful, unroll, zeroOutputForMask },
    ...{ activityRegularizer, name, ...shared },
  });
  return { layer, cell: { ...own, ...shared, name: cellName } as unknown as C };
}

/** `useCudnn`, which other backends of Keras have: there is no cuDNN here. */
export function checkUseCudnn(value: unknown, where: string): void {
  if (value === 'auto' || value === false) return;
  throw new InvalidArgumentError(
    value === true
      ? `[${where}] useCudnn: true was specified, but cuDNN is not supported. Pass useCudnn: 'auto'`
      : `[${where}] Invalid value received for argument \`useCudnn\`. Expected one of {'auto', true, false}. Received: useCudnn=${describe(value)}`,
  );
}

/** An RNN whose cell is made from the layer's own options. */
export abstract class RecurrentLayer<C extends RecurrentCell> extends RNN {
  static override readonly positional: readonly string[] = ['units'];
  declare readonly cell: C;

  get activation(): Activation {
    return this.cell.activation;
  }

  get useBias(): boolean {
    return this.cell.useBias;
  }

  get kernelInitializer(): Initializer {
    return this.cell.kernelInitializer;
  }

  get recurrentInitializer(): Initializer {
    return this.cell.recurrentInitializer;
  }

  get biasInitializer(): Initializer {
    return this.cell.biasInitializer;
  }

  get kernelRegularizer(): WeightRegularizer | null {
    return this.cell.kernelRegularizer;
  }

  get recurrentRegularizer(): WeightRegularizer | null {
    return this.cell.recurrentRegularizer;
  }

  get biasRegularizer(): WeightRegularizer | null {
    return this.cell.biasRegularizer;
  }

  get kernelConstraint(): Constraint | null {
    return this.cell.kernelConstraint;
  }

  get recurrentConstraint(): Constraint | null {
    return this.cell.recurrentConstraint;
  }

  get biasConstraint(): Constraint | null {
    return this.cell.biasConstraint;
  }

  get dropout(): number {
    return this.cell.dropout;
  }

  get recurrentDropout(): number {
    return this.cell.recurrentDropout;
  }

  override getConfig(): Config {
    const { cell: _, ...own } = super.getConfig();
    return { ...this.cell.getConfig(), ...own, activityRegularizer: this.activityRegularizer };
  }
}

/** One with gates. */
export abstract class GatedLayer<C extends GatedCell> extends RecurrentLayer<C> {
  get recurrentActivation(): Activation {
    return this.cell.recurrentActivation;
  }
}
