// Softmax, log-softmax and their gradients along rows. x may be y.
#include "kernels/softmax/short_rows.h"

namespace {

/// Handles as many rows as there are lanes; 16 bytes are read of each even if it is shorter, and 16 bytes
/// beyond the end of y must be writable.
template <bool kLog, class T>
GT_INLINE void softmax_short(const T* x, T* y, int64_t n) {
  using V = Vec<T>;
  constexpr int C = kGroup<T>;
  V column[kShortRow<T> + C];
  for (int64_t c = 0; c < n; c += C) load_columns<kMaxGroups>(x + c, n, column + c);
  V most = splat(-static_cast<T>(__builtin_inf()));
  for (int64_t c = 0; c < n; c++) most = max_or_second(column[c], most);
  V sum = {}, ones = {};
  for (int64_t c = 0; c < n; c++) {
    const V e = exp_below(column[c] - most);
    if constexpr (kLog) {
      const V one = select(column[c] == most, splat(T(1)), V{});
      ones += one;
      sum += e - one;
    } else {
      column[c] = e;
      sum += e;
    }
  }
  if constexpr (kLog) {
    const V lse = log1p_vec(sum + (ones - T(1)));
    for (int64_t c = 0; c < n; c++) column[c] = column[c] - most - lse;
  } else {
    const V scale = T(1) / sum;
    for (int64_t c = 0; c < n; c++) column[c] *= scale;
  }
  // From the last columns to the first, row by row: what a store writes beyond the end of a row is
  // overwritten.
  for (int64_t c = (n - 1) / C * C; c >= 0; c -= C) store_columns(column + c, y + c, n);
}

template <bool kLog, class T>
void softmax_short_rows(const T* x, T* y, int64_t rows, int64_t n) {
  constexpr int64_t L = kLanes<T>;
  constexpr int64_t C = kGroup<T>;
  T out[L * kShortRow<T> + C];
  int64_t r = 0;
  const size_t bytes = static_cast<size_t>(L * n) * sizeof(T);
  for (; (r + L) * n + C <= rows * n; r += L) {
    softmax_short<kLog>(x + r * n, out, n);
    memcpy(y + r * n, out, bytes);
  }
  for (; r < rows; r += L) {
    const size_t count = rows - r < L ? static_cast<size_t>((rows - r) * n) * sizeof(T) : bytes;
    T in[L * kShortRow<T> + C];
    memset(in, 0, bytes + C * sizeof(T));
    memcpy(in, x + r * n, count);
    softmax_short<kLog>(in, out, n);
    memcpy(y + r * n, out, count);
  }
}

template <class T>
void softmax(const void* xv, void* yv, int64_t rows, int64_t cols) noexcept {
  if (cols < kShortRow<T> && rows >= kLanes<T>) {
    return softmax_short_rows<false>(static_cast<const T*>(xv), static_cast<T*>(yv), rows, cols);
  }
  const Row<T> row(cols);
  T* y = static_cast<T*>(yv);
  T scale = T(0);
  each_row<true, false>(
      row, static_cast<const T*>(xv), y, rows,
      [&](int64_t, T, ExpSum<T> sum) GT_LAMBDA { scale = T(1) / sum.rest; },
      [&](int64_t r, int64_t i, auto part) GT_LAMBDA {
        T* at = y + r * cols + i;
        row.put(at, row.get(at, part) * scale, part);
      },
      [](int64_t) GT_LAMBDA {});
}

template <class T>
void log_softmax(const void* xv, void* yv, int64_t rows, int64_t cols) noexcept {
  if (side_by_side<T>(rows, cols)) {
    return softmax_short_rows<true>(static_cast<const T*>(xv), static_cast<T*>(yv), rows, cols);
  }
  const Row<T> row(cols);
  const T* x = static_cast<const T*>(xv);
  T* y = static_cast<T*>(yv);
  T most = T(0), lse = T(0);
  each_row<false, true, T>(
      row, x, nullptr, rows,
      [&](int64_t, T m, ExpSum<T> sum) GT_LAMBDA {
        most = m;
        lse = sum.log();
      },
      [&](int64_t r, int64_t i, auto part)
          GT_LAMBDA { row.put(y + r * cols + i, row.get(x + r * cols + i, part) - most - lse, part); },
      [](int64_t) GT_LAMBDA {});
}

template <class T>
void log_sum_exp(const void* xv, void* yv, int64_t rows, int64_t cols) noexcept {
  constexpr int64_t L = kLanes<T>;
  const T* x = static_cast<const T*>(xv);
  T top[L] = {}, over[L] = {};
  each_row<false, true, T>(
      Row<T>(cols), x, nullptr, rows,
      [&](int64_t r, T most, ExpSum<T> sum) GT_LAMBDA {
        const int64_t at = r % L;
        top[at] = most;
        over[at] = T(0);
        if (most - most == T(0)) {
          over[at] = sum.rest + (sum.ones - T(1));
        } else {
          // The maximum is infinite: so is the result, unless there is a NaN.
          for (int64_t c = r * cols; c < (r + 1) * cols; c++) top[at] = x[c] == x[c] ? top[at] : x[c];
        }
        // The logarithms of several rows at once.
        if (at + 1 < L && r + 1 < rows) return;
        T* y = static_cast<T*>(yv) + (r - at);
        if constexpr (sizeof(T) == 4) {
          store(over, log1p_vec(load(over)));
        } else {
          for (int64_t i = 0; i <= at; i++) over[i] = log1p_one(over[i]);
        }
        for (int64_t i = 0; i <= at; i++) y[i] = top[i] + over[i];
      },
      [](int64_t, int64_t, auto) GT_LAMBDA {}, [](int64_t) GT_LAMBDA {});
}

template <class T>
void softmax_gradient(const void* dyv, const void* yv, void* dxv, int64_t rows, int64_t cols) noexcept {
  const Row<T> row(cols);
  for (int64_t r = 0; r < rows; r++) {
    const T* dy = static_cast<const T*>(dyv) + r * cols;
    const T* y = static_cast<const T*>(yv) + r * cols;
    T* dx = static_cast<T*>(dxv) + r * cols;
    Sum<T> sum;
    row.each([&](int64_t i, auto part) { sum.add(row.get(dy + i, part) * row.get(y + i, part)); });
    const T s = sum.all();
    row.each([&](int64_t i, auto part) {
      row.put(dx + i, (row.get(dy + i, part) - s) * row.get(y + i, part), part);
    });
  }
}

template <class T>
void log_softmax_gradient(const void* dyv, const void* yv, void* dxv, int64_t rows, int64_t cols) noexcept {
  const Row<T> row(cols);
  for (int64_t r = 0; r < rows; r++) {
    const T* dy = static_cast<const T*>(dyv) + r * cols;
    const T* y = static_cast<const T*>(yv) + r * cols;
    T* dx = static_cast<T*>(dxv) + r * cols;
    Sum<T> sum;
    row.each([&](int64_t i, auto part) { sum.add(row.get(dy + i, part)); });
    const T s = sum.all();
    row.each([&](int64_t i, auto part) {
      row.put(dx + i, row.get(dy + i, part) - exp_vec(row.get(y + i, part)) * s, part);
    });
  }
}

template <class T>
constexpr gradtape::SoftmaxKernels kernels_of() {
  return {.softmax = &softmax<T>,
          .log_softmax = &log_softmax<T>,
          .log_sum_exp = &log_sum_exp<T>,
          .softmax_gradient = &softmax_gradient<T>,
          .log_softmax_gradient = &log_softmax_gradient<T>};
}

}  // namespace

GT_FAMILY(softmax, ByDType<SoftmaxKernels> softmax) {
  table.softmax = by_dtype<gradtape::SoftmaxKernels>([]<class T>() -> gradtape::SoftmaxKernels {
    if constexpr (is_real<T>) {
      return kernels_of<T>();
    } else {
      return {};
    }
  });
}
