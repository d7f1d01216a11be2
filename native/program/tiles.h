// Fused elementwise groups: a tile of elements goes through all steps of a group while it is in the
// first-level cache.
//
// A group works on [rows, columns] elements. Its values are buffers or exist only within a tile. A value has
// an element for each place (full), one for each row, one for each column, or one for all. Reductions along
// rows give row values, which later steps may use, so that a softmax or a layer norm is one pass over memory;
// reductions over everything, and down columns, are combined at the end.
#pragma once
#include "chains.h"
#include "tile_group.h"

namespace gradtape {

/// Places in a thread's scratch memory.
struct TileLayout {
  int64_t temp[kMaxTileValues];    // of values that exist only within a tile
  int64_t spread[kMaxTileValues];  // of values that were repeated to full ones, and of blocks in one piece
  int64_t next[kMaxTileValues];    // from a tile's part of a value to that of the next one in a chunk, or 0
  int64_t own;                     // of the chains' places
  int64_t bytes;
};

/// A group that was checked, and how it is carried out.
struct TilePlan {
  TileGroup group;
  TileCut cut;
  std::vector<Chain> chains;
  bool flat;  // one row, one chain and nothing else: its blocks are all the tiles there need be
  TileLayout layout;
  int64_t partial[kMaxTileValues];  // where the parts of a result that is combined at the end stand, or −1
  int64_t partial_bytes;
  int64_t grain;  // chunks that pay for a second thread
};

void plan_tiles(const KernelTable& table, const TileGroup& group, TilePlan* plan);

/// Carries out a group over the buffers of its values. False if there was no memory. Results do not depend on
/// the number of threads.
bool run_tiles(const KernelTable& table, const TilePlan& plan, char* const* buffers);

/// Chunks [begin, end) alone, on the calling thread, of a group of which nothing is combined at the end.
bool run_chunks(const KernelTable& table, const TilePlan& plan, char* const* buffers, int64_t begin,
                int64_t end);

}  // namespace gradtape
