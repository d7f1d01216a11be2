// Reductions, and positions of extreme elements, over whole tensors.
#pragma once
#include "kernels/table.h"
#include "runtime/layout.h"

namespace gradtape {

/// Dimensions that are alternately kept and reduced, merged as far as possible.
struct ReduceLayout {
  int ndim;
  int64_t dims[kMaxDims];
  bool first_reduced;
  bool reduced(int d) const { return ((d & 1) == 0) == first_reduced; }
};

/// y is the reduction of contiguous x. False if there is no memory for partial results; y is then
/// unspecified. The order of operations depends on the layout alone, not on the number of threads.
bool run_reduce(const ReduceEntry* ops, int op, int dtype, const void* x, void* y,
                const ReduceLayout& layout);

/// y[i] /= count, of n float32 or float64.
void divide_by_count(int dtype, void* y, int64_t n, int64_t count);

/// x is [outer, n, inner], y [outer, inner]; n ≥ 1.
void run_argreduce(const ArgReduceEntry& op, int dtype, const void* x, int32_t* y, int64_t outer, int64_t n,
                   int64_t inner);

}  // namespace gradtape
