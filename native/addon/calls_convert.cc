// Entries of the families cast, select and fill (fill, iota, find).
#include "../runtime/dispatch.h"
#include "../runtime/elementwise.h"
#include "../runtime/pool.h"
#include "../runtime/select.h"
#include "entries.h"

namespace gradtape {

namespace {

constexpr int64_t kFillGrainBytes = 256 * 1024;

/// cast(x, y); frame: x offset, y offset, n, dtype of x, dtype of y.
napi_value cast(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const int64_t n = call.integer(2);
  const int from = static_cast<int>(call.index(3, kDTypes, "no such dtype"));
  const int to = static_cast<int>(call.index(4, kDTypes, "no such dtype"));
  const void* x = call.read(0, 0, n, dtype_size(from));
  void* y = call.write(1, 1, n, dtype_size(to));
  const CastFn fn = kernels().cast[from][to];
  if (fn == nullptr) call.fail("there is no cast between these dtypes");
  if (call.ok() && n > 0) run_unary(fn, x, y, n, dtype_size(from), dtype_size(to));
  return nullptr;
}

/// select(c, a, b, y): y = c ? a : b; of one dimension, y may be an operand. Frame: c offset, a offset, b
/// offset, y offset, ndim, element size (1, 2, 4 or 8), then ndim dims, c strides, a strides, b strides
/// (elements; 0 where broadcast; innermost 0 or 1).
napi_value select(napi_env env, napi_callback_info info) {
  Call call(env, info, 4);
  SelectLayout layout = {};
  layout.ndim = static_cast<int>(call.index(4, kMaxDims + 1, "too many dimensions"));
  if (layout.ndim < 1) call.fail("a select needs a dimension");
  const int64_t size = call.integer(5);
  const int size_code = size_index(size);
  if (size_code < 0 || kernels().select[size_code][0] == nullptr) call.fail("no such element size");
  constexpr int64_t kLimit = int64_t{1} << 53;
  int64_t n = 1;
  int64_t reach[3] = {1, 1, 1};
  for (int d = 0; call.ok() && d < layout.ndim; d++) {
    const int64_t dim = layout.dims[d] = call.index(6 + d, kLimit, "a dimension is negative");
    bool overflow = __builtin_mul_overflow(n, dim, &n);
    for (int k = 0; k < 3; k++) {
      const int64_t stride = call.index(6 + (k + 1) * layout.ndim + d, kLimit, "a stride is negative");
      layout.strides[k][d] = stride;
      int64_t span = 0;
      overflow |= dim > 0 && __builtin_mul_overflow(dim - 1, stride, &span);
      overflow |= __builtin_add_overflow(reach[k], span, &reach[k]);
      if (d == layout.ndim - 1 && stride > 1) call.fail("an innermost stride is neither 0 nor 1");
    }
    if (overflow) call.fail("the shape is too large");
  }
  if (!call.ok() || n == 0) return nullptr;
  const void* c = call.read(0, 0, reach[0], 1);
  const void* a = call.read(1, 1, reach[1], size);
  const void* b = call.read(2, 2, reach[2], size);
  // Other layouts may read an element after another one was written over it.
  void* y = call.write(3, 3, n, size, layout.ndim == 1 ? in_place_of(0, 1, 2) : kWrites);
  if (call.ok()) run_select(kernels().select[size_code], c, a, b, y, layout, size);
  return nullptr;
}

/// fill(y); frame: y offset, n, element size (1, 2, 4 or 8), then one slot whose first bytes are the element.
napi_value fill(napi_env env, napi_callback_info info) {
  Call call(env, info, 1);
  const int64_t n = call.integer(1);
  const int64_t size = call.integer(2);
  const int size_code = size_index(size);
  if (size_code < 0 || kernels().fill[size_code] == nullptr) call.fail("no such element size");
  void* y = call.ok() ? call.write(0, 0, n, size) : nullptr;
  if (!call.ok() || n == 0) return nullptr;
  const FillFn fn = kernels().fill[size_code];
  const void* pattern = call.raw(3);
  parallel_for(
      n, kFillGrainBytes / size,
      [&](int64_t begin, int64_t end) { fn(pattern, static_cast<char*>(y) + begin * size, end - begin); },
      64);
  return nullptr;
}

/// iota(y): y[i] = start + i·delta. frame: y offset, n, dtype, then start and delta: doubles for float
/// dtypes, the raw bits of an int64 for integer dtypes.
napi_value iota(napi_env env, napi_callback_info info) {
  Call call(env, info, 1);
  const int64_t n = call.integer(1);
  const int dtype = static_cast<int>(call.index(2, kDTypes, "no such dtype"));
  const IotaFn fn = kernels().iota[dtype];
  if (fn == nullptr) call.fail("there is no iota of this dtype");
  const int64_t size = dtype_size(dtype);
  void* y = call.write(0, 0, n, size);
  if (!call.ok() || n == 0) return nullptr;
  const void* start = call.raw(3);
  const void* delta = call.raw(4);
  parallel_for(
      n, kFillGrainBytes / size,
      [&](int64_t begin, int64_t end) {
        fn(start, delta, begin, static_cast<char*>(y) + begin * size, end - begin);
      },
      64);
  return nullptr;
}

/// find(x): the position of the first element that is 0 (kind 0) or negative (kind 1), or −1. For integer
/// dtypes. frame: x offset, n, dtype, kind.
napi_value find(napi_env env, napi_callback_info info) {
  Call call(env, info, 1);
  const int64_t n = call.integer(1);
  const int dtype = static_cast<int>(call.index(2, kDTypes, "no such dtype"));
  const int kind = static_cast<int>(call.index(3, kFindKinds, "no such kind of find"));
  const FindFn fn = kernels().find[kind][dtype];
  if (fn == nullptr) call.fail("there is no such find for this dtype");
  const void* x = call.read(0, 0, n, dtype_size(dtype));
  if (!call.ok()) return nullptr;
  return call.value(n == 0 ? -1 : static_cast<double>(fn(x, n)));
}

}  // namespace

void define_convert(Napi::Object exports, Instance* instance) {
  define_entry(exports, "cast", cast, instance);
  define_entry(exports, "select", select, instance);
  define_entry(exports, "fill", fill, instance);
  define_entry(exports, "iota", iota, instance);
  define_entry(exports, "find", find, instance);
}

}  // namespace gradtape
