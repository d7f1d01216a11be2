// The matrix product: splits blocks of C into register tiles (matmul/register_tiles.h), and packs B into
// panels.
#include "kernels/element_types.h"
#include "kernels/matmul/register_tiles.h"

namespace {

/// Splits the columns of C into panels of at most `most` vectors. All are full except the last two, which
/// share the remaining vectors evenly, because narrow tiles are slow.
struct Panels {
  int64_t vectors, most, count;
  Panels(int64_t n, int lanes, int most_vectors)
      : vectors((n + lanes - 1) / lanes),
        most(most_vectors),
        count(vectors <= most ? 1 : (vectors + most - 1) / most) {}
  /// The vectors of panel p.
  int64_t width(int64_t p) const {
    if (p < count - 2) return most;
    if (count == 1) return vectors;
    const int64_t rest = vectors - most * (count - 2);
    return p == count - 2 ? rest - rest / 2 : rest / 2;
  }
};

template <class T>
using TileFn = void (*)(const Tile<T>&) noexcept;

template <class T>
struct MakeTile {
  template <int MR, int NV, bool kPartial>
  static constexpr TileFn<T> make() {
    if constexpr (MR <= tile_rows<T>(NV)) {
      return &run_tile < T, MR, NV, kPartial || kFreeMasks > ;
    } else {
      return nullptr;
    }
  }
};
template <class T>
constexpr auto kTiles = tile_table<MakeTile<T>, TileFn<T>, 8>();

template <class T>
void block(const MatmulBlock& m) noexcept {
  constexpr int L = kLanes<T>;
  Tile<T> tile;
  tile.a_row = m.a_row;
  tile.a_col = m.a_col;
  tile.b = static_cast<const T*>(m.b);
  tile.c_row = m.c_row;
  tile.k = m.k;
  tile.accumulate = m.accumulate;
  const Panels panels(m.n, L, !m.packed && m.m <= 2 ? kThinVectors<T> : kPanelVectors<T>);
  int64_t column = 0;
  for (int64_t p = 0; p < panels.count; p++) {
    const int64_t width = panels.width(p);
    const int64_t most = tile_rows<T>(static_cast<int>(width));
    const int64_t strips = m.m <= most ? 1 : (m.m + most - 1) / most;
    const int64_t rows = strips == 1 ? m.m : m.m / strips, longer = m.m - rows * strips;
    const int64_t end = column + width * L;
    const TileFn<T>* fn = kTiles<T>.fn[end > m.n][width - 1];
    tile.last = first_lanes<T>(end <= m.n ? L : L - (end - m.n));
    tile.b_row = m.packed ? width * L : m.b_row;
    tile.a = static_cast<const T*>(m.a);
    tile.c = static_cast<T*>(m.c) + column;
    tile.epilogue = TileEpilogue<T>(m.epilogue, column);
    // Prefetching the next packed panel to L2 here was slower (1024: 102 instead of 110 GF/s); blocks of 96
    // to 384 rows were equally fast.
    for (int64_t s = 0; s < strips; s++) {
      const int64_t count = rows + (s < longer);
      fn[count - 1](tile);
      activate<T>(m.epilogue, tile.c, m.c_row, count, (end < m.n ? end : m.n) - column);
      tile.a += count * m.a_row;
      tile.c += count * m.c_row;
    }
    tile.b += m.packed ? width * L * m.k : width * L;
    column = end;
  }
}

template <class T>
using DotsFn = void (*)(const T* a, int64_t a_row, const T* b, int64_t b_col, T* c, int64_t c_row, int64_t k,
                        bool accumulate) noexcept;
template <class T>
inline constexpr int kDotRows = kIsReal<T> && kRegisters == 32 ? 4 : 2;
template <class T>
inline constexpr int kDotColumns = !kIsReal<T> ? 2
                                   : kFused    ? 4
                                               : 3;
template <class T>
struct Dots {
  DotsFn<T> fn[4][4];  // by rows − 1, columns − 1
};
template <class T, int MR, int... J>
constexpr void fill_dots(DotsFn<T>* fn, Ints<J...>) {
  ((fn[J] = &run_dots<T, MR + 1, J + 1>), ...);
}
template <class T, int... R>
constexpr Dots<T> all_dots(Ints<R...>) {
  Dots<T> dots = {};
  (fill_dots<T, R>(dots.fn[R], typename MakeInts<kDotColumns<T>>::type{}), ...);
  return dots;
}
template <class T>
constexpr Dots<T> kDots = all_dots<T>(typename MakeInts<kDotRows<T>>::type{});

template <class T>
void dots(const MatmulBlock& m) noexcept {
  const T* const a = static_cast<const T*>(m.a);
  const T* const b = static_cast<const T*>(m.b);
  T* const c = static_cast<T*>(m.c);
  for (int64_t j = 0; j < m.n; j += kDotColumns<T>) {
    const int64_t columns = m.n - j < kDotColumns<T> ? m.n - j : kDotColumns<T>;
    for (int64_t i = 0; i < m.m; i += kDotRows<T>) {
      const int64_t rows = m.m - i < kDotRows<T> ? m.m - i : kDotRows<T>;
      kDots<T>.fn[rows - 1][columns - 1](a + i * m.a_row, m.a_row, b + j * m.b_col, m.b_col,
                                         c + i * m.c_row + j, m.c_row, m.k, m.accumulate);
    }
  }
  if (m.epilogue != nullptr) epilogue_rows<T>(*m.epilogue, c, m.c_row, m.m, m.n);
}

template <class T>
void transpose(const void* x, int64_t x_row, int64_t rows, int64_t columns, void* c, int64_t c_row,
               bool accumulate, const Epilogue* epilogue) noexcept {
  constexpr int L = kLanes<T>;
  for (int64_t i = 0; i < rows; i += L) {
    transpose_rows<T>(static_cast<const T*>(x) + i * x_row, x_row, rows - i < L ? rows - i : L, columns,
                      static_cast<T*>(c) + i, c_row, accumulate, TileEpilogue<T>(epilogue, i));
  }
  activate<T>(epilogue, static_cast<T*>(c), c_row, columns, rows);
}

/// Moves elements, so T is an unsigned integer. Panels have up to kVectors vectors.
template <class T>
GT_OUTLINE void pack_panels(const void* bv, int64_t b_row, int64_t b_col, int64_t k, int64_t n, void* packed,
                            int panel_vectors) noexcept {
  constexpr int L = kLanes<T>;
  const T* const b = static_cast<const T*>(bv);
  T* out = static_cast<T*>(packed);
  const Panels panels(n, L, panel_vectors);
  int64_t column = 0;
  if (b_col == 1) {
    // A few rows at a time for all panels, so that rows of B are read sequentially.
    constexpr int64_t kRows = 16;
    for (int64_t from = 0; from < k; from += kRows, column = 0) {
      const int64_t to = k - from < kRows ? k : from + kRows;
      for (int64_t p = 0; p < panels.count; p++) {
        const int64_t width = panels.width(p) * L;
        T* const panel = out + column * k;
        for (int64_t i = from; i < to; i++) {
          for (int64_t v = 0; v < width; v += L) {
            const int64_t rest = n - column - v;
            store(panel + i * width + v,
                  load_lanes(b + i * b_row + column + v, first_lanes<T>(rest < L ? rest : L)));
          }
        }
        column += width;
      }
    }
    return;
  }
  for (int64_t p = 0; p < panels.count; p++) {
    const int64_t width = panels.width(p) * L;
    for (int64_t v = 0; v < width; v += L) {
      const int64_t j = column + v;
      const int64_t lanes = n - j < L ? n - j : L;
      int64_t i = 0;
      if (b_row == 1) {
        if (lanes == L) {
          for (; i + L <= k; i += L) transpose_block(b + i + j * b_col, b_col, out + i * width + v, width);
        }
        for (; i < k; i += L) {
          transpose_block<T, true>(b + i + j * b_col, b_col, out + i * width + v, width, lanes,
                                   k - i < L ? k - i : L);
        }
      }
      for (; i < k; i++) {
        for (int64_t l = 0; l < lanes; l++) out[i * width + v + l] = b[i * b_row + (j + l) * b_col];
        for (int64_t l = lanes; l < L; l++) out[i * width + v + l] = T(0);
      }
    }
    out += width * k;
    column += width;
  }
}

// With 32 registers a tile has six or more rows per load of B, so a panel may stay in L2. With 16 it has two:
// the panel must fit L1, and is packed so that its lines do not map to the same cache sets.
inline constexpr int kDepth = kRegisters == 32 ? 512 : kFused ? 128 : 256;
inline constexpr int kManyRowsDepth = kRegisters == 32 ? 1024 : kDepth;  // fewer passes over C
inline constexpr int kWholeDepth = kRegisters == 32 ? 1024 : kDepth + kDepth / 2;
inline constexpr int kPackBytes = kRegisters == 32 ? 2 << 20 : 96 << 10;
// Packing is one more pass over memory. (1600×512 in place: 32 rows take 198 µs instead of 260, 128 take 789
// instead of 845, 1024 the same; with 1024×1024, 128 rows take 1123 instead of 1086.)
inline constexpr int kPackRows = kRegisters == 32 ? 160 : 17;

// About 95% of the peak of a 3.6 GHz core: per cycle, one multiply-add of 64 bytes or two of 32; without FMA,
// a product and a sum of 16. Used only to split work among threads.
template <class T>
inline constexpr int kRate = kLanes<T> *
                             (kRegisters == 32 && GT_VEC_BYTES == 64 ? 7
                              : kFused                               ? 12
                                                                     : 4) /
                             2;

/// How much is gained by computing Cᵀ: nothing, some, much.
template <class T>
inline constexpr int kTransposes = !kIsReal<T> || !kFused ? 0
                                   : GT_VEC_BYTES == 64   ? 2
                                                          : 1;

template <class T>
void pack(const void* b, int64_t b_row, int64_t b_col, int64_t k, int64_t n, void* packed) noexcept {
  pack_panels<bits_t<T>>(b, b_row, b_col, k, n, packed, kPanelVectors<T>);
}

/// Null if nothing is gained by it.
template <class T>
constexpr auto transpose_of() -> decltype(gradtape::MatmulKernels::transpose) {
  if constexpr (kTransposes < T >> 0) {
    return &transpose<T>;
  } else {
    return nullptr;
  }
}

template <class T>
constexpr gradtape::MatmulKernels kernels_of() {
  constexpr int kBytes = sizeof(T);
  return {.lanes = kLanes<T>,
          .panel = kPanelVectors<T> * kLanes<T>,
          .tile_rows = tile_rows<T>(kPanelVectors<T>),
          .whole_depth = kWholeDepth,
          .depth = kDepth,
          .many_rows_depth = kManyRowsDepth,
          .rate = kRate<T>,
          .pack_bytes = kPackBytes,
          .pack_rows = kPackRows,
          .copy_columns = kRegisters == 16 ? kPanelVectors<T> * kLanes<T> / 2 + 1 : 768,
          .transpose_columns = kTransposes<T> == 0   ? 0
                               : kTransposes<T> == 2 ? 64 / kBytes
                                                     : 48 / kBytes,
          .transpose_copied_columns = kTransposes<T> == 2 ? 48 / kBytes : 0,
          .transpose_depth = kTransposes<T> == 2 ? 8 : 64,
          .block = &block<T>,
          .dots = &dots<T>,
          .epilogue = &epilogue_rows<T>,
          .pack = &pack<T>,
          .transpose = transpose_of<T>()};
}

}  // namespace

// Integers are multiplied as unsigned numbers: products and sums wrap.
GT_FAMILY(matmul, ByDType<MatmulKernels> matmul) {
  table.matmul = by_dtype<gradtape::MatmulKernels>([]<class T>() -> gradtape::MatmulKernels {
    if constexpr (is_real<T> || (is_integer<T> && sizeof(T) >= 4)) {
      return kernels_of<wrap_t<T>>();
    } else {
      return {};
    }
  });
}
