// Loads and stores of matrix columns, for row-major matrices: small transposes in registers, used by
// transposes and by reductions of short rows.
#pragma once
#include "kernels/simd/vec.h"

namespace {

template <int... I>
struct Seq {};
template <int N, int... I>
struct MakeSeq {
  using type = typename MakeSeq<N - 1, N - 1, I...>::type;
};
template <int... I>
struct MakeSeq<0, I...> {
  using type = Seq<I...>;
};

/// Interleaves the low (kHigh = 0) or high (kHigh = 1) halves of each 16-byte group of a and b, E elements
/// per group.
template <int N, int E, int kHigh, class V, int... I>
GT_INLINE V unpack(V a, V b, Seq<I...>) {
  return __builtin_shufflevector(a, b, (I / E * E + kHigh * (E / 2) + I % E / 2 + (I % 2) * N)...);
}
/// The concatenation of a and b.
template <class T, int N, int... I>
GT_INLINE Vec<T, N> concat(Vec<T, N / 2> a, Vec<T, N / 2> b, Seq<I...>) {
  return __builtin_shufflevector(a, b, I...);
}

/// The N lanes [kFirst, kFirst + N) of v.
template <class E, int N, int kFirst, int... I>
GT_INLINE Vec<E, N> part(Vec<E, 2 * N> v, Seq<I...>) {
  return __builtin_shufflevector(v, v, (kFirst + I)...);
}
/// Elements per 16-byte group.
template <class T>
inline constexpr int kGroup = 16 / static_cast<int>(sizeof(T));

/// Loads kGroups groups of 16 bytes, `step` elements apart, into one vector.
template <int kGroups, class T>
GT_INLINE Vec<T, kGroup<T> * kGroups> load_groups(const T* p, int64_t step) {
  constexpr int N = kGroup<T> * kGroups;
  if constexpr (kGroups == 1) {
    Vec<T, N> v;
    memcpy(&v, p, sizeof v);
    return v;
  } else {
    return concat<T, N>(load_groups<kGroups / 2>(p, step),
                        load_groups<kGroups / 2>(p + kGroups / 2 * step, step), typename MakeSeq<N>::type());
  }
}
/// 16-byte groups per register.
inline constexpr int kMaxGroups = GT_VEC_BYTES / 16;

/// Transposes E registers of N lanes in place, as N / E independent E × E matrices (one per 16-byte group),
/// by log2(E) perfect shuffles.
template <int N, int E, class V>
GT_INLINE void transpose_groups(V* r) {
  using S = typename MakeSeq<N>::type;
  V t[E];
  GT_UNROLL
  for (int stage = 1; stage < E; stage *= 2) {
    GT_UNROLL
    for (int i = 0; i < E / 2; i++) {
      t[2 * i] = unpack<N, E, 0>(r[i], r[i + E / 2], S());
      t[2 * i + 1] = unpack<N, E, 1>(r[i], r[i + E / 2], S());
    }
    GT_UNROLL
    for (int i = 0; i < E; i++) r[i] = t[i];
  }
}

/// Lane j of columns[i] = p[j * row + i], for i < kGroup<T> and j < kGroups * kGroup<T>.
template <int kGroups, class T>
GT_INLINE void load_columns(const T* p, int64_t row, Vec<T, kGroup<T> * kGroups>* columns) {
  constexpr int E = kGroup<T>;
  constexpr int N = E * kGroups;
  Vec<T, N> r[E];
  GT_UNROLL
  for (int k = 0; k < E; k++) r[k] = load_groups<kGroups>(p + k * row, E * row);
  transpose_groups<N, E>(r);
  GT_UNROLL
  for (int i = 0; i < E; i++) columns[i] = r[i];
}

/// columns[i * kLanes + j] = p[j * n + i], for i < n and j < kLanes<T>. Rows are read 16 bytes at a time: if
/// a row is shorter than that, the read extends past its end.
template <class T>
GT_OUTLINE void transpose_rows(const T* p, int64_t n, T* columns) {
  constexpr int64_t C = kGroup<T>;
  for (int64_t c = 0; c < n; c += C) {
    const int64_t first = c == 0 || c + C <= n ? c : n - C;
    Vec<T> column[C];
    load_columns<kMaxGroups>(p + first, n, column);
    GT_UNROLL
    for (int k = 0; k < C; k++) {
      if (first + k < n) store(columns + (first + k) * kLanes<T>, column[k]);
    }
  }
}

/// p[j * row + i] = lane j of columns[i], for i < kGroup<T>: 16 bytes of each row.
template <class T>
GT_INLINE void store_columns(const Vec<T>* columns, T* p, int64_t row) {
  constexpr int E = kGroup<T>;
  Vec<T> r[E];
  GT_UNROLL
  for (int i = 0; i < E; i++) r[i] = columns[i];
  transpose_groups<kLanes<T>, E>(r);
  GT_UNROLL
  for (int g = 0; g < kMaxGroups; g++) {
    GT_UNROLL
    for (int i = 0; i < E; i++)
      memcpy(p + (g * E + i) * row, reinterpret_cast<const char*>(&r[i]) + 16 * g, 16);
  }
}

}  // namespace
