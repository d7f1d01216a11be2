// Entries of the elementwise families.
#include "../runtime/dispatch.h"
#include "../runtime/elementwise.h"
#include "entries.h"
#include "names.h"

namespace gradtape {

namespace {

/// unary(x, y); y may be x. Frame: x offset, y offset, n, op, dtype.
napi_value unary(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const KernelTable& table = kernels();
  const int64_t n = call.integer(2);
  const UnaryEntry& op = table.unary[call.index(3, table.unary_count, "no such unary op")];
  const int dtype = static_cast<int>(call.index(4, kDTypes, "no such dtype"));
  const int64_t in_size = dtype_size(dtype);
  const int64_t out_size = op.to_bool ? 1 : in_size;
  const void* x = call.read(0, 0, n, in_size);
  void* y = call.write(1, 1, n, out_size, in_place_of(0));
  if (op.fn[dtype] == nullptr) call.fail("the unary op does not exist for this dtype");
  if (call.ok() && n > 0) run_unary(op.fn[dtype], x, y, n, in_size, out_size, op.cost[dtype]);
  return nullptr;
}

/// binary(a, b, y); y may be a or b. Frame: a offset, b offset, y offset, n, op, dtype, mode (0 same shape, 1
/// a is one element, 2 b is one element).
napi_value binary(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  const KernelTable& table = kernels();
  const int64_t n = call.integer(3);
  const BinaryEntry& op = table.binary[call.index(4, table.binary_count, "no such binary op")];
  const int dtype = static_cast<int>(call.index(5, kDTypes, "no such dtype"));
  const auto mode = static_cast<BinaryMode>(call.index(6, kBinaryModes, "no such mode"));
  const int64_t in_size = dtype_size(dtype);
  const int64_t out_size = op.to_bool ? 1 : in_size;
  const void* a = call.read(0, 0, mode == kScalarVec ? 1 : n, in_size);
  const void* b = call.read(1, 1, mode == kVecScalar ? 1 : n, in_size);
  void* y = call.write(2, 2, n, out_size, in_place_of(0, 1));
  const BinaryFn fn = op.fn[dtype][mode];
  if (fn == nullptr) call.fail("the binary op does not exist for this dtype");
  if (call.ok() && n > 0) run_binary(fn, a, b, y, n, mode, in_size, out_size, op.cost[dtype]);
  return nullptr;
}

/// binaryBroadcast(a, b, y); frame: a offset, b offset, y offset, ndim, op, dtype, then ndim dims, a strides,
/// b strides (elements; 0 where broadcast; innermost 0 or 1).
napi_value binary_broadcast(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  const KernelTable& table = kernels();
  BroadcastLayout layout;  // filled up to ndim
  layout.ndim = static_cast<int>(call.index(3, kMaxDims + 1, "too many dimensions"));
  if (layout.ndim < 1) call.fail("a broadcast needs a dimension");
  const BinaryEntry& op = table.binary[call.index(4, table.binary_count, "no such binary op")];
  const int dtype = static_cast<int>(call.index(5, kDTypes, "no such dtype"));
  const int64_t in_size = dtype_size(dtype);
  const int64_t out_size = op.to_bool ? 1 : in_size;
  int64_t n = 1, a_reach = 1, b_reach = 1;
  for (int d = 0; call.ok() && d < layout.ndim; d++) {
    layout.dims[d] = call.index(6 + d, int64_t{1} << 53, "a dimension is negative");
    layout.a_strides[d] = call.index(6 + layout.ndim + d, int64_t{1} << 53, "a stride is negative");
    layout.b_strides[d] = call.index(6 + 2 * layout.ndim + d, int64_t{1} << 53, "a stride is negative");
    if (layout.dims[d] > 0 && (__builtin_mul_overflow(n, layout.dims[d], &n) ||
                               __builtin_mul_overflow(layout.dims[d] - 1, layout.a_strides[d], &a_reach) ||
                               __builtin_mul_overflow(layout.dims[d] - 1, layout.b_strides[d], &b_reach))) {
      call.fail("the shape is too large");
    }
  }
  a_reach = b_reach = 1;
  for (int d = 0; call.ok() && d < layout.ndim; d++) {
    if (layout.dims[d] == 0) return nullptr;
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
  const void* a = call.read(0, 0, a_reach, in_size);
  const void* b = call.read(1, 1, b_reach, in_size);
  void* y = call.write(2, 2, n, out_size);
  if (op.fn[dtype][0] == nullptr) call.fail("the binary op does not exist for this dtype");
  if (call.ok()) run_binary_broadcast(op.fn[dtype], a, b, y, layout, in_size, out_size, op.cost[dtype]);
  return nullptr;
}

}  // namespace

void define_elementwise(Napi::Object exports, Instance* instance) {
  define_entry(exports, "unary", unary, instance);
  define_entry(exports, "binary", binary, instance);
  define_entry(exports, "binaryBroadcast", binary_broadcast, instance);
  const KernelTable& table = kernels();
  define_names(exports, "unaryNames", table.unary, table.unary_count);
  define_names(exports, "binaryNames", table.binary, table.binary_count);
}

}  // namespace gradtape
