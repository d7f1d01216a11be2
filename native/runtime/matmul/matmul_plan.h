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

enum class MatmulWay {
  kTiles,       // register tiles, B in place
  kPacked,      // register tiles, B packed into panels
  kTransposed,  // register tiles of Cᵀ = Bᵀ·Aᵀ, where C has few columns
  kDots,        // scalar products along k; an operand that is not contiguous along k is copied first
};
enum class MatmulSplit {
  kRows,
  kColumns,
  kDepth,   // the chunks of k
  kBlocks,  // the blocks of k, summed in order: what one thread does too, which adds one after another to C
};

struct MatmulPlan {
  // These decide the order of summation: they depend on the shape and the instruction set alone.
  MatmulWay way;
  int64_t chunk;   // k is cut into chunks of this many, summed in order; k if it is not cut
  int64_t depth;   // within a chunk k is walked in blocks of this many
  bool copy_rows;  // A is copied, block by block, so that the elements of a column lie together
  // These do not.
  MatmulSplit split;
  int64_t align;   // ranges of rows or columns begin at multiples of this
  int64_t grains;  // the work, in what pays for a thread
};

/// For one product on up to `threads` threads; `alone`: it is not one of a batch.
MatmulPlan plan_matmul(const MatmulKernels& kernels, const MatmulShape& shape, int threads, bool alone);

/// Nanoseconds that a product takes on one thread, about.
double matmul_nanoseconds(const MatmulKernels& kernels, const MatmulShape& shape);

/// Work that pays for a thread of its own while the workers are awake.
inline constexpr int64_t kMatmulGrain = 1700;

}  // namespace gradtape
