// Chains: steps of a group that follow each other and are carried out together, a block of elements in
// registers at a time (kernels/chain.h). What only the steps of a chain read is at most written to a block
// that stays in the first-level cache. Results are those of the steps one by one, bit for bit.
#pragma once
#include <stddef.h>

#include <vector>

#include "tile_group.h"

namespace gradtape {

/// Something that a chain reads or writes.
struct ChainPlace {
  enum Kind {
    kRead,   // a value from before
    kWrite,  // a value that others need
    kSlot,   // a value within the chain, one block of it
    kState,  // of a reduction
  };
  Kind kind;
  int value;  // of the group
  int step;   // that makes it, or −1
  bool one;   // a single element for all of the tile
  int link;   // the first one that has it
};

/// A link that has a place.
struct ChainUse {
  int link, place;
};

/// A read or written value, which lies elsewhere in each tile.
struct ChainMove {
  int link, value;
  bool writes;
};

/// A reduction: its place, and the step.
struct ChainState {
  int place, step;
  const ReduceLinks* links;
};

struct Chain {
  int first, end;  // steps of the group
  int dtype;
  std::vector<ChainPlace> places;
  std::vector<ChainLink> links;  // as yet without places
  std::vector<LinkFn> rest;      // of the same links for elements that are no whole block
  std::vector<ChainUse> uses;    // of all places; and of slots and states
  std::vector<ChainUse> own;
  std::vector<ChainUse> ones;   // of single elements
  std::vector<ChainUse> reads;  // the first ones of what is read and written along with the elements
  std::vector<ChainUse> writes;
  std::vector<ChainMove> moves;
  std::vector<ChainState> states;
};

/// No step has more than a load, itself and a store, and each chain has an end.
inline constexpr int kMaxChainLinks = 4 * kMaxTileSteps;

/// Each place has so many bytes of its own in a thread's scratch memory.
int64_t chain_place_bytes(const KernelTable& table);

/// The chains of a group, in their order.
std::vector<Chain> plan_chains(const KernelTable& table, const TileGroup& g, const TileCut& c);

/// A thread's copy of a chain's links: for whole blocks, and for the elements behind the last of these, which
/// go through it as a block of their own. The places' own memory is at `own`, one after the other.
struct ChainLinks {
  ChainLink* whole;
  ChainLink* rest;
  char* own;
};
/// Fills in the links of chains, which follow each other and share their own memory, all but where the moves'
/// places are.
void prepare_chains(const KernelTable& table, const std::vector<Chain>& chains, ChainLinks links);

/// Carries out a chain over n elements, after `whole` got the places of its moves.
void run_chain(const KernelTable& table, const Chain& chain, const ChainLinks& links, int64_t n);

}  // namespace gradtape
