/** The record of a training for TensorBoard. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { InvalidArgumentError } from '../../core/errors';
import { options as resolve } from '../../core/options';
import { describe } from '../../core/shape';
import { EventFileWriter, type SummaryValue } from '../../io/event_file';
import { classNameOf } from '../base/registry';
import { Callback, type Logs, type TrainedModel } from './callback';
import { checkCount, checkText, warn } from './checks';
import { innermost, rateOf } from './optimizer_of';
import { histogramOf, imageOf } from './weight_summaries';

export interface TensorBoardOptions {
  /** The folder; TensorBoard is started with it. Default 'logs'. */
  logDir?: string;
  /** The number of epochs from one set of histograms of the weights to the next; 0 (default): none. */
  histogramFreq?: number;
  /** Whether the graph of layers is written. Default true. */
  writeGraph?: boolean;
  /** Whether weights are written as images too, with the histograms. Default false. */
  writeImages?: boolean;
  /** Whether the number of steps per second is written. Default false. */
  writeStepsPerSecond?: boolean;
  /** 'epoch' (default), 'batch', or the number of batches after which the values of a batch are written. */
  updateFreq?: 'epoch' | 'batch' | number;
  /** The number of epochs from one file of embeddings to the next; 0 (default): none. */
  embeddingsFreq?: number;
  /** The file that names the rows of embeddings, or one for each layer by its name. Default: none. */
  embeddingsMetadata?: string | Readonly<Record<string, string>> | null;
}

const defaults: Required<TensorBoardOptions> = {
  logDir: 'logs',
  histogramFreq: 0,
  writeGraph: true,
  writeImages: false,
  writeStepsPerSecond: false,
  updateFreq: 'epoch',
  embeddingsFreq: 0,
  embeddingsMetadata: null,
};

const scalar = (tag: string, value: number): SummaryValue => ({
  tag,
  plugin: 'scalars',
  tensor: { dtype: 'float32', shape: [], values: [value] },
});

/**
 * Writes losses, metrics and the learning rate, and if asked histograms and images of weights, to event files in the folders
 * `train` and `validation` of `logDir`, which TensorBoard shows: `tensorboard --logdir logs`. @tf tf.keras.callbacks.TensorBoard
 */
export class TensorBoard extends Callback {
  readonly logDir: string;
  private readonly o: Required<TensorBoardOptions>;
  private readonly updateFreq: number | null;
  private readonly writers = new Map<string, EventFileWriter>();
  private trained = 0;
  private batchStart = 0;
  private epochStart = 0;
  private epochFirst = 0;

  constructor(options: TensorBoardOptions | string = {}) {
    super();
    this.o = { ...defaults, ...resolve(options, 'logDir', defaults, 'TensorBoard') };
    this.logDir = checkText(this.o.logDir, 'logDir', 'TensorBoard');
    checkCount(this.o.histogramFreq, 'histogramFreq', 'TensorBoard');
    checkCount(this.o.embeddingsFreq, 'embeddingsFreq', 'TensorBoard');
    const { updateFreq } = this.o;
    if (updateFreq !== 'epoch' && updateFreq !== 'batch' && !(Number.isInteger(updateFreq) && updateFreq > 0))
      throw new InvalidArgumentError(
        `[TensorBoard] updateFreq must be 'epoch', 'batch' or a positive integer; got ${describe(updateFreq)}`,
      );
    this.updateFreq = updateFreq === 'epoch' ? null : updateFreq === 'batch' ? 1 : updateFreq;
  }

  /** @internal Whether batches concern it. */
  override get watchesBatches(): boolean {
    return this.updateFreq !== null;
  }

  private writer(folder: 'train' | 'validation'): EventFileWriter {
    let writer = this.writers.get(folder);
    if (writer === undefined) {
      writer = new EventFileWriter(path.join(this.logDir, folder));
      this.writers.set(folder, writer);
    }
    return writer;
  }

  private flush(): void {
    for (const writer of this.writers.values()) writer.flush();
  }

  override setModel(model: TrainedModel): void {
    super.setModel(model);
    this.flush();
    this.writers.clear();
    if (this.o.writeGraph) this.writeModel(model);
    if (this.o.embeddingsFreq > 0) this.writeProjector(model);
  }

  /** The config of the model, which TensorBoard shows as a graph of layers. */
  private writeModel(model: TrainedModel): void {
    const { graph = null } = model as TrainedModel & { graph?: object | null };
    if (graph === null || model.toJson === undefined) return;
    let json: string;
    try {
      json = model.toJson();
    } catch (error) {
      warn(`Model failed to serialize as JSON. Ignoring... ${String(error)}`);
      return;
    }
    this.writer('train').write(0, {
      tag: 'keras',
      plugin: 'graph_keras_model',
      pluginContent: '1',
      tensor: { dtype: 'string', shape: [], values: [json] },
    });
  }

