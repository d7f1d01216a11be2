// Entries of the reducing families and of random numbers.
#include "../runtime/dispatch.h"
#include "../runtime/reduce.h"
#include "entries.h"
#include "names.h"

namespace gradtape {

namespace {

/// A dimension; the product of those that are not 0 must not overflow either, so that no later product can.
int64_t dimension(Call& call, int slot, int64_t* product) {
  const int64_t d = call.index(slot, int64_t{1} << 53, "a dimension is negative");
  if (d > 0 && (__builtin_mul_overflow(*product, d, product) || *product > (int64_t{1} << 53))) {
    call.fail("the shape is too large");
  }
  return d;
}

/// reduce(x, y); frame: x offset, y offset, op, dtype, ndim, 1 if the first dimension is reduced (else 0),
/// dims. The dimensions are alternately kept and reduced.
napi_value reduce(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const KernelTable& table = kernels();
  const int op = static_cast<int>(call.index(2, table.reduce_count, "no such reduction"));
  const int dtype = static_cast<int>(call.index(3, kDTypes, "no such dtype"));
  const ReduceEntry& entry = table.reduce[op];
  ReduceLayout layout = {};
  layout.ndim = static_cast<int>(call.index(4, kMaxDims + 1, "too many dimensions"));
  layout.first_reduced = call.number(5) != 0;
  int64_t product = 1, in = 1, out = 1;
  for (int d = 0; call.ok() && d < layout.ndim; d++) {
    layout.dims[d] = dimension(call, 6 + d, &product);
    in *= layout.dims[d];
    if (!layout.reduced(d)) out *= layout.dims[d];
  }
  const void* x = call.span(0, 0, in, dtype_size(dtype));
  void* y = call.span(1, 1, out, dtype_size(entry.out_dtype < 0 ? dtype : entry.out_dtype));
  if (entry.rows[dtype] == nullptr) call.fail("the reduction does not exist for this dtype");
  if (call.ok() && !run_reduce(table.reduce, op, dtype, x, y, layout)) {
    call.fail("not enough memory for the partial results of a reduction");
  }
  return nullptr;
}

/// argReduce(x, y); frame: x offset, y offset, op, dtype, outer, n, inner. x is [outer, n, inner], y [outer,
/// inner] of int32; 1 ≤ n < 2³¹.
napi_value arg_reduce(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const KernelTable& table = kernels();
  const ArgReduceEntry& entry = table.argreduce[call.index(2, table.argreduce_count, "no such reduction")];
  const int dtype = static_cast<int>(call.index(3, kDTypes, "no such dtype"));
  int64_t product = 1;
  const int64_t outer = dimension(call, 4, &product);
  const int64_t n = dimension(call, 5, &product);
  const int64_t inner = dimension(call, 6, &product);
  if (n < 1 || n > INT32_MAX) call.fail("the reduced axis is empty or too long");
  if (!call.ok()) return nullptr;
  const void* x = call.span(0, 0, outer * n * inner, dtype_size(dtype));
  void* y = call.span(1, 1, outer * inner, 4);
  if (call.ok() && y != nullptr) run_argreduce(entry, dtype, x, static_cast<int32_t*>(y), outer, n, inner);
  return nullptr;
}

/// scan(x, y); frame: x offset, y offset, op, dtype, outer, n, inner, exclusive, reverse.
napi_value scan(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const KernelTable& table = kernels();
  const ScanEntry& entry = table.scan[call.index(2, table.scan_count, "no such scan")];
  const int dtype = static_cast<int>(call.index(3, kDTypes, "no such dtype"));
  int64_t product = 1;
  const int64_t outer = dimension(call, 4, &product);
  const int64_t n = dimension(call, 5, &product);
  const int64_t inner = dimension(call, 6, &product);
  if (!call.ok()) return nullptr;
  const void* x = call.span(0, 0, outer * n * inner, dtype_size(dtype));
  void* y = call.span(1, 1, outer * n * inner, dtype_size(dtype));
  if (entry.fn[dtype] == nullptr) call.fail("the scan does not exist for this dtype");
  if (call.ok() && y != nullptr) {
    run_scan(entry, dtype, x, y, outer, n, inner, call.number(7) != 0, call.number(8) != 0);
  }
  return nullptr;
}

/// recurrence(a, b, y); frame: a offset, b offset, y offset, dtype, outer, n, inner, exclusive, reverse.
napi_value recurrence(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  const int dtype = static_cast<int>(call.index(3, kDTypes, "no such dtype"));
  const RecurrenceFn fn = kernels().recurrence[dtype];
  int64_t product = 1;
  const int64_t outer = dimension(call, 4, &product);
  const int64_t n = dimension(call, 5, &product);
  const int64_t inner = dimension(call, 6, &product);
  if (fn == nullptr) call.fail("the recurrence does not exist for this dtype");
  if (!call.ok()) return nullptr;
  const int64_t size = dtype_size(dtype);
  const void* a = call.span(0, 0, outer * n * inner, size);
  const void* b = call.span(1, 1, outer * n * inner, size);
  void* y = call.span(2, 2, outer * n * inner, size);
  if (call.ok() && y != nullptr) {
    run_recurrence(fn, size, a, b, y, outer, n, inner, call.number(7) != 0, call.number(8) != 0);
  }
  return nullptr;
}

/// random(y); frame: y offset, n, distribution, dtype, two words of key, four words of counter (each in [0,
/// 2³²)), and as raw 64-bit integers the lowest value and the number of values (for integers; not 0).
napi_value random(napi_env env, napi_callback_info info) {
  Call call(env, info, 1);
  const KernelTable& table = kernels();
  const int64_t n = call.integer(1);
  const RandomEntry& entry = table.random[call.index(2, table.random_count, "no such distribution")];
  const int dtype = static_cast<int>(call.index(3, kDTypes, "no such dtype"));
  constexpr int64_t kWord = int64_t{1} << 32;
  RandomArgs args = {};
  for (int i = 0; i < 2; i++)
    args.key[i] = static_cast<uint32_t>(call.index(4 + i, kWord, "a key is no word"));
  for (int i = 0; i < 4; i++) {
    args.counter[i] = static_cast<uint32_t>(call.index(6 + i, kWord, "a counter is no word"));
  }
  memcpy(&args.lo, call.raw(10), sizeof args.lo);
  memcpy(&args.range, call.raw(11), sizeof args.range);
  // An int32 range is used modulo 2³².
  if (args.range == 0 ||
      (dtype == static_cast<int>(DType::kInt32) && static_cast<uint32_t>(args.range) == 0)) {
    args.range = 1;
  }
  void* y = call.span(0, 0, n, dtype_size(dtype));
  if (entry.fn[dtype] == nullptr) call.fail("the distribution does not exist for this dtype");
  if (call.ok() && y != nullptr) run_random(entry.fn[dtype], args, y, n);
  return nullptr;
}

}  // namespace

void define_reduce(napi_env env, napi_value exports, Env* state) {
  define_entry(env, exports, "reduce", reduce, state);
  define_entry(env, exports, "argReduce", arg_reduce, state);
  define_entry(env, exports, "scan", scan, state);
  define_entry(env, exports, "recurrence", recurrence, state);
  define_entry(env, exports, "random", random, state);
  const KernelTable& table = kernels();
  define_names(env, exports, "reduceNames", table.reduce, table.reduce_count);
  define_names(env, exports, "argReduceNames", table.argreduce, table.argreduce_count);
  define_names(env, exports, "scanNames", table.scan, table.scan_count);
  define_names(env, exports, "randomNames", table.random, table.random_count);
}

}  // namespace gradtape
