// Entries of the optimizers.
#include "runtime/optimizer/optimizer.h"
#include "addon/entry.h"
#include "addon/overflow.h"
#include "addon/ranges.h"
#include "runtime/convert/converted.h"
#include "runtime/copy/copy.h"
#include "runtime/dispatch/dispatch.h"
#include "runtime/indexing/indexing.h"

namespace gradtape {

/// Applies an update rule to `count` variables. For each variable the buffers are its gradient, then the
/// input and the output of each state, of which the weights are the first. `places` has the number of
/// elements of each variable, then the offsets of the buffers in order.
GT_VARIADIC_ENTRY(Optimizer, (), rule, dtype, count, GT_LIST(numbers, 4), GT_LIST(places, 505)) {
  const KernelTable& table = kernels();
  const OptimizerEntry& entry =
      table.optimizer[call.index(Optimizer::rule, table.optimizer.count, "no such optimizer")];
  const int dtype = call.dtype(Optimizer::dtype, kFloating);
  const int64_t size = dtype_size(dtype);
  const int buffers = 1 + 2 * entry.states;
  const int count =
      static_cast<int>(call.index(Optimizer::count, kMaxBuffers / buffers + 1, "too many variables"));
  int slot = Optimizer::places + count;
  if (slot + count * buffers > Optimizer::kNumbers) call.fail("too many variables");
  OptimizerRun runs[kMaxBuffers];
  WrittenRanges<kMaxBuffers> written;
  for (int v = 0, arg = 0; call.ok() && v < count; v++) {
    OptimizerRun& run = runs[v];
    run.n = call.index(Optimizer::places + v, kIntegers, "the size of a variable is invalid");
    const auto next = [&] { return call.range(arg++, call.integer(slot++), run.n, size); };
    run.gradient = next();
    for (int i = 0; i < entry.states; i++) {
      run.in[i] = next();
      run.out[i] = next();
      written.add(run.out[i], run.n * size);
    }
    for (int i = 0; i < entry.numbers; i++) run.numbers[i] = call.number(Optimizer::numbers + i);
  }
  // The new weights may overwrite the old ones or the gradient, and a new state its old value.
  bool apart = written.disjoint();
  for (int v = 0; call.ok() && apart && v < count; v++) {
    const OptimizerRun& run = runs[v];
    const auto may_read = [&](const void* from, const void* to) {
      return from == to || !written.overlaps(from, run.n * size);
    };
    apart = may_read(run.gradient, run.out[0]);
    for (int i = 0; i < entry.states; i++) apart = apart && may_read(run.in[i], run.out[i]);
  }
  if (!apart) call.fail(kOverlap);
  if (!call.ok()) return;
  Converted c(dtype, compute_dtype(dtype));
  for (int v = 0; c.any() && v < count; v++) {
    OptimizerRun& run = runs[v];
    run.gradient = c.in(run.gradient, run.n);
    for (int i = 0; i < entry.states; i++) {
      run.in[i] = c.in(run.in[i], run.n);
      run.out[i] = c.out(run.out[i], run.n);
    }
  }
  if (!c.ok()) return call.fail(kNoMemory);
  run_optimizer(entry, runs, count, c.dtype());
  c.write_back();
}

/// Returns the position of the first index out of range (nothing is written then), or −1. Updates rows of the
/// weights by a rule without state; the other rows are copied unless the update is in place. The gradient is
/// [count, columns], the weights are [rows, columns]; indices are int64 if `wide`, else int32.
GT_VALUE_ENTRY(OptimizerRows, (gradient, indices, from, to), count, columns, rows, GT_FLAG(wide), dtype, rule,
               GT_LIST(numbers, 4)) {
  const KernelTable& table = kernels();
  RowMap map = {};
  map.batch = map.outer = map.depth = 1;
  map.k = call.index(OptimizerRows::count, kIntegers, "a dimension is negative");
  map.inner = call.index(OptimizerRows::columns, kIntegers, "a dimension is negative");
  map.rows = map.dims[0] = call.index(OptimizerRows::rows, kIntegers, "a dimension is negative");
  map.wide = call.flag(OptimizerRows::wide);
  const int dtype = call.dtype(OptimizerRows::dtype, kFloating);
  const OptimizerEntry& entry =
      table.optimizer[call.index(OptimizerRows::rule, table.optimizer.count, "no such optimizer")];
  if (entry.states != 1) call.fail("the rule has a state");
  const int64_t size = dtype_size(dtype), index_size = map.wide ? 8 : 4;
  int64_t n_gradient = map.k, n_weights = map.rows;
  if (!multiply_into(&n_gradient, map.inner) || !multiply_into(&n_weights, map.inner)) {
    call.fail("the shape is too large");
  }
  OptimizerRun run = {};
  run.gradient = call.read(OptimizerRows::gradient, n_gradient, size);
  map.indices = call.read(OptimizerRows::indices, map.k, index_size);
  const void* weights = call.read(OptimizerRows::from, n_weights, size);
  run.in[0] = run.out[0] = call.write(OptimizerRows::to, n_weights, size, in_place_of(OptimizerRows::from));
  for (int i = 0; i < entry.numbers; i++) run.numbers[i] = call.number(OptimizerRows::numbers + i);
  const bool copies = weights != run.out[0];
  if (!call.ok()) return -1;
  const int64_t bad = map.k > 0 ? find_bad_row(map) : -1;
  if (bad >= 0) return static_cast<double>(bad);
  if (copies && n_weights > 0) {
    CopyLayout flat = {};
    flat.ndim = 1;
    flat.dims[0] = n_weights;
    flat.src_strides[0] = flat.dst_strides[0] = 1;
    run_copy(weights, run.out[0], flat, size_index(size));
  }
  Converted c(dtype, compute_dtype(dtype));
  run.gradient = c.in(run.gradient, n_gradient);
  run.in[0] = run.out[0] = c.in_out(run.out[0], n_weights);
  if (!c.ok()) return call.fail(kNoMemory), -1;
  run_optimizer_rows(entry, run, map.indices, map.wide, map.k, map.inner, c.dtype());
  c.write_back();
  return -1;
}

}  // namespace gradtape
