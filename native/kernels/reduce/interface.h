// Reductions, and positions of extreme elements.
#pragma once
#include "kernels/pipeline/interface.h"

namespace gradtape {

/// y[r] = the reduction of the n elements at x + r * stride, r < rows; n == 0 gives the identity. Sums are
/// blocked so that their error stays small up to kReduceRowChunk elements; callers split longer rows into
/// chunks and combine the results.
using ReduceRowsFn = void (*)(const void* x, void* y, int64_t rows, int64_t n, int64_t stride) noexcept;
/// y[i] = the reduction of x[r * stride + i] over r < n, i < width; as accurate up to kReduceColChunk rows.
using ReduceColsFn = void (*)(const void* x, void* y, int64_t n, int64_t stride, int64_t width) noexcept;
inline constexpr int64_t kReduceRowChunk = 65536;
inline constexpr int64_t kReduceColChunk = 8192;

/// A reduction as a pipeline stage: the same result as ReduceRowsFn for up to kMaxReduceStage elements. Its
/// state takes the bytes of a block and of one vector.
struct ReduceStages {
  StageFn (*stage)(bool whole) noexcept;  // for a whole block, or for its first `advance` elements
  void (*begin)(void* state) noexcept;
  void (*end)(const void* state, void* y) noexcept;
};
inline constexpr int64_t kMaxReduceStage = 4096;

struct ReduceEntry {
  const char* name;
  ByDType<ReduceRowsFn> rows;
  ByDType<ReduceColsFn> cols;
  /// The dtype of the results of rows and cols: that of the compute type, if it differs, so that partial
  /// results are rounded once, after all are combined.
  ByDType<DType> partial;
  int out_dtype;                        // -1: that of the input
  int then;                             // index of the op that combines partial results
  bool mean;                            // divide by the number of elements at the end
  ByDType<const ReduceStages*> stages;  // null if there are none
};

/// y[r] = position of the first extreme element of the n elements at x + r * n; NaN is skipped.
using ArgRowsFn = void (*)(const void* x, int32_t* y, int64_t rows, int64_t n) noexcept;
/// The same along r for x[r * stride + i], i < width.
using ArgColsFn = void (*)(const void* x, int32_t* y, int64_t n, int64_t stride, int64_t width) noexcept;
struct ArgReduceEntry {
  const char* name;
  ByDType<ArgRowsFn> rows;
  ByDType<ArgColsFn> cols;
};

}  // namespace gradtape
