/** Slot variables of optimizers: updated in place as long as no tensor shares their elements. */
import type { DTypeInfo, TypedArray } from '../../core/dtype';
import { context } from '../../core/context';
import { makeTensor, shapeOf, type Tensor, viewOf } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { sizeOf, type Shape } from '../../core/shape';
import { fillWith } from '../../op/strided';

/** A variable that an optimizer updates in place, unless a read may have created a tensor that shares its elements. */
export class Slot extends Variable {
  private shared = false;

  /** Creates a slot whose elements are all the same. */
  constructor(name: string, dt: DTypeInfo, shape: Shape, initial = 0) {
    const value = makeTensor(dt, shape, sizeOf(shape));
    fillWith(value, initial);
    super(value, { name, trainable: false });
  }

  override read(): Tensor {
    this.shared = true;
    return super.read();
  }

  /** @internal */
  override operand(): Tensor {
    // A tape may save it, or a reshape alias it.
    if (context.tracer === null) this.shared = true;
    return super.operand();
  }

  /** @internal */
  override get isKept(): boolean {
    return true;
  }

  /** @internal */
  override assignTensor(value: Tensor): void {
    this.shared = true;
    super.assignTensor(value);
  }

  /** @internal */
  override snapshot(): Tensor {
    this.shared = true;
    return super.snapshot();
  }

  /** @internal */
  override assignOwned(value: Tensor): void {
    super.assignOwned(value);
    this.shared = false;
  }

  /** @internal */
  override get canOverwrite(): boolean {
    this.checkUnclaimed();
    return !this.shared;
  }

  /** @internal No tape has saved it. */
  override get prefersInPlace(): boolean {
    return !this.shared;
  }

  /** @internal */
  override markOverwritten(): void {
    // The tensor keeps its id, since no tape has recorded it.
  }

  /** The destination of the next value: the current tensor, or a new one, which `settle` then assigns. */
  target(): Tensor {
    this.checkUnclaimed();
    return this.shared ? makeTensor(this.dt, shapeOf(this.held), this.held.size) : this.held;
  }

  settle(value: Tensor): void {
    if (value !== this.held) this.assignOwned(value);
  }
}

/** The path of a layer's weight; the name of another variable. */
export function pathOf(v: Variable): string {
  const { path } = v as { path?: unknown };
  return typeof path === 'string' ? path : v.name.replace(/:0$/, '');
}

/** Reads the element of scalar variables through a view that is cached for the current tensor. */
export class Element {
  // ECMAScript private fields, since the view exposes a storage.
  #of: Tensor | null = null;
  #view: TypedArray = new Float32Array(1);

  /** `held` is the tensor to read. */
  get({ held }: { readonly held: Tensor }): number {
    if (held !== this.#of) {
      this.#of = held;
      this.#view = viewOf(held);
    }
    return Number(this.#view[0]);
  }
}
