// The entry of the strided copy.
#include "../runtime/copy.h"
#include "entries.h"
#include "overflow.h"

namespace gradtape {

namespace {

/// How far strided accesses reach from their first element, both ways.
struct Reach {
  int64_t low = 0, high = 0;
  /// False where a number overflows.
  bool add(int64_t dim, int64_t stride) {
    int64_t far = 0;
    if (__builtin_mul_overflow(dim - 1, stride, &far)) return false;
    int64_t& side = far < 0 ? low : high;
    return !__builtin_add_overflow(side, far, &side);
  }
};

/// The address of a strided range's first element, after checking that all of it lies in the buffer.
char* strided(Call& call, int arg, int offset_slot, const Reach& reach, int64_t size) {
  const int64_t offset = call.integer(offset_slot);
  int64_t start = 0, count = 0;
  if (__builtin_mul_overflow(reach.low, size, &start) || __builtin_add_overflow(offset, start, &start) ||
      __builtin_sub_overflow(reach.high, reach.low, &count) || __builtin_add_overflow(count, 1, &count)) {
    call.fail("the shape is too large");
    return nullptr;
  }
  char* first = static_cast<char*>(call.range(arg, start, count, size));
  return first == nullptr ? nullptr : first - reach.low * size;
}

/// copy(src, dst); frame: src offset, dst offset (bytes, of the elements with all indices 0), element size,
/// ndim, then ndim dims, src strides, dst strides (elements; negative ones allowed, in the source also 0).
napi_value copy(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const int64_t size = call.integer(2);
  const int log_size = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : size == 8 ? 3 : size == 16 ? 4 : -1;
  if (log_size < 0) call.fail("no such element size");
  CopyLayout layout;  // filled up to ndim: clearing it all takes longer than a small copy
  layout.ndim = static_cast<int>(call.index(3, kMaxDims + 1, "too many dimensions"));
  Reach src_reach, dst_reach;
  int64_t n = 1;
  bool empty = false;
  for (int d = 0; call.ok() && d < layout.ndim; d++) {
    const int64_t dim = call.index(4 + d, kIntegers, "a dimension is negative");
    const int64_t src_stride = call.integer(4 + layout.ndim + d);
    const int64_t dst_stride = call.integer(4 + 2 * layout.ndim + d);
    layout.dims[d] = dim;
    layout.src_strides[d] = src_stride;
    layout.dst_strides[d] = dst_stride;
    if (dim == 0) empty = true;
    if (dim < 1) continue;
    if (dim > 1 && dst_stride == 0) call.fail("a destination stride is 0");
    if (!src_reach.add(dim, src_stride) || !dst_reach.add(dim, dst_stride) || !multiply_into(&n, dim)) {
      call.fail("the shape is too large");
    }
  }
  if (!call.ok() || empty) return nullptr;
  const char* src = strided(call, 0, 0, src_reach, size);
  char* dst = strided(call, 1, 1, dst_reach, size);
  if (!call.ok()) return nullptr;
  if (n > dst_reach.high - dst_reach.low + 1) {
    call.fail("elements of the destination coincide");
    return nullptr;
  }
  const char* src_first = src + src_reach.low * size;
  char* dst_first = dst + dst_reach.low * size;
  if (overlap(src_first, (src_reach.high - src_reach.low + 1) * size, dst_first,
              (dst_reach.high - dst_reach.low + 1) * size)) {
    call.fail("the source and the destination of a copy overlap");
    return nullptr;
  }
  run_copy(src, dst, layout, log_size);
  return nullptr;
}

}  // namespace

void define_copy(napi_env env, napi_value exports, Env* state) {
  define_entry(env, exports, "copy", copy, state);
}

}  // namespace gradtape
