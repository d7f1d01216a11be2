// Conversions between element types.
#include "kernels/convert/tiles.h"
#include "kernels/simd/half.h"

/// y[i] = convert(x[i]).
GT_FUNCTION(CastFn, const void* x, void* y, int64_t n);

namespace {

/// Float to integer with TensorFlow's results on x86, on every machine: truncated toward zero; what int32 or
/// int64 cannot hold becomes their least value. Narrower integers are the low bits of the int32, uint32 those
/// of the int64. uint64 is exact up to 2⁶⁴, otherwise the bits of the int64.
template <class From, class To>
GT_INLINE To truncate(From x) {
  using Int = decltype([] {
    if constexpr (sizeof(To) == 8 || __is_same(To, uint32_t)) {
      return int64_t{};
    } else {
      return int32_t{};
    }
  }());
  constexpr From limit = sizeof(Int) == 8 ? From(9223372036854775808.0) : From(2147483648.0);
  if constexpr (__is_same(To, uint64_t)) {
    const bool large = x >= limit && x < 2 * limit;
    const uint64_t r = static_cast<uint64_t>(truncate<From, int64_t>(large ? x - limit : x));
    return large ? r ^ uint64_t { 1 } << 63 : r;
  } else {
    constexpr Int least = sizeof(Int) == 8 ? Int(INT64_MIN) : Int(INT32_MIN);
    // A double slightly below int32's range may still truncate into it.
    constexpr bool fraction_below = sizeof(From) == 8 && sizeof(Int) == 4;
    const bool fits = (fraction_below ? x > -limit - 1 : x >= -limit) && x < limit;
    const Int r = static_cast<Int>(fits ? x : From(0));
    return static_cast<To>(fits ? r : least);
  }
}

/// One element, not a 16-bit float. Narrowing integers drops the high bits.
template <class From, class To>
GT_INLINE To convert(From x) {
  if constexpr (is_bool<To>) {
    return x != From(0) ? Bool::kTrue : Bool::kFalse;
  } else if constexpr (is_bool<From>) {
    return static_cast<To>(static_cast<uint8_t>(x) != 0);
  } else if constexpr (is_float<From> && !is_float<To>) {
    return truncate<From, To>(x);
  } else {
    return static_cast<To>(x);
  }
}

template <class From, class To>
void cast_run(const void* xv, void* yv, int64_t n) noexcept {
  const From* x = static_cast<const From*>(xv);
  To* y = static_cast<To*>(yv);
  GT_IVDEP
  for (int64_t i = 0; i < n; i++) y[i] = convert<From, To>(x[i]);
}

/// Converts n elements by `lanes(x, y)`, one float32 register's worth at a time.
template <class From, class To, class F>
GT_INLINE void each_lanes(const void* xv, void* yv, int64_t n, const F& lanes) {
  constexpr int L = kLanes<float>;
  const From* x = static_cast<const From*>(xv);
  To* y = static_cast<To*>(yv);
  for (; n >= L; n -= L, x += L, y += L) lanes(x, y);
  if (n <= 0) return;
  From last[L] = {};
  To converted[L];
  memcpy(last, x, static_cast<size_t>(n) * sizeof(From));
  lanes(last, converted);
  memcpy(y, converted, static_cast<size_t>(n) * sizeof(To));
}
/// Floats that are converted through float32.
template <class T>
GT_OUTLINE void widen(const void* xv, void* yv, int64_t n) noexcept {
  each_lanes<T, float>(xv, yv, n, [](const T* x, float* y) {
    Vec<decltype(T::bits), kLanes<float>> v;
    memcpy(&v, x, sizeof v);
    store(y, floats_of(v, T()));
  });
}
template <class T>
GT_OUTLINE void narrow(const void* xv, void* yv, int64_t n) noexcept {
  each_lanes<float, T>(xv, yv, n, [](const float* x, T* y) {
    const auto v = halves_of(load(x), T());
    memcpy(y, &v, sizeof v);
  });
}

/// Flips the top bit.
template <class T>
void flip(const void* xv, void* yv, int64_t n) noexcept {
  constexpr T kTop = static_cast<T>(T{1} << (8 * sizeof(T) - 1));
  const T* x = static_cast<const T*>(xv);
  T* y = static_cast<T*>(yv);
  GT_IVDEP
  for (int64_t i = 0; i < n; i++) y[i] = x[i] ^ kTop;
}

/// From a 16-bit float through float32; `after` converts that to elements of `size` bytes.
GT_OUTLINE void cast_from_half(const Conversion& c, CastFn after, int64_t size, const void* x, void* y,
                               int64_t n) noexcept {
  alignas(64) float tile[kTile];
  each_tile(n, [&](int64_t i, int64_t count) {
    c.to_kernel(bytes_at(x, i * c.size), tile, count);
    after(tile, bytes_at(y, i * size), count);
  });
}
/// To a 16-bit float through float32; `before` converts elements of `size` bytes to that.
GT_OUTLINE void cast_to_half(const Conversion& c, CastFn before, int64_t size, const void* x, void* y,
                             int64_t n) noexcept {
  alignas(64) float tile[kTile];
  each_tile(n, [&](int64_t i, int64_t count) {
    before(bytes_at(x, i * size), tile, count);
    c.from_kernel(tile, bytes_at(y, i * c.size), count);
  });
}

/// Integers of one width share conversions that do not depend on the sign: narrowing never does, widening
/// does not depend on the sign of the result.
template <class From, class To>
constexpr CastFn cast_fn() {
  constexpr bool from_half = is_float<From> && is_converted<From>;
  constexpr bool to_half = is_float<To> && is_converted<To>;
  constexpr bool integers = is_integer<From> && is_integer<To>;
  if constexpr (__is_same(From, To) && !is_bool<To>) {
    return &cast_run<bits_t<From>, bits_t<To>>;
  } else if constexpr (from_half && __is_same(To, float)) {
    return &widen<From>;
  } else if constexpr (to_half && __is_same(From, float)) {
    return &narrow<To>;
  } else if constexpr (from_half) {
    return [](const void* x, void* y, int64_t n) noexcept {
      cast_from_half(compute_conversion<From>(), cast_fn<float, To>(), sizeof(To), x, y, n);
    };
  } else if constexpr (to_half) {
    return [](const void* x, void* y, int64_t n) noexcept {
      cast_to_half(compute_conversion<To>(), cast_fn<From, float>(), sizeof(From), x, y, n);
    };
  } else if constexpr (integers && sizeof(To) <= sizeof(From)) {
    return &cast_run<bits_t<From>, bits_t<To>>;
  } else if constexpr (integers || (is_bool<From> && is_integer<To>)) {
    return &cast_run<From, bits_t<To>>;
  } else if constexpr (is_integer<From> && is_bool<To>) {
    return &cast_run<bits_t<From>, To>;
  } else {
    return &cast_run<From, To>;
  }
}

template <class T, class K>
constexpr Conversion conversion_to() {
  return {cast_fn<T, K>(), cast_fn<K, T>(), sizeof(T), sizeof(K)};
}
template <class T>
constexpr Conversion flip_conversion() {
  return {&flip<T>, &flip<T>, sizeof(T), sizeof(T)};
}

}  // namespace

constexpr gradtape::Conversions GT_CONVERSIONS = {
    by_dtype<Conversion>([]<class T> { return conversion_to<T, compute_t<T>>(); }),
    by_dtype<Conversion>([]<class T> { return conversion_to<T, float>(); }),
    {flip_conversion<uint8_t>(), flip_conversion<uint16_t>(), flip_conversion<uint32_t>(),
     flip_conversion<uint64_t>()}};

/// Indexed by the dtype of x, then by that of y.
GT_FAMILY(cast, ByDType<ByDType<CastFn>> cast) {
  table.cast = by_dtype<ByDType<CastFn>>(
      []<class From> { return by_dtype<CastFn>([]<class To> { return cast_fn<From, To>(); }); });
}
