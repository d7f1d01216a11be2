// The entries that load and run programs (native/program/run.h).
#include "../program/run.h"

#include "entries.h"

namespace gradtape {

namespace {

Env* state_of(napi_env env, napi_callback_info info, size_t* argc, napi_value* args) {
  void* data = nullptr;
  napi_get_cb_info(env, info, argc, args, nullptr, &data);
  return static_cast<Entry*>(data)->env;
}

napi_value refuse(napi_env env, const char* why) {
  napi_throw_range_error(env, "GRADTAPE_BORDER", why);
  return nullptr;
}

/// The integer in a slot of the frame, −1 where it is none in [0, limit].
int64_t count_in(const Env& state, int slot, int64_t limit) {
  const double v = state.frame[slot];
  if (!(v >= 0 && v <= static_cast<double>(limit))) return -1;
  const int64_t n = static_cast<int64_t>(v);
  return static_cast<double>(n) == v ? n : -1;
}

/// capture(f): from now on calls of entries are not carried out but told to f(entry, ...buffers); the numbers
/// are in the frame. capture(undefined) ends that.
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

/// The storages of a run, on the stack where they are few.
constexpr size_t kFew = 64;
template <class T>
struct List {
  T few[kFew];
  std::vector<T> many;
  T* resize(size_t n) {
    if (n <= kFew) return few;
    many.resize(n);
    return many.data();
  }
};

/// runProgram(table, ...storages) → undefined, or the word of the instruction that gave another result than
/// −1. Frame: the program's number, and between which words it is to be carried out. The table has the byte
/// offset of each storage, then the numbers that the run brings.
napi_value run_program(napi_env env, napi_callback_info info) {
  List<napi_value> arg_list;
  size_t argc = kFew;
  napi_value* args = arg_list.few;
  Env* state = state_of(env, info, &argc, args);
  if (argc > kFew) {
    args = arg_list.resize(argc);
    napi_get_cb_info(env, info, &argc, args, nullptr, nullptr);
  }
  const int64_t number = count_in(*state, 0, static_cast<int64_t>(state->programs.size()) - 1);
  if (number < 0 || state->programs[static_cast<size_t>(number)] == nullptr) {
    return refuse(env, "no such program");
  }
  const Program& program = *state->programs[static_cast<size_t>(number)];
  const int64_t n = program.storage_count();
  const int64_t from = count_in(*state, 1, program.word_count());
  const int64_t to = count_in(*state, 2, program.word_count());
  if (from < 0 || to < 0 || static_cast<int64_t>(argc) != n + 1) return refuse(env, "a program is damaged");
  void* data = nullptr;
  size_t bytes = 0;
  if (napi_get_arraybuffer_info(env, args[0], &data, &bytes) != napi_ok ||
      static_cast<int64_t>(bytes / 8) < n + program.late_count()) {
    return refuse(env, "the table of a program is too short");
  }
  const double* table = static_cast<const double*>(data);
  List<Range> range_list;
  Range* ranges = range_list.resize(static_cast<size_t>(n));
  const char* error = nullptr;
  for (int64_t i = 0; i < n; i++) {
    void* buffer = nullptr;
    size_t length = 0;
    if (napi_get_arraybuffer_info(env, args[i + 1], &buffer, &length) != napi_ok) {
      return refuse(env, "a storage of the program is not an ArrayBuffer");
    }
    ranges[i] = program.storage(i, buffer, length, table[i], &error);
    if (error != nullptr) return refuse(env, error);
  }
  const ProgramResult result = program.run(ranges, table + n, from, to);
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

void define_program(napi_env env, napi_value exports, Env* state) {
  state->group_entry = state->entry_count;
  define_entry(env, exports, "fused", fused, state);
  define_entry(env, exports, "capture", capture, state, false);
  define_entry(env, exports, "loadProgram", load_program, state, false);
  define_entry(env, exports, "freeProgram", free_program, state, false);
  define_entry(env, exports, "runProgram", run_program, state, false);
}

}  // namespace gradtape
