// Softmax and cross entropy of whole tensors, split among threads.
#pragma once
#include "kernels/table.h"

namespace gradtape {

/// fn(x, y, rows, cols) over the rows of x and y.
void run_rows(void (*fn)(const void*, void*, int64_t, int64_t) noexcept, const void* x, void* y, int64_t rows,
              int64_t cols, int64_t size);
/// fn(a, b, y, rows, cols).
void run_rows(void (*fn)(const void*, const void*, void*, int64_t, int64_t) noexcept, const void* a,
              const void* b, void* y, int64_t rows, int64_t cols, int64_t size);
/// y[r] = log Σ exp(x) over rows of cols ≥ 1 elements; false if there is no memory for a long row.
bool run_log_sum_exp(void (*fn)(const void*, void*, int64_t, int64_t) noexcept, const void* x, void* y,
                     int64_t rows, int64_t cols, int64_t size);
/// fn(logits, labels, loss, backprop, rows, cols); a row of labels has label_bytes bytes.
void run_cross_entropy(void (*fn)(const void*, const void*, void*, void*, int64_t, int64_t) noexcept,
                       const void* logits, const void* labels, void* loss, void* backprop, int64_t rows,
                       int64_t cols, int64_t size, int64_t label_bytes);
/// The position of the first label outside [0, cols), or −1. Labels have 4 or 8 bytes.
int64_t find_bad_label(const void* labels, int64_t rows, int64_t cols, int64_t label_bytes);

}  // namespace gradtape
