// The matrix product, and the epilogue that it shares with convolutions.
#pragma once
#include "kernels/elementwise/interface.h"

namespace gradtape {

/// The epilogue of a product or a convolution: c = activation(c + bias + residual), each of them optional.
struct Epilogue {
  const void* bias;  // one element for each column, or null
  bool adds;         // whether there is a residual, laid out as c,
  int64_t residual;  // which lies this many bytes from c
  UnaryFn activation;
  bool relu;  // instead of `activation`: applied while the sums are in registers

  bool any() const { return bias != nullptr || adds || activation != nullptr || relu; }
  /// The epilogue of the columns that begin this many bytes further.
  Epilogue from(int64_t bytes) const {
    Epilogue f = *this;
    if (bias != nullptr) f.bias = static_cast<const char*>(bias) + bytes;
    return f;
  }
};
/// Epilogue::residual of a residual.
inline int64_t bytes_between(const void* c, const void* residual) {
  return static_cast<int64_t>(reinterpret_cast<intptr_t>(residual) - reinterpret_cast<intptr_t>(c));
}

/// One thread's block of a matrix product: C[m, n] = A·B, or += with `accumulate`, over all of k (≥ 1).
/// Strides are in elements; C's columns are contiguous.
struct MatmulBlock {
  const void* a;
  int64_t a_row, a_col;
  const void* b;
  int64_t b_row, b_col;
  void* c;
  int64_t c_row;
  int64_t m, n, k;
  bool accumulate;
  bool packed;               // b is what `pack` wrote
  const Epilogue* epilogue;  // of this block of c, or null
};
struct MatmulKernels {
  int lanes;
  int panel;            // columns of a full panel
  int tile_rows;        // rows of the tile for full panels
  int whole_depth;      // up to this depth k is one block, so that C is written once,
  int depth;            // else in blocks of this many,
  int many_rows_depth;  // or of this many for at least pack_rows rows
  int rate;             // multiply-adds in a nanosecond, about
  int pack_bytes;       // B is worth packing where it is larger,
  int pack_rows;        // and C has as many rows
  int copy_columns;     // blocks of a transposed A are worth copying where C has as many columns
  // Cᵀ = Bᵀ·Aᵀ is worth its transposes up to so many columns of C, where k is at least transpose_depth: with
  // A transposed already, and where A must be copied for it (there k is at least 32 in any case).
  int transpose_columns, transpose_copied_columns, transpose_depth;
  /// In register tiles. B's columns are contiguous (b_col = 1) or packed.
  void (*block)(const MatmulBlock& block) noexcept;
  /// As scalar products along k: a_col = 1 and b_row = 1. For few rows or few columns.
  void (*dots)(const MatmulBlock& block) noexcept;
  /// Applies an epilogue to columns of c, where `block` and `dots` did not.
  void (*epilogue)(const Epilogue& epilogue, void* c, int64_t c_row, int64_t rows, int64_t columns) noexcept;
  /// Writes k×n elements of B as panels, padded to a multiple of `lanes` columns.
  void (*pack)(const void* b, int64_t b_row, int64_t b_col, int64_t k, int64_t n, void* packed) noexcept;
  /// c[j * c_row + i] = x[i * x_row + j], or += , i < rows, j < columns; then the epilogue, if not null.
  void (*transpose)(const void* x, int64_t x_row, int64_t rows, int64_t columns, void* c, int64_t c_row,
                    bool accumulate, const Epilogue* epilogue) noexcept;
};

}  // namespace gradtape
