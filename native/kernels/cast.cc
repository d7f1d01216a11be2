// Conversions between element types.
#include "elementwise.h"

namespace {

/// One element. Floats truncate toward zero. What an integer type can't hold becomes its least value in int32
/// and int64, as x86 has it, on every machine; uint8 takes the low byte of the int32. Wider integers lose
/// their high bits.
template <class From, class To>
GT_INLINE To convert(From x) {
  if constexpr (is_bool<To>) {
    return x != From(0) ? Bool::kTrue : Bool::kFalse;
  } else if constexpr (is_bool<From>) {
    return static_cast<To>(static_cast<uint8_t>(x) != 0);
  } else if constexpr (is_float<From> && !is_float<To>) {
    using Int = decltype([] {
      if constexpr (sizeof(To) == 8) {
        return int64_t{};
      } else {
        return int32_t{};
      }
    }());
    constexpr From limit = sizeof(Int) == 8 ? From(9223372036854775808.0) : From(2147483648.0);
    constexpr Int least = sizeof(Int) == 8 ? Int(INT64_MIN) : Int(INT32_MIN);
    // A double may truncate into int32's range from just below it.
    constexpr bool fraction_below = sizeof(From) == 8 && sizeof(Int) == 4;
    const bool fits = (fraction_below ? x > -limit - 1 : x >= -limit) && x < limit;
    const Int r = static_cast<Int>(fits ? x : From(0));
    return static_cast<To>(fits ? r : least);
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

template <class From>
void fill_from(gradtape::CastFn* to) {
  to[0] = &cast_run<From, float>;
  to[1] = &cast_run<From, double>;
  to[2] = &cast_run<From, int32_t>;
  to[3] = &cast_run<From, int64_t>;
  to[4] = &cast_run<From, uint8_t>;
  to[5] = &cast_run<From, Bool>;
}

}  // namespace

void GT_EXPORT(cast)(gradtape::KernelTable& table) {
  fill_from<float>(table.cast[0]);
  fill_from<double>(table.cast[1]);
  fill_from<int32_t>(table.cast[2]);
  fill_from<int64_t>(table.cast[3]);
  fill_from<uint8_t>(table.cast[4]);
  fill_from<Bool>(table.cast[5]);
}
