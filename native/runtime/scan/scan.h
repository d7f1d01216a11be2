// Prefix sums and products, and linear recurrences, of whole tensors.
#pragma once
#include "kernels/table.h"

namespace gradtape {

/// x and y are [outer, n, inner].
void run_scan(const ScanEntry& op, int dtype, const void* x, void* y, int64_t outer, int64_t n, int64_t inner,
              bool exclusive, bool reverse);

/// a, b and y are [outer, n, inner].
void run_recurrence(RecurrenceFn fn, int64_t size, const void* a, const void* b, void* y, int64_t outer,
                    int64_t n, int64_t inner, bool exclusive, bool reverse);

}  // namespace gradtape
