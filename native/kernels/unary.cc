// Elementwise kernels of one operand. To add one: a functor, and its line in the list at the end.
#include "elementwise.h"
#include "simd/math.h"

namespace {

struct Negative {
  template <class T>
  static constexpr bool has = is_number<T>;
  template <class T>
  static T scalar(T x) {
    if constexpr (is_float<T>) {
      return -x;
    } else {
      return static_cast<T>(wrap_t<T>(0) - static_cast<wrap_t<T>>(x));
    }
  }
};

struct Square {
  template <class T>
  static constexpr bool has = is_number<T>;
  template <class T>
  static T scalar(T x) {
    return static_cast<T>(static_cast<wrap_t<T>>(x) * static_cast<wrap_t<T>>(x));
  }
};

struct Exp {
  template <class T>
  static constexpr bool has = is_float<T>;
  template <class T>
  static constexpr bool vectorised = sizeof(T) == 4;
  template <class T>
  static Vec<T> vec(Vec<T> x) {
    return exp_f32(x);
  }
  template <class T>
  static T scalar(T x) {
    return static_cast<T>(__builtin_exp(x));
  }
};

struct IsNan {
  template <class T>
  static constexpr bool has = is_float<T>;
  template <class T>
  static bool scalar(T x) {
    return x != x;
  }
};

struct LogicalNot {
  template <class T>
  static constexpr bool has = is_bool<T>;
  template <class T>
  static T scalar(T x) {
    return x == Bool::kFalse ? Bool::kTrue : Bool::kFalse;
  }
};

constexpr UnaryEntry kUnary[] = {
    unary_entry<Negative>("negative"),
    unary_entry<Square>("square"),
    unary_entry<Exp>("exp"),
    unary_entry<IsNan>("isNan", true),
    unary_entry<LogicalNot>("logicalNot"),
};

}  // namespace

void GT_EXPORT(unary)(gradtape::KernelTable& table) {
  table.unary = kUnary;
  table.unary_count = static_cast<int>(sizeof kUnary / sizeof kUnary[0]);
}
