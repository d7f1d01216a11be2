#include "runtime/conv/winograd_tiles.h"

namespace gradtape {

Window Image::window(int64_t n, int64_t image, int64_t y, int64_t x, void* copy) const {
  const int64_t bytes = channels * kWinogradSize, pixel = pitch * kWinogradSize;
  const void* const from = bytes_at(data, image * height * width * pixel);
  if (y >= 0 && x >= 0 && y + (n - 1) * step_y < height && x + (n - 1) * step_x < width) {
    return {bytes_at(from, (y * width + x) * pixel), step_y * width * pitch, step_x * pitch};
  }
  const int64_t left = least(n, x >= 0 ? 0 : (step_x - 1 - x) / step_x);
  const int64_t right = most(left, taken(n, width, x, step_x));
  char* to = static_cast<char*>(copy);
  for (int64_t r = 0; r < n; r++, y += step_y, to += n * bytes) {
    const bool inside = y >= 0 && y < height && left < right;
    __builtin_memset(to, 0, static_cast<size_t>((inside ? left : n) * bytes));
    if (!inside) continue;
    const void* const line = bytes_at(from, (y * width + x) * pixel);
    if (step_x == 1 && bytes == pixel) {
      __builtin_memcpy(to + left * pixel, bytes_at(line, left * pixel),
                       static_cast<size_t>((right - left) * pixel));
    } else {
      for (int64_t j = left; j < right; j++) {
        __builtin_memcpy(to + j * bytes, bytes_at(line, j * step_x * pixel), static_cast<size_t>(bytes));
      }
    }
    __builtin_memset(to + right * bytes, 0, static_cast<size_t>((n - right) * bytes));
  }
  return {copy, n * channels, channels};
}

}  // namespace gradtape
