/**
 * Native calls that are the same again but for their storages. What shapes and plain arguments say is written into a page of
 * the border once; a call of few elements would take a third of its time to write it anew.
 */
import { frame, pages, slots } from '../binding';
import { checkElements, maxElements, sizeOf, type Shape } from '../core/shape';

/** The numbers of a call of the border. */
export interface Numbers {
  /** From the first slot on; those of storages are written for each call. */
  readonly list: Float64Array;
  page: number;
}

/** A call of the border, but for its storages. */
export interface Prepared extends Numbers {
  /** The result's. */
  readonly shape: Shape;
  readonly size: number;
}

const count = (slots.length - pages.first) / pages.length;
/** Whose numbers stand in each page. */
const owners = new Array<Numbers | null>(count).fill(null);
let next = 0;

/** Those that `write` writes into the frame, in the first `length` slots, at most as many as a page has. */
export function numbersOf(length: number, write: () => void): Numbers {
  write();
  return { list: frame.slice(0, length), page: 0 };
}

/** A call with a result of that shape, and what `write` writes. */
export function prepare(name: string, shape: Shape, length: number, write: () => void): Prepared {
  const size = sizeOf(shape);
  if (size > maxElements) checkElements(size, shape, `[${name}]`);
  return { shape, size, ...numbersOf(length, write) };
}

/**
 * Where the numbers of the call stand in `slots`. Those of its storages are to be written there, and then at once the entry
 * called: it takes this page for its frame.
 */
export function turnTo(call: Numbers): number {
  let { page } = call;
  if (owners[page] !== call) {
    // The oldest makes room.
    page = next;
    next = (next + 1) % count;
    owners[page] = call;
    call.page = page;
    slots.set(call.list, pages.first + page * pages.length);
  }
  const at = pages.first + page * pages.length;
  slots[pages.turned] = at;
  return at;
}
