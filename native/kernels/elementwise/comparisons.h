// Functors with bool results: comparisons and logical ops.
#pragma once
#include "kernels/elementwise/elementwise.h"

namespace {

struct Equal {
  GT_FOR(is_any)
  static constexpr bool by_bits = true;
  template <class T>
  static bool scalar(T a, T b) {
    return a == b;
  }
};

struct NotEqual {
  GT_FOR(is_any)
  static constexpr bool by_bits = true;
  template <class T>
  static bool scalar(T a, T b) {
    return a != b;
  }
};

struct Less {
  GT_FOR(is_number)
  static constexpr bool by_order = true;
  template <class T>
  static bool scalar(T a, T b) {
    return a < b;
  }
};

struct LessEqual {
  GT_FOR(is_number)
  static constexpr bool by_order = true;
  template <class T>
  static bool scalar(T a, T b) {
    return a <= b;
  }
};

struct Greater {
  GT_FOR(is_number)
  using Swapped = Less;
};

struct GreaterEqual {
  GT_FOR(is_number)
  using Swapped = LessEqual;
};

struct LogicalAnd {
  GT_FOR(is_bool)
  template <class T>
  static bool scalar(T a, T b) {
    return (a != T(0)) & (b != T(0));
  }
};

struct LogicalOr {
  GT_FOR(is_bool)
  template <class T>
  static bool scalar(T a, T b) {
    return (a != T(0)) | (b != T(0));
  }
};

struct LogicalXor {
  GT_FOR(is_bool)
  template <class T>
  static bool scalar(T a, T b) {
    return (a != T(0)) != (b != T(0));
  }
};

}  // namespace
