// Reduces contiguous elements to one. Float sums are blocked: eight vector accumulators over at most 4,096
// elements, whose results are then added, so that errors grow with the number of blocks, not of elements. The
// order depends on the shape alone.
#pragma once
#include "kernels/elementwise/elementwise.h"
#include "kernels/reduce/reduce_ops.h"
#include "kernels/simd/columns.h"

namespace {

constexpr int kAccumulators = 8;
constexpr int64_t kBlock = 4096;

/// Reduces the lanes to one element by halving.
template <class Op, class E, int N = kLanes<E>>
GT_INLINE E across(Vec<E, N> v) {
  if constexpr (N == 2) {
    return static_cast<E>(Op::template join<E>(v[0], v[1]));
  } else {
    using S = typename MakeSeq<N / 2>::type;
    return across<Op, E, N / 2>(
        Op::template join<E>(part<E, N / 2, 0>(v, S()), part<E, N / 2, N / 2>(v, S())));
  }
}

/// Reduces kCount vectors to v[0], as a tree.
template <class Op, class E, int kCount, class V>
GT_INLINE void join_all(V* v) {
  GT_UNROLL
  for (int half = kCount / 2; half > 0; half /= 2) {
    for (int k = 0; k < half; k++) v[k] = Op::template join<E>(v[k], v[k + half]);
  }
}

/// Whether a summand of v may have been NaN. Infinities of opposite signs are reported, too.
template <class V>
GT_INLINE bool suspect(V v) {
  return any(bitcast<vi>(v != v));
}

/// Runs of at least kFarBytes come from L3 or memory, and are prefetched kAheadBytes ahead. From L3, the
/// hardware prefetcher alone reaches 105 GB/s per core, this 120 to 130 (AMD Zen 5).
constexpr int64_t kFarBytes = 256 * 1024, kAheadBytes = 1024;

/// Prefetches the vectors that lie kAheadBytes behind those that begin at x.
template <bool kAhead, class E>
GT_INLINE void prefetch_ahead(const E* x) {
  if constexpr (kAhead) {
    const char* from = reinterpret_cast<const char*>(x) + kAheadBytes;
    constexpr int kBytes = kAccumulators * GT_VEC_BYTES, kLine = 64;
    GT_UNROLL
    for (int b = 0; b < kBytes; b += kLine) __builtin_prefetch(from + b);
  }
}

template <class Op, bool kAhead, class E>
GT_INLINE Vec<E> fold_block(const E* x, int64_t vectors) {
  constexpr int L = kLanes<E>;
  Vec<E> acc[kAccumulators];
  GT_UNROLL
  for (int k = 0; k < kAccumulators; k++) acc[k] = splat(Op::template identity<E>());
  int64_t i = 0;
  for (; i + kAccumulators <= vectors; i += kAccumulators) {
    prefetch_ahead<kAhead>(x + i * L);
    GT_UNROLL
    for (int k = 0; k < kAccumulators; k++) {
      acc[k] = Op::template join<E>(acc[k], Op::map(load(x + (i + k) * L)));
    }
  }
  for (; i < vectors; i++) acc[0] = Op::template join<E>(acc[0], Op::map(load(x + i * L)));
  join_all<Op, E, kAccumulators>(acc);
  return acc[0];
}

/// The same on the assumption that there is no NaN: one instruction instead of three. A sum alongside, which
/// other execution units compute, detects whether there may be one; then fold_block computes the result.
template <class Op, bool kAhead, class E>
GT_INLINE Vec<E> fold_block_quick(const E* x, int64_t vectors) {
  constexpr int L = kLanes<E>;
  Vec<E> acc[kAccumulators], sum = {};
  GT_UNROLL
  for (int k = 0; k < kAccumulators; k++) acc[k] = splat(Op::template identity<E>());
  int64_t i = 0;
  for (; i + kAccumulators <= vectors; i += kAccumulators) {
    Vec<E> v[kAccumulators];
    prefetch_ahead<kAhead>(x + i * L);
    GT_UNROLL
    for (int k = 0; k < kAccumulators; k++) {
      v[k] = load(x + (i + k) * L);
      acc[k] = Op::quick(acc[k], v[k]);
    }
    join_all<Sum, E, kAccumulators>(v);
    sum += v[0];
  }
  for (; i < vectors; i++) {
    const Vec<E> v = load(x + i * L);
    acc[0] = Op::quick(acc[0], v);
    sum += v;
  }
  if (__builtin_expect(suspect(sum), 0)) return fold_block<Op, kAhead>(x, vectors);
  join_all<Op, E, kAccumulators>(acc);
  return acc[0];
}

template <class Op, bool kAhead, class E>
GT_INLINE E fold_row(const E* x, int64_t n) {
  constexpr int L = kLanes<E>;
  E result = Op::template identity<E>();
  int64_t i = 0;
  if (n >= L) {
    Vec<E> total = splat(result);
    for (; i + L <= n;) {
      const int64_t left = n - i;
      const int64_t vectors = (left < kBlock ? left : kBlock) / L;
      if constexpr (HasQuick<Op, E>) {
        total = Op::template join<E>(total, fold_block_quick<Op, kAhead>(x + i, vectors));
      } else {
        total = Op::template join<E>(total, fold_block<Op, kAhead>(x + i, vectors));
      }
      i += vectors * L;
    }
    result = across<Op, E>(total);
  }
  E rest = Op::template identity<E>();
  for (; i < n; i++) rest = static_cast<E>(Op::template join<E>(rest, static_cast<E>(Op::map(x[i]))));
  return static_cast<E>(Op::template join<E>(result, rest));
}

/// Integers of less than four bytes, and bools. Their vectors have so many lanes that unrolled code would be
/// long: they use loops that the compiler vectorises, and all ops share one transpose of short rows.
template <class E>
inline constexpr bool is_plain = sizeof(E) < 4;

}  // namespace
