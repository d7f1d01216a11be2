// Binary ops with broadcasting: row by row, or tile by tile if rows are short.
#include <string.h>

#include "runtime/elementwise/elementwise.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

constexpr int64_t kGrainBytes = 128 * 1024;
/// Shorter rows are joined into tiles, so that a kernel call has enough elements.
constexpr int64_t kShortRow = 64;
constexpr int64_t kTile = 512;

/// Iterates over the first `rank` dimensions, with the position of both operands.
struct Walk {
  const BroadcastLayout& layout;
  int rank;
  int64_t index[kMaxDims];
  int64_t a = 0, b = 0;

  Walk(const BroadcastLayout& l, int r, int64_t begin) : layout(l), rank(r) {
    if (begin == 0) {
      for (int d = 0; d < rank; d++) index[d] = 0;
      return;
    }
    for (int64_t rest = begin, d = rank - 1; d >= 0; d--) {
      index[d] = rest % layout.dims[d];
      rest /= layout.dims[d];
      a += index[d] * layout.a_strides[d];
      b += index[d] * layout.b_strides[d];
    }
  }
  /// Advances by `steps`, which must not go beyond the end of the last of these dimensions.
  void advance(int64_t steps) {
    for (int d = rank - 1; d >= 0; d--, steps = 1) {
      a += steps * layout.a_strides[d];
      b += steps * layout.b_strides[d];
      index[d] += steps;
      if (index[d] < layout.dims[d]) return;
      a -= index[d] * layout.a_strides[d];
      b -= index[d] * layout.b_strides[d];
      index[d] = 0;
    }
  }
};

/// One operand for tiles of rows × inner elements of type T: used in place if it is contiguous or a single
/// element, otherwise expanded into a buffer.
template <class T>
class TileOperand {
 public:
  TileOperand(const void* base, int64_t inner, int64_t row, int64_t column)
      : base_(static_cast<const T*>(base)), inner_(inner), row_(row), column_(column) {}

  bool single() const { return row_ == 0 && column_ == 0; }

  const T* at(int64_t offset, int64_t rows, bool expand) {
    const T* x = base_ + offset;
    if (column_ == 1 && row_ == inner_) return x;
    if (single() && !expand) return x;
    // A row that is repeated is expanded once for all tiles that use it.
    if (row_ == 0 && x == repeated_ && rows <= rows_) return buffer_;
    repeated_ = x;
    rows_ = rows;
    if (column_ == 0) {
      repeat_rows(x, rows);
      return buffer_;
    }
    for (int64_t r = 0; r < rows; r++) {
      T* y = buffer_ + r * inner_;
      const T* from = x + r * row_;
      for (int64_t i = 0; i < inner_; i++) y[i] = from[i];
    }
    return buffer_;
  }

 private:
  /// Repeats one element along each row. Rows are written in steps of eight that overlap the next row, which
  /// is written afterwards.
  void repeat_rows(const T* x, int64_t rows) {
    T* y = buffer_;
    for (int64_t r = 0; r < rows; r++, y += inner_) {
      const T v = x[r * row_];
      int64_t i = 0;
      do {
        for (int k = 0; k < 8; k++) y[i + k] = v;
        i += 8;
      } while (i < inner_);
    }
  }

  const T* base_;
  int64_t inner_, row_, column_;
  const T* repeated_ = nullptr;
  int64_t rows_ = 0;
  alignas(64) T buffer_[kTile + 8];
};

template <class T>
void run_tiles(const BinaryFns& fns, const void* a, const void* b, char* y, const BroadcastLayout& layout,
               int64_t out_size, int64_t begin, int64_t end) {
  const int last = layout.ndim - 1, row = last - 1;
  const int64_t inner = layout.dims[last], most = kTile / inner;
  TileOperand<T> left(a, inner, layout.a_strides[row], layout.a_strides[last]);
  TileOperand<T> right(b, inner, layout.b_strides[row], layout.b_strides[last]);
  const BinaryFn fn = fns[right.single() ? kVecScalar : left.single() ? kScalarVec : kVecVec];
  Walk walk(layout, last, begin);
  for (int64_t at = begin; at < end;) {
    int64_t rows = layout.dims[row] - walk.index[row];
    if (rows > most) rows = most;
    if (rows > end - at) rows = end - at;
    fn(left.at(walk.a, rows, right.single()), right.at(walk.b, rows, false), y + at * inner * out_size,
       rows * inner);
    walk.advance(rows);
    at += rows;
  }
}

}  // namespace

void run_binary_broadcast(const BinaryFns& fns, const void* a, const void* b, void* y,
                          const BroadcastLayout& layout, int64_t in_size, int64_t out_size, int cost) {
  const int last = layout.ndim - 1;
  const int64_t inner = layout.dims[last];
  int64_t outer = 1;
  for (int d = 0; d < last; d++) outer *= layout.dims[d];
  if (outer == 0 || inner == 0) return;
  const int64_t grain = kGrainBytes / (in_size * cost * inner) + 1;
  char* out = static_cast<char*>(y);
  if (last > 0 && inner < kShortRow) {
    parallel_for(outer, grain, [&](int64_t begin, int64_t end) {
      if (in_size == 8) {
        run_tiles<uint64_t>(fns, a, b, out, layout, out_size, begin, end);
      } else if (in_size == 4) {
        run_tiles<uint32_t>(fns, a, b, out, layout, out_size, begin, end);
      } else if (in_size == 2) {
        run_tiles<uint16_t>(fns, a, b, out, layout, out_size, begin, end);
      } else {
        run_tiles<uint8_t>(fns, a, b, out, layout, out_size, begin, end);
      }
    });
    return;
  }
  const BinaryMode mode = layout.a_strides[last] == 0   ? kScalarVec
                          : layout.b_strides[last] == 0 ? kVecScalar
                                                        : kVecVec;
  parallel_for(outer, grain, [&](int64_t begin, int64_t end) {
    Walk walk(layout, last, begin);
    for (int64_t row = begin; row < end; row++) {
      fns[mode](static_cast<const char*>(a) + walk.a * in_size,
                static_cast<const char*>(b) + walk.b * in_size, out + row * inner * out_size, inner);
      walk.advance(1);
    }
  });
}

}  // namespace gradtape
