// Entries of the families that find rows by number: gather, scatter, masks.
#include "../runtime/dispatch.h"
#include "../runtime/indexing.h"
#include "entries.h"
#include "names.h"
#include "overflow.h"

namespace gradtape {

namespace {

/// Reads a row map's numbers from the frame: batch, outer, k, inner, wide, depth, then depth dims, at `slot`.
RowMap read_map(Call& call, int slot) {
  RowMap map;
  map.indices = nullptr;
  map.batch = call.index(slot, kIntegers, "a dimension is negative");
  map.outer = call.index(slot + 1, kIntegers, "a dimension is negative");
  map.k = call.index(slot + 2, kIntegers, "a dimension is negative");
  map.inner = call.index(slot + 3, kIntegers, "a dimension is negative");
  map.wide = call.index(slot + 4, 2, "an index is int32 or int64") != 0;
  map.depth = static_cast<int>(call.index(slot + 5, kMaxDims + 1, "too many dimensions"));
  map.rows = 1;
  for (int d = 0; call.ok() && d < map.depth; d++) {
    map.dims[d] = call.index(slot + 6 + d, kIntegers, "a dimension is negative");
    if (!multiply_into(&map.rows, map.dims[d])) call.fail("the shape is too large");
  }
  return map;
}

/// a · b · c · d.
int64_t product(Call& call, int64_t a, int64_t b, int64_t c, int64_t d) {
  if (a == 0 || b == 0 || c == 0 || d == 0) return 0;
  if (!multiply_into(&a, b) || !multiply_into(&a, c) || !multiply_into(&a, d)) {
    call.fail("the shape is too large");
    return 0;
  }
  return a;
}

int64_t element_size(Call& call, int slot) {
  const int64_t size = call.integer(slot);
  if (size == 1 || size == 2 || size == 4 || size == 8 || size == 16) return size;
  call.fail("no such element size");
  return 1;
}

/// gather(params, indices, out) → position of the first index tuple out of range, or -1; then nothing is
/// written. Frame: params offset, indices offset, out offset, element size, then the row map: batch, outer,
/// k, inner, wide, depth, depth dims. params is [batch, outer, ∏ dims, inner], indices [batch, k, depth]
/// (depth 1 for plain gathers), out [batch, outer, k, inner].
napi_value gather(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  const int64_t size = element_size(call, 3);
  RowMap map = read_map(call, 4);
  const int64_t n_out = product(call, map.batch, map.outer, map.k, map.inner);
  const int64_t n_tuples = product(call, map.batch, map.k, 1, 1);
  const int64_t n_indices = product(call, map.batch, map.k, map.depth, 1);
  const int64_t index_size = map.wide ? 8 : 4;
  const void* params = call.read(0, 0, product(call, map.batch, map.outer, map.rows, map.inner), size);
  map.indices = call.read(1, 1, n_indices, index_size);
  void* out = call.write(2, 2, n_out, size);
  if (!call.ok()) return nullptr;
  const int64_t bad = n_tuples > 0 ? find_bad_row(map) : -1;
  if (bad < 0 && n_out > 0) run_gather(map, params, out, size);
  return call.value(static_cast<double>(bad));
}

/// True if one of the integers is 0.
bool has_zero(const void* p, int64_t n, int dtype) {
  const FindFn find = kernels().find[kFindZero][dtype];
  return find != nullptr && find(p, n) >= 0;
}

/// scatter(dst, indices, updates) → position of the first index tuple out of range, -1, or -2 for an integer
/// division by zero; when it isn't -1, nothing has been written. Changes dst in place. Frame: dst offset,
/// indices offset, updates offset, op (`scatterNames`), dtype, scalar (1: one update for all), then the row
/// map as for gather; dst is [batch, outer, ∏ dims, inner], indices [batch, k, depth], updates [batch, outer,
/// k, inner].
napi_value scatter(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  const KernelTable& table = kernels();
  const ScatterEntry& op = table.scatter[call.index(3, table.scatter_count, "no such scatter op")];
  const int dtype = static_cast<int>(call.index(4, kDTypes, "no such dtype"));
  const bool scalar = call.index(5, 2, "scalar is 0 or 1") != 0;
  RowMap map = read_map(call, 6);
  const int64_t size = dtype_size(dtype);
  const int64_t n_dst = product(call, map.batch, map.outer, map.rows, map.inner);
  const int64_t n_tuples = product(call, map.batch, map.k, 1, 1);
  const int64_t n_indices = product(call, map.batch, map.k, map.depth, 1);
  const int64_t n_out = product(call, map.batch, map.outer, map.k, map.inner);
  const int64_t n_updates = scalar ? 1 : n_out;
  const int64_t index_size = map.wide ? 8 : 4;
  void* dst = call.write(0, 0, n_dst, size);
  map.indices = call.read(1, 1, n_indices, index_size);
  const void* updates = call.read(2, 2, n_updates, size);
  if (op.fn[dtype] == nullptr) call.fail("the scatter op does not exist for this dtype");
  if (!call.ok()) return nullptr;
  int64_t status = n_tuples > 0 ? find_bad_row(map) : -1;
  if (status < 0 && op.divides && n_out > 0 && has_zero(updates, n_updates, dtype)) status = -2;
  if (status == -1 && n_out > 0) run_scatter(map, op.fn[dtype], dst, updates, scalar, size);
  return call.value(static_cast<double>(status));
}

/// oneHot(indices, out): out[o, d, i] = on where indices[o, i] is d, else off. Frame: indices offset, out
/// offset, outer, depth, inner, wide (1: int64 indices), element size (1, 2, 4 or 8), then two slots whose
/// first bytes are on and off.
napi_value one_hot(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const int64_t outer = call.index(2, kIntegers, "a dimension is negative");
  const int64_t depth = call.index(3, kIntegers, "a dimension is negative");
  const int64_t inner = call.index(4, kIntegers, "a dimension is negative");
  const bool wide = call.index(5, 2, "an index is int32 or int64") != 0;
  const int64_t size = element_size(call, 6);
  if (size == 16) call.fail("no such element size");
  const int64_t n = product(call, outer, inner, 1, 1);
  const int64_t n_out = product(call, outer, depth, inner, 1);
  const int64_t index_size = wide ? 8 : 4;
  const void* indices = call.read(0, 0, n, index_size);
  void* out = call.write(1, 1, n_out, size);
  if (!call.ok() || n_out == 0) return nullptr;
  run_one_hot(indices, wide, outer, depth, inner, call.raw(7), call.raw(8), out, size);
  return nullptr;
}

/// countNonzero(mask) → how many bytes are not 0; frame: offset, n.
napi_value count_nonzero(napi_env env, napi_callback_info info) {
  Call call(env, info, 1);
  const int64_t n = call.integer(1);
  const uint8_t* mask = static_cast<const uint8_t*>(call.read(0, 0, n, 1));
  if (!call.ok()) return nullptr;
  return call.value(static_cast<double>(n > 0 ? count_mask(mask, n) : 0));
}

/// nonzero(mask, out): the coordinates of the bytes that are not 0, [count, ndim]. Frame: mask offset, out
/// offset, count (from countNonzero), wide (1: int64, 0: int32), ndim, dims.
napi_value nonzero(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const int64_t count = call.integer(2);
  const bool wide = call.index(3, 2, "an index is int32 or int64") != 0;
  const int ndim = static_cast<int>(call.index(4, kMaxDims + 1, "too many dimensions"));
  int64_t dims[kMaxDims] = {};
  int64_t n = 1;
  bool empty = false;
  for (int d = 0; call.ok() && d < ndim; d++) {
    dims[d] = call.index(5 + d, kIntegers, "a dimension is negative");
    if (dims[d] == 0) empty = true;
    if (dims[d] > 0 && !multiply_into(&n, dims[d])) call.fail("the shape is too large");
  }
  if (empty) n = 0;
  const uint8_t* mask = static_cast<const uint8_t*>(call.read(0, 0, n, 1));
  const int64_t n_out = product(call, count < 0 ? -1 : count, ndim, 1, 1);
  void* out = call.write(1, 1, n_out, wide ? 8 : 4);
  if (call.ok() && (n > 0 ? count_mask(mask, n) : 0) != count) call.fail("the mask has another count");
  if (call.ok() && n_out > 0) run_nonzero(mask, ndim, dims, out, wide);
  return nullptr;
}

/// maskGather(src, mask, out): out[o, j, :] = src[o, position j of the mask, :]. Frame: src offset, mask
/// offset, out offset, element size, outer, n, inner, count (from countNonzero).
napi_value mask_gather(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  const int64_t size = element_size(call, 3);
  const int64_t outer = call.index(4, kIntegers, "a dimension is negative");
  const int64_t n = call.index(5, kIntegers, "a dimension is negative");
  const int64_t inner = call.index(6, kIntegers, "a dimension is negative");
  const int64_t count = call.index(7, kIntegers, "a count is negative");
  const int64_t n_out = product(call, outer, count, inner, 1);
  const void* src = call.read(0, 0, product(call, outer, n, inner, 1), size);
  const uint8_t* mask = static_cast<const uint8_t*>(call.read(1, 1, n, 1));
  void* out = call.write(2, 2, n_out, size);
  if (call.ok() && (n > 0 ? count_mask(mask, n) : 0) != count) call.fail("the mask has another count");
  if (call.ok() && n_out > 0) run_mask_gather(mask, n, count, src, out, outer, inner * size);
  return nullptr;
}

}  // namespace

void define_indexing(Napi::Object exports, Instance* instance) {
  define_entry(exports, "gather", gather, instance);
  define_entry(exports, "scatter", scatter, instance);
  define_entry(exports, "oneHot", one_hot, instance);
  define_entry(exports, "countNonzero", count_nonzero, instance);
  define_entry(exports, "nonzero", nonzero, instance);
  define_entry(exports, "maskGather", mask_gather, instance);
  const KernelTable& table = kernels();
  define_names(exports, "scatterNames", table.scatter, table.scatter_count);
}

}  // namespace gradtape
