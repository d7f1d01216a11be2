// Direct convolution: splits blocks of results into register tiles (conv.h), packs the right operand into
// panels, and adds partial sums.
#include "kernels/conv/conv.h"
#include "kernels/element_types.h"

namespace {

/// Splits the columns into panels of at most `most` vectors. All are full except the last two, which share
/// the remaining vectors evenly, because narrow tiles are slow.
struct TapPanels {
  int64_t vectors, most, count;
  TapPanels(int64_t n, int lanes, int most_vectors)
      : vectors((n + lanes - 1) / lanes), most(most_vectors), count((vectors + most - 1) / most) {}
  int64_t width(int64_t p) const {
    if (p < count - 2) return most;
    if (count == 1) return vectors;
    const int64_t rest = vectors - most * (count - 2);
    return p == count - 2 ? rest - rest / 2 : rest / 2;
  }
};

template <class T>
using TapFn = void (*)(const TapTile<T>&) noexcept;
inline constexpr int kTapVectors = 8;

template <class T>
struct MakeTaps {
  template <int MR, int NV, bool kPartial>
  static constexpr TapFn<T> make() {
    if constexpr (NV <= kPanelVectors<T> && MR <= tile_rows<T>(NV)) {
      return &run_taps < T, MR, NV, kPartial || kFreeMasks > ;
    } else {
      return nullptr;
    }
  }
};
template <class T>
constexpr auto kTapTiles = tile_table<MakeTaps<T>, TapFn<T>, kTapVectors>();

template <class T>
using TermFn = void (*)(const TermTile<T>&) noexcept;
template <class T>
struct MakeTerms {
  template <int MR, int NV, bool kPartial>
  static constexpr TermFn<T> make() {
    if constexpr (NV <= kPanelVectors<T> && MR <= tile_rows<T>(NV)) {
      return &run_terms < T, MR, NV, kPartial || kFreeMasks > ;
    } else {
      return nullptr;
    }
  }
};
template <class T>
constexpr auto kTermTiles = tile_table<MakeTerms<T>, TermFn<T>, kTapVectors>();

template <class T>
void term_row(const TermRow& m) noexcept {
  constexpr int L = kLanes<T>;
  TermTile<T> tile = {};
  tile.a_row = m.a_row * int64_t{sizeof(T)};
  tile.offset = m.offset;
  tile.terms = m.terms;
  tile.b = static_cast<const T*>(m.b);
  tile.b_row = m.b_row * int64_t{sizeof(T)};
  tile.c_row = m.c_row;
  const TapPanels panels(m.n, L, kPanelVectors<T>);
  int64_t column = 0;
  for (int64_t p = 0; p < panels.count; p++) {
    const int64_t width = panels.width(p), end = column + width * L;
    const int64_t most = tile_rows<T>(static_cast<int>(width));
    const int64_t strips = (m.m + most - 1) / most;
    const int64_t rows = m.m / strips, remainder = m.m % strips;
    const TermFn<T>* fn = kTermTiles<T>.fn[end > m.n][width - 1];
    tile.last = first_lanes<T>(end <= m.n ? L : L - (end - m.n));
    tile.a = static_cast<const T*>(m.a);
    tile.c = static_cast<T*>(m.c) + column;
    tile.epilogue = TileEpilogue<T>(m.epilogue, column);
    for (int64_t s = 0; s < strips; s++) {
      const int64_t count = rows + (s < remainder);
      fn[count - 1](tile);
      activate<T>(m.epilogue, tile.c, m.c_row, count, (end < m.n ? end : m.n) - column);
      tile.a += count * m.a_row;
      tile.c += count * m.c_row;
    }
    tile.b += width * L;
    column = end;
  }
}

template <class T>
TapTile<T> first_tile(const TapBlock& m) {
  constexpr int64_t kSize = sizeof(T);
  TapTile<T> tile = {};
  tile.a_stride = m.a_stride;
  tile.a_step = m.a_step * kSize;
  tile.a_first = m.a_first * kSize;
  tile.runs = m.runs;
  tile.count = m.count;
  tile.b = static_cast<const T*>(m.b);
  tile.b_row = m.b_row * kSize;
  tile.c_first = m.c_first;
  tile.accumulate = m.accumulate;
  return tile;
}

template <class T>
void taps(const TapBlock& m) noexcept {
  constexpr int L = kLanes<T>;
  constexpr int64_t kSize = sizeof(T);
  TapTile<T> tile = first_tile<T>(m);
  const TapPanels panels(m.n, L, kPanelVectors<T>);
  int64_t column = 0;
  for (int64_t p = 0; p < panels.count; p++) {
    const int64_t width = panels.width(p);
    const int64_t most = tile_rows<T>(static_cast<int>(width));
    const int64_t strips = (m.m + most - 1) / most;
    const int64_t rows = m.m / strips, remainder = m.m % strips;
    const int64_t end = column + width * L;
    const TapFn<T>* fn = kTapTiles<T>.fn[end > m.n][width - 1];
    tile.last = first_lanes<T>(end <= m.n ? L : L - (end - m.n));
    tile.b_row = (m.packed ? width * L : m.b_row) * kSize;
    tile.a = m.a;
    tile.c = m.c;
    tile.c_first = m.c_first + column;
    tile.epilogue = TileEpilogue<T>(m.epilogue, column);
    for (int64_t s = 0; s < strips; s++) {
      const int64_t count = rows + (s < remainder);
      fn[count - 1](tile);
      for (int64_t r = 0; r < count; r++) {
        activate<T>(m.epilogue, static_cast<T*>(tile.c[r]) + tile.c_first, 0, 1,
                    (end < m.n ? end : m.n) - column);
      }
      tile.a += count;
      tile.c += count;
    }
    tile.b += m.packed ? width * L * m.packed_rows : width * L;
    column = end;
  }
}

/// Rows of a `run_tap_dots` tile with this many columns.
constexpr int dot_rows(int columns) {
  constexpr int many[] = {8, 8, 6, 4}, few[] = {4, 4, 3, 2};
  return (kRegisters == 32 ? many : few)[columns - 1];
}
inline constexpr int kDotWidth = 4;

template <class T>
struct TapDots {
  TapFn<T> full[kDotWidth], single[kDotWidth];  // by columns − 1
};
template <class T, int... J>
constexpr TapDots<T> all_tap_dots(Ints<J...>) {
  return {{&run_tap_dots<T, dot_rows(J + 1), J + 1>...}, {&run_tap_dots<T, 1, J + 1>...}};
}
template <class T>
constexpr TapDots<T> kTapDots = all_tap_dots<T>(typename MakeInts<kDotWidth>::type{});

template <class T>
void tap_dots(const TapBlock& m) noexcept {
  TapTile<T> tile = first_tile<T>(m);
  for (int64_t j = 0; j < m.n; j += kDotWidth) {
    const int columns = static_cast<int>(m.n - j < kDotWidth ? m.n - j : kDotWidth);
    tile.b = static_cast<const T*>(m.b) + j * m.b_row;
    tile.c_first = m.c_first + j;
    const int64_t rows = dot_rows(columns);
    for (int64_t i = 0; i < m.m;) {
      tile.a = m.a + i;
      tile.c = m.c + i;
      const bool full = i + rows <= m.m;
      (full ? kTapDots<T>.full : kTapDots<T>.single)[columns - 1](tile);
      i += full ? rows : 1;
    }
  }
  if (m.epilogue == nullptr) return;
  for (int64_t i = 0; i < m.m; i++)
    epilogue_rows<T>(*m.epilogue, static_cast<T*>(m.c[i]) + m.c_first, m.n, 1, m.n);
}

template <class T>
void pack_taps(const void* bv, int64_t b_row, int64_t b_col, int64_t k, int64_t n, void* packed, int64_t row,
               int64_t rows) noexcept {
  constexpr int L = kLanes<T>;
  const T* const b = static_cast<const T*>(bv);
  T* panel = static_cast<T*>(packed);
  const TapPanels panels(n, L, kPanelVectors<T>);
  int64_t column = 0;
  for (int64_t p = 0; p < panels.count; p++) {
    const int64_t width = panels.width(p) * L;
    T* const out = panel + row * width;
    for (int64_t v = 0; v < width; v += L) {
      const int64_t j = column + v;
      const int64_t lanes = n - j < L ? n - j : L;
      int64_t i = 0;
      if (b_col == 1) {
        const Lanes<T> some = first_lanes<T>(lanes);
        for (; i < k; i++) store(out + i * width + v, load_lanes(b + i * b_row + j, some));
      } else if (b_row == 1 && lanes == L) {
        for (; i + L <= k; i += L) transpose_block(b + i + j * b_col, b_col, out + i * width + v, width);
      }
      for (; i < k; i++) {
        if (lanes < L) store(out + i * width + v, Vec<T>{});
        for (int64_t l = 0; l < lanes; l++) out[i * width + v + l] = b[i * b_row + (j + l) * b_col];
      }
    }
    panel += width * rows;
    column += width;
  }
}

template <class T>
void add_into(const void* xv, void* yv, int64_t n) noexcept {
  const T* x = static_cast<const T*>(xv);
  T* y = static_cast<T*>(yv);
  GT_IVDEP
  for (int64_t i = 0; i < n; i++) y[i] += x[i];
}

template <class T>
constexpr gradtape::ConvKernels conv_kernels() {
  return {.lanes = kLanes<T>,
          .panel = kPanelVectors<T> * kLanes<T>,
          .tile_rows = tile_rows<T>(kPanelVectors<T>),
          // With few registers a panel must fit L1 (see matmul/matmul.cc).
          .depth = kRegisters == 32 ? 1024
                   : kFused         ? 128
                                    : 256,
          .pack_bytes = kRegisters == 32 ? 2 << 20 : 96 << 10,
          .few_columns = 8,
          .taps = &taps<T>,
          .dots = &tap_dots<T>,
          .row = &term_row<T>,
          .pack = &pack_taps<T>,
          .add = &add_into<T>};
}

}  // namespace

GT_FAMILY(conv, ByDType<ConvKernels> conv) {
  table.conv = by_dtype<gradtape::ConvKernels>([]<class T>() -> gradtape::ConvKernels {
    if constexpr (is_real<T>) {
      return conv_kernels<T>();
    } else {
      return {};
    }
  });
}
