// Entries of the elementwise families.
#include "runtime/elementwise/elementwise.h"
#include "addon/entry.h"
#include "runtime/dispatch/dispatch.h"

namespace gradtape {

/// y = op(x), n elements; y may be x.
GT_ENTRY(Unary, (x, y), n, op, dtype) {
  const KernelTable& table = kernels();
  const int64_t n = call.integer(Unary::n);
  const UnaryEntry& op = table.unary[call.index(Unary::op, table.unary.count, "no such unary op")];
  const int dtype = call.dtype(Unary::dtype);
  const int64_t in_size = dtype_size(dtype);
  const int64_t out_size = op.to_bool ? 1 : in_size;
  const void* x = call.read(Unary::x, n, in_size);
  void* y = call.write(Unary::y, n, out_size, in_place_of(Unary::x));
  if (op.fn[dtype] == nullptr) call.fail("the unary op does not exist for this dtype");
  if (call.ok() && n > 0) run_unary(op.fn[dtype], x, y, n, in_size, out_size, op.cost[dtype]);
}

/// y = op(a, b); y may be a or b. Mode: 0 same shape, 1 a is one element, 2 b is one element.
GT_ENTRY(Binary, (a, b, y), n, op, dtype, mode) {
  const KernelTable& table = kernels();
  const int64_t n = call.integer(Binary::n);
  const BinaryEntry& op = table.binary[call.index(Binary::op, table.binary.count, "no such binary op")];
  const int dtype = call.dtype(Binary::dtype);
  const auto mode = static_cast<BinaryMode>(call.index(Binary::mode, kBinaryModes, "no such mode"));
  const int64_t in_size = dtype_size(dtype);
  const int64_t out_size = op.to_bool ? 1 : in_size;
  const void* a = call.read(Binary::a, mode == kScalarVec ? 1 : n, in_size);
  const void* b = call.read(Binary::b, mode == kVecScalar ? 1 : n, in_size);
  void* y = call.write(Binary::y, n, out_size, in_place_of(Binary::a, Binary::b));
  const BinaryFn fn = op.fn[dtype][mode];
  if (fn == nullptr) call.fail("the binary op does not exist for this dtype");
  if (call.ok() && n > 0) run_binary(fn, a, b, y, n, mode, in_size, out_size, op.cost[dtype]);
}

/// y = op(a, b) with strides in elements: 0 where an operand is broadcast, the innermost 0 or 1.
GT_ENTRY(BinaryBroadcast, (a, b, y), ndim, op, dtype, GT_LIST(dims, kMaxDims), GT_LIST(a_strides, kMaxDims),
         GT_LIST(b_strides, kMaxDims)) {
  const KernelTable& table = kernels();
  BroadcastLayout layout;  // filled up to ndim
  layout.ndim = static_cast<int>(call.index(BinaryBroadcast::ndim, kMaxDims + 1, "too many dimensions"));
  if (layout.ndim < 1) call.fail("a broadcast needs a dimension");
  const BinaryEntry& op =
      table.binary[call.index(BinaryBroadcast::op, table.binary.count, "no such binary op")];
  const int dtype = call.dtype(BinaryBroadcast::dtype);
  const int64_t in_size = dtype_size(dtype);
  const int64_t out_size = op.to_bool ? 1 : in_size;
  int64_t n = 1, a_reach = 1, b_reach = 1;
  for (int d = 0; call.ok() && d < layout.ndim; d++) {
    constexpr int64_t kLimit = int64_t{1} << 53;
    layout.dims[d] = call.index(BinaryBroadcast::dims + d, kLimit, "a dimension is negative");
    layout.a_strides[d] = call.index(BinaryBroadcast::a_strides + d, kLimit, "a stride is negative");
    layout.b_strides[d] = call.index(BinaryBroadcast::b_strides + d, kLimit, "a stride is negative");
    if (layout.dims[d] > 0 && (__builtin_mul_overflow(n, layout.dims[d], &n) ||
                               __builtin_mul_overflow(layout.dims[d] - 1, layout.a_strides[d], &a_reach) ||
                               __builtin_mul_overflow(layout.dims[d] - 1, layout.b_strides[d], &b_reach))) {
      call.fail("the shape is too large");
    }
  }
  a_reach = b_reach = 1;
  for (int d = 0; call.ok() && d < layout.ndim; d++) {
    if (layout.dims[d] == 0) return;
    if (__builtin_add_overflow(a_reach, (layout.dims[d] - 1) * layout.a_strides[d], &a_reach) ||
        __builtin_add_overflow(b_reach, (layout.dims[d] - 1) * layout.b_strides[d], &b_reach)) {
      call.fail("the shape is too large");
    }
  }
  if (call.ok() && (layout.a_strides[layout.ndim - 1] > 1 || layout.b_strides[layout.ndim - 1] > 1)) {
    call.fail("an innermost stride is neither 0 nor 1");
  }
  if (call.ok() && layout.dims[layout.ndim - 1] > 1 &&
      layout.a_strides[layout.ndim - 1] + layout.b_strides[layout.ndim - 1] == 0) {
    call.fail("no operand has the innermost dimension");
  }
  const void* a = call.read(BinaryBroadcast::a, a_reach, in_size);
  const void* b = call.read(BinaryBroadcast::b, b_reach, in_size);
  void* y = call.write(BinaryBroadcast::y, n, out_size);
  if (op.fn[dtype][0] == nullptr) call.fail("the binary op does not exist for this dtype");
  if (call.ok()) run_binary_broadcast(op.fn[dtype], a, b, y, layout, in_size, out_size, op.cost[dtype]);
}

}  // namespace gradtape
