// The matrix product, and the epilogue that it shares with convolutions.
#pragma once
#include "kernels/elementwise/interface.h"

namespace gradtape {

/// The epilogue of a product or a convolution: c = activation(c + bias + residual), each of them optional.
struct Epilogue {
  const void* bias;  // one element per column, or null
  bool adds;         // whether there is a residual, laid out as c,
  int64_t residual;  // at this distance in bytes from c
  UnaryFn activation;
  bool relu;  // instead of `activation`: applied while the sums are in registers

  bool any() const { return bias != nullptr || adds || activation != nullptr || relu; }
  /// The epilogue for the columns that begin this many bytes further.
  Epilogue from(int64_t bytes) const {
    Epilogue f = *this;
    if (bias != nullptr) f.bias = static_cast<const char*>(bias) + bytes;
    return f;
  }
};
/// The value of Epilogue::residual.
inline int64_t bytes_between(const void* c, const void* residual) {
  return static_cast<int64_t>(reinterpret_cast<intptr_t>(residual) - reinterpret_cast<intptr_t>(c));
}

/// One thread's block of a matrix product: C[m, n] = A·B, or += with `accumulate`, summed over all of k (≥
/// 1). Strides are in elements; C's columns are contiguous.
struct MatmulBlock {
  const void* a;
  int64_t a_row, a_col;
  const void* b;
  int64_t b_row, b_col;
  void* c;
  int64_t c_row;
  int64_t m, n, k;
  bool accumulate;
  bool packed;               // b has the format that `pack` writes
  const Epilogue* epilogue;  // of this block of c, or null
};
struct MatmulKernels {
  int lanes;
  int panel;            // columns of a full panel
  int tile_rows;        // rows of the tile for full panels
  int whole_depth;      // up to this depth, k is one block, so that C is written once;
  int depth;            // beyond, k is summed in blocks of this many,
  int many_rows_depth;  // or of this many for at least pack_rows rows
  int rate;             // approximate multiply-adds per nanosecond
  int pack_bytes;       // packing B pays if it is larger than this,
  int pack_rows;        // and C has at least this many rows
  int copy_columns;     // copying blocks of a transposed A pays from this many columns of C on
  // Computing Cᵀ = Bᵀ·Aᵀ pays, in spite of the transposes, up to this many columns of C if k is at least
  // transpose_depth: if A is already transposed, and if A must be copied (then k is at least 32 in any case).
  int transpose_columns, transpose_copied_columns, transpose_depth;
  /// By register tiles. B's columns are contiguous (b_col = 1) or packed.
  void (*block)(const MatmulBlock& block) noexcept;
  /// By dot products along k: a_col = 1 and b_row = 1. For few rows or few columns.
  void (*dots)(const MatmulBlock& block) noexcept;
  /// Applies an epilogue to columns of c that `block` and `dots` wrote without it.
  void (*epilogue)(const Epilogue& epilogue, void* c, int64_t c_row, int64_t rows, int64_t columns) noexcept;
  /// Packs k×n elements of B into panels, padded to a multiple of `lanes` columns.
  void (*pack)(const void* b, int64_t b_row, int64_t b_col, int64_t k, int64_t n, void* packed) noexcept;
  /// c[j * c_row + i] = x[i * x_row + j], or += , i < rows, j < columns; then the epilogue, if not null.
  void (*transpose)(const void* x, int64_t x_row, int64_t rows, int64_t columns, void* c, int64_t c_row,
                    bool accumulate, const Epilogue* epilogue) noexcept;
};

}  // namespace gradtape
