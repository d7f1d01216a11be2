#include "program/tiles.h"

#include <stdlib.h>

#include <atomic>

#include "runtime/memory/scratch.h"
#include "runtime/parallel/pool.h"
#include "runtime/reduce/reduce.h"

namespace gradtape {

namespace {

/// Writes `count` copies of each of n elements.
void broadcast_rows(const char* x, char* y, int64_t n, int64_t count, int bytes, const KernelTable& table) {
  const FillFn fill = table.fill[size_index(bytes)];
  for (int64_t i = 0; i < n; i++) fill(x + i * bytes, y + i * count * bytes, count);
}

/// Copies rows of n bytes with the given strides in bytes.
void copy_rows(const char* x, int64_t x_stride, char* y, int64_t y_stride, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r++) {
    __builtin_memcpy(y + r * y_stride, x + r * x_stride, static_cast<size_t>(n));
  }
}

struct Operand {
  const char* p;
  bool scalar;
};

/// One thread's execution of chunks [begin, end).
class Walk {
 public:
  Walk(const KernelTable& table, const TilePlan& plan, char* const* buffers, char* scratch, char* partials)
      : table_(table), plan_(plan), g_(plan.group), c_(plan.tiling), scratch_(scratch), partials_(partials) {
    __builtin_memcpy(bases_, buffers, static_cast<size_t>(g_.value_count) * sizeof(char*));
    for (const int v : plan.temps) bases_[v] = scratch + plan.layout.temp[v];
  }

  void run(int64_t begin, int64_t end) {
    // Per-column values are the same for all tiles of whole rows.
    for (const int v : plan_.repeated) {
      const int64_t bytes = g_.columns * g_.values[v].bytes();
      for (int64_t r = 0; r < c_.tile_rows; r++) {
        __builtin_memcpy(broadcast(v) + r * bytes, bases_[v], static_cast<size_t>(bytes));
      }
    }
    if (plan_.pipelines.empty()) {
      chunks(begin, end);
      return;
    }
    char* const own = scratch_ + plan_.layout.own;
    if (CachedStages* ready = claim_stages(own)) {
      stages_ = {ready->whole.data(), ready->rest.data(), own};
      if (!ready->suit(own)) prepare_pipelines(table_, plan_.pipelines, stages_);
      chunks(begin, end);
      ready->give_back(own);
    } else {
      Stage whole[kMaxPipelineStages], rest[kMaxPipelineStages];
      stages_ = {whole, rest, own};
      prepare_pipelines(table_, plan_.pipelines, stages_);
      chunks(begin, end);
    }
  }

 private:
  /// Stages that are prepared for this scratch memory, else unclaimed ones, else null.
  CachedStages* claim_stages(const char* own) const {
    for (CachedStages& ready : plan_.ready) {
      if (ready.suit(own) && ready.take()) return &ready;
    }
    for (CachedStages& ready : plan_.ready) {
      if (ready.take()) return &ready;
    }
    return nullptr;
  }

  void chunks(int64_t begin, int64_t end) {
    if (plan_.flat) {
      row_ = 0, rows_ = 1;
      column_ = begin * c_.tile_columns;
      columns_ = (end < c_.tiles ? end * c_.tile_columns : g_.columns) - column_;
      pipeline(plan_.pipelines[0], stages_, 0);
      return;
    }
    for (int64_t c = begin; c < end; c++) {
      const int64_t first = c * c_.chunk_tiles;
      for (in_chunk_ = 0; in_chunk_ < c_.chunk_tiles && first + in_chunk_ < c_.tiles; in_chunk_++) {
        tile(first + in_chunk_);
      }
      for (const int s : plan_.column_steps) reduce_columns(g_.steps[s], c);
    }
  }

  void tile(int64_t t) {
    row_ = c_.whole ? t * c_.tile_rows : t / c_.row_tiles;
    column_ = c_.whole ? 0 : t % c_.row_tiles * c_.tile_columns;
    rows_ = g_.rows - row_ < c_.tile_rows ? g_.rows - row_ : c_.tile_rows;
    columns_ = g_.columns - column_ < c_.tile_columns ? g_.columns - column_ : c_.tile_columns;
    repeated_ = 0;
    const Pipeline* next = plan_.pipelines.data();
    const Pipeline* const end = next + plan_.pipelines.size();
    StageBuffers stages = stages_;
    for (int s = 0; s < g_.step_count;) {
      if (next == end || next->first > s) {
        step(g_.steps[s++], t);
        continue;
      }
      pipeline(*next, stages, t);
      stages.whole += next->stages.size(), stages.rest += next->stages.size();
      s = next++->end;
    }
  }

