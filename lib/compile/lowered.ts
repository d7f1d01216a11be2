/** Op nodes with their instructions. */
import type { RuntimeScalars } from '../op/contract';
import type { Tensor } from '../core/tensor';
import type { OpNode } from '../graph/graph';
import type { Instruction } from './lower';

export interface LoweredNode {
  readonly node: OpNode;
  readonly instructions: readonly Instruction[];
  /** Its position in program order; fusion may change the order of the code. */
  readonly order: number;
  /** It has no instructions: its results share storages of its inputs. */
  readonly view: boolean;
  /** Scalars of its instructions that each run computes anew. */
  readonly scalars?: RuntimeScalars | undefined;
  /** Pairs of an output's and an input's storage: the output may be written in place of the input. */
  readonly over?: readonly (readonly [to: Tensor, from: Tensor])[] | undefined;
}

/** Storage sharing among the tensors of a program: aliases, and values inside the storage of others. */
export class Storages {
  private readonly parent = new Map<Tensor, Tensor>();
  private readonly within = new Map<Tensor, { readonly whole: Tensor; readonly offset: number }>();
  share(t: Tensor, source: Tensor): void {
    this.parent.set(t, source);
  }
  root(t: Tensor): Tensor {
    let at = t;
    for (let next = this.parent.get(at); next !== undefined; next = this.parent.get(at)) at = next;
    return at;
  }

  /** Places a root inside the storage of `whole`, at a byte offset, instead of a storage of its own. */
  placeWithin(root: Tensor, whole: Tensor, offset: number): void {
    this.within.set(root, { whole, offset });
  }

  /** The root whose storage contains a tensor, and the tensor's byte offset in it. */
  locate(t: Tensor): { readonly root: Tensor; readonly offset: number } {
    let root = this.root(t);
    let offset = 0;
    for (let on = this.within.get(root); on !== undefined; on = this.within.get(root)) {
      root = this.root(on.whole);
      offset += on.offset;
    }
    return { root, offset };
  }
}
