// Positions of extreme elements: the first among equals; NaN is skipped unless all elements are NaN (then 0).
#include "kernels/elementwise/elementwise.h"
#include "kernels/simd/columns.h"

namespace {

using gradtape::ArgReduceEntry;

template <bool kMax, class V>
GT_INLINE auto better(V a, V b) {
  if constexpr (kMax) {
    return a > b;
  } else {
    return a < b;
  }
}

/// The identity: no element is worse.
template <bool kMax, class T>
constexpr T worst() {
  if constexpr (is_float<T>) {
    return kMax ? -static_cast<T>(__builtin_inf()) : static_cast<T>(__builtin_inf());
  } else {
    constexpr bool is_signed = static_cast<T>(-1) < T(0);
    constexpr T least = is_signed ? static_cast<T>(T(1) << (8 * sizeof(T) - 2)) * T(-2) : T(0);
    return kMax ? least : static_cast<T>(~least);
  }
}

/// The integer type as wide as T, so that vectors of both have equally many lanes.
template <class T>
using int_of = typename SignedOf<sizeof(T)>::type;

/// For bytes, loops are left to the compiler: with so many lanes, the unrolled code here would be long.
template <class T>
inline constexpr bool is_plain = sizeof(T) < 4;

template <class T, int... I>
GT_INLINE Vec<T> iota(Seq<I...>) {
  return Vec<T>{static_cast<T>(I)...};
}

/// The least or the greatest lane.
template <bool kMax, class T, int N = kLanes<T>>
GT_INLINE T best_lane(Vec<T, N> v) {
  if constexpr (N == 1) {
    return v[0];
  } else if constexpr (N == 2) {
    return better<kMax>(v[1], v[0]) ? v[1] : v[0];
  } else {
    using S = typename MakeSeq<N / 2>::type;
    const Vec<T, N / 2> a = part<T, N / 2, 0>(v, S()), b = part<T, N / 2, N / 2>(v, S());
    return best_lane<kMax, T, N / 2>(better<kMax>(b, a) ? b : a);
  }
}

template <class M>
GT_INLINE bool any_lane(M mask) {
  return any(bitcast<vi>(mask));
}

/// The first position of `value` in x[0..n), or n.
template <class T>
GT_INLINE int64_t position(const T* x, int64_t n, T value) {
  constexpr int L = kLanes<T>;
  int64_t i = 0;
  if constexpr (is_plain<T>) {
    const void* const found = memchr(x, value, static_cast<size_t>(n));
    return found == nullptr ? n : static_cast<const T*>(found) - x;
  } else {
    using I = int_of<T>;
    const Vec<T> v = splat(value);
    for (; i + 4 * L <= n; i += 4 * L) {
      auto found = load(x + i) == v;
      GT_UNROLL
      for (int k = 1; k < 4; k++) found |= load(x + i + k * L) == v;
      if (any_lane(found)) break;
    }
    for (; i + L <= n; i += L) {
      const auto found = load(x + i) == v;
      if (!any_lane(found)) continue;
      const Vec<I> lane = found ? iota<I>(typename MakeSeq<L>::type()) : splat(static_cast<I>(127));
      return i + best_lane<false, I>(lane);
    }
    while (i < n && x[i] != value) i++;
    return i;
  }
}

/// The extreme of x[0..n), NaN skipped; the identity if all are NaN.
template <bool kMax, class T>
GT_INLINE T extreme(const T* x, int64_t n) {
  T top = worst<kMax, T>();
  int64_t i = 0;
  if constexpr (!is_plain<T>) {
    constexpr int L = kLanes<T>;
    constexpr int kAccumulators = 8;
    if (n >= L) {
      Vec<T> acc[kAccumulators];
      GT_UNROLL
      for (int k = 0; k < kAccumulators; k++) acc[k] = splat(top);
      const auto join = [](Vec<T>& a, Vec<T> v) { a = better<kMax>(v, a) ? v : a; };  // a NaN is not better
      for (; i + kAccumulators * L <= n; i += kAccumulators * L) {
        GT_UNROLL
        for (int k = 0; k < kAccumulators; k++) join(acc[k], load(x + i + k * L));
      }
      for (; i + L <= n; i += L) join(acc[0], load(x + i));
      GT_UNROLL
      for (int half = kAccumulators / 2; half > 0; half /= 2) {
        for (int k = 0; k < half; k++) join(acc[k], acc[k + half]);
      }
      top = best_lane<kMax, T>(acc[0]);
    }
  }
  for (; i < n; i++) top = better<kMax>(x[i], top) ? x[i] : top;
  return top;
}

template <bool kMax, class T>
GT_INLINE int32_t arg_row(const T* x, int64_t n) {
  // First the extreme, by vectors, a block at a time; then its position in the first block that has it.
  // Searching each block that improved the extreme took 25% longer.
  constexpr int64_t kBlock = 4096;
  int64_t block = -1;
  T best = worst<kMax, T>();
  for (int64_t b = 0; b < n; b += kBlock) {
    const T top = extreme<kMax>(x + b, n - b < kBlock ? n - b : kBlock);
    if (!better<kMax>(top, best)) continue;
    best = top;
    block = b;
  }
  if (block >= 0) return static_cast<int32_t>(block + position(x + block, n - block, best));
  // If the extreme is the identity: either it occurs, or all elements are NaN.
  const int64_t at = position(x, n, best);
  return static_cast<int32_t>(at < n ? at : 0);
}

/// Per lane: the best element so far and its position. It starts as NaN, which any number beats.
template <bool kMax, class T>
struct Best {
  Vec<T> value;
  Vec<int_of<T>> at;
  GT_INLINE void offer(Vec<T> v, int_of<T> here) {
    auto take = better<kMax>(v, value);
    if constexpr (is_float<T>) take |= (value != value) & (v == v);
    value = take ? v : value;
    at = take ? splat(here) : at;
  }
};

/// Shorter rows are searched together, one row per lane.
template <class T>
inline constexpr int64_t kShortRow = 4 * kLanes<T> < 64 ? 4 * kLanes<T> : 64;

/// Handles as many rows as there are lanes. Reads 16 bytes even of shorter rows.
template <bool kMax, class T>
GT_INLINE void arg_short(const T* x, int32_t* y, int64_t n) {
  using I = int_of<T>;
  Best<kMax, T> best = {};
  if constexpr (is_plain<T>) {
    alignas(64) T columns[kShortRow<T> * kLanes<T>];
    transpose_rows(x, n, columns);
    best.value = load(columns);
    for (int64_t c = 1; c < n; c++) best.offer(load(columns + c * kLanes<T>), static_cast<I>(c));
  } else {
    constexpr int64_t C = kGroup<T>;
    Vec<T> column[C];
    for (int64_t c = 0; c < n; c += C) {
      const int64_t again = c > 0 && c + C > n ? c + C - n : 0;
      load_columns<kMaxGroups>(x + c - again, n, column);
      if (c == 0) best = {column[0], Vec<I>{}};
      GT_UNROLL
      for (int k = 0; k < C; k++) {
        if (k >= again && k - again < n - c) best.offer(column[k], static_cast<I>(c + k - again));
      }
    }
  }
  I at[kLanes<T>];
  store(at, best.at);
  for (int i = 0; i < kLanes<T>; i++) y[i] = static_cast<int32_t>(at[i]);
}

template <bool kMax, class T>
void arg_rows(const void* xv, int32_t* y, int64_t rows, int64_t n) noexcept {
  const T* x = static_cast<const T*>(xv);
  constexpr int64_t L = kLanes<T>;
  int64_t r = 0;
  if (n < kShortRow<T> && n > 0 && rows >= L) {
    const int64_t past = n < kGroup<T> ? kGroup<T> - n : 0;
    for (; (r + L) * n + past <= rows * n; r += L) arg_short<kMax>(x + r * n, y + r, n);
  }
  for (; r < rows; r++) y[r] = arg_row<kMax, T>(x + r * n, n);
}

template <int kIs>
struct Count {
  static constexpr int is = kIs;
};

/// Full vectors of columns, several rows at a time. The identity stands for a NaN in the first row and cannot
/// be beaten by an equal element, so columns that end with it are searched again.
template <bool kMax, class T>
void arg_strip(const T* x, int32_t* y, int64_t n, int64_t stride, int64_t width) {
  using I = int_of<T>;
  constexpr int L = kLanes<T>;
  constexpr int64_t kStrip = 512;
  constexpr int kRows = 8;
  T best[kStrip];
  I at[kStrip];
  for (int64_t i = 0; i < width; i++) {
    best[i] = x[i] == x[i] ? x[i] : worst<kMax, T>();
    at[i] = 0;
  }
  const auto rows = [&](int64_t r, auto count) {
    for (int64_t i = 0; i < width; i += L) {
      Vec<T> value = load(best + i);
      Vec<I> where = load(at + i);
      GT_UNROLL
      for (int k = 0; k < count.is; k++) {
        const Vec<T> v = load(x + (r + k) * stride + i);
        where = better<kMax>(v, value) ? splat(static_cast<I>(r + k)) : where;
        value = better<kMax>(v, value) ? v : value;
      }
      store(best + i, value);
      store(at + i, where);
    }
  };
  int64_t r = 1;
  for (; r + kRows <= n; r += kRows) rows(r, Count<kRows>());
  for (; r < n; r++) rows(r, Count<1>());
  for (int64_t i = 0; i < width; i++) {
    y[i] = static_cast<int32_t>(at[i]);
    if constexpr (is_float<T>) {
      if (best[i] != worst<kMax, T>()) continue;
      int64_t first = 0;
      while (first < n && x[first * stride + i] != best[i]) first++;
      y[i] = static_cast<int32_t>(first < n ? first : 0);
    }
  }
}

template <bool kMax, class T>
void arg_cols(const void* xv, int32_t* y, int64_t n, int64_t stride, int64_t width) noexcept {
  constexpr int64_t kStrip = 512;
  const T* x = static_cast<const T*>(xv);
  int64_t c = 0;
  if constexpr (!is_plain<T>) {
    const int64_t whole = width / kLanes<T> * kLanes<T>;
    for (; c < whole; c += kStrip) {
      arg_strip<kMax>(x + c, y + c, n, stride, whole - c < kStrip ? whole - c : kStrip);
    }
    c = whole;
  } else if (width < kGroup<T>) {
    for (; c < width; c++) {
      T best = x[c];
      int32_t at = 0;
      for (int64_t r = 1; r < n; r++) {
        if (!better<kMax>(x[r * stride + c], best)) continue;
        best = x[r * stride + c];
        at = static_cast<int32_t>(r);
      }
      y[c] = at;
    }
  }
  T best[kStrip];
  for (; c < width; c += kStrip) {
    const int64_t w = width - c < kStrip ? width - c : kStrip;
    int32_t* at = y + c;
    for (int64_t i = 0; i < w; i++) {
      best[i] = x[c + i];
      at[i] = 0;
    }
    for (int64_t r = 1; r < n; r++) {
      const T* row = x + r * stride + c;
      const int32_t here = static_cast<int32_t>(r);
      GT_IVDEP
      for (int64_t i = 0; i < w; i++) {
        const T v = row[i], b = best[i];
        const bool take = better<kMax>(v, b) | ((b != b) & (v == v));
        best[i] = take ? v : b;
        at[i] = take ? here : at[i];
      }
    }
  }
}

template <bool kMax>
constexpr ArgReduceEntry arg_entry(const char* name) {
  return {name, by_dtype<gradtape::ArgRowsFn>([]<class T>() -> gradtape::ArgRowsFn {
            if constexpr (is_bool<T>) {
              return &arg_rows<kMax, uint8_t>;
            } else if constexpr (is_ordered<T>) {
              return &arg_rows<kMax, T>;
            } else {
              return nullptr;
            }
          }),
          by_dtype<gradtape::ArgColsFn>([]<class T>() -> gradtape::ArgColsFn {
            if constexpr (is_bool<T>) {
              return &arg_cols<kMax, uint8_t>;
            } else if constexpr (is_ordered<T>) {
              return &arg_cols<kMax, T>;
            } else {
              return nullptr;
            }
          })};
}

constexpr ArgReduceEntry kArgReduce[] = {arg_entry<true>("argmax"), arg_entry<false>("argmin")};

}  // namespace

GT_FAMILY(arg_reduce, OpList<ArgReduceEntry> arg_reduce) { table.arg_reduce = gradtape::op_list(kArgReduce); }
