// Entries of sort, topK and unique.
#include "runtime/sort/sort.h"
#include "addon/entry.h"
#include "runtime/convert/converted.h"
#include "runtime/dispatch/dispatch.h"
#include "runtime/sort/unique.h"

namespace gradtape {

namespace {

GT_GROUP(RowNumbers, rows, n, dtype)

/// The arguments of sort and topK: rows of n < 2³¹ elements, and the dtype's kernels.
struct Rows {
  int64_t rows, n, size;
  int dtype;
  /// The kernels of the dtype that is sorted.
  const SortKernels& kernels() const { return gradtape::kernels().sort[ordered_dtype(dtype)]; }
};
Rows rows_of(Call& call, int first) {
  Rows r = {};
  r.rows = call.index(first + RowNumbers::rows, int64_t{1} << 53, "rows is negative");
  r.n = call.index(first + RowNumbers::n, int64_t{1} << 31, "rows are too long to be sorted");
  r.dtype = call.dtype(first + RowNumbers::dtype, kNumeric);
  r.size = dtype_size(r.dtype);
  int64_t elements = 0;
  if (__builtin_mul_overflow(r.rows, r.n, &elements) || elements > (int64_t{1} << 53)) {
    call.fail("the shape is too large");
  }
  return r;
}

}  // namespace

/// Sorts each row: its values, or their positions (int32).
GT_ENTRY(Sort, (x, y), GT_PART(all, RowNumbers), GT_FLAG(positions), GT_FLAG(descending)) {
  const Rows r = rows_of(call, Sort::all);
  const bool positions = call.flag(Sort::positions), descending = call.flag(Sort::descending);
  if (!call.ok()) return;
  const void* x = call.read(Sort::x, r.rows * r.n, r.size);
  void* y = call.write(Sort::y, r.rows * r.n, positions ? 4 : r.size);
  if (!call.ok() || r.rows * r.n == 0) return;
  Converted c(r.dtype, ordered_dtype(r.dtype));
  x = c.in(x, r.rows * r.n);
  if (!positions) y = c.out(y, r.rows * r.n);
  if (!c.ok() || !run_sort(r.kernels(), x, y, r.rows, r.n, c.size(), positions, descending)) {
    return call.fail(kNoMemory);
  }
  c.write_back();
}

/// The k ≤ n largest elements of each row, and their positions (int32).
GT_ENTRY(TopK, (x, values, indices), GT_PART(all, RowNumbers), k) {
  const Rows r = rows_of(call, TopK::all);
  if (!call.ok()) return;
  const int64_t k = call.index(TopK::k, r.n + 1, "k is negative or larger than the rows");
  if (!call.ok()) return;
  const void* x = call.read(TopK::x, r.rows * r.n, r.size);
  void* values = call.write(TopK::values, r.rows * k, r.size);
  void* indices = call.write(TopK::indices, r.rows * k, 4);
  if (!call.ok() || r.rows * k == 0) return;
  Converted c(r.dtype, ordered_dtype(r.dtype));
  x = c.in(x, r.rows * r.n), values = c.out(values, r.rows * k);
  if (!c.ok() || !run_top(r.kernels(), x, values, static_cast<int32_t*>(indices), r.rows, r.n, k, c.size())) {
    return call.fail(kNoMemory);
  }
  c.write_back();
}

/// Returns the number of distinct elements, which is the valid length of y, first_positions (int32) and
/// counts. index and counts are int64 if `wide`, else int32.
GT_VALUE_ENTRY(Unique, (x, index, y, first_positions, counts), n, dtype, GT_FLAG(wide)) {
  UniqueCall u = {};
  u.n = call.index(Unique::n, int64_t{1} << 31, "the vector is too long for unique");
  u.dtype = call.dtype(Unique::dtype);
  u.wide = call.flag(Unique::wide);
  const int64_t size = dtype_size(u.dtype), index_size = u.wide ? 8 : 4;
  u.x = call.read(Unique::x, u.n, size);
  u.index = call.write(Unique::index, u.n, index_size);
  u.y = call.write(Unique::y, u.n, size);
  u.first_positions = static_cast<int32_t*>(call.write(Unique::first_positions, u.n, 4));
  u.counts = call.write(Unique::counts, u.n, index_size);
  if (!call.ok()) return -1;
  Converted c(u.dtype, is_kind(u.dtype, kFloating) ? compute_dtype(u.dtype) : u.dtype);
  u.x = c.in(u.x, u.n), u.y = c.out(u.y, u.n), u.dtype = c.dtype();
  const int64_t different = u.n > 0 && c.ok() ? run_unique(u) : 0;
  if (different < 0 || !c.ok()) call.fail(kNoMemory);
  if (different > 0) c.write_back();
  return static_cast<double>(different);
}

}  // namespace gradtape
