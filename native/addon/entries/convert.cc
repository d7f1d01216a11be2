// Entries of the families cast, select and fill (fill, iota, find).
#include "addon/entry.h"
#include "runtime/dispatch/dispatch.h"
#include "runtime/elementwise/elementwise.h"
#include "runtime/elementwise/select.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

constexpr int64_t kFillGrainBytes = 256 * 1024;

}  // namespace

/// y = x as another dtype, n elements.
GT_ENTRY(Cast, (x, y), n, from, to) {
  const int64_t n = call.integer(Cast::n);
  const int from = call.dtype(Cast::from), to = call.dtype(Cast::to);
  const void* x = call.read(Cast::x, n, dtype_size(from));
  void* y = call.write(Cast::y, n, dtype_size(to));
  const CastFn fn = kernels().cast[from][to];
  if (fn == nullptr) call.fail("there is no cast between these dtypes");
  if (call.ok() && n > 0) run_unary(fn, x, y, n, dtype_size(from), dtype_size(to));
}

/// y = c ? a : b, elements of 1, 2, 4 or 8 bytes; with one dimension, y may be one of the operands. Strides
/// are in elements: 0 where an operand is broadcast, the innermost 0 or 1.
GT_ENTRY(Select, (c, a, b, y), ndim, size, GT_LIST(dims, kMaxDims), GT_LIST(c_strides, kMaxDims),
         GT_LIST(a_strides, kMaxDims), GT_LIST(b_strides, kMaxDims)) {
  SelectLayout layout = {};
  layout.ndim = static_cast<int>(call.index(Select::ndim, kMaxDims + 1, "too many dimensions"));
  if (layout.ndim < 1) call.fail("a select needs a dimension");
  const int64_t size = call.integer(Select::size);
  const int size_code = size_index(size);
  if (size_code < 0 || kernels().select[size_code][0] == nullptr) call.fail("no such element size");
  constexpr int64_t kLimit = int64_t{1} << 53;
  constexpr int kStrides[3] = {Select::c_strides, Select::a_strides, Select::b_strides};
  int64_t n = 1;
  int64_t reach[3] = {1, 1, 1};
  for (int d = 0; call.ok() && d < layout.ndim; d++) {
    const int64_t dim = layout.dims[d] = call.index(Select::dims + d, kLimit, "a dimension is negative");
    bool overflow = __builtin_mul_overflow(n, dim, &n);
    for (int k = 0; k < 3; k++) {
      const int64_t stride = call.index(kStrides[k] + d, kLimit, "a stride is negative");
      layout.strides[k][d] = stride;
      int64_t span = 0;
      overflow |= dim > 0 && __builtin_mul_overflow(dim - 1, stride, &span);
      overflow |= __builtin_add_overflow(reach[k], span, &reach[k]);
      if (d == layout.ndim - 1 && stride > 1) call.fail("an innermost stride is neither 0 nor 1");
    }
    if (overflow) call.fail("the shape is too large");
  }
  if (!call.ok() || n == 0) return;
  const void* c = call.read(Select::c, reach[0], 1);
  const void* a = call.read(Select::a, reach[1], size);
  const void* b = call.read(Select::b, reach[2], size);
  // With other layouts an element may be read after it was overwritten.
  void* y = call.write(Select::y, n, size,
                       layout.ndim == 1 ? in_place_of(Select::c, Select::a, Select::b) : kWrites);
  if (call.ok()) run_select(kernels().select[size_code], c, a, b, y, layout, size);
}

/// n elements of 1, 2, 4 or 8 bytes.
GT_ENTRY(Fill, (y), n, size, GT_RAW(value)) {
  const int64_t n = call.integer(Fill::n);
  const int64_t size = call.integer(Fill::size);
  const int size_code = size_index(size);
  if (size_code < 0 || kernels().fill[size_code] == nullptr) call.fail("no such element size");
  void* y = call.ok() ? call.write(Fill::y, n, size) : nullptr;
  if (!call.ok() || n == 0) return;
  const FillFn fn = kernels().fill[size_code];
  const void* pattern = call.raw(Fill::value);
  parallel_for(
      n, kFillGrainBytes / size,
      [&](int64_t begin, int64_t end) { fn(pattern, static_cast<char*>(y) + begin * size, end - begin); },
      64);
}

/// y[i] = start + i·delta. start and delta are doubles for float dtypes and raw int64 bits for integer
/// dtypes.
GT_ENTRY(Iota, (y), n, dtype, GT_RAW(start), GT_RAW(delta)) {
  const int64_t n = call.integer(Iota::n);
  const int dtype = call.dtype(Iota::dtype);
  const IotaFn fn = kernels().iota[dtype];
  if (fn == nullptr) call.fail("there is no iota of this dtype");
  const int64_t size = dtype_size(dtype);
  void* y = call.write(Iota::y, n, size);
  if (!call.ok() || n == 0) return;
  const void* start = call.raw(Iota::start);
  const void* delta = call.raw(Iota::delta);
  parallel_for(
      n, kFillGrainBytes / size,
      [&](int64_t begin, int64_t end) {
        fn(start, delta, begin, static_cast<char*>(y) + begin * size, end - begin);
      },
      64);
}

/// The position of the first element that is 0 (kind 0) or negative (kind 1), or −1. Integer dtypes only.
GT_VALUE_ENTRY(Find, (x), n, dtype, kind) {
  const int64_t n = call.integer(Find::n);
  const int dtype = call.dtype(Find::dtype);
  const int kind = static_cast<int>(call.index(Find::kind, kFindKinds, "no such kind of find"));
  const FindFn fn = kernels().find[kind][dtype];
  if (fn == nullptr) call.fail("there is no such find for this dtype");
  const void* x = call.read(Find::x, n, dtype_size(dtype));
  if (!call.ok()) return -1;
  return n == 0 ? -1 : static_cast<double>(fn(x, n));
}

}  // namespace gradtape
