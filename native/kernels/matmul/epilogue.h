// Epilogues of products and convolutions: bias, residual and relu are applied while the sums are in
// registers, other activations while the results are in cache.
#pragma once
#include "kernels/simd/lanes.h"
#include "kernels/table.h"

namespace {

using gradtape::Epilogue;

/// p plus a number of bytes. With strides in bytes, compilers do not generate a second loop for a stride of
/// one element.
template <class T>
GT_INLINE const T* ahead(const T* p, int64_t bytes) {
  return reinterpret_cast<const T*>(reinterpret_cast<const char*>(p) + bytes);
}

/// The part of an epilogue that is applied in registers; the rest is applied to the results in memory.
template <class T>
struct TileEpilogue {
  const T* bias;  // at the tile's first column, or null
  int64_t residual;
  bool adds, relu;

  TileEpilogue() = default;
  /// For the columns from `column` on.
  TileEpilogue(const Epilogue* f, int64_t column) {
    const Epilogue none = {};
    if (f == nullptr) f = &none;
    bias = f->bias == nullptr ? nullptr : static_cast<const T*>(f->bias) + column;
    residual = f->residual, adds = f->adds, relu = f->relu;
  }
  bool any() const { return bias != nullptr || adds || relu; }
};

/// max(x, 0); NaN stays NaN.
template <class T>
GT_INLINE Vec<T> rectified(Vec<T> x) {
  return x <= Vec<T>{} ? Vec<T>{} : x;
}

/// The epilogue of one vector of sums, whose destination is `p`. get(q) loads as many elements as the vector
/// has, those of the bias from `column` on. NaN stays NaN.
template <class T, class Get>
GT_INLINE Vec<T> apply_epilogue(const TileEpilogue<T>& f, Vec<T> sum, const T* p, int64_t column,
                                const Get& get) {
  if (f.bias != nullptr) sum += get(f.bias + column);
  if (f.adds) sum += get(ahead(p, f.residual));
  if (f.relu) sum = rectified<T>(sum);
  return sum;
}

/// The activation of an epilogue, applied to results in memory.
template <class T>
GT_INLINE void activate(const Epilogue* f, T* c, int64_t c_row, int64_t rows, int64_t columns) {
  if (f == nullptr || f->activation == nullptr) return;
  if (c_row == columns) columns *= rows, rows = 1;
  for (int64_t r = 0; r < rows; r++, c += c_row) f->activation(c, c, columns);
}

/// A whole epilogue, applied to results in memory.
template <class T>
void epilogue_rows(const Epilogue& given, void* cv, int64_t c_row, int64_t rows, int64_t columns) noexcept {
  constexpr int64_t L = kLanes<T>;
  T* const c = static_cast<T*>(cv);
  const TileEpilogue<T> f(&given, 0);
  if (f.any()) {
    T* row = c;
    int64_t lines = rows, n = columns;
    if (c_row == n && f.bias == nullptr) n *= lines, lines = 1;
    for (int64_t r = 0; r < lines; r++, row += c_row) {
      int64_t j = 0;
      const auto put = [&](const auto& get, const auto& set)
                           GT_LAMBDA { set(row + j, apply_epilogue<T>(f, get(row + j), row + j, j, get)); };
      for (; j + L <= n; j += L)
        put([](const T* p) GT_LAMBDA -> Vec<T> { return load(p); },
            [](T* p, Vec<T> v) GT_LAMBDA { store(p, v); });
      if (j < n) {
        const Lanes<T> rest = first_lanes<T>(n - j);
        put([&](const T* p) GT_LAMBDA -> Vec<T> { return load_lanes(p, rest); },
            [&](T* p, Vec<T> v) GT_LAMBDA { store_lanes(p, v, rest); });
      }
    }
  }
  activate<T>(&given, c, c_row, rows, columns);
}

}  // namespace
