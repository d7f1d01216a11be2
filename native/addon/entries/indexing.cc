// Entries that select rows by index: gather, scatter, one-hot, masks.
#include "runtime/indexing/indexing.h"
#include "addon/entry.h"
#include "addon/overflow.h"
#include "runtime/dispatch/dispatch.h"

namespace gradtape {

namespace {

/// An indexed tensor as [batch, outer, ∏ dims, inner]. Each batch has k index tuples of `depth` indices,
/// int64 if `wide`, else int32.
GT_GROUP(MapNumbers, batch, outer, k, inner, GT_FLAG(wide), depth, GT_LIST(dims, kMaxDims))

RowMap read_map(Call& call, int first) {
  RowMap map;
  map.indices = nullptr;
  map.batch = call.index(first + MapNumbers::batch, kIntegers, "a dimension is negative");
  map.outer = call.index(first + MapNumbers::outer, kIntegers, "a dimension is negative");
  map.k = call.index(first + MapNumbers::k, kIntegers, "a dimension is negative");
  map.inner = call.index(first + MapNumbers::inner, kIntegers, "a dimension is negative");
  map.wide = call.flag(first + MapNumbers::wide);
  map.depth = static_cast<int>(call.index(first + MapNumbers::depth, kMaxDims + 1, "too many dimensions"));
  map.rows = 1;
  for (int d = 0; call.ok() && d < map.depth; d++) {
    map.dims[d] = call.index(first + MapNumbers::dims + d, kIntegers, "a dimension is negative");
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

}  // namespace

/// Returns the position of the first index tuple out of range (nothing is written then), or −1. Elements have
/// `size` bytes. params is [batch, outer, ∏ dims, inner], indices [batch, k, depth] (depth 1 for plain
/// gathers), out [batch, outer, k, inner].
GT_VALUE_ENTRY(Gather, (params, indices, out), size, GT_PART(map, MapNumbers)) {
  const int64_t size = element_size(call, Gather::size);
  RowMap map = read_map(call, Gather::map);
  const int64_t n_out = product(call, map.batch, map.outer, map.k, map.inner);
  const int64_t n_tuples = product(call, map.batch, map.k, 1, 1);
  const int64_t n_indices = product(call, map.batch, map.k, map.depth, 1);
  const int64_t index_size = map.wide ? 8 : 4;
  const void* params =
      call.read(Gather::params, product(call, map.batch, map.outer, map.rows, map.inner), size);
  map.indices = call.read(Gather::indices, n_indices, index_size);
  void* out = call.write(Gather::out, n_out, size);
  if (!call.ok()) return -1;
  const int64_t bad = n_tuples > 0 ? find_bad_row(map) : -1;
  if (bad < 0 && n_out > 0) run_gather(map, params, out, size);
  return static_cast<double>(bad);
}

/// Whether any of the integers is 0.
static bool has_zero(const void* p, int64_t n, int dtype) {
  const FindFn find = kernels().find[kFindZero][dtype];
  return find != nullptr && find(p, n) >= 0;
}

/// Updates dst in place. Returns −1, or, with nothing written, the position of the first index tuple out of
/// range or −2 for an integer division by zero. `op` is an index into `scatterNames`; `scalar`: one update
/// for all. dst is [batch, outer, ∏ dims, inner], indices [batch, k, depth], updates [batch, outer, k,
/// inner].
GT_VALUE_ENTRY(Scatter, (dst, indices, updates), op, dtype, GT_FLAG(scalar), GT_PART(map, MapNumbers)) {
  const KernelTable& table = kernels();
  const ScatterEntry& op = table.scatter[call.index(Scatter::op, table.scatter.count, "no such scatter op")];
  const int dtype = call.dtype(Scatter::dtype);
  const bool scalar = call.flag(Scatter::scalar);
  RowMap map = read_map(call, Scatter::map);
  const int64_t size = dtype_size(dtype);
  const int64_t n_dst = product(call, map.batch, map.outer, map.rows, map.inner);
  const int64_t n_tuples = product(call, map.batch, map.k, 1, 1);
  const int64_t n_indices = product(call, map.batch, map.k, map.depth, 1);
  const int64_t n_out = product(call, map.batch, map.outer, map.k, map.inner);
  const int64_t n_updates = scalar ? 1 : n_out;
  const int64_t index_size = map.wide ? 8 : 4;
  void* dst = call.write(Scatter::dst, n_dst, size);
  map.indices = call.read(Scatter::indices, n_indices, index_size);
  const void* updates = call.read(Scatter::updates, n_updates, size);
  if (op.fn[dtype] == nullptr) call.fail("the scatter op does not exist for this dtype");
  if (!call.ok()) return -1;
  int64_t status = n_tuples > 0 ? find_bad_row(map) : -1;
  if (status < 0 && op.divides && n_out > 0 && has_zero(updates, n_updates, dtype)) status = -2;
  if (status == -1 && n_out > 0) run_scatter(map, op.fn[dtype], dst, updates, scalar, size);
  return static_cast<double>(status);
}

/// out[o, d, i] = indices[o, i] == d ? on : off. Indices are int64 if `wide`, else int32; elements have 1, 2,
/// 4 or 8 bytes.
GT_ENTRY(OneHot, (indices, out), outer, depth, inner, GT_FLAG(wide), size, GT_RAW(on), GT_RAW(off)) {
  const int64_t outer = call.index(OneHot::outer, kIntegers, "a dimension is negative");
  const int64_t depth = call.index(OneHot::depth, kIntegers, "a dimension is negative");
  const int64_t inner = call.index(OneHot::inner, kIntegers, "a dimension is negative");
  const bool wide = call.flag(OneHot::wide);
  const int64_t size = element_size(call, OneHot::size);
  if (size == 16) call.fail("no such element size");
  const int64_t n = product(call, outer, inner, 1, 1);
  const int64_t n_out = product(call, outer, depth, inner, 1);
  const int64_t index_size = wide ? 8 : 4;
  const void* indices = call.read(OneHot::indices, n, index_size);
  void* out = call.write(OneHot::out, n_out, size);
  if (!call.ok() || n_out == 0) return;
  run_one_hot(indices, wide, outer, depth, inner, call.raw(OneHot::on), call.raw(OneHot::off), out, size);
}

/// The number of nonzero bytes among n.
GT_VALUE_ENTRY(CountNonzero, (mask), n) {
  const int64_t n = call.integer(CountNonzero::n);
  const uint8_t* mask = static_cast<const uint8_t*>(call.read(CountNonzero::mask, n, 1));
  if (!call.ok()) return -1;
  return static_cast<double>(n > 0 ? count_mask(mask, n) : 0);
}

/// The coordinates of the nonzero bytes, [count, ndim], int64 if `wide`, else int32; `count` is the result of
/// countNonzero.
GT_ENTRY(Nonzero, (mask, out), count, GT_FLAG(wide), ndim, GT_LIST(dims, kMaxDims)) {
  const int64_t count = call.integer(Nonzero::count);
  const bool wide = call.flag(Nonzero::wide);
  const int ndim = static_cast<int>(call.index(Nonzero::ndim, kMaxDims + 1, "too many dimensions"));
  int64_t dims[kMaxDims] = {};
  int64_t n = 1;
  bool empty = false;
  for (int d = 0; call.ok() && d < ndim; d++) {
    dims[d] = call.index(Nonzero::dims + d, kIntegers, "a dimension is negative");
    if (dims[d] == 0) empty = true;
    if (dims[d] > 0 && !multiply_into(&n, dims[d])) call.fail("the shape is too large");
  }
  if (empty) n = 0;
  const uint8_t* mask = static_cast<const uint8_t*>(call.read(Nonzero::mask, n, 1));
  const int64_t n_out = product(call, count < 0 ? -1 : count, ndim, 1, 1);
  void* out = call.write(Nonzero::out, n_out, wide ? 8 : 4);
  if (call.ok() && (n > 0 ? count_mask(mask, n) : 0) != count) call.fail("the mask has a different count");
  if (call.ok() && n_out > 0) run_nonzero(mask, ndim, dims, out, wide);
}

/// out[o, j, :] = src[o, position of the j-th nonzero byte of the mask, :]; `count` is the result of
/// countNonzero.
GT_ENTRY(MaskGather, (src, mask, out), size, outer, n, inner, count) {
  const int64_t size = element_size(call, MaskGather::size);
  const int64_t outer = call.index(MaskGather::outer, kIntegers, "a dimension is negative");
  const int64_t n = call.index(MaskGather::n, kIntegers, "a dimension is negative");
  const int64_t inner = call.index(MaskGather::inner, kIntegers, "a dimension is negative");
  const int64_t count = call.index(MaskGather::count, kIntegers, "a count is negative");
  const int64_t n_out = product(call, outer, count, inner, 1);
  const void* src = call.read(MaskGather::src, product(call, outer, n, inner, 1), size);
  const uint8_t* mask = static_cast<const uint8_t*>(call.read(MaskGather::mask, n, 1));
  void* out = call.write(MaskGather::out, n_out, size);
  if (call.ok() && (n > 0 ? count_mask(mask, n) : 0) != count) call.fail("the mask has a different count");
  if (call.ok() && n_out > 0) run_mask_gather(mask, n, count, src, out, outer, inner * size);
}

}  // namespace gradtape
