// Running sums and products along an axis.
#include "elementwise.h"

namespace {

using gradtape::ScanEntry;

struct CumSum {
  template <class E>
  static constexpr E identity = E(0);
  template <class E>
  static GT_INLINE E join(E a, E b) {
    return static_cast<E>(a + b);
  }
};
struct CumProd {
  template <class E>
  static constexpr E identity = E(1);
  template <class E>
  static GT_INLINE E join(E a, E b) {
    return static_cast<E>(a * b);
  }
};

template <class Op, class T>
void scan(const void* xv, void* yv, int64_t n, int64_t stride, int64_t width, bool exclusive,
          bool reverse) noexcept {
  using E = wrap_t<T>;
  const E* x = static_cast<const E*>(xv);
  E* y = static_cast<E*>(yv);
  if (n <= 0) return;
  const int64_t step = reverse ? -stride : stride;
  const int64_t first = reverse ? (n - 1) * stride : 0;
  if (width == 1) {
    E total = Op::template identity<E>;
    int64_t at = first;
    for (int64_t r = 0; r < n; r++, at += step) {
      const E v = x[at];
      const E next = Op::join(total, v);
      y[at] = exclusive ? total : next;
      total = next;
    }
    return;
  }
  x += first;
  y += first;
  for (int64_t i = 0; i < width; i++) y[i] = exclusive ? Op::template identity<E> : x[i];
  for (int64_t r = 1; r < n; r++) {
    const E* before = y;
    const E* from = exclusive ? x : x + step;
    x += step;
    y += step;
    E* to = y;
    GT_IVDEP
    for (int64_t i = 0; i < width; i++) to[i] = Op::join(before[i], from[i]);
  }
}

template <class T>
void recurrence(const void* av, const void* bv, void* yv, int64_t n, int64_t stride, int64_t width,
                bool exclusive, bool reverse) noexcept {
  constexpr int64_t kStrip = 512;
  const int64_t step = reverse ? -stride : stride;
  const int64_t first = reverse ? (n - 1) * stride : 0;
  T carry[kStrip];
  for (int64_t s = 0; s < width; s += kStrip) {
    const int64_t w = width - s < kStrip ? width - s : kStrip;
    const T* a = static_cast<const T*>(av) + first + s;
    const T* b = static_cast<const T*>(bv) + first + s;
    T* y = static_cast<T*>(yv) + first + s;
    for (int64_t i = 0; i < w; i++) carry[i] = T(0);
    for (int64_t r = 0; r < n; r++, a += step, b += step, y += step) {
      if (exclusive) {
        GT_IVDEP
        for (int64_t i = 0; i < w; i++) {
          const T c = carry[i];
          carry[i] = a[i] * c + b[i];
          y[i] = c;
        }
      } else {
        GT_IVDEP
        for (int64_t i = 0; i < w; i++) {
          const T h = b[i] + carry[i];
          carry[i] = a[i] * h;
          y[i] = h;
        }
      }
    }
  }
}

template <class Op>
constexpr ScanEntry scan_entry(const char* name) {
  return {name,
          {&scan<Op, float>, &scan<Op, double>, &scan<Op, int32_t>, &scan<Op, int64_t>, &scan<Op, uint8_t>,
           nullptr}};
}

constexpr ScanEntry kScan[] = {scan_entry<CumSum>("cumsum"), scan_entry<CumProd>("cumprod")};

}  // namespace

void GT_EXPORT(scan)(gradtape::KernelTable& table) {
  table.scan = kScan;
  table.recurrence[static_cast<int>(DType::kFloat32)] = &recurrence<float>;
  table.recurrence[static_cast<int>(DType::kFloat64)] = &recurrence<double>;
  table.scan_count = static_cast<int>(sizeof kScan / sizeof kScan[0]);
}
