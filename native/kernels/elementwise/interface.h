// Elementwise unary and binary ops, and select.
#pragma once
#include "kernels/pipeline/interface.h"

namespace gradtape {

/// y[i] = f(x[i]), i < n. x == y is allowed.
using UnaryFn = void (*)(const void* x, void* y, int64_t n) noexcept;
/// y[i] = f(a[i], b[i]); in the scalar forms one operand is a single element. y may equal a or b.
using BinaryFn = void (*)(const void* a, const void* b, void* y, int64_t n) noexcept;

/// Which operands of a binary op are a single element.
enum BinaryMode { kVecVec = 0, kScalarVec = 1, kVecScalar = 2, kBinaryModes = 3 };

/// One row per op. A null function means that the op does not exist for that dtype.
struct UnaryEntry {
  const char* name;
  ByDType<UnaryFn> fn;
  bool to_bool;                          // the result is bool for every input dtype
  ByDType<uint8_t> cost;                 // time per element, relative to an op that is limited by memory
  StageFn (*stage)(int dtype) noexcept;  // null if there is none
};
/// The functions of a binary op for one dtype, indexed by the mode.
struct BinaryFns {
  BinaryFn of[kBinaryModes];
  constexpr __attribute__((always_inline)) BinaryFn operator[](int mode) const { return of[mode]; }
};
struct BinaryEntry {
  const char* name;
  ByDType<BinaryFns> fn;
  bool to_bool;
  ByDType<uint8_t> cost;
  StageFn (*stage)(int dtype, int form) noexcept;
};

/// y[i] = c[i] ? a[i] : b[i] over elements of one size; the mode says which operands are a single element.
using SelectFn = void (*)(const void* c, const void* a, const void* b, void* y, int64_t n) noexcept;

/// Bits of a select mode: the operand is a single element.
enum SelectMode { kScalarB = 1, kScalarA = 2, kScalarCond = 4, kSelectModes = 8 };

}  // namespace gradtape
