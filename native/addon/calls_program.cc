// The entries that run programs (native/program/run.h) and those that are there for programs only.
#include <vector>

#include "../program/run.h"
#include "../program/tiles.h"
#include "../runtime/dispatch.h"
#include "entries.h"

namespace gradtape {

namespace {

/// capture(f): from now on calls of entries are not carried out but told to f(entry, ...buffers); the numbers
/// are in the frame. capture(undefined) ends that.
napi_value capture(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value f = nullptr;
  void* data = nullptr;
  napi_get_cb_info(env, info, &argc, &f, nullptr, &data);
  Env* state = static_cast<Entry*>(data)->env;
  if (state->capture != nullptr) napi_delete_reference(env, state->capture);
  state->capture = nullptr;
  napi_valuetype type = napi_undefined;
  napi_typeof(env, f, &type);
  if (type == napi_function) napi_create_reference(env, f, 1, &state->capture);
  return nullptr;
}

/// runProgram(code, table, storages) → −1, or the word of the instruction that gave another result than −1.
/// Frame: the word to begin with, the number of storages. The table has the byte offset and the length in
/// bytes of each.
napi_value run_program(napi_env env, napi_callback_info info) {
  size_t argc = 3;
  napi_value args[3];
  void* data = nullptr;
  napi_get_cb_info(env, info, &argc, args, nullptr, &data);
  Env* state = static_cast<Entry*>(data)->env;
  const auto fail = [env](const char* why) -> napi_value {
    napi_throw_range_error(env, "GRADTAPE_BORDER", why);
    return nullptr;
  };
  void* words = nullptr;
  void* table = nullptr;
  size_t code_bytes = 0, table_bytes = 0;
  if (napi_get_arraybuffer_info(env, args[0], &words, &code_bytes) != napi_ok ||
      napi_get_arraybuffer_info(env, args[1], &table, &table_bytes) != napi_ok) {
    return fail("a program is an ArrayBuffer");
  }
  constexpr int64_t kFew = 48;
  const double start = state->frame[0], count = state->frame[1];
  const Code code = {static_cast<const double*>(words), static_cast<int64_t>(code_bytes / 8)};
  if (!is_count(start, static_cast<double>(code.count)) ||
      !is_count(count, static_cast<double>(table_bytes / 16))) {
    return fail("a program is damaged");
  }
  const int64_t n = static_cast<int64_t>(count);
  Range few[kFew];
  std::vector<Range> many;
  Range* ranges = few;
  if (n > kFew) {
    many.resize(static_cast<size_t>(n));
    ranges = many.data();
  }
  for (int64_t i = 0; i < n; i++) {
    napi_value buffer = nullptr;
    void* bytes = nullptr;
    size_t length = 0;
    napi_get_element(env, args[2], static_cast<uint32_t>(i), &buffer);
    if (napi_get_arraybuffer_info(env, buffer, &bytes, &length) != napi_ok) {
      return fail("a storage of the program is not an ArrayBuffer");
    }
    const double* t = static_cast<const double*>(table) + 2 * i;
    if (!is_count(t[0], static_cast<double>(length)) || !is_count(t[1], static_cast<double>(length) - t[0])) {
      return fail("a tensor of the program lies outside its storage (was it detached or disposed?)");
    }
    ranges[i] = {static_cast<char*>(bytes) + static_cast<int64_t>(t[0]), static_cast<int64_t>(t[1])};
  }
  const ProgramResult ended = run_program(state->steps(), code, static_cast<int64_t>(start), ranges, n);
  if (ended.error != nullptr) return fail(ended.error);
  napi_value result = nullptr;
  napi_create_double(env, static_cast<double>(ended.stopped), &result);
  return result;
}

/// fused(...storages): a group of elementwise steps in tiles (native/program/tiles.h). Frame: rows, columns,
/// the number of values, that of steps, that of storages; for each value its space, its dtype, its storage
/// (−1: within a tile only) and its byte offset there; for each step its kind, op, dtype, result and three
/// operands.
napi_value fused(napi_env env, napi_callback_info info) {
  const int64_t most = kMaxBuffers;
  Call call(env, info, kMaxBuffers);
  TileGroup group = {};
  group.rows = call.integer(0);
  group.columns = call.integer(1);
  group.value_count = static_cast<int>(call.index(2, kMaxTileValues + 1, "a group has too many values"));
  group.step_count = static_cast<int>(call.index(3, kMaxTileSteps + 1, "a group has too many steps"));
  int64_t size = 0;
  if (group.rows < 0 || group.columns < 0 || __builtin_mul_overflow(group.rows, group.columns, &size)) {
    call.fail("a group has no such size");
  }
  int slot = 4;
  for (int v = 0; call.ok() && v < group.value_count; v++, slot += 4) {
    TileValue& value = group.values[v];
    value.space =
        static_cast<TileSpace>(call.index(slot, static_cast<int>(TileSpace::kCount), "no such space"));
    value.dtype = static_cast<int>(call.index(slot + 1, kDTypes, "no such dtype"));
    const int64_t storage = call.integer(slot + 2);
    if (storage < -1 || storage >= most) call.fail("no such storage");
    if (!call.ok() || storage < 0) continue;
    const int64_t n = group.size_of(value.space);
    value.data = static_cast<char*>(
        call.range(static_cast<int>(storage), call.integer(slot + 3), n, dtype_size(value.dtype)));
  }
  for (int i = 0; call.ok() && i < group.step_count; i++, slot += 7) {
    TileStep& step = group.steps[i];
    step.kind = static_cast<TileOp>(call.index(slot, static_cast<int>(TileOp::kCount), "no such step"));
    step.op = static_cast<int>(call.index(slot + 1, 1 << 16, "no such op"));
    step.dtype = static_cast<int>(call.index(slot + 2, kDTypes, "no such dtype"));
    step.out = static_cast<int>(call.index(slot + 3, group.value_count, "no such value"));
    for (int k = 0; k < 3; k++) {
      step.in[k] = static_cast<int>(call.index(slot + 4 + k, group.value_count, "no such value"));
    }
  }
  if (!call.ok() || size == 0) return nullptr;
  if (const char* why = check_tiles(kernels(), group)) call.fail(why);
  if (call.ok() && !run_tiles(kernels(), group)) call.fail("there is no memory for a group of steps");
  return nullptr;
}

}  // namespace

void define_program(napi_env env, napi_value exports, Env* state) {
  define_entry(env, exports, "fused", fused, state);
  define_entry(env, exports, "capture", capture, state, false);
  define_entry(env, exports, "runProgram", run_program, state, false);
}

}  // namespace gradtape
