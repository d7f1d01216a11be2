// Softmax and cross entropy along rows. A row is walked several times rather than held in a cleverer way: it
// stays in the cache, and another exponential would cost more than reading it again. But the walk that takes
// exponentials waits for arithmetic alone: it finishes the row before and looks for the largest element of
// the row behind on the way (a softmax of 1024 × 1024 in its own walks took a third longer). x may be y.
#include "element_types.h"
#include "simd/columns.h"
#include "simd/lanes.h"
#include "simd/math.h"
#include "simd/math_double.h"
#include "simd/unroll.h"
#include "table.h"

namespace {

template <class T>
struct MaskOf {
  using type = vi;
};
template <>
struct MaskOf<double> {
  using type = vl;
};

GT_INLINE vf exp_vec(vf x) { return exp_f32(x); }
GT_INLINE vd exp_vec(vd x) { return exp_f64(x); }
/// exp of x ≤ 0, to 1 ULP; results below 2⁻¹²⁶ may be 0, as those of x ≤ −88 are. exp(0) is 1; NaN stays.
GT_INLINE vf exp_below(vf x) {
  const ExpParts e = exp_parts(at_least(x, -88.0f));
  const vf s = exp2i(e.n);  // 0 for n = −127
  return fma(e.r + e.rrq, s, s);
}
GT_INLINE vd exp_below(vd x) { return exp_vec(x); }
GT_INLINE float log1p_one(float x) { return __builtin_log1pf(x); }
GT_INLINE double log1p_one(double x) { return __builtin_log1p(x); }

/// The largest lane of a vector without NaN.
template <class T, int N>
GT_INLINE T max_halves(Vec<T, N> v) {
  if constexpr (N == 2) {
    return v[0] > v[1] ? v[0] : v[1];
  } else {
    using S = typename MakeSeq<N / 2>::type;
    return max_halves<T, N / 2>(max_or_second(part<T, N / 2, 0>(v, S()), part<T, N / 2, N / 2>(v, S())));
  }
}
GT_INLINE float max_lanes(vf v) { return max_halves<float, kLanes<float>>(v); }
GT_INLINE double max_lanes(vd v) { return max_halves<double, kLanes<double>>(v); }

/// Whether a vector is the partial one at the end of a row, known to the compiler.
template <bool kIs>
struct Part {
  static constexpr bool is = kIs;
};

/// Walks rows of n elements.
template <class T>
struct Row {
  using V = Vec<T>;
  static constexpr int L = kLanes<T>;
  int64_t n, whole;
  Lanes<T> lanes;
  typename MaskOf<T>::type in;  // the lanes of the partial vector

  explicit Row(int64_t n) : n(n), whole(n / L * L), lanes(first_lanes<T>(n - whole)) {
    for (int i = 0; i < L; i++) in[i] = i < n - whole ? -1 : 0;
  }
  /// f(i, part) for the vector at i.
  template <class F>
  GT_INLINE void each(const F& f) const {
    for (int64_t i = 0; i < whole; i += L) f(i, Part<false>{});
    if (whole < n) f(whole, Part<true>{});
  }
  template <bool kPart>
  GT_INLINE V get(const T* p, Part<kPart>) const {
    if constexpr (kPart) {
      return load_lanes(p, lanes);
    } else {
      return load(p);
    }
  }
  template <bool kPart>
  GT_INLINE void put(T* p, V v, Part<kPart>) const {
    if constexpr (kPart) {
      store_lanes(p, v, lanes);
    } else {
      store(p, v);
    }
  }
  /// v, with `fill` in lanes past the end of the row.
  template <bool kPart>
  GT_INLINE V only(V v, T fill, Part<kPart>) const {
    if constexpr (kPart) {
      return select(in, v, splat(fill));
    } else {
      return v;
    }
  }

