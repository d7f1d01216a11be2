// Elementwise kernels that entries of other families call.
#pragma once
#include "addon/call.h"
#include "runtime/dispatch/dispatch.h"
#include "runtime/elementwise/elementwise.h"

namespace gradtape {

/// The op whose number is in a slot; its result has the dtype of its operand.
inline const UnaryEntry& unary_of(Call& call, int slot, int dtype) {
  const UnaryEntry& op = kernels().unary[call.index(slot, kernels().unary.count, "no such unary op")];
  if (op.fn[dtype] == nullptr || op.to_bool) call.fail("the unary op does not exist for this dtype");
  return op;
}
inline const BinaryEntry& binary_of(Call& call, int slot, int dtype) {
  const BinaryEntry& op = kernels().binary[call.index(slot, kernels().binary.count, "no such binary op")];
  if (op.fn[dtype][0] == nullptr || op.to_bool) call.fail("the binary op does not exist for this dtype");
  return op;
}

/// A number as one element of a dtype.
class Element {
 public:
  Element(int dtype, double value) {
    kernels().cast[static_cast<int>(DType::kFloat64)][dtype](&value, bytes_, 1);
  }
  const void* data() const { return bytes_; }

 private:
  alignas(16) char bytes_[16];
};

/// Applies an op to n elements; with `mode` kVecScalar, b is one element.
inline void run(const UnaryEntry& op, int dtype, int64_t size, const void* x, void* y, int64_t n) {
  run_unary(op.fn[dtype], x, y, n, size, size, op.cost[dtype]);
}
inline void run(const BinaryEntry& op, int dtype, int64_t size, const void* a, const void* b, void* y,
                int64_t n, BinaryMode mode) {
  run_binary(op.fn[dtype][mode], a, b, y, n, mode, size, size, op.cost[dtype]);
}

}  // namespace gradtape
