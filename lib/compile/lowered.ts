/** Op nodes with their instructions. */
import type { RuntimeScalars } from '../op/contract';
import type { Tensor } from '../core/tensor';
import type { OpNode } from '../graph/graph';
import type { Instruction } from './lower';

export interface LoweredNode {
  readonly node: OpNode;
  readonly instructions: readonly Instruction[];
  /** Its place in the program; fusion may put it elsewhere in the code. */
  readonly order: number;
  /** Nothing happens: the results share storages. */
  readonly view: boolean;
  /** Numbers of its instructions that each run finds anew. */
  readonly scalars?: RuntimeScalars | undefined;
  /** Pairs of storages, of an output and an input, where the one may be written over the other. */
  readonly over?: readonly (readonly [to: Tensor, from: Tensor])[] | undefined;
}

/** Finds the tensor whose storage another one shares, and where it lies. */
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

  /** A root has no storage of its own but lies in that of `whole`, so many bytes from its start on. */
  lay(root: Tensor, whole: Tensor, offset: number): void {
    this.within.set(root, { whole, offset });
  }

  /** The root in whose storage a tensor lies, and the byte where it begins there. */
  place(t: Tensor): { readonly root: Tensor; readonly offset: number } {
    let root = this.root(t);
    let offset = 0;
    for (let on = this.within.get(root); on !== undefined; on = this.within.get(root)) {
      root = this.root(on.whole);
      offset += on.offset;
    }
    return { root, offset };
  }
}
