// What a fused group is, and how it is cut.
#pragma once
#include "kernels/table.h"

namespace gradtape {

enum class TileSpace : int { kFull = 0, kScalar, kPerColumn, kPerRow, kCount };
enum class TileOp : int { kUnary = 0, kBinary, kSelect, kReduce, kCast, kCount };

inline constexpr int kMaxTileValues = 64;
inline constexpr int kMaxTileSteps = 60;
/// Columns of the longest row that lies in a tile as a whole: where rows or columns are reduced.
inline constexpr int64_t kMaxTileRow = 8192;

struct TileValue {
  TileSpace space;
  int dtype;
  bool buffer;  // false: it exists only within a tile
  /// Of a full value in a buffer: elements from a row to the next one, where it is a block of a wider matrix;
  /// 0 where its rows follow each other.
  int64_t stride;

  int bytes() const { return static_cast<int>(dtype_size(dtype)); }
};

struct TileStep {
  TileOp kind;
  int op;     // number in the table of its kind; of a cast, the dtype of its result
  int dtype;  // of the operands; for a select, of the two it chooses from
  int out;
  int in[3];

  /// How many of `in` it reads.
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

  /// Elements from the first of a value to behind its last one; −1 where there are too many to count.
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
/// Whether that is another one than the result's: then they are rounded when all are combined.
inline bool is_rounded(const KernelTable& table, const TileStep& s) {
  return s.kind == TileOp::kReduce && partial_dtype(table, s) != s.dtype;
}

/// Null, or what is wrong with the group.
const char* check_tiles(const KernelTable& table, const TileGroup& group);

/// How a group is cut: into tiles of whole rows, or each row into pieces.
struct TileCut {
  bool whole;
  int64_t tile_rows;     // of a tile of whole rows
  int64_t tile_columns;  // of a piece
  int64_t pieces;        // of a row
  int64_t tiles;
  int64_t chunk_tiles;  // so many tiles are reduced down their columns at a time
  int64_t chunks;
};

/// Whether a step with a full result reads (or writes) `v` in another form: repeated, or a block in one
/// piece.
inline bool needs_spread(const TileGroup& g, const TileCut& c, int v) {
  const TileValue& value = g.values[v];
  return c.tile_rows > 1 &&
         (value.space == TileSpace::kPerColumn || value.space == TileSpace::kPerRow || value.stride != 0);
}

}  // namespace gradtape
