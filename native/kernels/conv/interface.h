// Convolutions: dense, by Winograd's transforms, and depthwise.
#pragma once
#include "kernels/matmul/interface.h"
#include "kernels/pooling/interface.h"

namespace gradtape {

/// A run of terms of a TapBlock: k products, the left operand from element `shift` of slot `slot`, the right
/// one from row `row`.
struct TapRun {
  int64_t slot, shift, row, k;
};
/// One thread's block of a convolution: C[i, j] = Σ over runs, Σ over t < k of a[slot][i][shift + t·a_step] ·
/// B[row + t, j], or += with `accumulate`; i < m, j < n. Rows of the left operand are given by a pointer for
/// each slot, rows of C by one pointer: these pointers express strides, dilations and padding.
struct TapBlock {
  const void* const* a;  // a[slot * a_stride + i]
  int64_t a_stride;
  int64_t a_step, a_first;  // elements; a_first is added to all pointers of a
  const TapRun* runs;
  int64_t count;  // of runs; none gives zeros
  const void* b;
  int64_t b_row;
  void* const* c;
  int64_t c_first;  // elements, added to all pointers of c
  int64_t m, n;
  bool accumulate;
  bool packed;               // b is what `pack` wrote,
  int64_t packed_rows;       // from so many rows
  const Epilogue* epilogue;  // of all columns from c_first on, or null
};
/// A row of results that all have the same terms: C[i, j] = Σ over t of a[i · a_row + offset[t]] ·
/// B[t, j]; i < m, j < n. Strides are in elements, offsets in bytes.
struct TermRow {
  const void* a;
  int64_t a_row;
  const int64_t* offset;
  int64_t terms;
  const void* b;
  int64_t b_row;
  void* c;
  int64_t c_row;
  int64_t m, n;
  const Epilogue* epilogue;  // or null
};
/// float32 and float64.
struct ConvKernels {
  int lanes;
  int panel;        // columns of a full panel
  int tile_rows;    // rows of the tile for full panels
  int depth;        // terms to sum in one go
  int pack_bytes;   // B is worth packing where it is larger
  int few_columns;  // up to here `dots` is faster, if runs have many terms
  void (*taps)(const TapBlock& block) noexcept;
  /// The same with column j of B at b + j · b_row, its terms contiguous, and a_step = 1.
  void (*dots)(const TapBlock& block) noexcept;
  void (*row)(const TermRow& row) noexcept;
  /// Writes k×n elements of B as the rows from `row` on of panels of `rows` rows each, padded to a multiple
  /// of `lanes` columns.
  void (*pack)(const void* b, int64_t b_row, int64_t b_col, int64_t k, int64_t n, void* packed, int64_t row,
               int64_t rows) noexcept;
  /// y[i] += x[i].
  void (*add)(const void* x, void* y, int64_t n) noexcept;
};

/// Transforms of Winograd's convolution with filters of 3×3; tiles are N×N of the input for (N − 2)×(N − 2)
/// of the result. Planes are the N² numbers of a tile, so many elements apart.
struct WinogradKernels {
  int tile;  // N
  /// One tile of x, its rows and columns so many elements apart.
  void (*input)(const void* x, int64_t row, int64_t column, int64_t channels, void* v,
                int64_t plane) noexcept;
  /// n weights, tap t of each at w + t * tap.
  void (*filter)(const void* w, int64_t tap, int64_t n, void* u, int64_t plane) noexcept;
  /// The first rows × columns of a tile of the result; then the epilogue, if not null.
  void (*output)(const void* m, int64_t plane, int64_t channels, void* y, int64_t row, int64_t column,
                 int64_t rows, int64_t columns, const Epilogue* epilogue) noexcept;
  /// For the filter's gradient: the transform of one tile of dy that matches those of x by `input`.
  void (*gradient)(const void* dy, int64_t row, int64_t column, int64_t channels, void* d,
                   int64_t plane) noexcept;
  /// The gradient of n weights, or += , from the sums of the products of both.
  void (*weights)(const void* m, int64_t plane, int64_t n, void* w, int64_t tap, bool accumulate) noexcept;
};

/// Depthwise convolution; float32 and float64. Weights of tap t are at w + Σ tₐ · w_tap[a], one a channel.
struct DepthwiseBlock : WindowBlock {
  void* w;
  int64_t w_tap[3];
};
struct DepthwiseKernels {
  /// y = Σ w·x over the taps.
  void (*forward)(const DepthwiseBlock& block) noexcept;
  /// w += Σ x·y over the outputs: y is read.
  void (*filter)(const DepthwiseBlock& block) noexcept;
  /// As that of MatmulKernels.
  void (*epilogue)(const Epilogue& epilogue, void* c, int64_t c_row, int64_t rows, int64_t columns) noexcept;
};

}  // namespace gradtape
