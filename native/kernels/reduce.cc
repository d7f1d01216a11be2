// Reductions. Float sums are blocked: eight vector accumulators over at most 4,096 elements, then those
// results are added, so that errors grow with the number of blocks and not of elements. The order is fixed by
// the shape alone.
#include "elementwise.h"
#include "reduce_converted.h"
#include "reduce_ops.h"
#include "simd/columns.h"

namespace {

using gradtape::ReduceEntry;
using gradtape::ReduceLinks;

constexpr int kAccumulators = 8;
constexpr int64_t kBlock = 4096;

/// Lanes to one element, halving.
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

/// kCount of them to v[0], as a tree.
template <class Op, class E, int kCount, class V>
GT_INLINE void join_all(V* v) {
  GT_UNROLL
  for (int half = kCount / 2; half > 0; half /= 2) {
    for (int k = 0; k < half; k++) v[k] = Op::template join<E>(v[k], v[k + half]);
  }
}

/// Whether one of the numbers that were added up to v may be NaN. Infinities of both signs look so too.
template <class V>
GT_INLINE bool suspect(V v) {
  return any(bitcast<vi>(v != v));
}

/// A run of so many bytes is not in the nearer caches, and lines are asked for some ahead: the processor's
/// own prefetcher brings 105 GB/s to a core from the third-level cache, this 120 to 130 (AMD Zen 5).
constexpr int64_t kFarBytes = 256 * 1024, kAheadBytes = 1024;

/// Asks for what lies as far ahead as that of the vectors that begin at x.
template <bool kAhead, class E>
GT_INLINE void ask_ahead(const E* x) {
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
    ask_ahead<kAhead>(x + i * L);
    GT_UNROLL
    for (int k = 0; k < kAccumulators; k++) {
      acc[k] = Op::template join<E>(acc[k], Op::map(load(x + (i + k) * L)));
    }
  }
  for (; i < vectors; i++) acc[0] = Op::template join<E>(acc[0], Op::map(load(x + i * L)));
  join_all<Op, E, kAccumulators>(acc);
  return acc[0];
}