  /** What TensorBoard's projector shows: the table of the first layer, and the names of its rows. */
  private writeProjector(model: TrainedModel): void {
    const { embeddingsMetadata: metadata } = this.o;
    const embeddings = (model.layers ?? []).filter((layer) => classNameOf(layer) === 'Embedding');
    const known = new Set(embeddings.map(({ name }) => name));
    const unknown =
      typeof metadata === 'object' ? Object.keys(metadata ?? {}).filter((k) => !known.has(k)) : [];
    if (unknown.length > 0)
      throw new InvalidArgumentError(
        '[TensorBoard] Unrecognized `Embedding` layer names passed to `embeddingsMetadata`: ' +
          unknown.join(', '),
      );
    const text = embeddings.map(({ name }) => {
      const file = typeof metadata === 'string' ? metadata : metadata?.[name];
      const rows = file === undefined ? '' : `  metadata_path: ${JSON.stringify(file)}\n`;
      const tensor = '"layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"';
      return `embeddings {\n  tensor_name: ${tensor}\n${rows}}\n`;
    });
    fs.mkdirSync(this.logDir, { recursive: true });
    fs.writeFileSync(path.join(this.logDir, 'projector_config.pbtxt'), text.join(''));
  }

  private get iterations(): number {
    return Number(this.model?.optimizer?.iterations.item() ?? 0);
  }

  override onTrainBegin(): void {
    this.trained = 0;
  }

  override onTrainEnd(): void {
    this.flush();
  }

  override onTestEnd(logs: Logs = {}): void {
    if (this.model?.optimizer == null) return;
    for (const [name, value] of Object.entries(logs))
      this.writer('validation').write(this.iterations, scalar(`evaluation_${name}_vs_iterations`, value));
    this.flush();
  }

  override onTrainBatchBegin(): void {
    this.trained++;
    this.batchStart = performance.now();
  }

  override onTrainBatchEnd(_batch: number, logs: Logs = {}): void {
    if (this.updateFreq === null || this.trained % this.updateFreq !== 0) return;
    const writer = this.writer('train');
    if (this.o.writeStepsPerSecond) {
      const seconds = (performance.now() - this.batchStart) / 1000;
      writer.write(this.trained, scalar('batch_steps_per_second', 1 / seconds));
    }
    for (const [name, value] of Object.entries(logs))
      writer.write(this.trained, scalar(`batch_${name}`, value));
  }

  override onEpochBegin(): void {
    if (!this.o.writeStepsPerSecond) return;
    this.epochStart = performance.now();
    this.epochFirst = this.iterations;
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    this.writeEpoch(epoch, logs);
    const isDue = (every: number): boolean => every > 0 && epoch % every === 0;
    if (isDue(this.o.histogramFreq)) this.writeWeights(epoch);
    this.flush();
    if (isDue(this.o.embeddingsFreq))
      await this.model?.saveWeights?.(
        path.join(this.logDir, 'train', `keras_embedding.ckpt-${epoch}.weights.h5`),
      );
  }

  private writeEpoch(epoch: number, logs: Logs): void {
    const entries = Object.entries(logs);
    if (entries.length === 0) return;
    const trained = entries.filter(([name]) => !name.startsWith('val_') && name !== 'learning_rate');
    const optimizer = this.model?.optimizer ?? null;
    if (optimizer !== null) trained.push(['learning_rate', rateOf(innermost(optimizer))]);
    if (this.o.writeStepsPerSecond) {
      const seconds = (performance.now() - this.epochStart) / 1000;
      trained.push(['steps_per_second', (this.iterations - this.epochFirst) / seconds]);
    }
    for (const [name, value] of trained) this.writer('train').write(epoch, scalar(`epoch_${name}`, value));
    for (const [name, value] of entries)
      if (name.startsWith('val_'))
        this.writer('validation').write(epoch, scalar(`epoch_${name.slice('val_'.length)}`, value));
  }

  private writeWeights(epoch: number): void {
    const writer = this.writer('train');
    for (const { weights } of this.model?.layers ?? [])
      for (const weight of weights) {
        const name = weight.path.replaceAll(':', '_');
        writer.write(epoch, histogramOf(`${name}/histogram`, weight.read()));
        const image = this.o.writeImages ? imageOf(`${name}/image`, weight.read()) : null;
        if (image !== null) writer.write(epoch, image);
      }
  }
}
