// Prefix sums and products (scans) along an axis.
#include "kernels/elementwise/elementwise.h"

namespace {

using gradtape::ScanEntry;

struct CumSum {
  template <class E>
  static constexpr E identity = E(0);
  template <class E>
  static GT_INLINE E join(E a, E b) {
    return static_cast<E>(static_cast<promoted_t<E>>(a) + static_cast<promoted_t<E>>(b));
  }
};
struct CumProd {
  template <class E>
  static constexpr E identity = E(1);
  template <class E>
  static GT_INLINE E join(E a, E b) {
    return static_cast<E>(static_cast<promoted_t<E>>(a) * static_cast<promoted_t<E>>(b));
  }
};

/// kRows rows of contiguous elements at a time: each sum depends on the one before, so several rows are
/// interleaved.
template <class Op, class E, int kRows>
GT_INLINE void scan_rows(const E* x, E* y, int64_t n, bool exclusive, bool reverse) {
  E total[kRows];
  for (int k = 0; k < kRows; k++) total[k] = Op::template identity<E>;
  const int64_t step = reverse ? -1 : 1;
  for (int64_t r = 0, at = reverse ? n - 1 : 0; r < n; r++, at += step) {
    GT_UNROLL
    for (int k = 0; k < kRows; k++) {
      const E next = Op::join(total[k], x[k * n + at]);
      y[k * n + at] = exclusive ? total[k] : next;
      total[k] = next;
    }
  }
}

template <class Op, class E>
void scan_rows(const void* xv, void* yv, int64_t rows, int64_t n, bool exclusive, bool reverse) noexcept {
  const E* x = static_cast<const E*>(xv);
  E* y = static_cast<E*>(yv);
  constexpr int kRows = 4;
  int64_t r = 0;
  for (; r + kRows <= rows; r += kRows) scan_rows<Op, E, kRows>(x + r * n, y + r * n, n, exclusive, reverse);
  for (; r < rows; r++) scan_rows<Op, E, 1>(x + r * n, y + r * n, n, exclusive, reverse);
}

/// E is unsigned for integers.
template <class Op, class E>
void scan(const void* xv, void* yv, int64_t n, int64_t stride, int64_t width, bool exclusive,
          bool reverse) noexcept {
  const E* x = static_cast<const E*>(xv);
  E* y = static_cast<E*>(yv);
  if (n <= 0) return;
  const int64_t step = reverse ? -stride : stride;
  const int64_t first = reverse ? (n - 1) * stride : 0;
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
  return {name, by_dtype<gradtape::ScanFn>([]<class T>() -> gradtape::ScanFn {
            if constexpr (is_real<T> || is_integer<T>) {
              return &scan<Op, wrap_t<T>>;
            } else {
              return nullptr;
            }
          }),
          by_dtype<gradtape::ScanRowsFn>([]<class T>() -> gradtape::ScanRowsFn {
            if constexpr (is_real<T> || is_integer<T>) {
              return &scan_rows<Op, wrap_t<T>>;
            } else {
              return nullptr;
            }
          })};
}

constexpr ScanEntry kScan[] = {scan_entry<CumSum>("cumsum"), scan_entry<CumProd>("cumprod")};

}  // namespace

GT_FAMILY(scan, OpList<ScanEntry> scan, ByDType<RecurrenceFn> recurrence) {
  table.scan = gradtape::op_list(kScan);
  table.recurrence = by_dtype<gradtape::RecurrenceFn>([]<class T>() -> gradtape::RecurrenceFn {
    if constexpr (is_real<T>) {
      return &recurrence<T>;
    } else {
      return nullptr;
    }
  });
}
