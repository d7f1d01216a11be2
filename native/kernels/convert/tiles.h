// For dtypes that are stored as one type and computed with as another: tiles of elements are converted to a
// type that the kernel accepts, and the results are converted back. Each family has one such loop instead of
// a second copy of each kernel.
#pragma once
#include "kernels/element_types.h"
#include "kernels/table.h"

namespace gradtape {

/// The conversion of elements to the type that a kernel accepts, and of its results back: floats are rounded,
/// integers lose their high bits.
struct Conversion {
  CastFn to_kernel, from_kernel;
  int64_t size, kernel_size;  // bytes of an element
};
struct Conversions {
  ByDType<Conversion> compute;  // to the compute type
  ByDType<Conversion> floats;   // to float32
  /// Between signed and unsigned integers of a size (size_index): flips the top bit, which preserves the
  /// order.
  Conversion flip[4];
};

}  // namespace gradtape

#define GT_CONVERSIONS GT_CAT(gradtape_conversions_, GRADTAPE_ISA)
/// The conversions of this instruction set; defined in convert/cast.cc.
extern const gradtape::Conversions GT_CONVERSIONS;

namespace {

using gradtape::Conversion;

/// To the compute type of T.
template <class T>
GT_INLINE const Conversion& compute_conversion() {
  return GT_CONVERSIONS.compute[static_cast<int>(gradtape::DTypeOf<T>::dtype)];
}

/// Elements of a tile. Two tiles of the widest type fit in L1, beside a kernel's other data.
inline constexpr int64_t kTile = 1024, kTileBytes = 8 * kTile;

/// f(begin, n) for each tile.
template <class F>
GT_INLINE void each_tile(int64_t n, const F& f) {
  for (int64_t i = 0; i < n; i += kTile) f(i, n - i < kTile ? n - i : kTile);
}
GT_INLINE const char* bytes_at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
GT_INLINE char* bytes_at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

/// Applies a unary op by `fn`, which takes the type that c converts to. (The order of the arguments matches
/// that of the calling kernels, so that the call is a jump.)
template <bool kToBool>
GT_OUTLINE void unary_tiles(const void* x, void* y, int64_t n, const Conversion& c,
                            gradtape::UnaryFn fn) noexcept {
  alignas(64) char tile[kTileBytes];
  each_tile(n, [&](int64_t i, int64_t count) {
    c.to_kernel(bytes_at(x, i * c.size), tile, count);
    fn(tile, kToBool ? bytes_at(y, i) : tile, count);
    if (!kToBool) c.from_kernel(tile, bytes_at(y, i * c.size), count);
  });
}

/// The same for a binary op.
template <int kMode, bool kToBool>
GT_OUTLINE void binary_tiles(const void* av, const void* bv, void* y, int64_t n, const Conversion& c,
                             gradtape::BinaryFn fn) noexcept {
  if (n <= 0) return;
  alignas(64) char a[kTileBytes], b[kTileBytes];
  constexpr bool kOneA = kMode == gradtape::kScalarVec, kOneB = kMode == gradtape::kVecScalar;
  if (kOneA) c.to_kernel(av, a, 1);
  if (kOneB) c.to_kernel(bv, b, 1);
  char* const result = kOneA ? b : a;
  each_tile(n, [&](int64_t i, int64_t count) {
    if (!kOneA) c.to_kernel(bytes_at(av, i * c.size), a, count);
    if (!kOneB) c.to_kernel(bytes_at(bv, i * c.size), b, count);
    fn(a, b, kToBool ? bytes_at(y, i) : result, count);
    if (!kToBool) c.from_kernel(result, bytes_at(y, i * c.size), count);
  });
}

}  // namespace
