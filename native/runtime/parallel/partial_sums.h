// Partial sums, one per chunk of fixed size, which are added in double: results do not depend on the number
// of threads.
#pragma once
#include <stdint.h>

#include "runtime/parallel/pool.h"

namespace gradtape {

/// Element i of an array of float or, of 8 bytes, double.
inline double get_real(const void* p, int64_t i, int64_t size) {
  return size == 8 ? static_cast<const double*>(p)[i] : static_cast<double>(static_cast<const float*>(p)[i]);
}
inline void put_real(void* p, int64_t i, double v, int64_t size) {
  if (size == 8) {
    static_cast<double*>(p)[i] = v;
  } else {
    static_cast<float*>(p)[i] = static_cast<float>(v);
  }
}

template <class T>
void add_parts(const T* partial, int64_t parts, int64_t stride, double* total, int64_t width) {
  for (int64_t c = 0; c < width; c++) total[c] = 0;
  for (int64_t p = 0; p < parts; p++) {
    const T* from = partial + p * stride;
    for (int64_t c = 0; c < width; c++) total[c] += static_cast<double>(from[c]);
  }
}
/// total[c] = Σ over parts of partial[part · stride + c], c < width, of elements of `size` bytes.
inline void add_parts(const void* partial, int64_t parts, int64_t stride, double* total, int64_t width,
                      int64_t size) {
  if (size == 8) {
    add_parts(static_cast<const double*>(partial), parts, stride, total, width);
  } else {
    add_parts(static_cast<const float*>(partial), parts, stride, total, width);
  }
}

/// to[c] = Σ over parts of partial[part · width + c], c < width, on all threads.
inline void collect_parts(const char* partial, int64_t parts, int64_t width, void* to, int64_t size) {
  constexpr int64_t kColumns = 256, kGrain = 16 * 1024;
  parallel_for(
      width, kGrain / (parts + 1) + 1,
      [&](int64_t begin, int64_t end) {
        double total[kColumns];
        for (int64_t c = begin; c < end; c += kColumns) {
          const int64_t n = kColumns < end - c ? kColumns : end - c;
          add_parts(partial + c * size, parts, width, total, n, size);
          for (int64_t i = 0; i < n; i++) put_real(to, c + i, total[i], size);
        }
      },
      16);
}

}  // namespace gradtape
