// The epilogue arguments of matrix products and convolutions.
#pragma once
#include "addon/call.h"
#include "runtime/convert/converted.h"
#include "runtime/dispatch/dispatch.h"

namespace gradtape {

/// Reads the bias (`columns` elements) and the residual (as many as the result c), both optional, and the
/// number of the unary op that is the activation (−1: none). `c` is the result as the kernels write it.
template <class Entry>
inline Epilogue read_epilogue(Call& call, int dtype, Converted& converted, const void* c, int64_t count,
                              int64_t columns) {
  Epilogue epilogue = {};
  const int64_t size = dtype_size(dtype);
  if (call.has(Entry::bias)) {
    epilogue.bias = converted.in(call.read(Entry::bias, columns, size), columns);
  }
  if (call.has(Entry::residual)) {
    epilogue.adds = true;
    epilogue.residual = bytes_between(c, converted.in(call.read(Entry::residual, count, size), count));
  }
  if (call.has(Entry::activation)) {
    const KernelTable& table = kernels();
    const UnaryEntry& op = table.unary[call.index(Entry::activation, table.unary.count, "no such unary op")];
    epilogue.activation = op.fn[converted.dtype()];
    // Integers wrap when they are converted back: an activation applied before that would see unwrapped
    // numbers.
    const bool wraps = converted.any() && is_kind(dtype, kInteger);
    if (epilogue.activation == nullptr || op.to_bool || wraps)
      call.fail("the activation does not exist for this dtype");
    epilogue.relu = __builtin_strcmp(op.name, "relu") == 0;
    if (epilogue.relu) epilogue.activation = nullptr;
  }
  return epilogue;
}

}  // namespace gradtape