  void pipeline(const Pipeline& pipeline, const StageBuffers& stages, int64_t t) {
    const int64_t own_bytes = pipeline_value_bytes(table_);
    bool blocks = false;
    for (const TileOperand& m : pipeline.tile_operands) {
      char*& at = stages.whole[m.stage].p;
      if (plan_.where[m.value].form < TileForm::kColumns) {
        at = place(m.value);
      } else if (!m.writes) {
        at = const_cast<char*>(operand(m.value, true).p);
      } else if (is_block(m.value)) {
        at = broadcast(m.value), blocks = true;
      } else {
        at = place(m.value);
      }
    }
    for (const ReductionState& s : pipeline.states) s.stages->begin(stages.own + s.place * own_bytes);
    run_pipeline(table_, pipeline, stages, rows_ * columns_);
    if (blocks) {
      for (const StageOperand& use : pipeline.writes) {
        const int v = pipeline.values[static_cast<size_t>(use.operand)].value;
        if (is_block(v)) put_block(v, stages.whole[use.stage].p);
      }
    }
    for (const ReductionState& state : pipeline.states) {
      const TileStep& s = g_.steps[state.step];
      const int64_t partial = plan_.partial[s.out];
      char* const y = partial >= 0 ? partials_ + partial + t * g_.values[s.out].bytes() : place(s.out);
      state.stages->end(stages.own + state.place * own_bytes, y);
      if (partial < 0 && table_.reduce[s.op].mean) divide_by_count(s.dtype, y, 1, columns_);
    }
  }

  bool is_block(int v) const { return plan_.where[v].form == TileForm::kBlock; }
  char* broadcast(int v) const { return scratch_ + plan_.layout.broadcast[v]; }

  /// Writes this tile's part of a strided block from contiguous memory.
  void put_block(int v, const char* y) {
    const int64_t bytes = g_.values[v].bytes(), row = columns_ * bytes;
    copy_rows(y, row, place(v), g_.values[v].stride * bytes, rows_, row);
    repeated_ |= uint64_t{1} << v;
  }

  /// The address of this tile's part of a value.
  char* place(int v) const {
    const TileAddress& w = plan_.where[v];
    return bases_[v] + (row_ * w.row + column_ * w.column + in_chunk_ * w.next);
  }

  /// An operand of a step whose result is full or per row.
  Operand operand(int v, bool full) {
    switch (plan_.where[v].form) {
      case TileForm::kDirect:
        return {place(v), false};
      case TileForm::kOne:
        return {place(v), true};
      case TileForm::kRowOne:
        return {place(v), full};
      case TileForm::kColumns:
        return {full ? broadcast(v) : place(v), false};
      case TileForm::kRows:
        return {full ? repeated(v) : place(v), false};
      default:
        return {contiguous(v), false};
    }
  }

  /// This tile's part of a per-row value, with each element repeated along its row.
  const char* repeated(int v) {
    if ((repeated_ >> v & 1) == 0) {
      broadcast_rows(place(v), broadcast(v), rows_, columns_, g_.values[v].bytes(), table_);
      repeated_ |= uint64_t{1} << v;
    }
    return broadcast(v);
  }

  /// This tile's part of a strided block, copied to contiguous memory.
  const char* contiguous(int v) {
    if ((repeated_ >> v & 1) == 0) {
      const int64_t bytes = g_.values[v].bytes(), row = columns_ * bytes;
      copy_rows(place(v), g_.values[v].stride * bytes, broadcast(v), row, rows_, row);
      repeated_ |= uint64_t{1} << v;
    }
    return broadcast(v);
  }

