// The entries that load and run programs (native/program/run.h).
#include "../program/run.h"

#include "entries.h"
#include "program_call.h"
#include "ranges.h"

namespace gradtape {

namespace {

Env* state_of(napi_env env, napi_callback_info info, size_t* argc, napi_value* args) {
  void* data = nullptr;
  napi_get_cb_info(env, info, argc, args, nullptr, &data);
  return static_cast<Entry*>(data)->env;
}

/// capture(f): from now on, calls of entries that may be steps of a program go to f(entry, ...buffers) first,
/// the numbers in the argument buffer. Where f returns true, it has recorded the call, which is then not
/// carried out. capture(undefined) ends that.
napi_value capture(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value f = nullptr;
  Env* state = state_of(env, info, &argc, &f);
  if (state->capture != nullptr) napi_delete_reference(env, state->capture);
  state->capture = nullptr;
  napi_valuetype type = napi_undefined;
  napi_typeof(env, f, &type);
  if (type == napi_function) napi_create_reference(env, f, 1, &state->capture);
  return nullptr;
}

/// loadProgram(code) → the program's number in this environment. Frame: how many storages and how many
/// numbers each run brings.
napi_value load_program(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value code = nullptr;
  Env* state = state_of(env, info, &argc, &code);
  void* words = nullptr;
  size_t bytes = 0;
  constexpr int64_t most = int64_t{1} << 20;
  const int64_t storages = count_in(*state, 0, most), late = count_in(*state, 1, most);
  if (napi_get_arraybuffer_info(env, code, &words, &bytes) != napi_ok || storages < 0 || late < 0) {
    return refuse(env, "a program is an ArrayBuffer over some storages");
  }
  const char* error = nullptr;
  auto program = Program::load(state->steps(), static_cast<const double*>(words),
                               static_cast<int64_t>(bytes / 8), storages, late, &error);
  if (program == nullptr) return refuse(env, error);
  auto& list = state->programs;
  size_t place = 0;
  while (place < list.size() && list[place] != nullptr) place++;
  if (place == list.size()) list.emplace_back();
  list[place] = std::move(program);
  napi_value number = nullptr;
  napi_create_double(env, static_cast<double>(place), &number);
  return number;
}

/// freeProgram(). Frame: the program's number. A run that is under way goes on.
napi_value free_program(napi_env env, napi_callback_info info) {
  size_t argc = 0;
  Env* state = state_of(env, info, &argc, nullptr);
  const int64_t number = count_in(*state, 0, static_cast<int64_t>(state->programs.size()) - 1);
  if (number >= 0) state->programs[static_cast<size_t>(number)] = nullptr;
  return nullptr;
}

/// runProgram(table, ...storages) → undefined, or the word of the instruction that gave another result than
/// −1. What the arguments and the frame say: program_call.h.
napi_value run_program(napi_env env, napi_callback_info info) {
  ProgramCall call(env, info, 0);
  if (call.error != nullptr) return refuse(env, call.error);
  const ProgramResult result = call.program->run(call.ranges, call.late, call.from, call.to);
  if (result.error != nullptr) return refuse(env, result.error);
  if (result.stopped < 0) return nullptr;
  napi_value word = nullptr;
  napi_create_double(env, static_cast<double>(result.stopped), &word);
  return word;
}

/// fused(...storages): a group of elementwise steps in tiles (native/program/tiles.h). Only as an instruction
/// of a program, which knows what its numbers mean.
napi_value fused(napi_env env, napi_callback_info info) {
  Call call(env, info, 0);
  call.fail("a group is an instruction of a program");
  return nullptr;
}

}  // namespace

napi_value refuse(napi_env env, const char* why) {
  napi_throw_range_error(env, error_code(why), why);
  return nullptr;
}

int64_t count_in(const Env& state, int slot, int64_t limit) {
  const double v = state.frame[slot];
  return is_count(v, static_cast<double>(limit)) ? static_cast<int64_t>(v) : -1;
}

ProgramCall::ProgramCall(napi_env env, napi_callback_info info, size_t before) {
  args = arg_list_.few;
  size_t argc = kFew;
  state = state_of(env, info, &argc, args);
  if (argc > kFew) {
    args = arg_list_.resize(argc);
    napi_get_cb_info(env, info, &argc, args, nullptr, nullptr);
  }
  const int64_t number = count_in(*state, 0, static_cast<int64_t>(state->programs.size()) - 1);
  if (number < 0 || state->programs[static_cast<size_t>(number)] == nullptr) {
    error = "no such program";
    return;
  }
  program = state->programs[static_cast<size_t>(number)].get();
  this->number = static_cast<size_t>(number);
  const int64_t n = program->storage_count();
  from = count_in(*state, 1, program->word_count());
  to = count_in(*state, 2, program->word_count());
  if (from < 0 || to < 0 || argc != before + 1 + static_cast<size_t>(n)) {
    error = "a program is damaged";
    return;
  }
  void* data = nullptr;
  size_t bytes = 0;
  if (napi_get_arraybuffer_info(env, args[before], &data, &bytes) != napi_ok ||
      static_cast<int64_t>(bytes / 8) < n + program->late_count()) {
    error = "the table of a program is too short";
    return;
  }
  const double* table = static_cast<const double*>(data);
  late = table + n;
  storages = args + before + 1;
  ranges = range_list_.resize(static_cast<size_t>(n));
  for (int64_t i = 0; i < n && error == nullptr; i++) {
    void* buffer = nullptr;
    size_t length = 0;
    if (napi_get_arraybuffer_info(env, storages[i], &buffer, &length) != napi_ok) {
      error = "a storage of the program is not an ArrayBuffer";
      return;
    }
    if (buffer == state->frame || (buffer == data && length > 0)) {
      error = "a storage of the program is the argument buffer or the table";
      return;
    }
    ranges[i] = program->storage(i, buffer, length, table[i], &error);
    if (i > 0 && error == nullptr &&
        overlap(ranges[kArena].data, ranges[kArena].bytes, ranges[i].data, ranges[i].bytes)) {
      error = "a storage of the program overlaps its own memory";
    }
  }
}

void define_program(napi_env env, napi_value exports, Env* state) {
  state->group_entry = state->entry_count;
  define_entry(env, exports, "fused", fused, state);
  define_entry(env, exports, "capture", capture, state, false);
  define_entry(env, exports, "loadProgram", load_program, state, false);
  define_entry(env, exports, "freeProgram", free_program, state, false);
  define_entry(env, exports, "runProgram", run_program, state, false);
}

}  // namespace gradtape
