// Elementwise kernels of two operands. To add one: a functor, and its line in the list at the end.
#include "elementwise.h"

namespace {

struct Add {
  template <class T>
  static constexpr bool has = is_number<T>;
  template <class T>
  static T scalar(T a, T b) {
    return static_cast<T>(static_cast<wrap_t<T>>(a) + static_cast<wrap_t<T>>(b));
  }
};

struct Subtract {
  template <class T>
  static constexpr bool has = is_number<T>;
  template <class T>
  static T scalar(T a, T b) {
    return static_cast<T>(static_cast<wrap_t<T>>(a) - static_cast<wrap_t<T>>(b));
  }
};

struct Multiply {
  template <class T>
  static constexpr bool has = is_number<T>;
  template <class T>
  static T scalar(T a, T b) {
    return static_cast<T>(static_cast<wrap_t<T>>(a) * static_cast<wrap_t<T>>(b));
  }
};

struct Divide {
  template <class T>
  static constexpr bool has = is_float<T>;
  template <class T>
  static T scalar(T a, T b) {
    return a / b;
  }
};

struct Less {
  template <class T>
  static constexpr bool has = is_number<T>;
  template <class T>
  static bool scalar(T a, T b) {
    return a < b;
  }
};

constexpr BinaryEntry kBinary[] = {
    binary_entry<Add>("add"),
    binary_entry<Subtract>("subtract"),
    binary_entry<Multiply>("multiply"),
    binary_entry<Divide>("divide"),
    binary_entry<Less>("less", true),
};

}  // namespace

void GT_EXPORT(binary)(gradtape::KernelTable& table) {
  table.binary = kBinary;
  table.binary_count = static_cast<int>(sizeof kBinary / sizeof kBinary[0]);
}
