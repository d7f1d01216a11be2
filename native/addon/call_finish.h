// What the entries that finish their sums read of it.
#pragma once
#include "../runtime/converted.h"
#include "../runtime/dispatch.h"
#include "call.h"

namespace gradtape {

/// The bias (`columns` elements) and the residual (as many as the result c has), which may be left out, and
/// the unary op that is the activation (−1: none). The result c is what the kernels get.
template <class Entry>
inline Finish read_finish(Call& call, int dtype, Converted& converted, const void* c, int64_t count,
                          int64_t columns) {
  Finish finish = {};
  const int64_t size = dtype_size(dtype);
  if (call.has(Entry::bias)) {
    finish.bias = converted.in(call.read(Entry::bias, columns, size), columns);
  }
  if (call.has(Entry::residual)) {
    finish.adds = true;
    finish.residual = bytes_between(c, converted.in(call.read(Entry::residual, count, size), count));
  }
  if (call.has(Entry::activation)) {
    const KernelTable& table = kernels();
    const UnaryEntry& op = table.unary[call.index(Entry::activation, table.unary_count, "no such unary op")];
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
