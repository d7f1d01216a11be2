// Register tiles of the matrix product.
//
// A tile holds MR rows by NV vectors of C in registers while it loops over k. Its speed is limited by the
// broadcasts of A's elements, not by multiply-adds, so tiles are wide and have few rows. A is addressed by
// run-time strides and is never packed; B's columns are contiguous, in place or in packed panels. Only the
// last vector of a row can be partial: it is loaded and stored with a mask.
#pragma once
#include "kernels/matmul/epilogue.h"

namespace {

using gradtape::MatmulBlock;

#if defined(__AVX2__) || defined(__aarch64__)
inline constexpr bool kFused = true;  // no register is needed for the product
#else
inline constexpr bool kFused = false;
#endif

template <class T>
inline constexpr bool kIsReal = T(0.5) != T(0);
/// The maximum vectors per tile, and per tile for one or two rows of A.
template <class T>
inline constexpr int kPanelVectors = !kIsReal<T>        ? 2
                                     : kRegisters == 32 ? 4
                                     : kFused           ? 6
                                                        : 4;
template <class T>
inline constexpr int kThinVectors = kIsReal<T> && kRegisters == 32 ? 8 : kPanelVectors<T>;

/// The maximum rows of a tile of nv vectors.
template <class T>
constexpr int tile_rows(int nv) {
  constexpr int wide[] = {8, 8, 8, 6, 2, 2, 2, 2};   // 32 registers
  constexpr int fused[] = {8, 6, 3, 2, 2, 2, 0, 0};  // 16 registers
  constexpr int plain[] = {6, 4, 3, 2, 0, 0, 0, 0};  // 16 registers, the product needs one
  constexpr int whole[] = {4, 4, 0, 0, 0, 0, 0, 0};  // integers: small code matters more than speed
  return (kIsReal<T> ? (kRegisters == 32 ? wide : kFused ? fused : plain) : whole)[nv - 1];
}
inline constexpr int kMaxTileRows = 8;
/// If masking is free, one function handles full and partial tiles.
#if defined(__AVX512F__) && GT_VEC_BYTES == 64
inline constexpr bool kFreeMasks = true;
#else
inline constexpr bool kFreeMasks = false;
#endif

template <class T>
struct Tile {
  const T* a;
  int64_t a_row, a_col;
  const T* b;
  int64_t b_row;
  T* c;
  int64_t c_row;
  int64_t k;
  Lanes<T> last;  // of the last vector
  bool accumulate;
  TileEpilogue<T> epilogue;
};

/// The elements of a transposed A are far apart: hardware prefetchers do not follow them, so they are
/// prefetched this many steps ahead (288×25088 transposed: 91 instead of 66 GF/s). Other layouts of A gain
/// nothing.
inline constexpr int64_t kPrefetchSteps = 16;

/// Writes a tile's sums to memory, or adds them to what is there; row(r) is the address of row r.
template <class T, int MR, int NV, bool kPartial, class Row>
GT_INLINE void store_tile(Vec<T> (&c)[MR][NV], const Lanes<T>& last, bool accumulate,
                          const TileEpilogue<T>& epilogue, const Row& row) {
  constexpr int L = kLanes<T>;
  const auto each = [&](auto f) GT_LAMBDA {
    unroll<MR>([&](auto r) GT_LAMBDA {
      T* const out = row(r);
      unroll<NV>([&](auto v) GT_LAMBDA { f(c[r][v], out + v * L, v); });
    });
  };
  if (accumulate) {
    each([&](Vec<T>& sum, T* p, auto v) GT_LAMBDA {
      if constexpr (kPartial && decltype(v){} == NV - 1) {
        sum += load_lanes(p, last);
      } else {
        sum += load(p);
      }
    });
  }
  if constexpr (kIsReal<T>) {
    // In a loop: a branch per vector would be more code than the epilogue itself.
    if (epilogue.bias != nullptr) {
      unroll<NV>([&](auto v) GT_LAMBDA {
        Vec<T> bias;
        if constexpr (kPartial && decltype(v){} == NV - 1) {
          bias = load_lanes(epilogue.bias + v * L, last);
        } else {
          bias = load(epilogue.bias + v * L);
        }
        unroll<MR>([&](auto r) GT_LAMBDA { c[r][v] += bias; });
      });
    }
    if (epilogue.adds) {
      each([&](Vec<T>& sum, T* p, auto v) GT_LAMBDA {
        if constexpr (kPartial && decltype(v){} == NV - 1) {
          sum += load_lanes(ahead(p, epilogue.residual), last);
        } else {
          sum += load(ahead(p, epilogue.residual));
        }
      });
    }
    if (epilogue.relu) each([&](Vec<T>& sum, T*, auto) GT_LAMBDA { sum = rectified<T>(sum); });
  }
  each([&](Vec<T>& sum, T* p, auto v) GT_LAMBDA {
    if constexpr (kPartial && decltype(v){} == NV - 1) {
      store_lanes(p, sum, last);
    } else {
      store(p, sum);
    }
  });
}

/// Functions by tile: whether the last vector is partial, vectors − 1, rows − 1.
template <class Fn, int kVectors>
struct TileTable {
  Fn fn[2][kVectors][kMaxTileRows];
};
template <class Make, bool kPartial, int NV, class Fn, int... I>
constexpr void fill_tile_rows(Fn* fn, Ints<I...>) {
  ((fn[I] = Make::template make<I + 1, NV, kPartial>()), ...);
}
template <class Make, bool kPartial, class Fn, int... I>
constexpr void fill_tile_vectors(Fn (*fn)[kMaxTileRows], Ints<I...>) {
  (fill_tile_rows<Make, kPartial, I + 1>(fn[I], typename MakeInts<kMaxTileRows>::type{}), ...);
}
/// The table of Make::make<MR, NV, kPartial>(), null where a tile does not exist.
template <class Make, class Fn, int kVectors>
constexpr TileTable<Fn, kVectors> tile_table() {
  TileTable<Fn, kVectors> tiles = {};
  fill_tile_vectors<Make, false>(tiles.fn[0], typename MakeInts<kVectors>::type{});
  fill_tile_vectors<Make, true>(tiles.fn[1], typename MakeInts<kVectors>::type{});
  return tiles;
}

/// c[r][v] += element(r) · columns(v), loaded in the order that needs the fewest registers.
template <class T, int MR, int NV, class Element, class Columns>
GT_INLINE void multiply_tile(const Element& element, const Columns& columns, Vec<T> (&c)[MR][NV]) {
  using V = Vec<T>;
  if constexpr (kRegisters == 16 && MR <= NV) {
    V x[MR];
    unroll<MR>([&](auto r) GT_LAMBDA { x[r] = element(r); });
    unroll<NV>([&](auto v) GT_LAMBDA {
      V y = columns(v);
      keep_in_register(y);
      unroll<MR>([&](auto r) GT_LAMBDA { c[r][v] = fma(x[r], y, c[r][v]); });
    });
  } else {
    V y[NV];
    unroll<NV>([&](auto v) GT_LAMBDA { y[v] = columns(v); });
    unroll<MR>([&](auto r) GT_LAMBDA {
      V x = element(r);
      keep_in_register(x);
      unroll<NV>([&](auto v) GT_LAMBDA { c[r][v] = fma(x, y[v], c[r][v]); });
    });
  }
}

/// kPartial: the last vector is loaded and stored with a mask.
template <class T, int MR, int NV, bool kPartial>
void run_tile(const Tile<T>& tile) noexcept {
  constexpr int L = kLanes<T>;
  constexpr int kGroups = (MR + 3) / 4;
  using V = Vec<T>;
  const int64_t row1 = tile.a_row * int64_t{sizeof(T)}, row2 = 2 * row1, row3 = 3 * row1;
  const int64_t a_col = tile.a_col * int64_t{sizeof(T)}, b_row = tile.b_row * int64_t{sizeof(T)};
  const int64_t c_row = tile.c_row;
  const Lanes<T> last = tile.last;
  T* const out = tile.c;
  V c[MR][NV];
  unroll<MR>([&](auto r) GT_LAMBDA {
    unroll<NV>([&](auto v) GT_LAMBDA {
      c[r][v] = V{};
      if (v * sizeof(V) % 64 == 0) __builtin_prefetch(out + r * c_row + v * L, 1);
    });
  });
  const T* a[kGroups];
  unroll<kGroups>([&](auto g) GT_LAMBDA { a[g] = ahead(tile.a, 4 * g * row1); });
  const T* b = tile.b;
  const int64_t soon = kPrefetchSteps * a_col;
  const auto element = [&](auto r) GT_LAMBDA -> V {
    constexpr int kRow = decltype(r){} % 4;
    return splat(*ahead(a[r / 4], kRow == 0 ? 0 : kRow == 1 ? row1 : kRow == 2 ? row2 : row3));
  };
  const auto columns = [&](auto v) GT_LAMBDA -> V {
    if constexpr (kPartial && decltype(v){} == NV - 1) {
      return load_lanes(b + v * L, last);
    } else {
      return load(b + v * L);
    }
  };
  for (int64_t k = tile.k; k > 0; k--) {
    __builtin_prefetch(ahead(a[0], soon));
    multiply_tile<T, MR, NV>(element, columns, c);
    unroll<kGroups>([&](auto g) GT_LAMBDA { a[g] = ahead(a[g], a_col); });
    b = ahead(b, b_row);
  }
  store_tile<T, MR, NV, kPartial>(c, last, tile.accumulate, tile.epilogue,
                                  [&](auto r) GT_LAMBDA { return out + r * c_row; });
}

/// MR×NR dot products along k; rows of both operands are contiguous along k.
template <class T, int MR, int NR>
void run_dots(const T* a, int64_t a_row, const T* b, int64_t b_col, T* c, int64_t c_row, int64_t k,
              bool accumulate) noexcept {
  constexpr int L = kLanes<T>;
  using V = Vec<T>;
  V sum[MR][NR];
  unroll<MR>([&](auto r) GT_LAMBDA { unroll<NR>([&](auto j) GT_LAMBDA { sum[r][j] = V{}; }); });
  const auto step = [&](int64_t i, auto get) GT_LAMBDA {
    V x[MR];
    unroll<MR>([&](auto r) GT_LAMBDA { x[r] = get(a + r * a_row + i); });
    unroll<NR>([&](auto j) GT_LAMBDA {
      const V y = get(b + j * b_col + i);
      unroll<MR>([&](auto r) GT_LAMBDA { sum[r][j] = fma(x[r], y, sum[r][j]); });
    });
  };
  int64_t i = 0;
  for (; i + L <= k; i += L) step(i, [](const T* p) GT_LAMBDA -> V { return load(p); });
  if (i < k) {
    const Lanes<T> rest = first_lanes<T>(k - i);
    step(i, [rest](const T* p) GT_LAMBDA -> V { return load_lanes(p, rest); });
  }
  unroll<MR>([&](auto r) GT_LAMBDA {
    unroll<NR>([&](auto j) GT_LAMBDA {
      T* p = c + r * c_row + j;
      const T total = sum_lanes<T>(sum[r][j]);
      *p = accumulate ? static_cast<T>(*p + total) : total;
    });
  });
}

/// Transposes an L×L block in registers: log₂ L rounds of interleaving row i with row i + L/2. kPartial: only
/// rows × columns of x exist, the other rows are 0, and only `columns` rows of y are written.
template <class T, bool kPartial = false>
GT_INLINE void transpose_block(const T* x, int64_t x_row, T* y, int64_t y_row, int64_t rows = kLanes<T>,
                               int64_t columns = kLanes<T>) {
  constexpr int L = kLanes<T>;
  using V = Vec<T>;
  V v[L], w[L];
  const Lanes<T> some = first_lanes<T>(columns);
  unroll<L>([&](auto i) GT_LAMBDA {
    if constexpr (kPartial) {
      v[i] = V{};
      if (i < rows) v[i] = load_lanes(x + i * x_row, some);
    } else {
      v[i] = load(x + i * x_row);
    }
  });
  const auto write = [&](const V* from) GT_LAMBDA {
    unroll<L>([&](auto i) GT_LAMBDA {
      if (!kPartial || i < columns) store(y + i * y_row, from[i]);
    });
  };
  const auto round = [](const V* from, V* to) GT_LAMBDA {
    unroll<L / 2>([&](auto i) GT_LAMBDA {
      if constexpr (L == 2) {
        to[2 * i] = __builtin_shufflevector(from[i], from[i + 1], 0, 2);
        to[2 * i + 1] = __builtin_shufflevector(from[i], from[i + 1], 1, 3);
      } else if constexpr (L == 4) {
        to[2 * i] = __builtin_shufflevector(from[i], from[i + 2], 0, 4, 1, 5);
        to[2 * i + 1] = __builtin_shufflevector(from[i], from[i + 2], 2, 6, 3, 7);
      } else if constexpr (L == 8) {
        to[2 * i] = __builtin_shufflevector(from[i], from[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
        to[2 * i + 1] = __builtin_shufflevector(from[i], from[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
      } else {
        to[2 * i] = __builtin_shufflevector(from[i], from[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6,
                                            22, 7, 23);
        to[2 * i + 1] = __builtin_shufflevector(from[i], from[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28,
                                                13, 29, 14, 30, 15, 31);
      }
    });
  };
  round(v, w);
  if constexpr (L == 2) {
    write(w);
    return;
  }
  round(w, v);
  if constexpr (L == 4) {
    write(v);
    return;
  }
  round(v, w);
  if constexpr (L == 8) {
    write(w);
    return;
  }
  round(w, v);
  if constexpr (L == 16) write(v);
}

/// c[j][i] = x[i][j], or +=, for rows × columns of x with at most as many rows as lanes.
template <class T>
void transpose_rows(const T* x, int64_t x_row, int64_t rows, int64_t columns, T* c, int64_t c_row,
                    bool accumulate, const TileEpilogue<T>& epilogue) noexcept {
  constexpr int L = kLanes<T>;
  T block[L * L];
  const Lanes<T> some = first_lanes<T>(rows);
  const auto get = [&](const T* p) GT_LAMBDA -> Vec<T> { return load_lanes(p, some); };
  for (int64_t j = 0; j < columns; j += L) {
    const int64_t count = columns - j < L ? columns - j : L;
    transpose_block<T, true>(x + j, x_row, block, L, rows, count);
    T* out = c + j * c_row;
    for (int64_t i = 0; i < count; i++, out += c_row) {
      Vec<T> v = load(block + i * L);
      if (accumulate) v += get(out);
      if constexpr (kIsReal<T>) v = apply_epilogue<T>(epilogue, v, out, 0, get);
      store_lanes(out, v, some);
    }
  }
}

}  // namespace
