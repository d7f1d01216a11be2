/** GradientTape: records ops, and differentiates what it recorded. */
import type { TensorLike } from '../core/convert';
import type { DType } from '../core/dtype';
import { FailedPreconditionError, InvalidArgumentError } from '../core/errors';
import { IndexedSlices } from '../core/indexed_slices';
import { flatten, packAs, rejectPromise } from '../core/nest';
import { options as parseOptions, throwExtraArguments } from '../core/options';
import { describe, showShape } from '../core/shape';
import { peekNextId, shapeOf, Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import { identity } from '../ops/array/views';
import {
  checkSource,
  checkUnconnected,
  idsOf,
  jacobianDefaults,
  jacobianZero,
  oneTarget,
  resolveOutputGradients,
  resolveSource,
  resolveTargets,
  type GradientOptions,
  type Gradients,
  type JacobianOptions,
  type Jacobians,
  type Nested,
  type Source,
  type UnconnectedGradients,
} from './arguments';
import { accumulate, backward, filled, gradientTensors, pathFrom } from './backward';
import { batchJacobian, jacobian } from './jacobian';
import { startRecording, stopRecording, Tape } from './tape';

const gradientTapeDefaults = { persistent: false, watchAccessedVariables: true } as const;
const gradientDefaults = { outputGradients: null, unconnectedGradients: 'none' } as const;

export interface GradientTapeOptions {
  /** Keep the recorded ops after `gradient`, so that it can be called again. Default false. */
  persistent?: boolean;
  /** Watch trainable variables automatically when they are read. Default true. */
  watchAccessedVariables?: boolean;
}

/**
 * Replaces tensors that a gradient shares with other sources' gradients, or that existed before this call (id < firstId), by
 * aliases. So disposing a gradient affects no other tensor.
 */
function withOwnTensors(
  gradients: readonly (Tensor | IndexedSlices | null)[],
  firstId: number,
): (Tensor | IndexedSlices | null)[] {
  const returned = new Set<Tensor>();
  const own = (t: Tensor): Tensor => {
    if (t.id >= firstId && !returned.has(t)) {
      returned.add(t);
      return t;
    }
    return identity(t);
  };
  return gradients.map((g) => {
    if (!(g instanceof IndexedSlices)) return g === null ? null : own(g);
    const [values, indices] = [own(g.values), own(g.indices)];
    if (values === g.values && indices === g.indices) return g;
    return new IndexedSlices(values, indices, g.denseShape);
  });
}

let warnedInside = false;
let integerWatches = 0;

/**
 * Records the ops that run inside `run`, so that derivatives of their results can be computed.
 *
 * ```ts
 * const tape = new tf.GradientTape();
 * const loss = tape.run(() => tf.reduceMean(tf.square(model(x).sub(y))));
 * const [dW, db] = tape.gradient(loss, [W, b]);
 * ```
 * @tf tf.GradientTape
 */
export class GradientTape {
  private readonly persistent: boolean;
  private readonly watchAccessedVariables: boolean;
  /** Null before the first use, and after a non-persistent tape was consumed. Users must not get the saved tensors. */
  #tape: Tape | null = null;
  private consumed = false;
  private recording = false;
  private inRun = false;

  constructor(options?: GradientTapeOptions | boolean) {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 1) throwExtraArguments('GradientTape', 1, arguments, gradientTapeDefaults);
    const o = parseOptions<Required<GradientTapeOptions>>(
      options,
      'persistent',
      gradientTapeDefaults,
      'GradientTape',
    );
    this.persistent = o.persistent;
    this.watchAccessedVariables = o.watchAccessedVariables;
  }

  private ensureTape(): Tape {
    if (this.#tape === null) {
      this.#tape = new Tape(this.watchAccessedVariables);
      this.consumed = false;
    }
    return this.#tape;
  }

  private start(): void {
    startRecording(this.ensureTape());
    this.recording = true;
  }

  private stop(): void {
    if (this.recording && this.#tape !== null) stopRecording(this.#tape);
    this.recording = false;
  }

  /**
   * Calls `f` and records its ops; returns its result. A further call appends to the recorded ops. Throws a
   * FailedPreconditionError if the tape is already recording, a TypeError if `f` returns a Promise.
   */
  run<T>(f: () => T): T {
    if (typeof f !== 'function')
      throw new TypeError(`[GradientTape.run] needs a function; got ${describe(f)}`);
    if (this.inRun) {
      throw new FailedPreconditionError(
        '[GradientTape.run] Tape is still recording, This can happen if you try to re-enter an already-active tape.',
      );
    }
    this.start();
    this.inRun = true;
    let result: T;
    try {
      result = f();
    } finally {
      this.stop();
      this.inRun = false;
    }
    rejectPromise(result, 'GradientTape.run');
    return result;
  }

  /** Watches tensors or variables from now on; constants are not watched automatically. @tf tf.GradientTape.watch */
  watch(tensors: Nested<Source>): void {
    const leaves = flatten(tensors);
    for (const leaf of leaves) {
      if (!(leaf instanceof Tensor || leaf instanceof Variable)) {
        throw new InvalidArgumentError(
          `[GradientTape.watch] Passed in object ${describe(leaf)} of type '${typeof leaf}', not tf.Tensor or tf.Variable; ` +
            `make a tensor of it first, tf.constant(…), and compute with that`,
        );
      }
    }
    for (const leaf of leaves as Source[]) {
      if (leaf.dt.kind !== 'float') {
        if (integerWatches++ < 5) {
          process.emitWarning(
            `The dtype of the watched tensor must be floating (e.g. tf.float32), got tf.${leaf.dt.name}`,
            'GradtapeWarning',
          );
        }
      } else if (leaf instanceof Variable) {
        this.ensureTape().watchVariable(leaf);
      } else {
        this.ensureTape().watch(leaf.id);
      }
    }
  }

  /** The watched variables, in order of creation. @tf tf.GradientTape.watched_variables */
  watchedVariables(): Variable[] {
    const watched = this.#tape === null ? this.watchedBefore : this.#tape.variables.keys();
    return [...watched].sort((a, b) => a.serial - b.serial);
  }
  /** Those of the tape that was consumed last. */
  private watchedBefore: Variable[] = [];

  /** Runs `f` unrecorded. Throws a FailedPreconditionError if the tape is not recording. @tf tf.GradientTape.stop_recording */
  stopRecording<T>(f: () => T): T {
    if (!this.recording) {
      throw new FailedPreconditionError(
        '[GradientTape.stopRecording] Trying to stop recording a tape which is not recording.',
      );
    }
    this.stop();
    let result: T;
    try {
      result = f();
    } finally {
      this.start();
    }
    rejectPromise(result, 'GradientTape.stopRecording');
    return result;
  }

  /** Clears the recorded ops and the watched tensors; if the tape is recording, it continues. @tf tf.GradientTape.reset */
  reset(): void {
    const recording = this.recording;
    this.stop();
    this.#tape?.release();
    this.#tape = null;
    this.consumed = false;
    this.watchedBefore = [];
    if (recording) this.start();
  }

  /** Returns the tape for a backward pass, and stops recording unless it is persistent. Throws if it is empty or consumed. */
  private beginBackward(method: string): Tape {
    if (this.consumed) {
      throw new FailedPreconditionError(
        `[GradientTape.${method}] A non-persistent GradientTape can only be used to compute one set of gradients (or ` +
          `jacobians); make it with { persistent: true }`,
      );
    }
    const tape = this.#tape;
    if (tape === null) {
      throw new FailedPreconditionError(
        `[GradientTape.${method}] the tape has recorded nothing: compute the target inside tape.run(() => …)`,
      );
    }
    if (!this.persistent) {
      this.consumed = true;
      this.stop();
    } else if (this.recording && !warnedInside) {
      warnedInside = true;
      process.emitWarning(
        `Calling GradientTape.${method} on a persistent tape inside its context is significantly less efficient than ` +
          'calling it outside the context (it causes the gradient ops to be recorded on the tape, leading to increased ' +
          'CPU and memory usage). Only call GradientTape.gradient inside the context if you actually want to trace the ' +
          'gradient in order to compute higher order derivatives.',
        'GradtapeWarning',
      );
    }
    return tape;
  }

  /** Releases a tape that is not persistent. */
  private endBackward(tape: Tape): void {
    if (this.persistent) return;
    this.watchedBefore = [...tape.variables.keys()];
    tape.release();
    this.#tape = null;
  }

  /**
   * The gradients of the sum of all targets' elements with respect to each source, in the sources' structure. The gradient
   * of a gather is IndexedSlices, which have the methods of tensors. That of a source without influence on the targets is
   * null, or zeros with `unconnectedGradients: 'zero'`. Since an unconnected source is usually a mistake, the type includes
   * null only if the call states `{ unconnectedGradients: 'none' }`.
   * @tf tf.GradientTape.gradient
   */
  gradient<const S extends Nested<Source>>(
    target: Nested<Source | IndexedSlices>,
    sources: S,
    options: GradientOptions & { unconnectedGradients: 'none' },
  ): Gradients<S, null>;
  gradient<const S extends Nested<Source>>(
    target: Nested<Source | IndexedSlices>,
    sources: S,
    options?: GradientOptions | TensorLike | readonly Nested<TensorLike | null>[] | null,
  ): Gradients<S>;
  gradient<const S extends Nested<Source>>(
    target: Nested<Source | IndexedSlices>,
    sources: S,
    options?: GradientOptions | TensorLike | readonly Nested<TensorLike | null>[] | null,
  ): Gradients<S> {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 3) throwExtraArguments('GradientTape.gradient', 3, arguments, gradientDefaults);
    const o = parseOptions<Required<GradientOptions>>(
      options,
      'outputGradients',
      gradientDefaults,
      'GradientTape.gradient',
    );
    checkUnconnected(o.unconnectedGradients, 'gradient');
    const targets = resolveTargets(target, 'gradient');
    const dys = resolveOutputGradients(target, targets, o.outputGradients);
    const leaves = flatten(sources);
    leaves.forEach((leaf) => {
      checkSource(leaf, 'gradient');
    });
    const tape = this.beginBackward('gradient');
    try {
      const firstId = peekNextId();
      const resolved = leaves.map((leaf) => resolveSource(tape, leaf as Source));
      const path = pathFrom(tape, idsOf(resolved), this.recording);
      const gradients = backward(path, targets, dys, !this.persistent);
      const results = resolved.map((s) => {
        let sum = gradientTensors(s, gradients);
        // A source that is a target has the upstream gradient as its gradient, even if the tape does not watch it.
        if (!s.ids.includes(s.own)) {
          targets.forEach((t, i) => {
            if (t.id !== s.own || t.dt.kind !== 'float') return;
            const dy = dys[i] ?? filled(shapeOf(t), t.dt, 1);
            sum = sum === null ? dy : accumulate(sum, dy);
          });
        }
        return sum ?? (o.unconnectedGradients === 'zero' ? filled(s.shape, s.dt, 0) : null);
      });
      return packAs(sources, withOwnTensors(results, firstId)) as Gradients<S>;
    } finally {
      this.endBackward(tape);
    }
  }

  /**
   * The jacobian of one target of shape T with respect to each source of shape S, a tensor of shape T + S; null (or zeros) if
   * unconnected, which the type states as for `gradient`. The sources may be nested.
   * @tf tf.GradientTape.jacobian
   */
  jacobian<const S extends Nested<Source>>(
    target: Source,
    sources: S,
    options: JacobianOptions & { unconnectedGradients: 'none' },
  ): Jacobians<S, null>;
  jacobian<const S extends Nested<Source>>(
    target: Source,
    sources: S,
    options?: JacobianOptions | UnconnectedGradients,
  ): Jacobians<S>;
  jacobian<const S extends Nested<Source>>(
    target: Source,
    sources: S,
    options?: JacobianOptions | UnconnectedGradients,
  ): Jacobians<S> {
    // eslint-disable-next-line prefer-rest-params
    if (arguments.length > 3) throwExtraArguments('GradientTape.jacobian', 3, arguments, jacobianDefaults);
    const zero = jacobianZero(options, 'jacobian');
    const t = oneTarget(target, 'jacobian');
    const leaves = flatten(sources);
    leaves.forEach((leaf) => {
      checkSource(leaf, 'jacobian');
    });
    const tape = this.beginBackward('jacobian');
    try {
      const resolved = leaves.map((leaf) => resolveSource(tape, leaf as Source));
      const path = pathFrom(tape, idsOf(resolved), this.recording);
      return packAs(sources, jacobian(path, t, resolved, zero)) as Jacobians<S>;
    } finally {
      this.endBackward(tape);
    }
  }

  /**
   * The jacobian of each example of a batch: for a target of shape [b, ...T] and a source of shape [b, ...S],
   * a tensor of shape [b, ...T, ...S]; null (or zeros) if unconnected, which the type states as for `gradient`.
   * The examples must be independent of each other. @tf tf.GradientTape.batch_jacobian
   */
  batchJacobian<D extends DType>(
    target: Source,
    source: Source<D>,
    options: JacobianOptions & { unconnectedGradients: 'none' },
  ): Tensor<D> | null;
  batchJacobian<D extends DType>(
    target: Source,
    source: Source<D>,
    options?: JacobianOptions | UnconnectedGradients,
  ): Tensor<D>;
  batchJacobian(
    target: Source,
    source: Source,
    options?: JacobianOptions | UnconnectedGradients,
  ): Tensor | null {
    if (arguments.length > 3) {
      // eslint-disable-next-line prefer-rest-params
      throwExtraArguments('GradientTape.batchJacobian', 3, arguments, jacobianDefaults);
    }
    const zero = jacobianZero(options, 'batchJacobian');
    const t = oneTarget(target, 'batchJacobian');
    checkSource(source, 'batchJacobian');
    for (const [what, shape] of [
      ['target', shapeOf(t)],
      ['source', source.shape],
    ] as const) {
      if (shape.length < 2) {
        throw new InvalidArgumentError(
          `[GradientTape.batchJacobian] ${what}: Shape ${showShape(shape)} must have rank at least 2`,
        );
      }
    }
    if (shapeOf(t)[0] !== source.shape[0]) {
      throw new InvalidArgumentError(
        `[GradientTape.batchJacobian] Need first dimension of target shape (${shapeOf(t).join(', ')}) and source shape ` +
          `(${source.shape.join(', ')}) to match.`,
      );
    }
    const tape = this.beginBackward('batchJacobian');
    try {
      const resolved = resolveSource(tape, source);
      const path = pathFrom(tape, idsOf([resolved]), this.recording);
      return batchJacobian(path, t, resolved, zero);
    } finally {
      this.endBackward(tape);
    }
  }
}
