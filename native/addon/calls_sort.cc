// Entries of the sorting family, and of what finds equal elements.
#include "../runtime/converted.h"
#include "../runtime/dispatch.h"
#include "../runtime/sort.h"
#include "../runtime/unique.h"
#include "entries.h"

namespace gradtape {

namespace {

/// What sort and topK have in common: rows and n at `slot`, n < 2³¹, and the dtype's kernels.
struct Rows {
  int64_t rows, n, size;
  int dtype;
  /// Of the dtype that is sorted.
  const SortKernels& kernels() const { return gradtape::kernels().sort[ordered_dtype(dtype)]; }
};
Rows rows_of(Call& call, int slot, int dtype_slot) {
  Rows r = {};
  r.rows = call.index(slot, int64_t{1} << 53, "rows is negative");
  r.n = call.index(slot + 1, int64_t{1} << 31, "rows are too long to be sorted");
  r.dtype = call.dtype(dtype_slot, kNumeric);
  r.size = dtype_size(r.dtype);
  int64_t elements = 0;
  if (__builtin_mul_overflow(r.rows, r.n, &elements) || elements > (int64_t{1} << 53)) {
    call.fail("the shape is too large");
  }
  return r;
}

/// sort(x, y); frame: x offset, y offset, rows, n, dtype, 1 for positions (int32) instead of values, 1 for
/// descending.
napi_value sort(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const Rows r = rows_of(call, 2, 4);
  if (!call.ok()) return nullptr;
  const bool positions = call.number(5) != 0, descending = call.number(6) != 0;
  const void* x = call.read(0, 0, r.rows * r.n, r.size);
  void* y = call.write(1, 1, r.rows * r.n, positions ? 4 : r.size);
  if (!call.ok() || r.rows * r.n == 0) return nullptr;
  Converted c(r.dtype, ordered_dtype(r.dtype));
  x = c.in(x, r.rows * r.n);
  if (!positions) y = c.out(y, r.rows * r.n);
  if (!c.ok() || !run_sort(r.kernels(), x, y, r.rows, r.n, c.size(), positions, descending)) {
    return call.fail(kNoMemory), nullptr;
  }
  c.finish();
  return nullptr;
}

/// topK(x, values, indices); frame: x offset, values offset, indices offset (int32), rows, n, dtype, k ≤ n.
napi_value top_k(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  const Rows r = rows_of(call, 3, 5);
  if (!call.ok()) return nullptr;
  const int64_t k = call.index(6, r.n + 1, "k is negative or larger than the rows");
  if (!call.ok()) return nullptr;
  const void* x = call.read(0, 0, r.rows * r.n, r.size);
  void* values = call.write(1, 1, r.rows * k, r.size);
  void* indices = call.write(2, 2, r.rows * k, 4);
  if (!call.ok() || r.rows * k == 0) return nullptr;
  Converted c(r.dtype, ordered_dtype(r.dtype));
  x = c.in(x, r.rows * r.n), values = c.out(values, r.rows * k);
  if (!c.ok() || !run_top(r.kernels(), x, values, static_cast<int32_t*>(indices), r.rows, r.n, k, c.size())) {
    return call.fail(kNoMemory), nullptr;
  }
  c.finish();
  return nullptr;
}

/// unique(x, index, y, came, counts) → how many different elements there are; y, came and counts have so many
/// elements then. Frame: x offset, index offset, y offset, came offset (int32), counts offset, n, dtype, 1
/// where index and counts are int64.
napi_value unique(napi_env env, napi_callback_info info) {
  Call call(env, info, 5);
  UniqueCall u = {};
  u.n = call.index(5, int64_t{1} << 31, "the vector is too long for unique");
  u.dtype = static_cast<int>(call.index(6, kDTypes, "no such dtype"));
  u.wide = call.number(7) != 0;
  const int64_t size = dtype_size(u.dtype), index_size = u.wide ? 8 : 4;
  u.x = call.read(0, 0, u.n, size);
  u.index = call.write(1, 1, u.n, index_size);
  u.y = call.write(2, 2, u.n, size);
  u.came = static_cast<int32_t*>(call.write(3, 3, u.n, 4));
  u.counts = call.write(4, 4, u.n, index_size);
  if (!call.ok()) return nullptr;
  Converted c(u.dtype, is_kind(u.dtype, kFloating) ? compute_dtype(u.dtype) : u.dtype);
  u.x = c.in(u.x, u.n), u.y = c.out(u.y, u.n), u.dtype = c.dtype();
  const int64_t different = u.n > 0 && c.ok() ? run_unique(u) : 0;
  if (different < 0 || !c.ok()) call.fail(kNoMemory);
  if (different > 0) c.finish();
  return call.ok() ? call.value(static_cast<double>(different)) : nullptr;
}

}  // namespace

void define_sort(Napi::Object exports, Instance* instance) {
  define_entry(exports, "sort", sort, instance);
  define_entry(exports, "topK", top_k, instance);
  define_entry(exports, "unique", unique, instance);
}

}  // namespace gradtape
