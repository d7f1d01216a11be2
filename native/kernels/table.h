// The interface between the runtime and the kernels: one table of functions per instruction set. Kernels work
// on contiguous runs: pointers, strides where a family needs them, and lengths; never tensors. They are
// noexcept, allocate nothing and start no threads.
//
// Each family declares its members of the table in its source (GT_FAMILY), and their types in the interface.h
// of its folder, or with GT_FUNCTION in the source itself. native/describe.js collects both in kernel_table.h
// when the build is configured.
#pragma once
#include "kernels/dtypes.h"

namespace gradtape {

/// The named ops of a family, numbered by their order.
template <class Entry>
struct OpList {
  const Entry* ops;
  int count;
  __attribute__((always_inline)) const Entry& operator[](int op) const { return ops[op]; }
};
template <class Entry, int kCount>
constexpr __attribute__((always_inline)) inline OpList<Entry> op_list(const Entry (&ops)[kCount]) {
  return {ops, kCount};
}

}  // namespace gradtape

#include "kernel_table.h"