  void step(const TileStep& s, int64_t t) {
    const TileValue& out = g_.values[s.out];
    if (s.kind == TileOp::kReduce) {
      if (out.space == TileSpace::kPerColumn) return;  // reduced when the chunk is complete
      const ReduceRowsFn fn = table_.reduce[s.op].rows[s.dtype];
      if (out.space == TileSpace::kPerRow) {
        reduce_rows(s, fn);
        repeated_ &= ~(uint64_t{1} << s.out);
      } else {
        const char* x = place(s.in[0]);
        const int64_t bytes = dtype_size(partial_dtype(table_, s));
        fn(x, partials_ + plan_.partial[s.out] + t * bytes, 1, rows_ * columns_, rows_ * columns_);
      }
      return;
    }
    const bool full = out.space == TileSpace::kFull;
    const int64_t n = full ? rows_ * columns_ : rows_;
    const bool block = is_block(s.out);
    char* const y = block ? broadcast(s.out) : place(s.out);
    const Operand a = operand(s.in[0], full);
    if (s.kind == TileOp::kUnary || s.kind == TileOp::kCast) {
      const UnaryFn fn =
          s.kind == TileOp::kUnary ? table_.unary[s.op].fn[s.dtype] : table_.cast[s.dtype][s.op];
      fn(a.p, y, a.scalar ? 1 : n);
      if (a.scalar) repeat(y, n, out.bytes());
    } else if (s.kind == TileOp::kBinary) {
      const Operand b = operand(s.in[1], full);
      const BinaryMode mode = a.scalar ? kScalarVec : b.scalar ? kVecScalar : kVecVec;
      if (a.scalar && b.scalar) {
        // Both operands are one element, and so is the result.
        table_.binary[s.op].fn[s.dtype][kVecVec](a.p, b.p, y, 1);
        repeat(y, n, out.bytes());
      } else {
        table_.binary[s.op].fn[s.dtype][mode](a.p, b.p, y, n);
      }
    } else {
      const Operand x = operand(s.in[1], full), z = operand(s.in[2], full);
      const int mode = (a.scalar ? kScalarCond : 0) | (x.scalar ? kScalarA : 0) | (z.scalar ? kScalarB : 0);
      table_.select[size_index(out.bytes())][mode](a.p, x.p, z.p, y, n);
    }
    if (!full) repeated_ &= ~(uint64_t{1} << s.out);
    if (block) put_block(s.out, y);
  }

  void reduce_rows(const TileStep& s, ReduceRowsFn fn) {
    const ReduceEntry& op = table_.reduce[s.op];
    const char* x = place(s.in[0]);
    char* y = place(s.out);
    if (!is_rounded(table_, s)) {
      fn(x, y, rows_, columns_, columns_);
      if (op.mean) divide_by_count(s.dtype, y, rows_, columns_);
      return;
    }
    constexpr int64_t kRows = 64;
    const int partial = partial_dtype(table_, s);
    const int64_t bytes = g_.values[s.out].bytes();
    alignas(8) char unrounded[8 * kRows];
    for (int64_t r = 0; r < rows_; r += kRows) {
      const int64_t n = rows_ - r < kRows ? rows_ - r : kRows;
      fn(x + r * columns_ * bytes, unrounded, n, columns_, columns_);
      if (op.mean) divide_by_count(partial, unrounded, n, columns_);
      table_.cast[partial][s.dtype](unrounded, y + r * bytes, n);
    }
  }

  void reduce_columns(const TileStep& s, int64_t chunk) {
    const int64_t row = chunk * c_.chunk_tiles * c_.tile_rows, most = c_.chunk_tiles * c_.tile_rows;
    const int64_t rows = g_.rows - row < most ? g_.rows - row : most;
    const int64_t row_bytes = g_.columns * g_.values[s.out].bytes();
    const char* x = bases_[s.in[0]] + (g_.values[s.in[0]].buffer ? row * row_bytes : 0);
    const int64_t partial_bytes = g_.columns * dtype_size(partial_dtype(table_, s));
    char* y = c_.chunks == 1 && !is_rounded(table_, s)
                  ? bases_[s.out]
                  : partials_ + plan_.partial[s.out] + chunk * partial_bytes;
    table_.reduce[s.op].cols[s.dtype](x, y, rows, g_.columns, g_.columns);
  }

  void repeat(char* y, int64_t n, int bytes) const {
    if (n > 1) table_.fill[size_index(bytes)](y, y + bytes, n - 1);
  }

