// Elementwise families over whole tensors: splits work among threads and walks broadcast layouts.
#pragma once
#include "kernels/table.h"
#include "runtime/layout.h"

namespace gradtape {

/// `cost` is that of the table's entry: time per element, relative to an op that is limited by memory.
void run_unary(UnaryFn fn, const void* x, void* y, int64_t n, int64_t in_size, int64_t out_size,
               int cost = 1);

void run_binary(BinaryFn fn, const void* a, const void* b, void* y, int64_t n, BinaryMode mode,
                int64_t in_size, int64_t out_size, int cost = 1);

/// y is contiguous over dims; a and b have element strides, 0 where they are broadcast. The innermost strides
/// are 0 or 1.
struct BroadcastLayout {
  int ndim;
  int64_t dims[kMaxDims];
  int64_t a_strides[kMaxDims];
  int64_t b_strides[kMaxDims];
};
void run_binary_broadcast(const BinaryFns& fns, const void* a, const void* b, void* y,
                          const BroadcastLayout& layout, int64_t in_size, int64_t out_size, int cost = 1);

}  // namespace gradtape
