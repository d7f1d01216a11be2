/** The optimizer's own variables: updated in place as long as nobody else has seen their elements. */
import type { DTypeInfo, TypedArray } from '../../core/dtype';
import { context } from '../../core/context';
import { makeTensor, shapeOf, type Tensor, viewOf } from '../../core/tensor';
import { Variable } from '../../core/variable';
import { sizeOf, type Shape } from '../../core/shape';
import { fillWith } from '../../op/strided';

/** A variable whose elements an optimizer may overwrite while no one holds a tensor of them. */
export class Slot extends Variable {
  private shared = false;

  /** Zeros. */
  constructor(name: string, dt: DTypeInfo, shape: Shape) {
    const zeros = makeTensor(dt, shape, sizeOf(shape));
    fillWith(zeros, 0);
    super(zeros, { name, trainable: false });
  }

  override read(): Tensor {
    this.shared = true;
    return super.read();
  }

  /** @internal */
  override operand(): Tensor {
    // A tape may keep it, or a reshape show it.
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

  /** @internal No tape has seen it. */
  override get prefersInPlace(): boolean {
    return !this.shared;
  }

  /** @internal */
  override markOverwritten(): void {
    // The same tensor goes on.
  }

  /** Where the next value is to be written: the present one, or a new tensor that `settle` then puts in its place. */
  target(): Tensor {
    this.checkUnclaimed();
    return this.shared ? makeTensor(this.dt, shapeOf(this.held), this.held.size) : this.held;
  }

  settle(value: Tensor): void {
    if (value !== this.held) this.assignOwned(value);
  }
}

/** The element of a variable that has one, through a view that is made once for each tensor. */
export class Element {
  // Private to the language: the view shows a storage.
  #of: Tensor | null = null;
  #view: TypedArray = new Float32Array(1);

  /** `held`: the value that is asked for. */
  get({ held }: { readonly held: Tensor }): number {
    if (held !== this.#of) {
      this.#of = held;
      this.#view = viewOf(held);
    }
    return Number(this.#view[0]);
  }
}
