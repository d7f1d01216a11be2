/**
 * Weights that a file's config makes. There is a limit: the file has all of them, so a small file cannot ask for large ones. Random
 * values are not drawn, since the file has others.
 */
import type { DTypeInfo } from '../../core/dtype';
import { DataLossError, OpError } from '../../core/errors';
import { asShape, showShape, sizeOf } from '../../core/shape';
import { tensorFromBuffer, type Tensor } from '../../core/tensor';
import type { Variable } from '../../core/variable';

/** A weight that holds `zeros` until the file or `draw` gives its values. */
interface UndrawnWeight {
  readonly weight: Variable;
  readonly zeros: Tensor;
  readonly draw: () => Tensor;
}

/** A file that is being loaded. */
interface Loading {
  readonly file: string;
  /** Bytes that weights may still take. */
  left: number;
  readonly undrawn: UndrawnWeight[];
  /** What these hold. */
  zeros: ArrayBuffer;
}

let limit: Loading | null = null;

/** What states that are not saved may take, such as those of stateful recurrent layers. */
const slack = 2 ** 26;

/**
 * Runs f, which makes a model of a file's config and assigns its weights: layers may make weights of a few times the bytes that the file has for them, and
 * what the config lacks is an error that names the file.
 */
export function withWeightLimit<T>(bytes: number, file: string, f: () => T): T {
  const before = limit;
  const undrawn: UndrawnWeight[] = [];
  limit = { left: 4 * bytes + slack, file, undrawn, zeros: new ArrayBuffer(0) };
  try {
    const model = f();
    // What the file does not have.
    for (const { weight, zeros, draw } of undrawn) if (weight.held === zeros) weight.assign(draw());
    return model;
  } catch (error) {
    if (error instanceof OpError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new DataLossError(`[${file}] the config does not describe a model: ${message}`, { cause: error });
  } finally {
    limit = before;
  }
}

/** Called before a weight is made. DataLossError if the file that is being loaded cannot have it. */
export function countWeight(shape: readonly number[], name: string): void {
  if (limit === null) return;
  limit.left -= 4 * sizeOf(shape);
  // Also where it is no number.
  if (!(limit.left >= 0))
    throw new DataLossError(
      `[${limit.file}] the config asks for a weight '${name}' of the shape ${showShape(shape)}, larger than what the file has`,
    );
}

/** The values with which a weight is made. */
interface InitialValue {
  readonly dt: DTypeInfo;
  readonly shape: readonly number[];
  readonly draw: () => Tensor;
  /** Whether it is drawn even if a file has other values. */
  readonly isNeeded: boolean;
}

/** A weight with these values. While a file is loaded they are drawn at the end, and only if the file has no others. */
export function weightWith<W extends Variable>(initial: InitialValue, make: (value: Tensor) => W): W {
  if (limit === null || initial.isNeeded) return make(initial.draw());
  const { dt, shape, draw } = initial;
  const bytes = sizeOf(shape) * dt.bytes;
  // All weights of the file share this memory until they are assigned.
  if (limit.zeros.byteLength < bytes) limit.zeros = new ArrayBuffer(bytes);
  const weight = make(tensorFromBuffer(dt, asShape([...shape]), limit.zeros, 0));
  limit.undrawn.push({ weight, zeros: weight.held, draw });
  return weight;
}