/// The same, as if there were no NaN: one instruction instead of three. A sum alongside, which goes to other
/// units, tells whether there may have been one.
template <class Op, bool kAhead, class E>
GT_INLINE Vec<E> fold_block_quick(const E* x, int64_t vectors) {
  constexpr int L = kLanes<E>;
  Vec<E> acc[kAccumulators], sum = {};
  GT_UNROLL
  for (int k = 0; k < kAccumulators; k++) acc[k] = splat(Op::template identity<E>());
  int64_t i = 0;
  for (; i + kAccumulators <= vectors; i += kAccumulators) {
    Vec<E> v[kAccumulators];
    ask_ahead<kAhead>(x + i * L);
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

/// Rows of fewer elements are reduced side by side, a lane for each.
template <class E>
inline constexpr int64_t kShortRow = 4 * kLanes<E> < 64 ? 4 * kLanes<E> : 64;

/// Integers of less than four bytes, and bools: their vectors have so many lanes that what is written here
/// for few of them would be long. Loops over them are the compiler's, and all ops share the turning of rows.
template <class E>
inline constexpr bool is_plain = sizeof(E) < 4;

/// As many rows as there are lanes. Reads 16 bytes even of shorter rows.
template <class Op, class E>
GT_INLINE void fold_short(const E* x, E* y, int64_t n) {
  if constexpr (is_plain<E>) {
    alignas(64) E columns[kShortRow<E> * kLanes<E>];
    turn_rows(x, n, columns);
    Vec<E> acc = splat(Op::template identity<E>());
    for (int64_t c = 0; c < n; c++) {
      acc = Op::template join<E>(acc, Op::map(load(columns + c * kLanes<E>)));
    }
    store(y, acc);
  } else {
    constexpr int C = kGroup<E>;
    Vec<E> acc[C], column[C];
    GT_UNROLL
    for (int k = 0; k < C; k++) acc[k] = splat(Op::template identity<E>());
    int64_t c = 0;
    for (; c + C <= n; c += C) {
      load_columns<kMaxGroups>(x + c, n, column);
      GT_UNROLL
      for (int k = 0; k < C; k++) acc[k] = Op::template join<E>(acc[k], Op::map(column[k]));
    }
    if (c < n) {
      // The last columns, with some of the ones before if there are any.
      const int64_t again = c > 0 ? C - (n - c) : 0;
      load_columns<kMaxGroups>(x + c - again, n, column);
      GT_UNROLL
      for (int k = 0; k < C; k++) {
        if (k >= again && k - again < n - c) acc[k] = Op::template join<E>(acc[k], Op::map(column[k]));
      }
    }
    join_all<Op, E, C>(acc);
    store(y, acc[0]);
  }
}

/// Calls f(x, r) for each r that as many rows as there are lanes begin at; for the last ones they are copied
/// to where 16 bytes may be read of each. f returns nothing that depends on the rows past the end.
template <class E, class F>
GT_INLINE void each_short(const E* x, int64_t rows, int64_t n, const F& f) {
  constexpr int64_t L = kLanes<E>;
  const int64_t past = n < kGroup<E> ? kGroup<E> - n : 0;
  int64_t r = 0;
  for (; (r + L) * n + past <= rows * n; r += L) f(x + r * n, r, L);
  for (; r < rows; r += L) {
    const int64_t count = rows - r < L ? rows - r : L;
    E copy[L * kShortRow<E> + kGroup<E>] = {};
    memcpy(copy, x + r * n, static_cast<size_t>(count * n) * sizeof(E));
    f(copy, r, count);
  }
}

template <class Op, class E>
void reduce_rows(const void* xv, void* yv, int64_t rows, int64_t n, int64_t stride) noexcept {
  const E* x = static_cast<const E*>(xv);
  E* y = static_cast<E*>(yv);
  if (n < kShortRow<E> && n > 0 && stride == n && rows >= kLanes<E>) {
    each_short(x, rows, n, [=](const E* from, int64_t r, int64_t count) {
      E out[kLanes<E>];
      fold_short<Op, E>(from, out, n);
      if (count == kLanes<E>) {
        memcpy(y + r, out, sizeof out);
      } else {
        memcpy(y + r, out, static_cast<size_t>(count) * sizeof(E));
      }
    });
    return;
  }
  if constexpr (is_plain<E>) {
    for (int64_t r = 0; r < rows; r++, x += stride) {
      E sum = Op::template identity<E>();
      for (int64_t i = 0; i < n; i++) {
        sum = static_cast<E>(Op::template join<E>(sum, static_cast<E>(Op::map(x[i]))));
      }
      y[r] = sum;
    }
  } else if (stride == n && rows * n >= kFarBytes / static_cast<int64_t>(sizeof(E))) {
    for (int64_t r = 0; r < rows; r++) y[r] = fold_row<Op, true>(x + r * stride, n);
  } else {
    for (int64_t r = 0; r < rows; r++) y[r] = fold_row<Op, false>(x + r * stride, n);
  }
}

/// acc[i] joined with the 8 rows at x, as a tree; with kRows 1, with one row.
template <class Op, class E, int kRows>
GT_INLINE void fold_rows(const E* x, int64_t stride, E* acc, int64_t width) {
  constexpr int L = kLanes<E>;
  int64_t i = 0;
  for (; i + L <= width; i += L) {
    Vec<E> v[kRows];
    GT_UNROLL
    for (int k = 0; k < kRows; k++) v[k] = Op::map(load(x + k * stride + i));
    if constexpr (HasQuick<Op, E> && kRows > 1) {
      Vec<E> sum[kRows], most = load(acc + i);
      GT_UNROLL
      for (int k = 0; k < kRows; k++) {
        sum[k] = v[k];
        most = Op::quick(most, v[k]);
      }
      join_all<Sum, E, kRows>(sum);
      if (__builtin_expect(!suspect(sum[0] + load(acc + i)), 1)) {
        store(acc + i, most);
        continue;
      }
    }
    join_all<Op, E, kRows>(v);
    store(acc + i, Op::template join<E>(load(acc + i), v[0]));
  }
  for (; i < width; i++) {
    E v[kRows];
    GT_UNROLL
    for (int k = 0; k < kRows; k++) v[k] = static_cast<E>(Op::map(x[k * stride + i]));
    join_all<Op, E, kRows>(v);
    acc[i] = static_cast<E>(Op::template join<E>(acc[i], v[0]));
  }
}

/// A strip of at most kStrip columns: blocks of 512 rows into an accumulator row, blocks joined in y.
constexpr int64_t kStrip = 1024;
template <class Op, class E>
void fold_strip(const E* x, E* y, int64_t n, int64_t stride, int64_t width) {
  constexpr int64_t kRowBlock = 512;
  // Where a load lies just behind a store in its page the two wait for each other, whatever the pages: with
  // the accumulators half a page from x, sums take 50 µs that took up to 73.
  constexpr uintptr_t kPage = 4096, kLine = 64;
  alignas(64) E buffer[kStrip + kPage / sizeof(E)];
  const uintptr_t apart =
      (reinterpret_cast<uintptr_t>(x) + kPage / 2 - reinterpret_cast<uintptr_t>(buffer)) % kPage;
  E* acc = buffer + apart / kLine * kLine / sizeof(E);
  for (int64_t r = 0; r < n || r == 0; r += kRowBlock) {
    const int64_t end = n - r < kRowBlock ? n : r + kRowBlock;
    for (int64_t i = 0; i < width; i++) acc[i] = Op::template identity<E>();
    int64_t q = r;
    // Four rows at a time were 4% faster from the third-level cache, but a large element took up more of the
    // others; four and four with their sums kept, or lines asked for ahead, gained nothing.
    for (; q + 8 <= end; q += 8) fold_rows<Op, E, 8>(x + q * stride, stride, acc, width);
    for (; q < end; q++) fold_rows<Op, E, 1>(x + q * stride, stride, acc, width);
    if (r == 0) {
      memcpy(y, acc, static_cast<size_t>(width) * sizeof(E));
    } else {
      for (int64_t i = 0; i < width; i++) y[i] = static_cast<E>(Op::template join<E>(y[i], acc[i]));
    }
  }
}

/// All rows into one, which stays in the first cache.
template <class Op, class E>
GT_OUTLINE void fold_plain_cols(const E* x, E* y, int64_t n, int64_t stride, int64_t width) {
  for (int64_t i = 0; i < width; i++) y[i] = Op::template identity<E>();
  for (int64_t r = 0; r < n; r++, x += stride) {
    GT_IVDEP
    for (int64_t i = 0; i < width; i++) {
      y[i] = static_cast<E>(Op::template join<E>(y[i], static_cast<E>(Op::map(x[i]))));
    }
  }
}
template <class Op, class E>
GT_INLINE void fold_cols(const E* x, E* y, int64_t n, int64_t stride, int64_t width) {
  if constexpr (is_plain<E>) {
    fold_plain_cols<Op, E>(x, y, n, stride, width);
  } else {
    for (int64_t i = 0; i < width; i += kStrip) {
      fold_strip<Op, E>(x + i, y + i, n, stride, width - i < kStrip ? width - i : kStrip);
    }
  }
}

template <class Op, class E>
void reduce_cols(const void* xv, void* yv, int64_t n, int64_t stride, int64_t width) noexcept {
  constexpr int64_t kNarrow = 64;
  const E* x = static_cast<const E*>(xv);
  E* y = static_cast<E*>(yv);
  if (width >= kNarrow || stride != width || n < 16) return fold_cols<Op, E>(x, y, n, stride, width);
  // Narrow rows: several of them make one wide row.
  const int64_t group = 4 * kNarrow / width;
  const int64_t groups = n / group;
  E wide[4 * kNarrow];
  fold_cols<Op, E>(x, wide, groups, group * width, group * width);
  const E* rest = x + groups * group * width;
  const int64_t rows = n - groups * group;
  for (int64_t i = 0; i < width; i++) {
    E a = Op::template identity<E>(), b = a;
    if (groups > 0) {
      for (int64_t r = 0; r < group; r++) a = static_cast<E>(Op::template join<E>(a, wide[r * width + i]));
    }
    for (int64_t r = 0; r < rows; r++) {
      b = static_cast<E>(Op::template join<E>(b, static_cast<E>(Op::map(rest[r * width + i]))));
    }
    y[i] = static_cast<E>(Op::template join<E>(a, b));
  }
}

/// Sums of integers as int64.
template <class T>
void sum_long_rows(const void* xv, void* yv, int64_t rows, int64_t n, int64_t stride) noexcept {
  const T* x = static_cast<const T*>(xv);
  uint64_t* y = static_cast<uint64_t*>(yv);
  for (int64_t r = 0; r < rows; r++) {
    uint64_t sum = 0;
    for (int64_t i = 0; i < n; i++) sum += static_cast<uint64_t>(static_cast<int64_t>(x[r * stride + i]));
    y[r] = sum;
  }
}
template <class T>
void sum_long_cols(const void* xv, void* yv, int64_t n, int64_t stride, int64_t width) noexcept {
  const T* x = static_cast<const T*>(xv);
  uint64_t* y = static_cast<uint64_t*>(yv);
  for (int64_t i = 0; i < width; i++) y[i] = 0;
  for (int64_t r = 0; r < n; r++) {
    const T* row = x + r * stride;
    GT_IVDEP
    for (int64_t i = 0; i < width; i++) y[i] += static_cast<uint64_t>(static_cast<int64_t>(row[i]));
  }
}

/// The reduction of nothing, as the kernels write it: the least and the greatest integer are those of the
/// storage type.
template <class Op, class T>
constexpr kernel_t<Op, T> nothing_of() {
  if constexpr (is_integer<T> && !flips<Op, T>()) {
    return static_cast<kernel_t<Op, T>>(Op::template identity<T>());
  } else {
    return Op::template identity<kernel_t<Op, T>>();
  }
}
template <class Op, class T>
constexpr kernel_t<Op, T> kNothing = nothing_of<Op, T>();

template <class Op, class T>
void rows_of(const void* x, void* y, int64_t rows, int64_t n, int64_t stride) noexcept {
  using K = kernel_t<Op, T>;
  const Conversion& c = conversion<Op, T>();
  rows_by_tiles(c, &reduce_rows<Op, K>, &reduce_rows<typename Op::Then, K>, sizeof(K), &kNothing<Op, T>, x, y,
                rows, n, stride);
  if constexpr (flips<Op, T>()) c.from_kernel(y, y, rows);
}
template <class Op, class T>
void cols_of(const void* x, void* y, int64_t n, int64_t stride, int64_t width) noexcept {
  using K = kernel_t<Op, T>;
  const Conversion& c = conversion<Op, T>();
  cols_by_tiles(c, &reduce_cols<Op, K>, &reduce_cols<typename Op::Then, K>, sizeof(K), &kNothing<Op, T>, x, y,
                n, stride, width);
  if constexpr (flips<Op, T>()) c.from_kernel(y, y, width);
}

template <class Op, class T>
constexpr ReduceRowsFn rows_fn() {
  if constexpr (!Op::template has<T>) {
    return nullptr;
  } else if constexpr (goes_by_tiles<Op, T>) {
    return &rows_of<Op, T>;
  } else {
    return &reduce_rows<Op, kernel_t<Op, T>>;
  }
}
template <class Op, class T>
constexpr ReduceColsFn cols_fn() {
  if constexpr (!Op::template has<T>) {
    return nullptr;
  } else if constexpr (goes_by_tiles<Op, T>) {
    return &cols_of<Op, T>;
  } else {
    return &reduce_cols<Op, kernel_t<Op, T>>;
  }
}
/// The dtype of what these write.
template <class Op, class T>
constexpr DType result_of() {
  if constexpr (sizeof(kernel_t<Op, T>) != sizeof(T)) {
    return gradtape::DTypeOf<kernel_t<Op, T>>::dtype;
  } else {
    return gradtape::DTypeOf<T>::dtype;
  }
}

/// State of a reduction in a chain: the accumulators of fold_block, and what fold_row keeps of the last few
/// elements.
template <class E>
struct LinkState {
  E sums[kBlockLanes<E>];
  E rest;
};
static_assert(kAccumulators == kBlockVectors && kBlock == gradtape::kReduceLinkMost);

template <class Op, class T>
void begin_link(void* state) noexcept {
  LinkState<T>* const s = static_cast<LinkState<T>*>(state);
  for (int i = 0; i < kBlockLanes<T>; i++) s->sums[i] = Op::template identity<T>();
  s->rest = Op::template identity<T>();
}
template <class Op, class T>
void end_link(const void* state, void* y) noexcept {
  const LinkState<T>* const s = static_cast<const LinkState<T>*>(state);
  Vec<T> acc[kAccumulators];
  GT_UNROLL
  for (int k = 0; k < kAccumulators; k++) acc[k] = load(s->sums + k * kLanes<T>);
  join_all<Op, T, kAccumulators>(acc);
  *static_cast<T*>(y) = Op::template join<T>(across<Op, T>(acc[0]), s->rest);
}
template <class Op, class T>
void reduce_link(GT_LINK_PARAMETERS) noexcept {
  T* const sums = reinterpret_cast<LinkState<T>*>(link->p)->sums;
  GT_LINK_EACH((store(sums + i, Op::template join<T>(load(sums + i), Op::map(v))), v))
  GT_LINK_NEXT;
}
template <class Op, class T>
void reduce_rest_link(GT_LINK_PARAMETERS) noexcept {
  LinkState<T>* const s = reinterpret_cast<LinkState<T>*>(link->p);
  T block[kBlockLanes<T>];
  GT_LINK_EACH((store(block + i, v), v))
  const int64_t n = link->advance;
  Vec<T> sum = load(s->sums);
  int64_t j = 0;
  for (; j + kLanes<T> <= n; j += kLanes<T>) sum = Op::template join<T>(sum, Op::map(load(block + j)));
  store(s->sums, sum);
  T rest = Op::template identity<T>();
  for (; j < n; j++) rest = Op::template join<T>(rest, static_cast<T>(Op::map(block[j])));
  s->rest = rest;
  GT_LINK_NEXT;
}
template <class Op, class T>
constexpr ReduceLinks links_of() {
  return {
      [](bool whole) noexcept { return link_fn<T>(whole ? &reduce_link<Op, T> : &reduce_rest_link<Op, T>); },
      &begin_link<Op, T>, &end_link<Op, T>};
}
template <class Op, class T>
constexpr ReduceLinks kReduceLinks = links_of<Op, T>();

/// Where a compiler fuses the additions of squares, their rounding depends on the loop around them.
template <class Op, class T>
inline constexpr bool has_links = Op::template has<T> && is_real<T> && !__is_same(Op, SumSquare);

/// A mean is a sum, of floats, that is divided.
template <class Op>
constexpr ReduceEntry reduce_entry(const char* name, int then, bool mean = false) {
  ReduceEntry entry = {
      name,
      by_dtype<ReduceRowsFn>([]<class T> { return rows_fn<Op, T>(); }),
      by_dtype<ReduceColsFn>([]<class T> { return cols_fn<Op, T>(); }),
      by_dtype<DType>([]<class T> { return result_of<Op, T>(); }),
      -1,
      then,
      mean,
      by_dtype<const ReduceLinks*>([]<class T>() -> const ReduceLinks* {
        if constexpr (has_links<Op, T>) {
          return &kReduceLinks<Op, T>;
        } else {
          return nullptr;
        }
      }),
  };
  for (int dtype = 0; mean && dtype < gradtape::kDTypes; dtype++) {
    if (gradtape::is_kind(dtype, gradtape::kFloating)) continue;
    entry.rows[dtype] = nullptr;
    entry.cols[dtype] = nullptr;
  }
  return entry;
}

constexpr ReduceEntry sum_long_entry() {
  return {"sumLong",
          by_dtype<ReduceRowsFn>([]<class T>() -> ReduceRowsFn {
            if constexpr (is_integer<T>) {
              return &sum_long_rows<T>;
            } else {
              return nullptr;
            }
          }),
          by_dtype<ReduceColsFn>([]<class T>() -> ReduceColsFn {
            if constexpr (is_integer<T>) {
              return &sum_long_cols<T>;
            } else {
              return nullptr;
            }
          }),
          by_dtype<DType>([]<class T> { return DType::kInt64; }),
          static_cast<int>(DType::kInt64),
          0,
          false,
          {}};
}

constexpr ReduceEntry kReduce[] = {
    reduce_entry<Sum>("sum", 0),
    reduce_entry<Sum>("mean", 0, true),
    reduce_entry<SumSquare>("sumSquare", 0),
    reduce_entry<Prod>("prod", 3),
    reduce_entry<Extreme<true>>("max", 4),
    reduce_entry<Extreme<false>>("min", 5),
    reduce_entry<Logical<true>>("any", 6),
    reduce_entry<Logical<false>>("all", 7),
    sum_long_entry(),
};

}  // namespace

void GT_EXPORT(reduce)(gradtape::KernelTable& table) {
  table.reduce = kReduce;
  table.reduce_count = static_cast<int>(sizeof kReduce / sizeof kReduce[0]);
}
