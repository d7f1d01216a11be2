/** Rematerialization: recomputes cheap values in the groups that read them, instead of writing them to memory. */
import type { Tensor } from '../../core/tensor';
import { readsOf, Space, usersOf, type Group, type Item, type Member, type Operand } from './group';

/** Smaller values stay in the cache between two groups. */
const minSize = 16 * 1024;

/**
 * If all readers of a cheap value are groups that have its operands, they recompute it, and it is never written. `items` are
 * in execution order and are modified; a group that loses all its members is empty afterwards.
 */
export function recompute(
  items: readonly Item[],
  escaping: ReadonlySet<Tensor>,
  fitsLimits: (group: Group, more: Member) => boolean,
): void {
  const users = usersOf(items);
  const inMemory = (root: Tensor, producer: Item): boolean =>
    escaping.has(root) || [...(users.get(root) ?? [])].some((user) => user !== producer);
  /** The number of recomputed members at the start of each group. */
  const recomputed = new Map<Item, number>();
  for (const item of items) {
    const { group } = item;
    if (group === null || group.size < minSize) continue;
    for (const member of group.members.slice(recomputed.get(item) ?? 0)) {
      const { root, space } = member.out;
      if (member.kernel.cheap !== true || space !== Space.Full || escaping.has(root)) continue;
      // The block may not fit the columns of the other group.
      if (member.operands.some((o) => o.block !== undefined)) continue;
      const readers = [...(users.get(root) ?? [])].filter((user) => user !== item);
      if (readers.length === 0 || readers.length > 2) continue;
      const fits = (user: Item): boolean =>
        user.group !== null &&
        canRecompute(group, user.group, member, recomputed.get(user) ?? 0, (root) => inMemory(root, item)) &&
        fitsLimits(user.group, member);
      if (!readers.every(fits)) continue;
      for (const user of readers) {
        const to = user.group as Group;
        const at = recomputed.get(user) ?? 0;
        to.members.splice(at, 0, member);
        recomputed.set(user, at + 1);
        to.produced.set(root, Space.Full);
        to.columns ??= group.columns;
        for (const t of member.operands.flatMap(readsOf)) {
          user.reads.push(t);
          users.get(t)?.add(user);
        }
      }
      users.set(root, new Set([item]));
      if (!group.members.some((m) => m.operands.some((o) => o.root === root))) {
        group.members.splice(group.members.indexOf(member), 1);
        group.produced.delete(root);
      }
    }
  }
  for (const { group, reads } of items) {
    if (group !== null)
      reads.splice(0, reads.length, ...group.members.flatMap((m) => m.operands.flatMap(readsOf)));
  }
}

/** Whether `to` can compute a member of `from` after its first `ready` members, with at most one more value to read. */
function canRecompute(
  from: Group,
  to: Group,
  { operands, out }: Member,
  ready: number,
  inMemory: (root: Tensor) => boolean,
): boolean {
  if (to.size !== from.size) return false;
  const reads = to.members.flatMap((m) => m.operands);
  const elsewhere = (o: Operand): boolean => o.space !== Space.Full || o.block !== undefined;
  if (reads.some((o) => o.whole === out.root || (o.root === out.root && elsewhere(o)))) return false;
  let more = 0;
  for (const o of operands) {
    const byRow = o.space === Space.PerRow || o.space === Space.PerColumn;
    if (byRow && to.columns !== null && to.columns !== from.columns) return false;
    if (to.produced.has(o.root)) {
      if (!to.members.slice(0, ready).some((m) => m.out.root === o.root)) return false;
      continue;
    }
    if (o.space !== Space.Full) continue;
    if (from.produced.has(o.root) && !inMemory(o.root)) return false;
    if (!reads.some((r) => r.root === o.root && r.space === Space.Full && r.block === undefined)) more++;
  }
  return more <= 1;
}
