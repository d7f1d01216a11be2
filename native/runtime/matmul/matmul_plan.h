// The plan of a matrix product: a pure function of its shape, with a cost model in nanoseconds.
#pragma once
#include "kernels/table.h"

namespace gradtape {

/// One product; strides in elements. C's rows are contiguous.
struct MatmulShape {
  int64_t m, n, k;
  int64_t a_row, a_col, b_row, b_col;
  int64_t size;  // bytes of an element
};

enum class MatmulAlgorithm {
  kTiles,       // register tiles, B in place
  kPacked,      // register tiles, B packed into panels
  kTransposed,  // register tiles of Cᵀ = Bᵀ·Aᵀ, where C has few columns
  kDots,        // dot products along k; an operand that is not contiguous along k is copied first
};
enum class MatmulSplit {
  kRows,
  kColumns,
  kDepth,   // chunks of k
  kBlocks,  // blocks of k, summed in order: as on one thread, which adds one after another to C
};

struct MatmulPlan {
  // These determine the order of summation; they depend on the shape and the instruction set alone.
  MatmulAlgorithm algorithm;
  int64_t chunk;   // k is split into chunks of this size, summed in order; k if it is not split
  int64_t depth;   // within a chunk, k is summed in blocks of this size
  bool copy_rows;  // A is copied block by block, so that its columns are contiguous
  // These do not affect the result.
  MatmulSplit split;
  int64_t align;   // ranges of rows or columns begin at multiples of this
  int64_t grains;  // the work, in units that are worth a thread
};

/// The plan of one product on up to `threads` threads; `alone`: it is not part of a batch.
MatmulPlan plan_matmul(const MatmulKernels& kernels, const MatmulShape& shape, int threads, bool alone);

/// The approximate time of a product on one thread, in nanoseconds.
double matmul_nanoseconds(const MatmulKernels& kernels, const MatmulShape& shape);

/// Nanoseconds of work that are worth a thread while the workers are awake.
inline constexpr int64_t kMatmulGrain = 1700;

}  // namespace gradtape
