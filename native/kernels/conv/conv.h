// Microkernels of convolutions (implicit GEMM with indirection): the register tiles of the matrix product
// (matmul/register_tiles.h), except that each row of the left operand is given by a pointer for each run of
// terms, and each row of the result by a pointer. Kernel taps, strides, dilations and padding are expressed
// by the pointers, so no im2col copy is made.
#pragma once
#include "kernels/matmul/register_tiles.h"

namespace {

using gradtape::TapBlock;
using gradtape::TapRun;
using gradtape::TermRow;

/// A register tile of a TapBlock (interface.h).
template <class T>
struct TapTile {
  const void* const* a;  // of the first row, at run 0
  int64_t a_stride;
  int64_t a_step, a_first;  // bytes
  const TapRun* runs;
  int64_t count;
  const T* b;
  int64_t b_row;  // bytes
  void* const* c;
  int64_t c_first;  // elements
  Lanes<T> last;    // of the last vector
  bool accumulate;
  TileEpilogue<T> epilogue;
};

/// Computes a tile of MR rows by NV vectors. kPartial: the last vector is loaded and stored with a mask.
/// (Half-width vectors for tiles with few columns were slower.)
template <class T, int MR, int NV, bool kPartial>
void run_taps(const TapTile<T>& tile) noexcept {
  constexpr int L = kLanes<T>;
  using V = Vec<T>;
  const Lanes<T> last = tile.last;
  const int64_t b_row = tile.b_row, a_step = tile.a_step;
  V c[MR][NV];
  unroll<MR>([&](auto r) GT_LAMBDA {
    T* const out = static_cast<T*>(tile.c[r]) + tile.c_first;
    unroll<NV>([&](auto v) GT_LAMBDA {
      c[r][v] = V{};
      if (v * sizeof(V) % 64 == 0) __builtin_prefetch(out + v * L, 1);
    });
  });
  for (int64_t s = 0; s < tile.count; s++) {
    const TapRun& run = tile.runs[s];
    const T* a[MR];
    unroll<MR>([&](auto r) GT_LAMBDA { a[r] = static_cast<const T*>(tile.a[run.slot * tile.a_stride + r]); });
    const T* b = ahead(tile.b, run.row * b_row);
    const auto columns = [&](auto v) GT_LAMBDA -> V {
      if constexpr (kPartial && decltype(v){} == NV - 1) {
        return load_lanes(b + v * L, last);
      } else {
        return load(b + v * L);
      }
    };
    int64_t at = tile.a_first + run.shift * int64_t{sizeof(T)};
    for (int64_t k = run.k; k > 0; k--) {
      multiply_tile<T, MR, NV>([&](auto r) GT_LAMBDA -> V { return splat(*ahead(a[r], at)); }, columns, c);
      at += a_step;
      b = ahead(b, b_row);
    }
  }
  store_tile<T, MR, NV, kPartial>(c, last, tile.accumulate, tile.epilogue, [&](auto r) GT_LAMBDA {
    return static_cast<T*>(tile.c[r]) + tile.c_first;
  });
}

/// A register tile of a TermRow (interface.h); strides and offsets in bytes.
template <class T>
struct TermTile {
  const T* a;
  int64_t a_row;
  const int64_t* offset;
  int64_t terms;
  const T* b;
  int64_t b_row;
  T* c;
  int64_t c_row;  // elements
  Lanes<T> last;
  TileEpilogue<T> epilogue;
};

template <class T, int MR, int NV, bool kPartial>
void run_terms(const TermTile<T>& tile) noexcept {
  constexpr int L = kLanes<T>;
  constexpr int kGroups = (MR + 3) / 4;
  using V = Vec<T>;
  const int64_t row1 = tile.a_row, row2 = 2 * row1, row3 = 3 * row1, b_row = tile.b_row;
  const Lanes<T> last = tile.last;
  const T* a[kGroups];
  unroll<kGroups>([&](auto g) GT_LAMBDA { a[g] = ahead(tile.a, 4 * g * row1); });
  V c[MR][NV];
  unroll<MR>([&](auto r) GT_LAMBDA { unroll<NV>([&](auto v) GT_LAMBDA { c[r][v] = V{}; }); });
  const T* b = tile.b;
  for (int64_t t = 0; t < tile.terms; t++, b = ahead(b, b_row)) {
    const int64_t at = tile.offset[t];
    const auto element = [&](auto r) GT_LAMBDA -> V {
      constexpr int kRow = decltype(r){} % 4;
      return splat(*ahead(ahead(a[r / 4], at), kRow == 0 ? 0 : kRow == 1 ? row1 : kRow == 2 ? row2 : row3));
    };
    const auto columns = [&](auto v) GT_LAMBDA -> V {
      if constexpr (kPartial && decltype(v){} == NV - 1) {
        return load_lanes(b + v * L, last);
      } else {
        return load(b + v * L);
      }
    };
    multiply_tile<T, MR, NV>(element, columns, c);
  }
  store_tile<T, MR, NV, kPartial>(c, last, false, tile.epilogue,
                                  [&](auto r) GT_LAMBDA { return tile.c + r * tile.c_row; });
}

/// Computes a tile of MR rows by NR columns as dot products along the terms, which are contiguous in both
/// operands; column j of B is at b + j · b_row.
template <class T, int MR, int NR>
void run_tap_dots(const TapTile<T>& tile) noexcept {
  constexpr int L = kLanes<T>;
  using V = Vec<T>;
  V sum[MR][NR];
  unroll<MR>([&](auto r) GT_LAMBDA { unroll<NR>([&](auto j) GT_LAMBDA { sum[r][j] = V{}; }); });
  for (int64_t s = 0; s < tile.count; s++) {
    const TapRun& run = tile.runs[s];
    const T* a[MR];
    unroll<MR>([&](auto r) GT_LAMBDA {
      a[r] = ahead(static_cast<const T*>(tile.a[run.slot * tile.a_stride + r]), tile.a_first) + run.shift;
    });
    const T* const b = tile.b + run.row;
    const auto step = [&](int64_t i, auto get) GT_LAMBDA {
      V y[NR];
      unroll<NR>([&](auto j) GT_LAMBDA { y[j] = get(ahead(b, j * tile.b_row) + i); });
      unroll<MR>([&](auto r) GT_LAMBDA {
        const V x = get(a[r] + i);
        unroll<NR>([&](auto j) GT_LAMBDA { sum[r][j] = fma(x, y[j], sum[r][j]); });
      });
    };
    int64_t i = 0;
    for (; i + L <= run.k; i += L) step(i, [](const T* p) GT_LAMBDA -> V { return load(p); });
    if (i < run.k) {
      const Lanes<T> rest = first_lanes<T>(run.k - i);
      step(i, [rest](const T* p) GT_LAMBDA -> V { return load_lanes(p, rest); });
    }
  }
  unroll<MR>([&](auto r) GT_LAMBDA {
    T* const out = static_cast<T*>(tile.c[r]) + tile.c_first;
    unroll<NR>([&](auto j) GT_LAMBDA {
      const T total = sum_lanes<T>(sum[r][j]);
      out[j] = tile.accumulate ? out[j] + total : total;
    });
  });
}

}  // namespace
