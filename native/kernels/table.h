// The contract between the runtime and the kernels: one table of function pointers per instruction set.
// Kernels work on contiguous runs: pointers, strides where a family needs them, and lengths; never tensors.
// They are noexcept, allocate nothing and know no threads.
#pragma once
#include <stdint.h>

namespace gradtape {

/// Element types, in the order of `lib/core/dtype.ts` (a test compares the two).
enum class DType : int { kFloat32 = 0, kFloat64, kInt32, kInt64, kUInt8, kBool, kCount };
inline constexpr int kDTypes = static_cast<int>(DType::kCount);

/// Bytes of one element.
inline constexpr int64_t dtype_size(int dtype) {
  constexpr int64_t sizes[kDTypes] = {4, 8, 4, 8, 1, 1};
  return sizes[dtype];
}

/// y[i] = f(x[i]), i < n. x == y is allowed.
using UnaryFn = void (*)(const void* x, void* y, int64_t n) noexcept;
/// y[i] = f(a[i], b[i]); in the scalar forms the one operand is a single element. y may equal a or b.
using BinaryFn = void (*)(const void* a, const void* b, void* y, int64_t n) noexcept;

/// How the operands of a binary run advance.
enum BinaryMode { kVecVec = 0, kScalarVec = 1, kVecScalar = 2, kBinaryModes = 3 };

/// One row per op. A null function means that the op does not exist for that dtype.
struct UnaryEntry {
  const char* name;
  UnaryFn fn[kDTypes];
  bool to_bool;  // the result is bool, whatever the input
};
struct BinaryEntry {
  const char* name;
  BinaryFn fn[kDTypes][kBinaryModes];
  bool to_bool;
};

struct KernelTable {
  const char* isa;
  int vector_bytes;
  const UnaryEntry* unary;
  int unary_count;
  const BinaryEntry* binary;
  int binary_count;
};

}  // namespace gradtape
