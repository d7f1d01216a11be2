// Exponentials of rows and their sums. A row is read several times rather than kept in registers: it stays in
// the cache, and computing an exponential again would cost more than reading it. The pass that computes
// exponentials is limited by arithmetic alone, so it also writes the results of the previous row and finds
// the maximum of the next one (a softmax of 1024 × 1024 with separate passes took a third longer).
#pragma once
#include "kernels/element_types.h"
#include "kernels/simd/columns.h"
#include "kernels/simd/lanes.h"
#include "kernels/simd/math.h"
#include "kernels/simd/math_double.h"
#include "kernels/simd/unroll.h"
#include "kernels/table.h"

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
/// exp of x ≤ 0, to 1 ULP; results below 2⁻¹²⁶ may be 0, and those of x ≤ −88 are. exp(0) is 1; NaN is kept.
GT_INLINE vf exp_below(vf x) {
  const ExpParts e = exp_parts(at_least(x, -88.0f));
  const vf s = exp2i(e.n);  // 0 for n = −127
  return fma(e.r + e.rrq, s, s);
}
GT_INLINE vd exp_below(vd x) { return exp_vec(x); }
GT_INLINE float log1p_one(float x) { return __builtin_log1pf(x); }
GT_INLINE double log1p_one(double x) { return __builtin_log1p(x); }

GT_INLINE vf log1p_vec(vf x) { return log1p_f32(x); }
GT_INLINE vd log1p_vec(vd x) {
  for (int i = 0; i < kLanes<double>; i++) x[i] = __builtin_log1p(x[i]);
  return x;
}

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

/// A compile-time flag: whether a vector is the partial one at the end of a row.
template <bool kIs>
struct Part {
  static constexpr bool is = kIs;
};

/// Loops over the vectors of rows of n elements.
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

/// Σ exp(x − max), as the number of maxima (`ones`) and the sum of the others (`rest`): the logarithm of a
/// sum near 1 needs the digits that adding 1 would lose. Without kOnes (softmax), `rest` is the whole sum.
template <class T>
struct ExpSum {
  T ones, rest;
  GT_INLINE T total() const { return ones + rest; }
  GT_INLINE T log() const { return log1p_one(rest + (ones - T(1))); }
};
/// For a row whose maximum is *most; writes exp(x − most) if kStore. In the same loop it calls `before` for
/// each vector, and *most becomes the maximum of `next`.
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

/// Exponentials of all rows, stored to e if kStore. For each row it calls sums(r, most, sum), then finish(r,
/// i, part) for its vectors, possibly during the next row, then end(r).
template <bool kStore, bool kOnes, class T, class Sums, class Epilogue, class End>
GT_INLINE void each_row(const Row<T>& row, const T* x, T* e, int64_t rows, const Sums& sums,
                        const Epilogue& finish, const End& end) {
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

}  // namespace
