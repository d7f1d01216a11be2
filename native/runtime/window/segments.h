// Shared by depthwise convolution and pooling: runs of windows that have the same taps.
#pragma once
#include <numeric>

#include "runtime/window/window.h"

namespace gradtape {

/// Multiply-adds, or elements read, that are worth a thread.
inline constexpr int64_t kWindowGrain = 32 * 1024;

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
inline const char* at(const void* p, int64_t bytes) {
  return p == nullptr ? nullptr : static_cast<const char*>(p) + bytes;
}
inline char* at(void* p, int64_t bytes) { return p == nullptr ? nullptr : static_cast<char*>(p) + bytes; }
/// The grain for items of this much work, which may exceed an integer.
inline int64_t grain_for(double work) {
  return static_cast<int64_t>(kWindowGrain / (work < 1 ? 1 : work)) + 1;
}
/// The number of grains of n items of this much work.
inline int64_t grains_of(int64_t n, double work) {
  const double grains = static_cast<double>(n) * work / static_cast<double>(kWindowGrain);
  return grains < 1e9 ? static_cast<int64_t>(grains) : int64_t{1000000000};
}
inline double taps_of(const WindowDim& d) { return static_cast<double>(smaller(d.kernel, d.size)); }
/// ⌈a / b⌉ and ⌊a / b⌋ for b > 0. b is mostly 1, for which the division is skipped.
inline int64_t ceil_div(int64_t a, int64_t b) { return b == 1 ? a : a > 0 ? (a - 1) / b + 1 : a / b; }
inline int64_t floor_div(int64_t a, int64_t b) { return b == 1 ? a : a >= 0 ? a / b : -((-a - 1) / b) - 1; }

/// `count` positions first, first + step … along one dimension that all have n taps: tap j of position i is
/// tap k + j·k_step of the window, and reads element `from` + i·from_step + j·from_tap.
struct Segment {
  int64_t first, step, count;
  int64_t k, k_step, n;
  int64_t from, from_step, from_tap;
};

/// The segment of windows that begins with window o.
inline Segment windows_from(const WindowDim& d, int64_t o) {
  const int64_t begin = o * d.stride - d.before;
  int64_t low = larger(0, ceil_div(-begin, d.dilation));
  int64_t high = smaller(d.kernel, floor_div(d.size - 1 - begin, d.dilation) + 1);
  if (high < low) low = high = 0;
  int64_t count = 1;
  if (low == 0 && high == d.kernel) {
    const int64_t last = floor_div(d.size - 1 + d.before - (d.kernel - 1) * d.dilation, d.stride);
    count = smaller(last, d.out - 1) - o + 1;
  }
  const int64_t from = high > low ? begin + low * d.dilation : 0;
  return {o, 1, count, low, 1, high - low, from, d.stride, d.dilation};
}

/// The transposed mapping, for input gradients: the segment of input elements i, i + stride … that are read
/// by the same taps of windows. There are n windows; tap j is that of window `from` + i·from_step +
/// j·from_tap.
inline Segment transposed_from(const WindowDim& d, int64_t i) {
  const int64_t common = d.stride == 1 ? 1 : std::gcd(d.dilation, d.stride);
  const int64_t k_step = floor_div(d.stride, common), tap = floor_div(d.dilation, common);
  Segment s = {i, d.stride, 1, 0, k_step, 0, 0, 1, -tap};
  const int64_t place = i + d.before;
  int64_t k = 0;
  while (d.stride > 1 && k < k_step && k < d.kernel && (place - k * d.dilation) % d.stride != 0) k++;
  if (k == k_step || k >= d.kernel) {  // no tap reads this element, nor those that follow at this stride
    s.count = floor_div(d.size - 1 - i, d.stride) + 1;
    return s;
  }
  const int64_t all = floor_div(d.kernel - 1 - k, k_step) + 1;
  // The window that reads the element with tap k; it may not exist.
  const int64_t top = floor_div(place - k * d.dilation, d.stride);
  const int64_t low = larger(0, ceil_div(top - d.out + 1, tap));
  const int64_t high = top < 0 ? 0 : smaller(all, floor_div(top, tap) + 1);
  if (high > low) {
    s.k = k + low * k_step;
    s.n = high - low;
    s.from = top - low * tap;
  }
  if (low == 0 && high == all) {
    s.count = smaller(d.out - 1 - top, floor_div(d.size - 1 - i, d.stride)) + 1;
  }
  return s;
}

/// Calls f(segment) for all segments of a dimension: of windows, or of input elements if `transposed` is set.
template <class F>
inline void each_segment(const WindowDim& d, bool transposed, const F& f) {
  if (!transposed) {
    for (int64_t o = 0; o < d.out;) {
      const Segment s = windows_from(d, o);
      f(s);
      o += s.count;
    }
    return;
  }
  for (int64_t r = 0; r < d.stride && r < d.size; r++) {
    for (int64_t i = r; i < d.size;) {
      const Segment s = transposed_from(d, i);
      f(s);
      i += s.count * d.stride;
    }
  }
}

/// The part of a segment within positions [begin, end); count 0 if empty.
inline Segment within(Segment s, int64_t begin, int64_t end) {
  const int64_t skip = s.first >= begin ? 0 : smaller(s.count, ceil_div(begin - s.first, s.step));
  s.first += skip * s.step;
  s.from += skip * s.from_step;
  s.count = s.first >= end ? 0 : smaller(s.count - skip, ceil_div(end - s.first, s.step));
  return s;
}

inline int64_t elements(const WindowDim& height, const WindowDim& width, bool out) {
  return out ? height.out * width.out : height.size * width.size;
}

/// Sets the strides of a block with row segment v and column segment h, in planes of widths x_width and
/// y_width.
inline void set_strides(WindowBlock* b, const WindowCall& call, const Segment& v, const Segment& h,
                        int64_t x_width, int64_t y_width) {
  const int64_t c = call.channels;
  b->x_row = v.from_step * x_width * c;
  b->x_step = h.from_step * c;
  b->y_row = v.step * y_width * c;
  b->y_step = h.step * c;
  b->rows = v.count;
  b->count = h.count;
  b->channels = c;
  b->taps[1] = v.n;
  b->taps[2] = h.n;
  b->x_tap[1] = v.from_tap * x_width * c;
  b->x_tap[2] = h.from_tap * c;
}

/// Rows per tile: the blocks at their left and right edges are still in cache.
inline constexpr int64_t kRows = 12;

}  // namespace gradtape
