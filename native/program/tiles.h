// Fused elementwise groups: a tile of elements goes through all steps of a group while it is in the
// first-level cache.
//
// A group works on [rows, columns] elements. Its values are buffers or exist only within a tile. A value has
// an element for each place (full), one for each row, one for each column, or one for all. Reductions along
// rows give row values, which later steps may use, so that a softmax or a layer norm is one pass over memory;
// reductions over everything are combined at the end.
#pragma once
#include "../kernels/table.h"

namespace gradtape {

enum class TileSpace : int { kFull = 0, kScalar, kPerColumn, kPerRow, kCount };
enum class TileOp : int { kUnary = 0, kBinary, kSelect, kReduce, kCount };

inline constexpr int kMaxTileValues = 64;
inline constexpr int kMaxTileSteps = 60;
/// Columns of the longest row that may be reduced within a tile.
inline constexpr int64_t kMaxTileRow = 8192;

struct TileValue {
  TileSpace space;
  int dtype;
  char* data;  // null: only within a tile
};

struct TileStep {
  TileOp kind;
  int op;     // number in the table of its kind
  int dtype;  // of the operands; for a select, of the two it chooses from
  int out;
  int in[3];
};

struct TileGroup {
  int64_t rows, columns;
  int value_count;
  TileValue values[kMaxTileValues];
  int step_count;
  TileStep steps[kMaxTileSteps];

  int64_t size_of(TileSpace space) const {
    return space == TileSpace::kFull        ? rows * columns
           : space == TileSpace::kPerColumn ? columns
           : space == TileSpace::kPerRow    ? rows
                                            : 1;
  }
};

/// Null, or what is wrong with the group. Values' data need not be set.
const char* check_tiles(const KernelTable& table, const TileGroup& group);

/// Carries out a group that was checked. False if there was no memory. Results do not depend on the number of
/// threads.
bool run_tiles(const KernelTable& table, const TileGroup& group);

}  // namespace gradtape
