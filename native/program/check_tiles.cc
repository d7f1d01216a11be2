#include "program/tile_group.h"

namespace gradtape {

const char* check_tiles(const KernelTable& table, const TileGroup& g) {
  if (g.rows < 0 || g.columns < 0) return "a group has a negative size";
  for (int v = 0; v < g.value_count; v++) {
    const TileValue& value = g.values[v];
    if (value.stride == 0) continue;
    if (!value.buffer || value.space != TileSpace::kFull || value.stride < g.columns)
      return "a block of a matrix must be a full value in a buffer, with a row stride";
  }
  // The buffers bound the size of a group; values that exist only within tiles do not.
  bool full_buffer = false, column_buffer = false, row_buffer = false;
  for (int v = 0; v < g.value_count; v++) {
    if (!g.values[v].buffer) continue;
    full_buffer |= g.values[v].space == TileSpace::kFull;
    column_buffer |= g.values[v].space == TileSpace::kPerColumn;
    row_buffer |= g.values[v].space == TileSpace::kPerRow;
  }
  if (!full_buffer && !(column_buffer && row_buffer)) return "no buffer of a group has its size";
  bool known[kMaxTileValues] = {};
  for (int v = 0; v < g.value_count; v++) {
    known[v] = g.values[v].buffer;
    if (!known[v] &&
        (g.values[v].space == TileSpace::kScalar || g.values[v].space == TileSpace::kPerColumn)) {
      return "a value within a tile must be full or per row";
    }
  }
  bool whole_rows = false;
  bool reduced[kMaxTileValues] = {};
  for (int i = 0; i < g.step_count; i++) {
    const TileStep& s = g.steps[i];
    const TileValue& out = g.values[s.out];
    const bool full = out.space == TileSpace::kFull;
    if (out.space == TileSpace::kPerRow) whole_rows = true;
    for (int k = 0; k < s.operands(); k++) {
      const TileValue& in = g.values[s.in[k]];
      if (!known[s.in[k]]) return "a step of a group reads a value before it is written";
      if (reduced[s.in[k]]) return "a step of a group reads a result that is combined after all tiles";
      if (s.kind == TileOp::kReduce
              ? in.space != TileSpace::kFull
              : !full && in.space != TileSpace::kPerRow && in.space != TileSpace::kScalar) {
        return "a step of a group reads a value of the wrong kind";
      }
      if (s.kind == TileOp::kReduce && in.stride != 0) return "a block of a matrix cannot be reduced";
      const bool condition = s.kind == TileOp::kSelect && k == 0;
      if (in.dtype != (condition ? static_cast<int>(DType::kBool) : s.dtype)) {
        return "a step of a group reads a value of the wrong dtype";
      }
    }
    int result = s.dtype;
    if (s.kind == TileOp::kUnary) {
      if (s.op >= table.unary.count || table.unary[s.op].fn[s.dtype] == nullptr) return "no such unary op";
      if (table.unary[s.op].to_bool) result = static_cast<int>(DType::kBool);
    } else if (s.kind == TileOp::kBinary) {
      if (s.op >= table.binary.count || table.binary[s.op].fn[s.dtype][0] == nullptr)
        return "no such binary op";
      if (table.binary[s.op].to_bool) result = static_cast<int>(DType::kBool);
    } else if (s.kind == TileOp::kCast) {
      if (s.op >= kDTypes || table.cast[s.dtype][s.op] == nullptr) return "no such cast";
      result = s.op;
    } else if (s.kind == TileOp::kReduce) {
      if (s.op >= table.reduce.count || table.reduce[s.op].rows[s.dtype] == nullptr)
        return "no such reduction";
      const ReduceEntry& op = table.reduce[s.op];
      if (op.out_dtype >= 0) return "a reduction of a group cannot change the dtype";
      if (op.then < 0 || op.then >= table.reduce.count || table.reduce[op.then].rows[s.dtype] == nullptr) {
        return "no such reduction";
      }
      if (op.mean && !is_kind(s.dtype, kFloating)) return "means of a group must be of floats";
      if (full) return "the result of a reduction cannot be full";
      if (out.space == TileSpace::kPerColumn) {
        if (!out.buffer) return "a reduction down columns needs a buffer";
        if (op.cols[s.dtype] == nullptr || table.reduce[op.then].cols[s.dtype] == nullptr) {
          return "no such reduction";
        }
        reduced[s.out] = whole_rows = true;
      }
      if (out.space == TileSpace::kScalar) {
        if (!out.buffer) return "a reduction over everything needs a buffer";
        reduced[s.out] = true;
      }
    }
    if (out.dtype != result) return "a result of a group has the wrong dtype";
    if (s.kind != TileOp::kReduce && !full && out.space != TileSpace::kPerRow) {
      return "the result of an elementwise step must be full or per row";
    }
    known[s.out] = true;
  }
  if (whole_rows && g.columns > kMaxTileRow)
    return "the rows of a group are too long to be reduced within it";
  return nullptr;
}

}  // namespace gradtape
