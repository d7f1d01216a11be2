// Fused elementwise groups: a tile of elements goes through all steps of a group while it is in the
// first-level cache.
//
// A group works on [rows, columns] elements. Its values are buffers or exist only within a tile. A value has
// an element for each place (full), one for each row, one for each column, or one for all. Reductions along
// rows give row values, which later steps may use, so that a softmax or a layer norm is one pass over memory;
// reductions over everything, and down columns, are combined at the end.
#pragma once
#include <atomic>

#include "program/pipelines.h"
#include "program/tile_group.h"

namespace gradtape {

/// How a step with a full result reads an operand.
enum class TileForm : uint8_t {
  kLies,     // as it lies
  kOne,      // one element for all
  kRowOne,   // one element, which is another one in each row
  kColumns,  // repeated for the rows of a tile
  kRows,     // each element repeated along its row
  kBlock     // put into one piece; written so, too
};

/// Where a tile's part of a value begins: so many bytes further with each row, column and tile of a chunk.
struct TileWhere {
  int64_t row, column, next;
  TileForm form;
};

/// Places in a thread's scratch memory.
struct TileLayout {
  int64_t temp[kMaxTileValues];  // of values that exist only within a tile
  int64_t
      broadcast[kMaxTileValues];  // of values that were broadcast to full ones, and of blocks made contiguous
  int64_t own;                    // of the pipelines' values
  int64_t bytes;
};

/// Stages of a plan's pipelines with the addresses of one thread's scratch memory: from run to run they stay
/// valid as long as the same thread runs the plan. One thread at a time may claim them.
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
/// As many threads find prepared stages.
inline constexpr int kCachedStages = 2;

/// Elements times steps that pay for a second thread: 2 to 4 µs.
inline constexpr int64_t kTileGrain = 24 * 1024;

/// A group that was checked, and how it is carried out.
struct TilePlan {
  TileGroup group;
  TileCut cut;
  std::vector<Pipeline> pipelines;
  mutable CachedStages ready[kCachedStages];
  bool flat;  // one row and one pipeline: it runs over whole chunks, without tiles
  TileLayout layout;
  TileWhere where[kMaxTileValues];
  std::vector<int> temps;         // values that exist only within a tile
  std::vector<int> repeated;      // values that are repeated for all tiles at once
  std::vector<int> column_steps;  // reductions down columns
  std::vector<int> combined;      // steps whose results are combined at the end
  int64_t
      partial[kMaxTileValues];  // where the partial results of a value that is combined at the end are, or −1
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
