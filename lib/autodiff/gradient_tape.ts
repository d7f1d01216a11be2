/** GradientTape: records ops, and computes gradients from the record. */
import type { DTypeInfo } from '../core/dtype';
import { FailedPreconditionError, InvalidArgumentError } from '../core/errors';
import { toTensor, type TensorLike } from '../core/convert';
import type { IndexedSlices } from '../core/indexed_slices';
import { flatten, packAs, rejectPromise } from '../core/nest';
import { describe, sameShape, showShape, type Shape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { Variable } from '../core/variable';
import { options } from '../ops/define';
import { accumulate, backward, filled } from './backward';
import { batchJacobian, jacobian } from './jacobian';
import { startRecording, stopRecording, Tape } from './tape';

/** A tensor or a variable, as sources and watched values are. */
export type Source = Tensor | Variable;
/** Nested arrays and plain objects of T. */
export type Nested<T> = T | readonly Nested<T>[] | { readonly [key: string]: Nested<T> };
/** The structure S with each leaf replaced by R. */
export type Mirror<S, R> = S extends Tensor | Variable
  ? R
  : S extends readonly unknown[]
    ? { -readonly [K in keyof S]: Mirror<S[K], R> }
    : S extends object
      ? { -readonly [K in keyof S]: Mirror<S[K], R> }
      : R;

/** `'none'`: null where a source has no influence; `'zero'`: zeros of its shape. @tf tf.UnconnectedGradients */
export type UnconnectedGradients = 'none' | 'zero';

export interface GradientTapeOptions {
  /** Keep the record after `gradient`, so that it can be called again. Default false. */
  persistent?: boolean;
  /** Watch trainable variables by themselves when they are read. Default true. */
  watchAccessedVariables?: boolean;
}

export interface GradientOptions {
  /** Weights of the targets' elements, in the targets' structure. Default ones. */
  outputGradients?: Nested<TensorLike | null> | null;
  /** What an unconnected source gets. Default 'none'. */
  unconnectedGradients?: UnconnectedGradients;
}

/** A source of a gradient: the ids under which the tape may know it. */
export interface ResolvedSource {
  ids: readonly number[];
  shape: Shape;
  dt: DTypeInfo;
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
  /** Null before the first use, and after a non-persistent tape was used up. */
  private tape: Tape | null = null;
  private usedUp = false;
  private recording = false;
  private inRun = false;

  constructor(given?: GradientTapeOptions | boolean) {
    const o = options<Required<GradientTapeOptions>>(
      given,
      'persistent',
      { persistent: false, watchAccessedVariables: true },
      'GradientTape',
    );
    this.persistent = o.persistent;
    this.watchAccessedVariables = o.watchAccessedVariables;
  }

  private record(): Tape {
    if (this.tape === null) {
      this.tape = new Tape(this.watchAccessedVariables);
      this.usedUp = false;
    }
    return this.tape;
  }

  private start(): void {
    startRecording(this.record());
    this.recording = true;
  }

  private stop(): void {
    if (this.recording && this.tape !== null) stopRecording(this.tape);
    this.recording = false;
  }

  /**
   * Calls `f` and records what it does; returns its result. May be called again: the record goes on. FailedPreconditionError
   * where this tape is recording already, TypeError where `f` returns a Promise.
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

  /** Follows tensors (constants are not followed by themselves) or variables from now on. @tf tf.GradientTape.watch */
  watch(tensors: Nested<Source>): void {
    for (const leaf of flatten(tensors)) {
      if (!(leaf instanceof Tensor || leaf instanceof Variable)) {
        throw new InvalidArgumentError(
          `[GradientTape.watch] Passed in object ${String(leaf)} of type '${typeof leaf}', not tf.Tensor or tf.Variable`,
        );
      }
      if (leaf.dt.kind !== 'float') {
        if (integerWatches++ < 5) {
          process.emitWarning(
            `The dtype of the watched tensor must be floating (e.g. float32), got ${leaf.dt.name}`,
            'GradtapeWarning',
          );
        }
        continue;
      }
      if (leaf instanceof Variable) this.record().watchVariable(leaf);
      else this.record().follow(leaf.id);
    }
  }

  /** The variables that were watched, in the order in which they were first read. */
  watchedVariables(): Variable[] {
    return this.tape === null ? [...this.watchedBefore] : [...this.tape.variables.keys()];
  }
  private watchedBefore: Variable[] = [];

  /** Runs `f` without recording it. FailedPreconditionError where the tape is not recording. @tf tf.GradientTape.stop_recording */
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

  /** Forgets everything recorded and watched; goes on recording if it was. @tf tf.GradientTape.reset */
  reset(): void {
    const recording = this.recording;
    this.stop();
    this.tape?.release();
    this.tape = null;
    this.usedUp = false;
    if (recording) this.start();
  }

  /** The tape to go back over; errors and warnings about when. */
  private open(): Tape {
    if (this.usedUp) {
      throw new FailedPreconditionError(
        '[GradientTape] A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians); ' +
          'make it with { persistent: true }',
      );
    }
    const tape = this.record();
    if (this.recording) {
      if (!this.persistent) {
        this.stop();
      } else if (!warnedInside) {
        warnedInside = true;
        process.emitWarning(
          'Calling GradientTape.gradient on a persistent tape inside its context is significantly less efficient than ' +
            'calling it outside the context (it causes the gradient ops to be recorded on the tape, leading to increased ' +
            'CPU and memory usage). Only call GradientTape.gradient inside the context if you actually want to trace the ' +
            'gradient in order to compute higher order derivatives.',
          'GradtapeWarning',
        );
      }
    }
    return tape;
  }

  private close(tape: Tape): void {
    if (this.persistent) return;
    this.watchedBefore = [...tape.variables.keys()];
    tape.release();
    this.tape = null;
    this.usedUp = true;
  }

  /**
   * The gradients of the sum of all targets' elements with respect to each source, in the sources' structure; null
   * (or zeros) where a source has no influence. A gather's gradient comes as IndexedSlices. @tf tf.GradientTape.gradient
   */
  gradient<S extends Nested<Source>>(
    target: Nested<Source>,
    sources: S,
    given: GradientOptions = {},
  ): Mirror<S, Tensor | IndexedSlices | null> {
    checkUnconnected(given.unconnectedGradients);
    const targets = resolveTargets(target);
    const dys = resolveOutputGradients(target, targets, given.outputGradients);
    const leaves = flatten(sources);
    leaves.forEach(checkSource);
    const tape = this.open();
    const resolved = leaves.map((leaf) => resolveSource(tape, leaf as Source));
    const wanted = new Set(resolved.flatMap((s) => s.ids));
    let gradients: Map<number, Tensor | IndexedSlices>;
    try {
      gradients = backward(tape, targets, dys, wanted, !this.persistent);
    } finally {
      this.close(tape);
    }
    const results = resolved.map((s) => {
      let sum: Tensor | IndexedSlices | null = null;
      for (const id of s.ids) {
        const part = gradients.get(id);
        if (part !== undefined) sum = sum === null ? part : accumulate(sum, part);
      }
      if (sum === null && given.unconnectedGradients === 'zero') return filled(s.shape, s.dt, 0);
      return sum;
    });
    return packAs(sources, results) as Mirror<S, Tensor | IndexedSlices | null>;
  }

  /**
   * The matrix of derivatives: for a target of shape T and a source of shape S, a tensor of shape T + S.
   * @tf tf.GradientTape.jacobian
   */
  jacobian<S extends Nested<Source>>(
    target: Source,
    sources: S,
    given: Pick<GradientOptions, 'unconnectedGradients'> = {},
  ): Mirror<S, Tensor | null> {
    checkUnconnected(given.unconnectedGradients);
    const [t, ...rest] = resolveTargets(target);
    if (rest.length > 0) throw new TypeError('[jacobian] the target must be one tensor');
    const leaves = flatten(sources);
    leaves.forEach(checkSource);
    const tape = this.open();
    const resolved = leaves.map((leaf) => resolveSource(tape, leaf as Source));
    try {
      const results = jacobian(tape, t, resolved, given.unconnectedGradients === 'zero');
      return packAs(sources, results) as Mirror<S, Tensor | null>;
    } finally {
      this.close(tape);
    }
  }

  /**
   * The derivatives within each example of a batch: for a target of shape [b, ...T] and a source of shape [b, ...S],
   * a tensor of shape [b, ...T, ...S]; null (or zeros) where unconnected. @tf tf.GradientTape.batch_jacobian
   */
  batchJacobian(
    target: Source,
    source: Source,
    given: Pick<GradientOptions, 'unconnectedGradients'> = {},
  ): Tensor | null {
    checkUnconnected(given.unconnectedGradients);
    const [t] = resolveTargets(target);
    checkSource(source);
    for (const [what, shape] of [
      ['target', t.shape],
      ['source', source.shape],
    ] as const) {
      if (shape.length < 2) {
        throw new InvalidArgumentError(
          `[batchJacobian] ${what} must have rank at least 2; got shape ${showShape(shape)}`,
        );
      }
    }
    if (t.shape[0] !== source.shape[0]) {
      throw new InvalidArgumentError(
        `[batchJacobian] Need first dimension of target shape (${t.shape.join(', ')}) and source shape ` +
          `(${source.shape.join(', ')}) to match.`,
      );
    }
    const tape = this.open();
    try {
      return batchJacobian(tape, t, resolveSource(tape, source), given.unconnectedGradients === 'zero');
    } finally {
      this.close(tape);
    }
  }
}

function checkUnconnected(value: unknown): void {
  if (value !== undefined && value !== 'none' && value !== 'zero') {
    throw new InvalidArgumentError(
      `[gradient] Unknown value for unconnectedGradients: ${describe(value)}; it is 'none' or 'zero'`,
    );
  }
}

function resolveTargets(target: unknown): Tensor[] {
  if (target === null || target === undefined) {
    throw new TypeError(
      '[gradient] Argument `target` should be a list or nested structure of Tensors, Variables or IndexedSlices to be ' +
        `differentiated, but received ${String(target)}`,
    );
  }
  return flatten(target).map((leaf) => {
    if (leaf instanceof Tensor) return leaf;
    if (leaf instanceof Variable) return leaf.held;
    throw new TypeError(
      `[gradient] Argument \`target\` should be a list or nested structure of Tensors or Variables; it contains ` +
        describe(leaf),
    );
  });
}

function resolveOutputGradients(
  target: unknown,
  targets: readonly Tensor[],
  given: GradientOptions['outputGradients'],
): (Tensor | null)[] {
  if (given === undefined || given === null) return targets.map(() => null);
  // A host array beside one tensor target is that target's weights, not a structure.
  const single = target instanceof Tensor || target instanceof Variable;
  const leaves = single ? [given] : Array.isArray(given) ? (given as unknown[]) : flatten(given);
  if (leaves.length !== targets.length) {
    throw new InvalidArgumentError(
      `[gradient] outputGradients must have one entry per target: ${targets.length}; got ${leaves.length}`,
    );
  }
  return leaves.map((leaf, i) => {
    if (leaf === null || leaf === undefined) {
      throw new InvalidArgumentError(
        `[gradient] outputGradients[${i}] is ${String(leaf)}: each target needs weights; use zeros to leave one out`,
      );
    }
    const dy = toTensor(leaf, targets[i].dt, 'gradient', `outputGradients[${i}]`);
    if (!sameShape(dy.shape, targets[i].shape) || dy.dt !== targets[i].dt) {
      throw new InvalidArgumentError(
        `[gradient] outputGradients[${i}] must have its target's dtype and shape, ${targets[i].dtype} ` +
          `${showShape(targets[i].shape)}; got ${dy.dtype} ${showShape(dy.shape)}`,
      );
    }
    return dy;
  });
}

function checkSource(leaf: unknown): void {
  if (!(leaf instanceof Tensor || leaf instanceof Variable)) {
    throw new TypeError(
      `[gradient] sources must be tensors or variables, or nested arrays and objects of them; got ${describe(leaf)}`,
    );
  }
}

function resolveSource(tape: Tape, source: Source): ResolvedSource {
  const ids = source instanceof Variable ? [...(tape.variables.get(source) ?? [])] : [source.id];
  return { ids: ids.filter((id) => tape.follows(id)), shape: source.shape, dt: source.dt };
}
