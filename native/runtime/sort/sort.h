// Sorting along rows.
#pragma once
#include "kernels/table.h"

namespace gradtape {

/// Sorts each of `rows` rows of n elements, n < 2³¹: y is the sorted values, or with `positions` their
/// positions (int32). The sort is stable. False if out of memory.
bool run_sort(const SortKernels& sort, const void* x, void* y, int64_t rows, int64_t n, int64_t size,
              bool positions, bool descending);

/// The k ≤ n greatest elements of each row in descending order, and their positions; the least position first
/// among equals.
bool run_top(const SortKernels& sort, const void* x, void* values, int32_t* indices, int64_t rows, int64_t n,
             int64_t k, int64_t size);

}  // namespace gradtape
