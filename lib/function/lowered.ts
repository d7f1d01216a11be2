/** Op nodes with their instructions. */
import type { LateNumbers } from '../core/scope';
import type { Tensor } from '../core/tensor';
import type { OpNode } from './graph';
import type { Instruction } from './lower';

export interface LoweredNode {
  readonly node: OpNode;
  readonly instructions: readonly Instruction[];
  /** Nothing happens: the results share storages. */
  readonly view: boolean;
  /** Numbers of its instructions that each run finds anew. */
  readonly late?: LateNumbers | undefined;
  /** Pairs of storages, of an output and an input, where the one may be written over the other. */
  readonly over?: readonly (readonly [to: Tensor, from: Tensor])[] | undefined;
}

/** Finds the tensor whose storage another one shares. */
export class Storages {
  private readonly parent = new Map<Tensor, Tensor>();
  share(t: Tensor, source: Tensor): void {
    this.parent.set(t, source);
  }
  root(t: Tensor): Tensor {
    let at = t;
    for (let next = this.parent.get(at); next !== undefined; next = this.parent.get(at)) at = next;
    return at;
  }
}
