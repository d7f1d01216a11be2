/// <reference lib="es2018.asynciterable" preserve="true" />
/** Training, evaluation and prediction of models. */
import { GradientTape } from '../../autodiff/gradient_tape';
import { InvalidArgumentError } from '../../core/errors';
import { flatten } from '../../core/nest';
import { shapeOf, type Tensor } from '../../core/tensor';
import { compiled, type CompiledFunction } from '../../function/function';
import { add } from '../../ops/math/binary';
import { reduceSum } from '../../ops/reduce/reduce';
import type { Logs, TrainedModel, TrainingParams } from '../callbacks/callback';
import { CallbackList } from '../callbacks/callback_list';
import { History } from '../callbacks/history';
import { ProgbarLogger } from '../callbacks/progbar_logger';
import { Layer } from '../layers/layer';
import { Mean } from '../metrics/reduction_metrics';
import { Metric } from '../metrics/metric';
import { LossScaleOptimizer, type Optimizer } from '../optimizers';
import { getOptimizer } from '../optimizers/get';
import { partsOf } from '../layers/tracking';
import { CompileLoss } from './compile_loss';
import { CompileMetrics } from './compile_metrics';
import { inOutputOrder } from './per_output';
import { exampleCount, widenBatch } from './build_shapes';
import { rows, toTensors, type Batch, type Data } from './data';
import { Epochs, noBatches, warnOutOfData } from './epochs';
import { joined, numbers, sorted, validates, verbosity, weightClasses } from './helpers';
import {
  checkCompileOptions,
  checkOptions,
  compileOptionsFrom,
  type Batches,
  type CompileOptions,
  type EvaluateOptions,
  type FitOptions,
} from './options';
import { sourceOf, sourcesOfFit } from './sources';
import { StepRunner } from './step_runner';
import { Stop } from './stop';

type Outputs = Record<string, Tensor>;
type Step = (x: unknown, y: unknown, sampleWeight: unknown) => Outputs;