  const KernelTable& table_;
  const TilePlan& plan_;
  const TileGroup& g_;
  const GroupTiling& c_;
  char* const scratch_;
  char* const partials_;
  char* bases_[kMaxTileValues];  // addresses of the values at row 0 and column 0
  int64_t row_ = 0, column_ = 0, rows_ = 0, columns_ = 0;
  int64_t in_chunk_ = 0;
  StageBuffers stages_ = {};  // of all pipelines
  uint64_t repeated_ = 0;     // bit v: per-row value v has been repeated for this tile
};

/// False if out of memory.
bool walk(const KernelTable& table, const TilePlan& plan, char* const* buffers, char* partials, int64_t begin,
          int64_t end) {
  char* scratch = static_cast<char*>(thread_scratch(plan.layout.bytes + 1));
  if (scratch == nullptr) return false;
  Walk(table, plan, buffers, scratch, partials).run(begin, end);
  return true;
}

/// Combines the column reductions of all chunks, in order.
void combine_columns(const KernelTable& table, const TilePlan& plan, const TileStep& s, char* partial,
                     char* result) {
  const TileGroup& g = plan.group;
  const ReduceEntry& op = table.reduce[s.op];
  const int dtype = partial_dtype(table, s);
  const int64_t bytes = dtype_size(dtype), chunks = plan.tiling.chunks;
  const bool rounded = is_rounded(table, s);
  char* const sums = !rounded ? result : chunks > 1 ? partial + chunks * g.columns * bytes : partial;
  if (chunks > 1) {
    parallel_for(
        g.columns, kTileGrain / chunks + 1,
        [&](int64_t begin, int64_t end) {
          table.reduce[op.then].cols[dtype](partial + begin * bytes, sums + begin * bytes, chunks, g.columns,
                                            end - begin);
        },
        64);
  }
  if (op.mean) divide_by_count(dtype, sums, g.columns, g.rows);
  if (rounded) table.cast[dtype][s.dtype](sums, result, g.columns);
}

/// Combines the partial results of all tiles, in order.
void combine(const KernelTable& table, const TileGroup& g, const TileStep& s, char* partial, char* result,
             int64_t tiles) {
  const ReduceEntry& op = table.reduce[s.op];
  const int dtype = partial_dtype(table, s);
  const ReduceRowsFn fn = table.reduce[op.then].rows[dtype];
  const int64_t bytes = dtype_size(dtype);
  // First chunks, then chunks of chunks: each kernel call stays within the size for which its error is
  // bounded.
  while (tiles > kReduceRowChunk) {
    const int64_t chunks = (tiles + kReduceRowChunk - 1) / kReduceRowChunk;
    for (int64_t i = 0; i < chunks; i++) {
      const int64_t from = i * kReduceRowChunk;
      const int64_t n = tiles - from < kReduceRowChunk ? tiles - from : kReduceRowChunk;
      fn(partial + from * bytes, partial + i * bytes, 1, n, n);
    }
    tiles = chunks;
  }
  if (tiles != 1) fn(partial, partial, 1, tiles, tiles);
  if (op.mean) divide_by_count(dtype, partial, 1, g.rows * g.columns);
  table.cast[dtype][s.dtype](partial, result, 1);
}

}  // namespace

bool run_chunks(const KernelTable& table, const TilePlan& plan, char* const* buffers, int64_t begin,
                int64_t end) {
  return walk(table, plan, buffers, nullptr, begin, end);
}

bool run_tiles(const KernelTable& table, const TilePlan& plan, char* const* buffers) {
  constexpr int64_t kFew = 4096;
  alignas(64) char few[kFew];
  char* partials = few;
  if (plan.partial_bytes > kFew) {
    partials = static_cast<char*>(malloc(static_cast<size_t>(plan.partial_bytes)));
  }
  if (partials == nullptr) return false;
  std::atomic<bool> ok{true};
  parallel_for(plan.tiling.chunks, plan.grain, [&](int64_t begin, int64_t end) {
    if (!walk(table, plan, buffers, partials, begin, end)) ok = false;
  });
  if (ok) {
    for (const int i : plan.combined) {
      const TileStep& s = plan.group.steps[i];
      if (is_column_step(plan.group, s)) {
        combine_columns(table, plan, s, partials + plan.partial[s.out], buffers[s.out]);
        continue;
      }
      combine(table, plan.group, s, partials + plan.partial[s.out], buffers[s.out], plan.tiling.tiles);
    }
  }
  if (partials != few) free(partials);
  return ok;
}

}  // namespace gradtape
