// Programs: lists of calls that run without JavaScript in between.
//
// A program is an array buffer of doubles, one instruction after another:
//   entry, count of buffers, count of numbers, then for each buffer the storage it lies in (its place in the
//   list that the call brings), its byte offset there and its length in bytes, then the numbers, as they
//   would stand in the frame; zeros at their end may be left out.
// Every instruction passes the same checks as a call from JavaScript: a damaged program is an error, never a
// wild access.
#include <vector>

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

bool is_count(double v, double limit) {
  return v >= 0 && v <= limit && v == static_cast<double>(static_cast<int64_t>(v));
}

struct Code {
  const double* words;
  int64_t count;
};

/// Where it ended: −1 after the last instruction, else the word of the one that gave another result than −1.
/// `error` is set where an instruction is not valid.
int64_t run(const Env& env, const Code& code, int64_t at, const ProgramStep::Range* storages,
            int64_t storage_count, const char** error) {
  const int64_t end = code.count;
  while (at < end) {
    const double* w = code.words + at;
    if (end - at < 3 || !is_count(w[0], env.step_count - 1) || !is_count(w[1], Call::kMaxBuffers) ||
        !is_count(w[2], kFrameSlots)) {
      *error = "an instruction of the program is damaged";
      return at;
    }
    const Entry& entry = env.entries[static_cast<int>(w[0])];
    const int buffers = static_cast<int>(w[1]);
    const int64_t numbers = static_cast<int64_t>(w[2]);
    const int64_t next = at + 3 + 3 * buffers + numbers;
    if (next > end) {
      *error = "an instruction of the program is cut off";
      return at;
    }
    ProgramStep::Range ranges[Call::kMaxBuffers];
    for (int i = 0; i < buffers; i++) {
      const double* b = w + 3 + 3 * i;
      if (!is_count(b[0], static_cast<double>(storage_count - 1))) {
        *error = "an instruction of the program names no storage";
        return at;
      }
      const ProgramStep::Range& storage = storages[static_cast<int64_t>(b[0])];
      if (!is_count(b[1], static_cast<double>(storage.bytes)) ||
          !is_count(b[2], static_cast<double>(storage.bytes) - b[1])) {
        *error = "a range of the program lies outside its storage";
        return at;
      }
      ranges[i] = {storage.data + static_cast<int64_t>(b[1]), static_cast<int64_t>(b[2])};
    }
    ProgramStep step = {w + 3 + 3 * buffers, static_cast<int>(numbers), ranges, buffers, -1, nullptr};
    entry.callback(nullptr, reinterpret_cast<napi_callback_info>(&step));
    if (step.error != nullptr) {
      *error = step.error;
      return at;
    }
    if (step.result != -1) return at;
    at = next;
  }
  return -1;
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
  ProgramStep::Range few[kFew];
  std::vector<ProgramStep::Range> many;
  ProgramStep::Range* ranges = few;
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
  const char* error = nullptr;
  const int64_t stopped = run(*state, code, static_cast<int64_t>(start), ranges, n, &error);
  if (error != nullptr) return fail(error);
  napi_value result = nullptr;
  napi_create_double(env, static_cast<double>(stopped), &result);
  return result;
}

}  // namespace

void define_program(napi_env env, napi_value exports, Env* state) {
  state->step_count = state->entry_count;  // all but these two
  define_entry(env, exports, "capture", capture, state);
  define_entry(env, exports, "runProgram", run_program, state);
}

}  // namespace gradtape
