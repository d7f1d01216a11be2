// Fused elementwise groups: all steps of a group are applied to one tile of elements while it is in L1.
//
// A group works on [rows, columns] elements. Its values are buffers, or exist only within a tile. A value is
// full (an element for each position), per row, per column, or a scalar. Reductions along rows give per-row
// values, which later steps may use, so that a softmax or a layer norm is one pass over memory; full
// reductions and reductions down columns are combined at the end.
#pragma once
#include <atomic>

#include "program/pipelines.h"
#include "program/tile_group.h"

namespace gradtape {

/// How a step with a full result accesses an operand.
enum class TileForm : uint8_t {
  kDirect,   // directly
  kOne,      // one element for all
  kRowOne,   // one element per row; the tile has one row
  kColumns,  // repeated for each row of a tile
  kRows,     // each element repeated along its row
  kBlock     // copied from or to contiguous memory
};

/// The address of a tile's part of a value: the bytes to add for each row, column and tile of a chunk.
struct TileAddress {
  int64_t row, column, next;
  TileForm form;
};

/// Offsets in a thread's scratch memory.
struct TileLayout {
  int64_t temp[kMaxTileValues];  // of values that exist only within a tile
  int64_t
      broadcast[kMaxTileValues];  // of values broadcast to full ones, and of strided blocks made contiguous
  int64_t own;                    // of the pipelines' values
  int64_t bytes;
};

/// Stages of a plan's pipelines with the addresses of one thread's scratch memory, which stay valid from run
/// to run as long as the same thread runs the plan. One thread at a time may claim them.
struct alignas(64) CachedStages {
  std::vector<Stage> whole, rest;

  /// Whether they were prepared for scratch memory at `own`.
  bool suit(const char* own) const { return own_.load(std::memory_order_relaxed) == own; }
  bool take() { return !taken_.test_and_set(std::memory_order_acquire); }
  void give_back(const char* own) {
    own_.store(own, std::memory_order_relaxed);
    taken_.clear(std::memory_order_release);
  }

 private:
  std::atomic<const char*> own_{nullptr};
  std::atomic_flag taken_;
};
/// The number of threads that find prepared stages.
inline constexpr int kCachedStages = 2;

/// Elements times steps that are worth a second thread: 2 to 4 µs.
inline constexpr int64_t kTileGrain = 24 * 1024;

/// A checked group, and how it is executed.
struct TilePlan {
  TileGroup group;
  GroupTiling tiling;
  std::vector<Pipeline> pipelines;
  mutable CachedStages ready[kCachedStages];
  bool flat;  // one row and one pipeline: executed chunk by chunk, without tiles
  TileLayout layout;
  TileAddress where[kMaxTileValues];
  std::vector<int> temps;         // values that exist only within a tile
  std::vector<int> repeated;      // values that are repeated for all tiles at once
  std::vector<int> column_steps;  // reductions down columns
  std::vector<int> combined;      // steps whose results are combined at the end
  int64_t
      partial[kMaxTileValues];  // where the partial results of a value that is combined at the end are, or −1
  int64_t partial_bytes;
  int64_t grain;  // chunks that are worth a second thread
};

void plan_tiles(const KernelTable& table, const TileGroup& group, TilePlan* plan);

/// Executes a group on the buffers of its values. False if out of memory. Results do not depend on the number
/// of threads.
bool run_tiles(const KernelTable& table, const TilePlan& plan, char* const* buffers);

/// Executes chunks [begin, end) on the calling thread, for a group without results that are combined at the
/// end.
bool run_chunks(const KernelTable& table, const TilePlan& plan, char* const* buffers, int64_t begin,
                int64_t end);

}  // namespace gradtape
