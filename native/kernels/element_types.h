// The list of dtypes for kernels: predicates and traits of element types, and tables indexed by dtype.
#pragma once
#include "kernels/dtypes.h"
#include "kernels/isa.h"

namespace {

using gradtape::Bool;
using gradtape::ByDType;
using gradtape::DType;

/// Each of these is true for storage types of some kinds.
template <class T>
inline constexpr bool is_float = gradtape::DTypeOf<T>::kind == gradtape::kFloating;
template <class T>
inline constexpr bool is_bool = gradtape::DTypeOf<T>::kind == gradtape::kBoolean;
template <class T>
inline constexpr bool is_integer = (gradtape::DTypeOf<T>::kind & gradtape::kInteger) != 0;
template <class T>
inline constexpr bool is_number = (gradtape::DTypeOf<T>::kind & gradtape::kNumeric) != 0;
template <class T>
inline constexpr bool is_any = true;

/// The type that arithmetic on elements of T is done in.
template <class T>
using compute_t = typename gradtape::DTypeOf<T>::compute_type;
template <class T>
inline constexpr bool is_converted = !__is_same(T, compute_t<T>);
/// float and double: floats that are computed with as they are stored.
template <class T>
inline constexpr bool is_real = is_float<T> && !is_converted<T>;

/// The types for which families that only compare elements have kernels: operands of other types are
/// converted to one of these (`ordered_dtype` in runtime/convert/converted.h).
template <class T>
inline constexpr bool is_ordered =
    is_real<T> || __is_same(T, int32_t) || __is_same(T, int64_t) || __is_same(T, uint8_t);

/// Unsigned integers by width.
template <int kBytes>
struct UnsignedOf;
template <>
struct UnsignedOf<1> {
  using type = uint8_t;
};
template <>
struct UnsignedOf<2> {
  using type = uint16_t;
};
template <>
struct UnsignedOf<4> {
  using type = uint32_t;
};
template <>
struct UnsignedOf<8> {
  using type = uint64_t;
};
/// Signed integers by width.
template <int kBytes>
struct SignedOf;
template <>
struct SignedOf<1> {
  using type = int8_t;
};
template <>
struct SignedOf<4> {
  using type = int32_t;
};
template <>
struct SignedOf<8> {
  using type = int64_t;
};
/// The unsigned integer type as wide as T, for code that moves bits.
template <class T>
using bits_t = typename UnsignedOf<sizeof(T)>::type;

template <class T, bool kInteger>
struct WrapOf {
  using type = T;
};
template <class T>
struct WrapOf<T, true> {
  using type = bits_t<T>;
};
/// Integer arithmetic wraps: it uses the unsigned type of the same width, so integers of one width share
/// code.
template <class T>
using wrap_t = typename WrapOf<T, is_integer<T>>::type;

template <class T, bool kNarrow>
struct PromotedOf {
  using type = wrap_t<T>;
};
template <class T>
struct PromotedOf<T, true> {
  using type = uint32_t;
};
/// wrap_t, but never a type that C++ would promote to int, whose overflow is undefined.
template <class T>
using promoted_t = typename PromotedOf<T, is_integer<T> && sizeof(T) < 4>::type;

/// The integer type as wide as T for which ordering kernels exist: other integers of that width have the same
/// order once their top bit is flipped.
template <int kBytes>
struct OrderOf {
  using type = typename UnsignedOf<kBytes>::type;
};
template <>
struct OrderOf<4> {
  using type = int32_t;
};
template <>
struct OrderOf<8> {
  using type = int64_t;
};
template <class T>
using order_t = typename OrderOf<sizeof(T)>::type;

/// A table with f<T>() for each storage type T.
template <class R, class F>
constexpr ByDType<R> by_dtype(F f) {
  return {{
#define GT_ROW(identifier, name, code, storage, ...) f.template operator()<storage>(),
      GT_DTYPES(GT_ROW)
#undef GT_ROW
  }};
}

}  // namespace
