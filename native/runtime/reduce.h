// Reductions, positions of extremes, running sums and random numbers over whole tensors.
#pragma once
#include "../kernels/table.h"
#include "layout.h"

namespace gradtape {

/// Dimensions that are alternately kept and reduced, merged as far as can be.
struct ReduceLayout {
  int ndim;
  int64_t dims[kMaxDims];
  bool first_reduced;
  bool reduced(int d) const { return ((d & 1) == 0) == first_reduced; }
};

/// y is the reduction of contiguous x. False if there was no memory for partial results; y is then
/// unspecified. The order of operations depends on the layout alone, not on the number of threads.
bool run_reduce(const ReduceEntry* ops, int op, int dtype, const void* x, void* y,
                const ReduceLayout& layout);

/// y[i] /= count, of n float32 or float64.
void divide_by_count(int dtype, void* y, int64_t n, int64_t count);

/// x is [outer, n, inner], y [outer, inner]; n ≥ 1.
void run_argreduce(const ArgReduceEntry& op, int dtype, const void* x, int32_t* y, int64_t outer, int64_t n,
                   int64_t inner);

/// x and y are [outer, n, inner].
void run_scan(const ScanEntry& op, int dtype, const void* x, void* y, int64_t outer, int64_t n, int64_t inner,
              bool exclusive, bool reverse);

/// a, b and y are [outer, n, inner].
void run_recurrence(RecurrenceFn fn, int64_t size, const void* a, const void* b, void* y, int64_t outer,
                    int64_t n, int64_t inner, bool exclusive, bool reverse);

/// What becomes of random floats: binary kernels, in turn; null where there is none. Their right operands are
/// numbers.
struct RandomSteps {
  static constexpr int kCount = 2;
  BinaryFn fn[kCount];
  double operand[kCount];
};

/// n elements.
void run_random(RandomFn fn, const RandomArgs& args, const RandomSteps& steps, int dtype, void* y, int64_t n);

/// The generator of a stateless seed, which stands in `args` for the counter: one block gives its key and the
/// upper half of its counter. `words` draws int32 of any bits.
void scramble(RandomFn words, RandomArgs* args);

}  // namespace gradtape
