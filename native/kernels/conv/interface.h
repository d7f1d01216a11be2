// Convolution kernels: direct (implicit GEMM), Winograd transforms, and depthwise.
#pragma once
#include "kernels/matmul/interface.h"
#include "kernels/pooling/interface.h"

namespace gradtape {

/// A run of k consecutive terms of a TapBlock: the left operand starts at element `shift` of the pointers of
/// slot `slot` (usually a tap's pixels), the right operand at row `row`.
struct TapRun {
  int64_t slot, shift, row, k;
};
/// A block of a direct convolution as one thread computes it: C[i, j] = Σ over runs, Σ over t < k of
/// a[slot][i][shift + t·a_step] · B[row + t, j], or += with `accumulate`; i < m, j < n. Rows of the left
/// operand are given by a pointer for each slot, rows of C by one pointer: these pointers express strides,
/// dilations and padding.
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
  bool packed;               // b is in the panel format of `pack`,
  int64_t packed_rows;       // with this many rows per panel
  const Epilogue* epilogue;  // its pointers start at column c_first; may be null
};
/// A row of output pixels that read the same terms, at a fixed distance: C[i, j] = Σ over t of a[i · a_row +
/// offset[t]] · B[t, j]; i < m, j < n. Strides are in elements, offsets in bytes.
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
  int panel;        // columns of a full panel of B
  int tile_rows;    // rows of a register tile for full panels
  int depth;        // terms to sum per call (the block size along k)
  int pack_bytes;   // packing B pays if it is larger than this
  int few_columns;  // up to this many columns `dots` is faster, if runs have many terms
  void (*taps)(const TapBlock& block) noexcept;
  /// The same result if B is stored by columns (column j at b + j · b_row) and a_step = 1.
  void (*dots)(const TapBlock& block) noexcept;
  void (*row)(const TermRow& row) noexcept;
  /// Packs k×n elements of B as rows [row, row + k) of panels that have `rows` rows each; columns are padded
  /// to a multiple of `lanes`.
  void (*pack)(const void* b, int64_t b_row, int64_t b_col, int64_t k, int64_t n, void* packed, int64_t row,
               int64_t rows) noexcept;
  /// y[i] += x[i].
  void (*add)(const void* x, void* y, int64_t n) noexcept;
};

/// Winograd transforms F(M×M, 3×3): input tiles are N×N, output tiles M×M, M = N − 2. The N² transformed
/// values of a tile are in N² planes, `plane` elements apart; each plane is a matrix operand of the product
/// over channels. `row` and `column` are the strides of x, y or dy in elements.
struct WinogradKernels {
  int tile;  // N
  /// Bᵀ·x·B of one input tile, for each channel.
  void (*input)(const void* x, int64_t row, int64_t column, int64_t channels, void* v,
                int64_t plane) noexcept;
  /// G·w·Gᵀ of n 3×3 filters; tap t of filter i is at w[t * tap + i].
  void (*filter)(const void* w, int64_t tap, int64_t n, void* u, int64_t plane) noexcept;
  /// Aᵀ·m·A: writes the first rows × columns of an output tile, with the epilogue if it is not null.
  void (*output)(const void* m, int64_t plane, int64_t channels, void* y, int64_t row, int64_t column,
                 int64_t rows, int64_t columns, const Epilogue* epilogue) noexcept;
  /// For the filter gradient, A·dy·Aᵀ of one M×M tile of dy; multiplied by the `input` transform of x.
  void (*gradient)(const void* dy, int64_t row, int64_t column, int64_t channels, void* d,
                   int64_t plane) noexcept;
  /// For the filter gradient, Gᵀ·m·G: the gradient of n 3×3 filters from the summed products; added to w if
  /// `accumulate`.
  void (*weights)(const void* m, int64_t plane, int64_t n, void* w, int64_t tap, bool accumulate) noexcept;
};

/// Depthwise convolution; float32 and float64. The weights of tap (t₀, t₁, t₂) are at w + Σ tₐ · w_tap[a],
/// one per channel.
struct DepthwiseBlock : WindowBlock {
  void* w;
  int64_t w_tap[3];
};
struct DepthwiseKernels {
  /// y = Σ w·x over the taps.
  void (*forward)(const DepthwiseBlock& block) noexcept;
  /// Filter gradient: w += Σ x·y over the output pixels, where y is the upstream gradient.
  void (*filter)(const DepthwiseBlock& block) noexcept;
  /// As `epilogue` of MatmulKernels.
  void (*epilogue)(const Epilogue& epilogue, void* c, int64_t c_row, int64_t rows, int64_t columns) noexcept;
};

}  // namespace gradtape
