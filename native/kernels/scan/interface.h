// Prefix sums and products (scans), and linear recurrences.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// The scan down n rows of `width` elements; rows of x and of y are `stride` apart.
using ScanFn = void (*)(const void* x, void* y, int64_t n, int64_t stride, int64_t width, bool exclusive,
                        bool reverse) noexcept;
/// The same along each of `rows` rows of n consecutive elements.
using ScanRowsFn = void (*)(const void* x, void* y, int64_t rows, int64_t n, bool exclusive,
                            bool reverse) noexcept;
struct ScanEntry {
  const char* name;
  ByDType<ScanFn> fn;
  ByDType<ScanRowsFn> rows;
};

/// The linear recurrence h = a · (the previous h) + b along n rows, laid out as for ScanFn. With c = 0 at
/// first, row r is y = b + c, then c = a · y; exclusive: y = c, then c = a · c + b.
using RecurrenceFn = void (*)(const void* a, const void* b, void* y, int64_t n, int64_t stride, int64_t width,
                              bool exclusive, bool reverse) noexcept;

}  // namespace gradtape
