// Fused groups, and how they are split into tiles.
#pragma once
#include "kernels/table.h"

namespace gradtape {

enum class TileSpace : int { kFull = 0, kScalar, kPerColumn, kPerRow, kCount };
enum class TileOp : int { kUnary = 0, kBinary, kSelect, kReduce, kCast, kCount };

inline constexpr int kMaxTileValues = 64;
inline constexpr int kMaxTileSteps = 60;
/// The maximum columns if tiles must have whole rows, because rows or columns are reduced.
inline constexpr int64_t kMaxTileRow = 8192;

struct TileValue {
  TileSpace space;
  int dtype;
  bool buffer;  // false: it exists only within a tile
  /// For a full value in a buffer that is a block of a wider matrix: the row stride in elements. 0 if it is
  /// contiguous.
  int64_t stride;

  int bytes() const { return static_cast<int>(dtype_size(dtype)); }
};

struct TileStep {
  TileOp kind;
  int op;     // index in the table of its kind; for a cast, the dtype of the result
  int dtype;  // of the operands; for a select, of the two alternatives
  int out;
  int in[3];

  /// The number of operands in `in`.
  int operands() const { return kind == TileOp::kSelect ? 3 : kind == TileOp::kBinary ? 2 : 1; }
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

  /// The elements from the first of a value to the end of the last one; −1 on overflow.
  int64_t reach_of(const TileValue& value) const {
    int64_t reach = 0;
    if (value.stride == 0 || rows == 0) return size_of(value.space);
    if (__builtin_mul_overflow(rows - 1, value.stride, &reach)) return -1;
    return __builtin_add_overflow(reach, columns, &reach) ? -1 : reach;
  }
};

/// A reduction down columns.
inline bool is_column_step(const TileGroup& g, const TileStep& s) {
  return s.kind == TileOp::kReduce && g.values[s.out].space == TileSpace::kPerColumn;
}

/// The dtype of a reduction's partial results.
inline int partial_dtype(const KernelTable& table, const TileStep& s) {
  return static_cast<int>(table.reduce[s.op].partial[s.dtype]);
}
/// Whether it differs from the result's dtype: then results are rounded after all are combined.
inline bool is_rounded(const KernelTable& table, const TileStep& s) {
  return s.kind == TileOp::kReduce && partial_dtype(table, s) != s.dtype;
}

/// Null, or what is wrong with the group.
const char* check_tiles(const KernelTable& table, const TileGroup& group);

/// How a group is split: into tiles of whole rows, or each row into several tiles.
struct GroupTiling {
  bool whole;
  int64_t tile_rows;     // per tile of whole rows
  int64_t tile_columns;  // per tile, if rows are split
  int64_t row_tiles;     // tiles per row
  int64_t tiles;
  int64_t chunk_tiles;  // tiles that are reduced down their columns together
  int64_t chunks;
};

/// Whether a step with a full result cannot use `v` in place: it must be repeated, or is a strided block that
/// must be copied from or to contiguous memory.
inline bool needs_copy(const TileGroup& g, const GroupTiling& c, int v) {
  const TileValue& value = g.values[v];
  return c.tile_rows > 1 &&
         (value.space == TileSpace::kPerColumn || value.space == TileSpace::kPerRow || value.stride != 0);
}

}  // namespace gradtape
