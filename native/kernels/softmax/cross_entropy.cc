// Cross entropy along rows, with a distribution (dense) or a class number (sparse) per row as labels.
#include "kernels/softmax/short_rows.h"

namespace {

/// Cross entropy of short rows, one row per lane; finish(first row, rows, logits, their maxima, log-sum-exp
/// minus maximum, softmax) writes the results.
template <class T, class F>
GT_INLINE void each_side_by_side(const T* x, int64_t rows, int64_t n, const F& finish) {
  using V = Vec<T>;
  constexpr int64_t L = kLanes<T>;
  Columns<T> logits, e;
  T in[L * kShortRow<T> + kGroup<T>];
  for (int64_t r = 0; r < rows; r += L) {
    const int64_t count = rows - r < L ? rows - r : L;
    const T* from = x + r * n;
    if ((r + L) * n + kGroup < T >> rows * n) {
      memset(in, 0, static_cast<size_t>(L * n + kGroup<T>) * sizeof(T));
      memcpy(in, from, static_cast<size_t>(count * n) * sizeof(T));
      from = in;
    }
    logits.load(from, n);
    V most = splat(-static_cast<T>(__builtin_inf()));
    for (int64_t c = 0; c < n; c++) most = max_or_second(logits.at[c], most);
    V sum = {}, ones = {};
    for (int64_t c = 0; c < n; c++) {
      const V v = exp_below(logits.at[c] - most);
      const V one = select(logits.at[c] == most, splat(T(1)), V{});
      e.at[c] = v;
      ones += one;
      sum += v - one;
    }
    const V scale = T(1) / (ones + sum);
    for (int64_t c = 0; c < n; c++) e.at[c] *= scale;
    finish(r, count, logits, most, log1p_vec(sum + (ones - T(1))), e);
  }
}

template <class T>
void cross_entropy_short(const T* x, const T* target, T* loss, T* back, int64_t rows, int64_t n) {
  using V = Vec<T>;
  constexpr int64_t L = kLanes<T>;
  Columns<T> t;
  T staged[L * kShortRow<T> + kGroup<T>], losses[L];
  each_side_by_side(x, rows, n,
                    [&](int64_t r, int64_t count, const Columns<T>& logits, V most, V lse, Columns<T>& e) {
                      const size_t bytes = static_cast<size_t>(count * n) * sizeof(T);
                      memset(staged, 0, static_cast<size_t>(L * n + kGroup<T>) * sizeof(T));
                      memcpy(staged, target + r * n, bytes);
                      t.load(staged, n);
                      V sum = {};
                      for (int64_t c = 0; c < n; c++) {
                        sum += t.at[c] * (lse - (logits.at[c] - most));
                        e.at[c] -= t.at[c];
                      }
                      store(losses, sum);
                      memcpy(loss + r, losses, static_cast<size_t>(count) * sizeof(T));
                      if (back == nullptr) return;
                      e.store(staged, n);
                      memcpy(back + r * n, staged, bytes);
                    });
}

/// The class numbers of the rows.
struct Labels {
  const void* numbers;
  bool wide;  // int64, else int32
  int64_t operator[](int64_t r) const {
    return wide ? static_cast<const int64_t*>(numbers)[r] : static_cast<const int32_t*>(numbers)[r];
  }
};

template <class T>
void sparse_cross_entropy_short(const T* x, Labels labels, T* loss, T* back, int64_t rows, int64_t n) {
  using V = Vec<T>;
  constexpr int64_t L = kLanes<T>;
  T staged[L * kShortRow<T> + kGroup<T>], tops[L], sums[L];
  each_side_by_side(x, rows, n,
                    [&](int64_t r, int64_t count, const Columns<T>&, V most, V lse, Columns<T>& e) {
                      store(tops, most);
                      store(sums, lse);
                      const auto place = [&](int64_t i) { return (r + i) * n + labels[r + i]; };
                      for (int64_t i = 0; i < count; i++) loss[r + i] = sums[i] - (x[place(i)] - tops[i]);
                      if (back == nullptr) return;
                      e.store(staged, n);
                      memcpy(back + r * n, staged, static_cast<size_t>(count * n) * sizeof(T));
                      for (int64_t i = 0; i < count; i++) back[place(i)] -= T(1);
                    });
}

template <bool kBack, class T>
void cross_entropy_long(const T* x, const T* target, T* losses, T* back, int64_t rows, int64_t cols) {
  const Row<T> row(cols);
  T most = T(0), lse = T(0), scale = T(0);
  Sum<T> loss;
  each_row<kBack, true>(
      row, x, back, rows,
      [&](int64_t, T m, ExpSum<T> sum) GT_LAMBDA {
        most = m;
        lse = sum.log();
        scale = T(1) / sum.total();
        loss = {};
      },
      [&](int64_t r, int64_t i, auto part) GT_LAMBDA {
        const int64_t at = r * cols + i;
        const Vec<T> t = row.get(target + at, part);
        loss.add(row.only(t * (lse - (row.get(x + at, part) - most)), T(0), part));
        if constexpr (kBack) row.put(back + at, row.get(back + at, part) * scale - t, part);
      },
      [&](int64_t r) GT_LAMBDA { losses[r] = loss.all(); });
}

template <bool kBack, class T>
void sparse_cross_entropy_long(const T* x, Labels labels, T* losses, T* back, int64_t rows, int64_t cols) {
  const Row<T> row(cols);
  const auto label = [&](int64_t r) { return r * cols + labels[r]; };
  T scale = T(0);
  // The logarithms of as many rows as there are lanes, together: one by one they took a tenth of the time.
  constexpr int64_t L = kLanes<T>;
  T sums[L], above[L];
  const auto log_rows = [&](int64_t first, int64_t n) {
    for (int64_t i = n; i < L; i++) sums[i] = above[i] = T(0);
    store_n(losses + first, log1p_vec(load(sums)) - load(above), n);
  };
  each_row<kBack, true>(
      row, x, back, rows,
      [&](int64_t r, T most, ExpSum<T> sum) GT_LAMBDA {
        scale = T(1) / sum.total();
        sums[r % L] = sum.rest + (sum.ones - T(1));
        above[r % L] = x[label(r)] - most;
        if (r % L == L - 1) log_rows(r - L + 1, L);
      },
      [&](int64_t r, int64_t i, auto part) GT_LAMBDA {
        if constexpr (kBack) {
          T* at = back + r * cols + i;
          row.put(at, row.get(at, part) * scale, part);
        }
      },
      [&](int64_t r) GT_LAMBDA {
        if constexpr (kBack) back[label(r)] -= T(1);
      });
  if (rows % L != 0) log_rows(rows / L * L, rows % L);
}

template <class T>
void cross_entropy(const void* xv, const void* tv, void* lossv, void* backv, int64_t rows,
                   int64_t cols) noexcept {
  const T *x = static_cast<const T*>(xv), *target = static_cast<const T*>(tv);
  T *loss = static_cast<T*>(lossv), *back = static_cast<T*>(backv);
  if (side_by_side<T>(rows, cols)) return cross_entropy_short(x, target, loss, back, rows, cols);
  if (back == nullptr) return cross_entropy_long<false>(x, target, loss, back, rows, cols);
  cross_entropy_long<true>(x, target, loss, back, rows, cols);
}

template <class T>
GT_OUTLINE void sparse_cross_entropy(const void* xv, Labels labels, void* lossv, void* backv, int64_t rows,
                                     int64_t cols) noexcept {
  const T* x = static_cast<const T*>(xv);
  T *loss = static_cast<T*>(lossv), *back = static_cast<T*>(backv);
  if (side_by_side<T>(rows, cols)) return sparse_cross_entropy_short(x, labels, loss, back, rows, cols);
  if (back == nullptr) return sparse_cross_entropy_long<false>(x, labels, loss, back, rows, cols);
  sparse_cross_entropy_long<true>(x, labels, loss, back, rows, cols);
}

template <class T, bool kWide>
void sparse_cross_entropy_of(const void* x, const void* labels, void* loss, void* back, int64_t rows,
                             int64_t cols) noexcept {
  sparse_cross_entropy<T>(x, {labels, kWide}, loss, back, rows, cols);
}

template <class T>
constexpr gradtape::CrossEntropyKernels kernels_of() {
  return {.dense = &cross_entropy<T>,
          .sparse = {&sparse_cross_entropy_of<T, false>, &sparse_cross_entropy_of<T, true>}};
}

}  // namespace

GT_FAMILY(cross_entropy, ByDType<CrossEntropyKernels> cross_entropy) {
  table.cross_entropy =
      by_dtype<gradtape::CrossEntropyKernels>([]<class T>() -> gradtape::CrossEntropyKernels {
        if constexpr (is_real<T>) {
          return kernels_of<T>();
        } else {
          return {};
        }
      });
}
