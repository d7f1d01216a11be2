// Running sums and products, and linear recurrences.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// Running sums or products down n rows of `width` elements, `stride` apart, in x and y alike.
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

/// The linear recurrence h = a · (the h before) + b along n rows, laid out as for ScanFn. Where it stands at
/// row r, with c = 0 at first: y = b + c, then c = a · y; exclusive: y = c, then c = a · c + b.
using RecurrenceFn = void (*)(const void* a, const void* b, void* y, int64_t n, int64_t stride, int64_t width,
                              bool exclusive, bool reverse) noexcept;

}  // namespace gradtape
