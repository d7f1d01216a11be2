// Positions of extremes: the first of equals wins, NaN is skipped unless there is nothing else (then 0).
#include "elementwise.h"

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

/// Whether any lane of a mask is set.
template <class M>
GT_INLINE bool any(M mask) {
  using W = Vec<uint64_t>;
  const W w = bitcast<W>(mask);
  uint64_t bits = 0;
  for (int i = 0; i < kLanes<uint64_t>; i++) bits |= w[i];
  return bits != 0;
}

/// Where x[0..n) first holds `value`, which it does.
template <class T>
GT_INLINE int64_t position(const T* x, int64_t n, T value) {
  constexpr int L = kLanes<T>;
  const Vec<T> v = splat(value);
  int64_t i = 0;
  while (i + 4 * L <= n) {
    auto found = load(x + i) == v;
    GT_UNROLL
    for (int k = 1; k < 4; k++) found |= load(x + i + k * L) == v;
    if (any(found)) break;
    i += 4 * L;
  }
  while (i < n && x[i] != value) i++;
  return i;
}

template <bool kMax, class T>
GT_INLINE int32_t arg_row(const T* x, int64_t n) {
  constexpr int L = kLanes<T>;
  // The extreme by vectors, a block at a time; then, in a block that beats the best so far, where it stands.
  constexpr int64_t kBlock = 4096;
  int64_t at = 0;
  bool found = false;
  T best = T(0);
  for (int64_t b = 0; b < n; b += kBlock) {
    const int64_t m = n - b < kBlock ? n - b : kBlock;
    const T* block = x + b;
    int64_t i = 0;
    T top = block[0];
    if (m >= L) {
      Vec<T> acc[4];
      GT_UNROLL
      for (int k = 0; k < 4; k++) acc[k] = load(block);
      for (; i + 4 * L <= m; i += 4 * L) {
        GT_UNROLL
        for (int k = 0; k < 4; k++) {
          const Vec<T> v = load(block + i + k * L);
          if constexpr (is_float<T>) {
            acc[k] = (better<kMax>(v, acc[k]) | (acc[k] != acc[k])) ? v : acc[k];
          } else {
            acc[k] = better<kMax>(v, acc[k]) ? v : acc[k];
          }
        }
      }
      GT_UNROLL
      for (int half = 2; half > 0; half /= 2) {
        for (int k = 0; k < half; k++) {
          if constexpr (is_float<T>) {
            acc[k] = (better<kMax>(acc[k + half], acc[k]) | (acc[k] != acc[k])) ? acc[k + half] : acc[k];
          } else {
            acc[k] = better<kMax>(acc[k + half], acc[k]) ? acc[k + half] : acc[k];
          }
        }
      }
      T lanes[L];
      store(lanes, acc[0]);
      GT_UNROLL
      for (int half = L / 2; half > 0; half /= 2) {
        for (int k = 0; k < half; k++) {
          const T v = lanes[k + half];
          if (better<kMax>(v, lanes[k]) | (lanes[k] != lanes[k])) lanes[k] = v;
        }
      }
      top = lanes[0];
    }
    for (; i < m; i++) {
      if (better<kMax>(block[i], top) || top != top) top = block[i];
    }
    if (top != top || (found && !better<kMax>(top, best))) continue;
    best = top;
    found = true;
    at = b + position(block, m, top);
  }
  return static_cast<int32_t>(at);
}

template <bool kMax, class T>
void arg_rows(const void* xv, int32_t* y, int64_t rows, int64_t n) noexcept {
  const T* x = static_cast<const T*>(xv);
  for (int64_t r = 0; r < rows; r++) y[r] = arg_row<kMax, T>(x + r * n, n);
}

template <bool kMax, class T>
void arg_cols(const void* xv, int32_t* y, int64_t n, int64_t stride, int64_t width) noexcept {
  constexpr int64_t kStrip = 512;
  const T* x = static_cast<const T*>(xv);
  T best[kStrip];
  for (int64_t c = 0; c < width; c += kStrip) {
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
  return {name,
          {&arg_rows<kMax, float>, &arg_rows<kMax, double>, &arg_rows<kMax, int32_t>,
           &arg_rows<kMax, int64_t>, &arg_rows<kMax, uint8_t>, &arg_rows<kMax, uint8_t>},
          {&arg_cols<kMax, float>, &arg_cols<kMax, double>, &arg_cols<kMax, int32_t>,
           &arg_cols<kMax, int64_t>, &arg_cols<kMax, uint8_t>, &arg_cols<kMax, uint8_t>}};
}

constexpr ArgReduceEntry kArgReduce[] = {arg_entry<true>("argmax"), arg_entry<false>("argmin")};

}  // namespace

void GT_EXPORT(argreduce)(gradtape::KernelTable& table) {
  table.argreduce = kArgReduce;
  table.argreduce_count = static_cast<int>(sizeof kArgReduce / sizeof kArgReduce[0]);
}