/** What training adds to a model. */
export abstract class Trainer extends Layer implements TrainedModel {
  optimizer: Optimizer | null = null;
  /** Set to true, it ends training after the step. */
  stopTraining = false;
  /** Whether Ctrl-C ended the last training. */
  interrupted = false;
  /** @internal The epoch with which a training goes on that a callback restored. */
  resumeFrom: number | null = null;
  #compiledOptions: CompileOptions | null = null;
  #compileLoss: CompileLoss | null = null;
  #compileMetrics: CompileMetrics | null = null;
  #lossTracker: Mean | null = null;
  /** A step has found all layers built, so that those after it need not look. */
  #layersBuilt = false;
  #steps: {
    train?: CompiledFunction<Parameters<Step>, Outputs>;
    test?: CompiledFunction<Parameters<Step>, Outputs>;
    predict?: CompiledFunction<[unknown], unknown>;
  } = {};

  /** Says how it is trained: optimizer, loss, metrics. @tf tf.keras.Model.compile */
  compile(options: CompileOptions = {}): void {
    checkCompileOptions(options);
    const optimizer = getOptimizer(options.optimizer ?? 'rmsprop', 'compile');
    const scales = this.dtypePolicy.name === 'mixed_float16' && (options.autoScaleLoss ?? true);
    this.optimizer =
      scales && !(optimizer instanceof LossScaleOptimizer)
        ? new LossScaleOptimizer(optimizer, { name: 'loss_scale_optimizer' })
        : optimizer;
    this.#compiledOptions = options;
    this.#compileLoss =
      options.loss == null ? null : new CompileLoss(options.loss, options.lossWeights ?? null);
    this.#compileMetrics = new CompileMetrics(options.metrics ?? null, options.weightedMetrics ?? null);
    this.#lossTracker = new Mean({ name: 'loss' });
    this.#steps = {};
  }

  /** @internal What `compile` was given, as files have it. */
  compileConfig(): Record<string, unknown> {
    const options = this.#compiledOptions;
    if (options === null) return {};
    return {
      optimizer: this.optimizer,
      loss: options.loss ?? null,
      loss_weights: options.lossWeights ?? null,
      metrics: options.metrics ?? null,
      weighted_metrics: options.weightedMetrics ?? null,
      run_eagerly: options.runEagerly ?? false,
      steps_per_execution: 1,
      jit_compile: false,
    };
  }

  /** @internal Compiles it as a file says. */
  compileFromConfig(config: Readonly<Record<string, unknown>>): void {
    this.compile(compileOptionsFrom(config));
    if (this.built && this.optimizer !== null) this.optimizer.build(this.trainableWeights);
  }

  private checkCompiled(method: string): CompileOptions {
    if (this.#compiledOptions === null)
      throw new InvalidArgumentError(
        `[${method}] You must call \`compile()\` before calling \`${method}()\`.`,
      );
    return this.#compiledOptions;
  }

  /** The names of the outputs. */
  get outputNames(): readonly string[] {
    return ['output'];
  }

  /** All metrics: the loss, those of `compile`, and those of layers. */
  get metrics(): Metric[] {
    const own = [this.#lossTracker, ...(this.#compileLoss?.metrics ?? [])].filter(
      (m): m is Mean => m !== null,
    );
    const given = this.#compileMetrics?.named.map(({ metric }) => metric) ?? [];
    const found = partsOf(this, (part): part is Metric => part instanceof Metric);
    return [...own, ...given, ...found];
  }

  get metricsNames(): string[] {
    return Object.keys(this.metricResults());
  }

  /** Forgets the batches that metrics have seen. */
  resetMetrics(): void {
    for (const metric of this.metrics) metric.resetState();
  }

  /** The loss of a batch: that of `compile` and those that layers added. A subclass may override it. */
  computeLoss(_x: unknown, y: unknown, yPred: unknown, sampleWeight: unknown): Tensor {
    const names = this.outputNames;
    const predicted = flatten(yPred) as Tensor[];
    const total =
      this.#compileLoss?.compute(
        inOutputOrder(y, names),
        predicted,
        inOutputOrder(sampleWeight, names),
        names,
      ) ?? null;
    const losses = [
      ...(total === null ? [] : [total]),
      ...this.losses.map((loss) => (loss.rank === 0 ? loss : reduceSum(loss))),
    ];
    if (losses.length === 0)
      throw new InvalidArgumentError(
        `[fit] No loss to compute. Provide a \`loss\` argument in \`compile()\`, or have a layer call \`addLoss\`.`,
      );
    return losses.reduce((a, b) => add(a, b));
  }

  /** One step of training on a batch; the results are reported. A subclass may override it. @tf tf.keras.Model.train_step */
  trainStep({ x, y, sampleWeight }: Batch): Outputs {
    const tape = new GradientTape();
    const { loss, yPred } = tape.run(() => {
      this.clearLosses();
      const yPred = this.invoke(x, { training: true });
      const loss = this.computeLoss(x, y, yPred, sampleWeight);
      this.trackLoss(loss, x);
      return { loss: (this.optimizer as Optimizer).scaleLoss(loss), yPred };
    });
    const weights = this.trainableWeights;
    if (weights.length > 0) {
      const gradients = tape.gradient(loss, weights);
      (this.optimizer as Optimizer).apply(gradients, weights);
    }
    return this.computeMetrics(x, y, yPred, sampleWeight);
  }

  /** One step of evaluation. @tf tf.keras.Model.test_step */
  testStep({ x, y, sampleWeight }: Batch): Outputs {
    this.clearLosses();
    const yPred = this.invoke(x, { training: false });
    this.trackLoss(this.computeLoss(x, y, yPred, sampleWeight), x);
    return this.computeMetrics(x, y, yPred, sampleWeight);
  }

  /** One step of prediction. @tf tf.keras.Model.predict_step */
  predictStep(x: unknown): unknown {
    return this.invoke(x, { training: false });
  }

  private trackLoss(loss: Tensor, x: unknown): void {
    const first = (flatten(x) as Tensor[])[0];
    this.#lossTracker?.updateState(loss, shapeOf(first)[0]);
  }

  /** Updates the metrics of `compile` with a batch, and gives the values of all metrics so far. */
  computeMetrics(_x: unknown, y: unknown, yPred: unknown, sampleWeight: unknown): Outputs {
    const names = this.outputNames;
    const args = [
      inOutputOrder(y, names),
      flatten(yPred) as Tensor[],
      inOutputOrder(sampleWeight, names),
      names,
    ] as const;
    this.#compileMetrics?.update(...args);
    return this.metricResults();
  }

  private metricResults(): Outputs {
    const named = this.#compileMetrics?.named ?? [];
    const results: Outputs = {};
    if (this.#lossTracker !== null) results.loss = this.#lossTracker.result();
    for (const metric of this.#compileLoss?.metrics ?? []) results[metric.name] = metric.result();
    for (const { name, metric } of named) results[name] = metric.result();
    for (const metric of partsOf(this, (part): part is Metric => part instanceof Metric))
      results[metric.name] = metric.result();
    return results;
  }

  /** @internal What the compiled steps take in place of the inputs: those that are text cannot be compiled. */
  protected prepareInputs(x: unknown): unknown {
    return x;
  }

  /** @internal Runs a step, in which the model is called with prepared inputs. */
  protected withPrepared<R>(f: () => R): R {
    return f();
  }

  private step(kind: 'train' | 'test'): CompiledFunction<Parameters<Step>, Outputs> {
    const existing = this.#steps[kind];
    if (existing !== undefined) return existing;
    const body: Step =
      kind === 'train'
        ? (x, y, sampleWeight) => this.withPrepared(() => this.trainStep({ x, y, sampleWeight }))
        : (x, y, sampleWeight) => this.withPrepared(() => this.testStep({ x, y, sampleWeight }));
    const made = compiled(body, { name: `${this.name}.${kind}Step` });
    this.#steps[kind] = made;
    return made;
  }

  private runner(kind: 'train' | 'test'): StepRunner {
    const step = this.step(kind);
    const { isEager } = this;
    return new StepRunner(
      isEager ? step.jsFunction : step,
      isEager ? null : (...args) => step.async(...args),
    );
  }

  private get isEager(): boolean {
    return this.#compiledOptions?.runEagerly === true;
  }

  /** Builds the layers by a first pass of a batch, so that the compiled step finds all weights. */
  #buildWith(batch: Batch, batchSize: number | null = exampleCount(batch)): void {
    if (this.#layersBuilt && this.built) return;
    const unbuilt = [this as Layer, ...this.allSublayers()].filter(({ built }) => !built);
    if (unbuilt.length > 0) {
      this.invoke(rows(batch.x, 0, 1), { training: false });
      this.clearLosses();
      widenBatch(unbuilt, batchSize);
    }
    this.optimizer?.build(this.trainableWeights);
    this.#layersBuilt = true;
  }

  /**
   * Trains for a number of epochs. While it computes, the event loop stays free. Resolves to the record of losses and metrics.
   * Where a bar is shown on a terminal and nothing else listens for SIGINT, Ctrl-C ends it as `stopTraining` does.
   * @tf tf.keras.Model.fit
   */
  async fit(x: Data | Batches, y: Data | null = null, options: FitOptions = {}): Promise<History> {
    this.checkCompiled('fit');
    const o = checkOptions(options, 'fit');
    const { epochs = 1, initialEpoch = 0, stepsPerEpoch = null, validationFreq = 1 } = o;
    const { training, validation } = sourcesOfFit(x, y, o);
    const batches = new Epochs(training, stepsPerEpoch);
    const held = validation === null ? null : new Epochs(validation, o.validationSteps ?? null);
    const verbose = verbosity(o.verbose);
    const callbacks = this.callbackList(o, { verbose, epochs, steps: batches.steps }, true);
    const stop = new Stop(o.signal ?? null, 'fit');
    stop.isDue();
    this.stopTraining = false;
    this.interrupted = false;
    this.resumeFrom = null;
    await stop.catchInterrupt(verbose === 1, async () => {
      await callbacks.call('onTrainBegin');
      let logs: Logs = {};
      const first = this.resumeFrom ?? initialEpoch;
      for (let epoch = first; epoch < epochs && !this.stopTraining; epoch++) {
        this.resetMetrics();
        await callbacks.call('onEpochBegin', epoch);
        const found = await this.runEpoch('train', batches, callbacks, stop);
        if (found === null) {
          if (epoch === first && !stop.isDue()) throw noBatches('fit');
          warnOutOfData();
          break;
        }
        if (!stop.isDue() && held !== null && validates(validationFreq, epoch))
          for (const [name, value] of Object.entries(await this.runEvaluation(held, callbacks, stop)))
            found[`val_${name}`] = value;
        // An epoch that Ctrl-C cut short is not recorded.
        if (stop.isDue()) break;
        logs = sorted(found);
        await callbacks.call('onEpochEnd', epoch, logs);
      }
      this.interrupted = stop.interrupted;
      if (epochs > 0) this.optimizer?.finalizeVariableValues(this.trainableWeights);
      await callbacks.call('onTrainEnd', logs);
    });
    return callbacks.history ?? new History();
  }

  /** The callbacks of a call, with those that are always there. */
  private callbackList(
    o: EvaluateOptions | FitOptions,
    params: TrainingParams,
    addHistory = false,
  ): CallbackList {
    if (o.callbacks instanceof CallbackList) return o.callbacks;
    const addProgbar = params.verbose > 0;
    return new CallbackList(o.callbacks ?? null, { addHistory, addProgbar, model: this, ...params });
  }

  /** The values after the batches of an epoch; null if there was none. */
  private async runEpoch(
    kind: 'train' | 'test',
    batches: Epochs,
    callbacks: CallbackList,
    stop: Stop,
  ): Promise<Logs | null> {
    const [begin, end] =
      kind === 'train'
        ? (['onTrainBatchBegin', 'onTrainBatchEnd'] as const)
        : (['onTestBatchBegin', 'onTestBatchEnd'] as const);
    const starts = callbacks.listeners(begin).length > 0;
    const ends = callbacks.listeners(end);
    const bars = ends.filter((c): c is ProgbarLogger => c instanceof ProgbarLogger);
    const runner = this.runner(kind);
    let outputs: Outputs = {};
    let i = 0;
    for await (const batch of batches.next()) {
      if (stop.isDue()) break;
      if (starts) await callbacks.call(begin, i);
      if (i === 0) this.#buildWith(batch, batches.batchSize);
      outputs = await runner.run({ ...batch, x: this.prepareInputs(batch.x) });
      // Reading the values waits for the step.
      const isDrawn = bars.map((bar) => bar.wants(i)).includes(true);
      if (ends.length > bars.length || isDrawn) await callbacks.call(end, i, numbers(outputs));
      i++;
      if (kind === 'train' && this.stopTraining) break;
    }
    return i === 0 ? null : numbers(outputs);
  }

  /** Evaluates on all batches of a source. */
  private async runEvaluation(batches: Epochs, callbacks: CallbackList, stop: Stop): Promise<Logs> {
    this.resetMetrics();
    batches.reset();
    await callbacks.call('onTestBegin');
    const logs = await this.runEpoch('test', batches, callbacks, stop);
    if (logs === null && !stop.isDue()) throw noBatches('evaluate');
    await callbacks.call('onTestEnd', logs ?? {});
    return logs ?? {};
  }

  /** The loss and metrics on data, by name. @tf tf.keras.Model.evaluate */
  async evaluate(x: Data | Batches, y: Data | null = null, options: EvaluateOptions = {}): Promise<Logs> {
    this.checkCompiled('evaluate');
    const o = checkOptions(options, 'evaluate');
    const source = sourceOf(x, y, o.sampleWeight ?? null, o.batchSize ?? 32);
    const batches = new Epochs(source, o.steps ?? null);
    const params = { verbose: verbosity(o.verbose), epochs: 1, steps: batches.steps };
    return this.runEvaluation(batches, this.callbackList(o, params), new Stop(o.signal ?? null, 'evaluate'));
  }

  /** The outputs for inputs, batch by batch. @tf tf.keras.Model.predict */
  async predict<R = Tensor>(x: Data | Batches, options: EvaluateOptions = {}): Promise<R> {
    const o = checkOptions(options, 'predict');
    const batches = new Epochs(sourceOf(x, null, null, o.batchSize ?? 32, 'predict'), o.steps ?? null);
    const params = { verbose: verbosity(o.verbose, 0), epochs: 1, steps: batches.steps };
    const callbacks = this.callbackList(o, params);
    const stop = new Stop(o.signal ?? null, 'predict');
    const found: unknown[] = [];
    const step = this.predictFunction;
    const runner = this.isEager
      ? new StepRunner<[unknown], unknown>(step.jsFunction, null)
      : new StepRunner<[unknown], unknown>(step, (x) => step.async(x));
    await callbacks.call('onPredictBegin');
    for await (const batch of batches.next()) {
      stop.isDue();
      await callbacks.call('onPredictBatchBegin', found.length);
      if (found.length === 0) this.#buildWith(batch);
      found.push(await runner.runWith(this.prepareInputs(batch.x)));
      await callbacks.call('onPredictBatchEnd', found.length - 1);
    }
    await callbacks.call('onPredictEnd');
    return joined(found) as R;
  }

  private get predictFunction(): CompiledFunction<[unknown], unknown> {
    return (this.#steps.predict ??= compiled((x: unknown) => this.withPrepared(() => this.predictStep(x)), {
      name: `${this.name}.predictStep`,
    }));
  }

  /** One step of training on one batch; the loss and metrics of it. @tf tf.keras.Model.train_on_batch */
  async trainOnBatch(
    x: Data,
    y: Data | null = null,
    options: { sampleWeight?: Data | null; classWeight?: Readonly<Record<number, number>> | null } = {},
  ): Promise<Logs> {
    this.checkCompiled('trainOnBatch');
    const parts = { x: toTensors(x), y: toTensors(y), sampleWeight: toTensors(options.sampleWeight ?? null) };
    return this.onBatch('train', weightClasses(parts, options.classWeight ?? null));
  }

  /** The loss and metrics of one batch. @tf tf.keras.Model.test_on_batch */
  async testOnBatch(
    x: Data,
    y: Data | null = null,
    options: { sampleWeight?: Data | null } = {},
  ): Promise<Logs> {
    this.checkCompiled('testOnBatch');
    return this.onBatch('test', {
      x: toTensors(x),
      y: toTensors(y),
      sampleWeight: toTensors(options.sampleWeight ?? null),
    });
  }

  private async onBatch(kind: 'train' | 'test', batch: Batch): Promise<Logs> {
    this.resetMetrics();
    this.#buildWith(batch);
    return numbers(await this.runner(kind).run({ ...batch, x: this.prepareInputs(batch.x) }));
  }

  /** The outputs for one batch, at once: the compiled function runs before it returns. @tf tf.keras.Model.predict_on_batch */
  predictOnBatch<R = Tensor>(x: Data): R {
    const inputs = toTensors(x);
    this.#buildWith({ x: inputs, y: null, sampleWeight: null });
    const prepared = this.prepareInputs(inputs);
    return (this.isEager ? this.predictStep(prepared) : this.predictFunction(prepared)) as R;
  }
}
