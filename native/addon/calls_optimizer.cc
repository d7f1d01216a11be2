// Entries of the optimizers.
#include "../runtime/dispatch.h"
#include "../runtime/indexing.h"
#include "../runtime/optimizer.h"
#include "entries.h"
#include "overflow.h"

namespace gradtape {

namespace {

/// float32 or float64.
int floating(Call& call, int slot) {
  return static_cast<int>(call.index(slot, 2, "the dtype is not floating"));
}

/// optimizer(gradient, in₀, out₀, in₁, out₁ …): weights first, then the states of the rule; frame: the
/// offsets of the buffers in that order (up to nine slots), then from slot 9: n, dtype, rule, and up to four
/// numbers.
napi_value optimizer(napi_env env, napi_callback_info info) {
  Call call(env, info, 1 + 2 * kOptimizerStates);
  const KernelTable& table = kernels();
  OptimizerRun run = {};
  run.n = call.integer(9);
  const int dtype = floating(call, 10);
  const OptimizerEntry& entry = table.optimizer[call.index(11, table.optimizer_count, "no such optimizer")];
  const int64_t size = dtype_size(dtype);
  run.gradient = call.span(0, 0, run.n, size);
  for (int i = 0; i < entry.states; i++) {
    run.in[i] = call.span(1 + 2 * i, 1 + 2 * i, run.n, size);
    run.out[i] = call.span(2 + 2 * i, 2 + 2 * i, run.n, size);
  }
  for (int i = 0; i < entry.numbers; i++) run.numbers[i] = call.number(12 + i);
  if (call.ok() && run.n > 0) run_optimizer(entry, run, size);
  return nullptr;
}

/// optimizerRows(gradient, indices, weights) → position of the first index out of range, or -1; then nothing
/// has been written. Updates rows of the weights in place by a rule without state. Frame: the three offsets,
/// count, columns, rows (of the weights), wide (1: int64 indices, 0: int32), dtype, rule, and up to four
/// numbers. The gradient is [count, columns], the weights are [rows, columns].
napi_value optimizer_rows(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  const KernelTable& table = kernels();
  RowMap map = {};
  map.batch = map.outer = map.depth = 1;
  map.k = call.index(3, kIntegers, "a dimension is negative");
  map.inner = call.index(4, kIntegers, "a dimension is negative");
  map.rows = map.dims[0] = call.index(5, kIntegers, "a dimension is negative");
  map.wide = call.index(6, 2, "an index is int32 or int64") != 0;
  const int dtype = floating(call, 7);
  const OptimizerEntry& entry = table.optimizer[call.index(8, table.optimizer_count, "no such optimizer")];
  if (entry.states != 1) call.fail("the rule has a state");
  const int64_t size = dtype_size(dtype), index_size = map.wide ? 8 : 4;
  int64_t n_gradient = map.k, n_weights = map.rows;
  if (!multiply_into(&n_gradient, map.inner) || !multiply_into(&n_weights, map.inner)) {
    call.fail("the shape is too large");
  }
  OptimizerRun run = {};
  run.gradient = call.span(0, 0, n_gradient, size);
  map.indices = call.span(1, 1, map.k, index_size);
  run.in[0] = run.out[0] = call.span(2, 2, n_weights, size);
  for (int i = 0; i < entry.numbers; i++) run.numbers[i] = call.number(9 + i);
  if (call.ok() && (overlap(run.out[0], n_weights * size, map.indices, map.k * index_size) ||
                    overlap(run.out[0], n_weights * size, run.gradient, n_gradient * size))) {
    call.fail("the weights overlap the gradient or its indices");
  }
  if (!call.ok()) return nullptr;
  const int64_t bad = map.k > 0 ? find_bad_row(map) : -1;
  if (bad < 0) run_optimizer_rows(entry, run, map.indices, map.wide, map.k, map.inner, size);
  return call.value(static_cast<double>(bad));
}

}  // namespace

void define_optimizer(napi_env env, napi_value exports, Env* state) {
  define_entry(env, exports, "optimizer", optimizer, state);
  define_entry(env, exports, "optimizerRows", optimizer_rows, state);
  const KernelTable& table = kernels();
  napi_set_named_property(env, exports, "optimizerNames", names(env, table.optimizer, table.optimizer_count));
}

}  // namespace gradtape
