// What the entries that finish their sums read of it.
#pragma once
#include "../runtime/converted.h"
#include "../runtime/dispatch.h"
#include "call.h"

namespace gradtape {

/// Buffers `arg` and `arg` + 1 are the bias (`columns` elements) and the residual (as many as the result c
/// has); from `slot` on: their offsets (−1: there is none) and the unary op that is the activation (−1:
/// none). The result c is what the kernels get.
inline Finish read_finish(Call& call, unsigned arg, int slot, int dtype, Converted& converted, const void* c,
                          int64_t count, int64_t columns) {
  Finish finish = {};
  const int64_t size = dtype_size(dtype);
  if (call.integer(slot) >= 0) {
    finish.bias = converted.in(call.read(arg, slot, columns, size), columns);
  }
  if (call.integer(slot + 1) >= 0) {
    finish.adds = true;
    finish.residual = bytes_between(c, converted.in(call.read(arg + 1, slot + 1, count, size), count));
  }
  if (call.integer(slot + 2) >= 0) {
    const KernelTable& table = kernels();
    const UnaryEntry& op = table.unary[call.index(slot + 2, table.unary_count, "no such unary op")];
    finish.activation = op.fn[converted.dtype()];
    // Integers wrap when they are converted back: an activation before that would see other numbers.
    const bool wraps = converted.any() && is_kind(dtype, kInteger);
    if (finish.activation == nullptr || op.to_bool || wraps)
      call.fail("the activation is none of this dtype");
    finish.relu = __builtin_strcmp(op.name, "relu") == 0;
    if (finish.relu) finish.activation = nullptr;
  }
  return finish;
}

}  // namespace gradtape
