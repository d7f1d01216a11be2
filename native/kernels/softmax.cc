// Softmax and cross entropy along rows. A row is walked several times rather than held in a cleverer way: it
// stays in the cache, and another exponential would cost more than reading it again. x may be y.
#include "simd/lanes.h"
#include "simd/math.h"
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
GT_INLINE vd exp_vec(vd x) {
  for (int i = 0; i < kLanes<double>; i++) x[i] = __builtin_exp(x[i]);
  return x;
}
/// exp of x ≤ 0, to 1 ULP; results below 2⁻¹²⁶ are 0. exp(0) is 1; NaN stays.
GT_INLINE vf exp_below(vf x) {
  const vf least = splat(-87.33654f);
  const ExpParts e = exp_parts(x < least ? least : x);
  return x < least ? vf{} : ((e.r + e.rrq) + 1.0f) * exp2i(e.n);
}
GT_INLINE vd exp_below(vd x) { return exp_vec(x); }
GT_INLINE float log1p_one(float x) { return __builtin_log1pf(x); }
GT_INLINE double log1p_one(double x) { return __builtin_log1p(x); }

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
    V m = splat(-static_cast<T>(__builtin_inf()));
    each([&](int64_t i, auto part) { m = max_or_second(only(get(x + i, part), m[0], part), m); });
    T most = m[0];
    for (int i = 1; i < L; i++) most = m[i] > most ? m[i] : most;
    return most;
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
/// needs the digits that adding 1 would take away. Writes exp(x − max) where e is not null.
template <class T>
struct ExpSum {
  T ones, rest;
  GT_INLINE T total() const { return ones + rest; }
  GT_INLINE T log() const { return log1p_one(rest + (ones - T(1))); }
};
template <bool kStore, class T>
GT_INLINE ExpSum<T> exp_row(const Row<T>& row, const T* x, T most, T* e) {
  Sum<T> rest, ones;
  row.each([&](int64_t i, auto part) {
    const Vec<T> at = row.get(x + i, part);
    const Vec<T> v = exp_below(at - most);
    if constexpr (kStore) row.put(e + i, v, part);
    const Vec<T> one = row.only(select(at == most, splat(T(1)), Vec<T>{}), T(0), part);
    ones.add(one);
    rest.add(row.only(v, T(0), part) - one);  // 0 for a largest element, NaN for an infinite one
  });
  return {ones.all(), rest.all()};
}

template <class T>
void softmax(const void* xv, void* yv, int64_t rows, int64_t cols) noexcept {
  const Row<T> row(cols);
  for (int64_t r = 0; r < rows; r++) {
    const T* x = static_cast<const T*>(xv) + r * cols;
    T* y = static_cast<T*>(yv) + r * cols;
    const T most = row.max(x);
    Sum<T> sum;
    row.each([&](int64_t i, auto part) {
      const Vec<T> e = exp_below(row.get(x + i, part) - most);
      row.put(y + i, e, part);
      sum.add(row.only(e, T(0), part));
    });
    const T scale = T(1) / sum.all();
    row.each([&](int64_t i, auto part) { row.put(y + i, row.get(y + i, part) * scale, part); });
  }
}

template <class T>
void log_softmax(const void* xv, void* yv, int64_t rows, int64_t cols) noexcept {
  const Row<T> row(cols);
  for (int64_t r = 0; r < rows; r++) {
    const T* x = static_cast<const T*>(xv) + r * cols;
    T* y = static_cast<T*>(yv) + r * cols;
    const T most = row.max(x);
    const T lse = exp_row<false, T>(row, x, most, nullptr).log();
    row.each([&](int64_t i, auto part) { row.put(y + i, row.get(x + i, part) - most - lse, part); });
  }
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
void cross_entropy(const void* xv, const void* tv, void* lossv, void* backv, int64_t rows,
                   int64_t cols) noexcept {
  const Row<T> row(cols);
  for (int64_t r = 0; r < rows; r++) {
    const T* x = static_cast<const T*>(xv) + r * cols;
    const T* target = static_cast<const T*>(tv) + r * cols;
    T* back = static_cast<T*>(backv) + r * cols;
    const T most = row.max(x);
    const ExpSum<T> sum = exp_row<true, T>(row, x, most, back);
    const T lse = sum.log(), scale = T(1) / sum.total();
    Sum<T> loss;
    row.each([&](int64_t i, auto part) {
      const Vec<T> t = row.get(target + i, part);
      loss.add(row.only(t * (lse - (row.get(x + i, part) - most)), T(0), part));
      row.put(back + i, row.get(back + i, part) * scale - t, part);
    });
    static_cast<T*>(lossv)[r] = loss.all();
  }
}

template <class T, class Label>
void sparse_cross_entropy(const void* xv, const void* labels, void* lossv, void* backv, int64_t rows,
                          int64_t cols) noexcept {
  const Row<T> row(cols);
  for (int64_t r = 0; r < rows; r++) {
    const T* x = static_cast<const T*>(xv) + r * cols;
    T* back = static_cast<T*>(backv) + r * cols;
    const int64_t label = static_cast<int64_t>(static_cast<const Label*>(labels)[r]);
    const T most = row.max(x);
    const ExpSum<T> sum = exp_row<true, T>(row, x, most, back);
    const T scale = T(1) / sum.total();
    static_cast<T*>(lossv)[r] = sum.log() - (x[label] - most);
    row.each([&](int64_t i, auto part) { row.put(back + i, row.get(back + i, part) * scale, part); });
    back[label] -= T(1);
  }
}

template <class T>
constexpr gradtape::SoftmaxKernels kernels_of() {
  return {.softmax = &softmax<T>,
          .log_softmax = &log_softmax<T>,
          .softmax_gradient = &softmax_gradient<T>,
          .log_softmax_gradient = &log_softmax_gradient<T>,
          .cross_entropy = &cross_entropy<T>,
          .sparse_cross_entropy = {&sparse_cross_entropy<T, int32_t>, &sparse_cross_entropy<T, int64_t>}};
}

}  // namespace

void GT_EXPORT(softmax)(gradtape::KernelTable& table) {
  table.softmax[0] = kernels_of<float>();
  table.softmax[1] = kernels_of<double>();
}