  GT_INLINE T max(const T* x) const {
    constexpr int kAccumulators = 4;
    V m[kAccumulators];
    GT_UNROLL
    for (int k = 0; k < kAccumulators; k++) m[k] = splat(-static_cast<T>(__builtin_inf()));
    int64_t i = 0;
    for (; i + kAccumulators * L <= whole; i += kAccumulators * L) {
      GT_UNROLL
      for (int k = 0; k < kAccumulators; k++) m[k] = max_or_second(load(x + i + k * L), m[k]);
    }
    for (; i < whole; i += L) m[0] = max_or_second(load(x + i), m[0]);
    if (whole < n) {
      const Part<true> last;
      m[1] = max_or_second(only(get(x + whole, last), -static_cast<T>(__builtin_inf()), last), m[1]);
    }
    return max_lanes(max_or_second(max_or_second(m[0], m[1]), max_or_second(m[2], m[3])));
  }
};

/// A sum whose rounding error stays small over long rows: blocks of vectors are summed first.
template <class T>
struct Sum {
  Vec<T> block = {}, total = {};
  int count = 0;
  GT_INLINE void add(Vec<T> v) {
    block += v;
    if (++count == 64) {
      total += block;
      block = Vec<T>{};
      count = 0;
    }
  }
  GT_INLINE T all() const { return sum_lanes<T>(total + block); }
};

/// Σ exp(x − max), as the number of largest elements and the sum of the others: the logarithm of a sum near 1
/// needs the digits that adding 1 would take away. Softmax does not: there `rest` is all of it.
template <class T>
struct ExpSum {
  T ones, rest;
  GT_INLINE T total() const { return ones + rest; }
  GT_INLINE T log() const { return log1p_one(rest + (ones - T(1))); }
};
/// Of a row whose largest element is *most; writes exp(x − most) if kStore. On the way: `before` for each of
/// its vectors, and the largest element of `next` comes into *most.
template <bool kStore, bool kOnes, class T, class F>
GT_INLINE ExpSum<T> exp_row(const Row<T>& row, const T* x, T* e, T* most, const T* next, const F& before) {
  const T m = *most;
  Sum<T> rest;
  Vec<T> ones = {};
  Vec<T> found = splat(-static_cast<T>(__builtin_inf()));
  row.each([&](int64_t i, auto part) GT_LAMBDA {
    const Vec<T> at = row.get(x + i, part);
    const Vec<T> v = exp_below(at - m);
    before(i, part);
    if constexpr (kStore) row.put(e + i, v, part);
    if constexpr (kOnes) {
      const auto largest = at == m;
      ones = select(largest, ones + row.only(splat(T(1)), T(0), part), ones);
      rest.add(row.only(select(largest, Vec<T>{}, v), T(0), part));
    } else {
      rest.add(row.only(v, T(0), part));
    }
    found = max_or_second(row.only(row.get(next + i, part), -static_cast<T>(__builtin_inf()), part), found);
  });
  *most = max_lanes(found);
  return {sum_lanes<T>(ones), rest.all() + (m - m)};  // NaN where the largest element is infinite
}

/// Exponentials of all rows, to e if kStore. Of each row sums(r, most, sum) is told, then finish(r, i, part)
/// is called for its vectors, which may happen within the next row, then end(r).
template <bool kStore, bool kOnes, class T, class Sums, class Finish, class End>
GT_INLINE void each_row(const Row<T>& row, const T* x, T* e, int64_t rows, const Sums& sums,
                        const Finish& finish, const End& end) {
  T next_most = row.max(x);
  for (int64_t r = 0; r < rows; r++) {
    const T most = next_most;
    const T* at = x + r * row.n;
    const T* next = r + 1 < rows ? at + row.n : at;
    T* to = kStore ? e + r * row.n : nullptr;
    ExpSum<T> sum;
    if (r == 0) {
      sum = exp_row<kStore, kOnes>(row, at, to, &next_most, next, [](int64_t, auto) GT_LAMBDA {});
    } else {
      sum = exp_row<kStore, kOnes>(row, at, to, &next_most, next,
                                   [&](int64_t i, auto part) GT_LAMBDA { finish(r - 1, i, part); });
      end(r - 1);
    }
    sums(r, most, sum);
  }
  row.each([&](int64_t i, auto part) GT_LAMBDA { finish(rows - 1, i, part); });
  end(rows - 1);
}

/// Rows of fewer elements go side by side, a lane for each.
template <class T>
inline constexpr int64_t kShortRow = 4 * kLanes<T>;

/// Rows of fewer elements than a few vectors, at least a quarter of a vector of rows: a lane for each.
template <class T>
GT_INLINE bool side_by_side(int64_t rows, int64_t cols) {
  return cols < kShortRow<T> && rows >= (cols <= kLanes<T> ? kLanes<T> / 4 : kLanes<T>);
}

GT_INLINE vf log1p_vec(vf x) { return log1p_f32(x); }
GT_INLINE vd log1p_vec(vd x) {
  for (int i = 0; i < kLanes<double>; i++) x[i] = __builtin_log1p(x[i]);
  return x;
}

/// As many rows as there are lanes; 16 bytes are read of each even if it is shorter, and past the end of y
/// there is room for 16 bytes.
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
  // From the last columns to the first, and row by row: what is written past the end of a row is overwritten.
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
          // The largest is infinite: so is the result, but for a NaN.
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

/// The rows' columns, as many rows as there are lanes; 16 bytes are read of each even if it is shorter.
template <class T>
struct Columns {
  Vec<T> at[kShortRow<T> + kGroup<T>];
  GT_INLINE void load(const T* x, int64_t n) {
    for (int64_t c = 0; c < n; c += kGroup<T>) load_columns<kMaxGroups>(x + c, n, at + c);
  }
  /// Past the end of y there is room for 16 bytes.
  GT_INLINE void store(T* y, int64_t n) const {
    constexpr int C = kGroup<T>;
    for (int64_t c = (n - 1) / C * C; c >= 0; c -= C) store_columns(at + c, y + c, n);
  }
};

/// Cross entropy of rows side by side; finish(first row, rows, rows' logits, their largest, their log-sum-exp
/// above it, their softmax) writes the results.
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

/// Numbers of the one label of each row.
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
  // Logarithms of as many rows together as there are lanes: one at a time they took a tenth of it all.
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
constexpr gradtape::SoftmaxKernels kernels_of() {
  return {.softmax = &softmax<T>,
          .log_softmax = &log_softmax<T>,
          .log_sum_exp = &log_sum_exp<T>,
          .softmax_gradient = &softmax_gradient<T>,
          .log_softmax_gradient = &log_softmax_gradient<T>,
          .cross_entropy = &cross_entropy<T>,
          .sparse_cross_entropy = {&sparse_cross_entropy_of<T, false>, &sparse_cross_entropy_of<T, true>}};
}

}  // namespace

void GT_EXPORT(softmax)(gradtape::KernelTable& table) {
  table.softmax = by_dtype<gradtape::SoftmaxKernels>([]<class T>() -> gradtape::SoftmaxKernels {
    if constexpr (is_real<T>) {
      return kernels_of<T>();
    } else {
      return {};
    }
  });
}
