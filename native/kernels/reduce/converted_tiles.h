// Reductions of dtypes that are converted first, tile by tile. `fn` reduces elements of the type that c
// converts to, `then` combines its results, which have `size` bytes, and `nothing` is the result for no
// elements. Results have that type; the caller rounds them once.
#pragma once
#include "kernels/convert/tiles.h"
#include "kernels/simd/vec.h"

namespace {

using gradtape::ReduceColsFn;
using gradtape::ReduceRowsFn;

/// Elements of a tile, and partial results at a time.
constexpr int64_t kReduceTile = 4096, kParts = 16;

GT_OUTLINE void rows_by_tiles(const Conversion& c, ReduceRowsFn fn, ReduceRowsFn then, int64_t size,
                              const void* nothing, const void* x, void* y, int64_t rows, int64_t n,
                              int64_t stride) noexcept {
  alignas(64) char tile[8 * kReduceTile];
  if (n == 0) {
    for (int64_t r = 0; r < rows; r++) memcpy(bytes_at(y, r * size), nothing, static_cast<size_t>(size));
    return;
  }
  if (n <= kReduceTile && stride == n) {
    const int64_t most = kReduceTile / n;
    for (int64_t r = 0; r < rows; r += most) {
      const int64_t count = rows - r < most ? rows - r : most;
      c.to_kernel(bytes_at(x, r * n * c.size), tile, count * n);
      fn(tile, bytes_at(y, r * size), count, n, n);
    }
    return;
  }
  alignas(8) char parts[8 * kParts];
  for (int64_t r = 0; r < rows; r++) {
    int64_t found = 0;
    for (int64_t i = 0; i < n; i += kReduceTile) {
      const int64_t count = n - i < kReduceTile ? n - i : kReduceTile;
      if (found == kParts) {
        then(parts, tile, 1, found, found);
        memcpy(parts, tile, static_cast<size_t>(size));
        found = 1;
      }
      c.to_kernel(bytes_at(x, (r * stride + i) * c.size), tile, count);
      fn(tile, parts + found++ * size, 1, count, count);
    }
    then(parts, bytes_at(y, r * size), 1, found, found);
  }
}

GT_OUTLINE void cols_by_tiles(const Conversion& c, ReduceColsFn fn, ReduceColsFn then, int64_t size,
                              const void* nothing, const void* xv, void* yv, int64_t n, int64_t stride,
                              int64_t width) noexcept {
  constexpr int64_t kWidth = 128;
  alignas(64) char tile[8 * kReduceTile], parts[8 * kParts * kWidth];
  for (int64_t column = 0; column < width; column += kWidth) {
    const char* const x = bytes_at(xv, column * c.size);
    char* const y = bytes_at(yv, column * size);
    const int64_t w = width - column < kWidth ? width - column : kWidth, most = kReduceTile / w;
    for (int64_t i = 0; n == 0 && i < w; i++) memcpy(y + i * size, nothing, static_cast<size_t>(size));
    int64_t found = 0;
    for (int64_t r = 0; r < n; r += most) {
      const int64_t count = n - r < most ? n - r : most;
      if (found == kParts) {
        then(parts, tile, found, w, w);
        memcpy(parts, tile, static_cast<size_t>(w * size));
        found = 1;
      }
      const int64_t runs = stride == w ? 1 : count;
      for (int64_t k = 0; k < runs; k++) {
        c.to_kernel(x + (r + k) * stride * c.size, tile + k * w * c.kernel_size, count / runs * w);
      }
      fn(tile, parts + found++ * w * size, count, w, w);
    }
    if (found > 0) then(parts, y, found, w, w);
  }
}

}  // namespace
