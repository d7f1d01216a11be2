// fill, iota, and the search for values that an op forbids.
#include "kernels/elementwise/elementwise.h"

/// y[i] = *pattern, one element.
GT_FUNCTION(FillFn, const void* pattern, void* y, int64_t n);
/// y[i] = start + (first + i)·delta. start and delta are doubles for float types and int64 for integer types.
GT_FUNCTION(IotaFn, const void* start, const void* delta, int64_t first, void* y, int64_t n);

namespace {

template <class T>
void fill_run(const void* pattern, void* yv, int64_t n) noexcept {
  T v;
  memcpy(&v, pattern, sizeof v);
  T* y = static_cast<T*>(yv);
  GT_IVDEP
  for (int64_t i = 0; i < n; i++) y[i] = v;
}

template <class T>
void iota_run(const void* start, const void* delta, int64_t first, void* yv, int64_t n) noexcept {
  T* y = static_cast<T*>(yv);
  if constexpr (is_float<T>) {
    double s, d;
    memcpy(&s, start, sizeof s);
    memcpy(&d, delta, sizeof d);
    GT_IVDEP
    for (int64_t i = 0; i < n; i++) y[i] = static_cast<T>(s + static_cast<double>(first + i) * d);
  } else {
    uint64_t s, d;
    memcpy(&s, start, sizeof s);
    memcpy(&d, delta, sizeof d);
    GT_IVDEP
    for (int64_t i = 0; i < n; i++) y[i] = static_cast<T>(s + static_cast<uint64_t>(first + i) * d);
  }
}

/// 16-bit floats: computed in float32 and rounded.
template <class T>
void iota_rounded(const void* start, const void* delta, int64_t first, void* y, int64_t n) noexcept {
  alignas(64) float tile[kTile];
  each_tile(n, [&](int64_t i, int64_t count) {
    iota_run<float>(start, delta, first + i, tile, count);
    compute_conversion<T>().from_kernel(tile, static_cast<T*>(y) + i, count);
  });
}

/// Blocks are tested without a branch per element; the position is searched only in a block that has one.
template <class T, gradtape::FindKind kKind>
int64_t find_run(const void* xv, int64_t n) noexcept {
  const T* x = static_cast<const T*>(xv);
  const auto matches = [](T v) { return kKind == gradtape::kFindZero ? v == T(0) : v < T(0); };
  constexpr int64_t kBlock = 1024;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = n - begin < kBlock ? n : begin + kBlock;
    T any = 0;
    for (int64_t i = begin; i < end; i++) any |= static_cast<T>(matches(x[i]));
    if (any == 0) continue;
    for (int64_t i = begin; i < end; i++) {
      if (matches(x[i])) return i;
    }
  }
  return -1;
}

}  // namespace

/// Fills are indexed by size_index.
GT_FAMILY(fill, FillFn fill[kSizes], ByDType<IotaFn> iota, ByDType<FindFn> find[kFindKinds]) {
  using gradtape::FindFn;
  table.fill[0] = &fill_run<uint8_t>;
  table.fill[1] = &fill_run<uint16_t>;
  table.fill[2] = &fill_run<uint32_t>;
  table.fill[3] = &fill_run<uint64_t>;
  table.iota = by_dtype<IotaFn>([]<class T>() -> IotaFn {
    if constexpr (is_float<T> && is_converted<T>) {
      return &iota_rounded<T>;
    } else if constexpr (is_number<T>) {
      return &iota_run<wrap_t<T>>;
    } else {
      return nullptr;
    }
  });
  table.find[gradtape::kFindZero] = by_dtype<FindFn>([]<class T>() -> FindFn {
    if constexpr (is_integer<T>) {
      return &find_run<wrap_t<T>, gradtape::kFindZero>;
    } else {
      return nullptr;
    }
  });
  table.find[gradtape::kFindNegative] = by_dtype<FindFn>([]<class T>() -> FindFn {
    if constexpr (gradtape::DTypeOf<T>::kind == gradtape::kSigned) {
      return &find_run<T, gradtape::kFindNegative>;
    } else {
      return nullptr;
    }
  });
}
