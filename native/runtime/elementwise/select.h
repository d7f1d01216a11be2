// y = c ? a : b over whole tensors.
#pragma once
#include "kernels/table.h"
#include "runtime/layout.h"

namespace gradtape {

/// y is contiguous over dims; c, a and b have element strides, 0 where they are broadcast. The innermost
/// strides are 0 or 1.
struct SelectLayout {
  int ndim;
  int64_t dims[kMaxDims];
  int64_t strides[3][kMaxDims];
};

/// `fns` are the table's functions for elements of `size` bytes.
void run_select(const SelectFn* fns, const void* c, const void* a, const void* b, void* y,
                const SelectLayout& layout, int64_t size);

}  // namespace gradtape
