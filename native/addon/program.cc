// Functions that load and run programs (native/program/run.h).
#include "program/run.h"

#include "addon/program_call.h"
#include "addon/ranges.h"

namespace gradtape {

namespace {

/// capture(f): from now on, a call of an entry that may be an instruction of a program first calls f(entry,
/// ...buffers), with the numbers in the argument buffer. If f returns true, it has recorded the call, which
/// is then not carried out. capture(undefined) ends this.
Napi::Value capture(const Napi::CallbackInfo& info) {
  Instance* instance = info.Env().GetInstanceData<Instance>();
  instance->capture.Reset();
  if (info[0].IsFunction()) instance->capture = Napi::Persistent(info[0].As<Napi::Function>());
  return info.Env().Undefined();
}

double number_at(const Napi::CallbackInfo& info, size_t place) {
  return info[place].IsNumber() ? info[place].As<Napi::Number>().DoubleValue() : -1;
}

/// loadProgram(code, storages, scalars) → the program's number in this environment; `storages` and `scalars`
/// are the numbers of those that each run passes.
Napi::Value load_program(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Instance* instance = env.GetInstanceData<Instance>();
  const char* error = "a program is an ArrayBuffer over some storages";
  constexpr int64_t most = int64_t{1} << 20;
  const int64_t storages = count_of(number_at(info, 1), most), scalars = count_of(number_at(info, 2), most);
  std::shared_ptr<const Program> program;
  if (info[0].IsArrayBuffer() && storages >= 0 && scalars >= 0) {
    auto code = info[0].As<Napi::ArrayBuffer>();
    program = Program::load(instance->steps(), static_cast<const double*>(code.Data()),
                            static_cast<int64_t>(code.ByteLength() / 8), storages, scalars, &error);
  }
  if (program == nullptr) {
    throw_range_error(env, error);
    return env.Undefined();
  }
  auto& list = instance->programs;
  size_t place = 0;
  while (place < list.size() && list[place] != nullptr) place++;
  if (place == list.size()) list.emplace_back();
  list[place] = std::move(program);
  return Napi::Number::New(env, static_cast<double>(place));
}

/// freeProgram(number). Runs in progress complete.
Napi::Value free_program(const Napi::CallbackInfo& info) {
  Instance* instance = info.Env().GetInstanceData<Instance>();
  const int64_t number = count_of(number_at(info, 0), static_cast<int64_t>(instance->programs.size()) - 1);
  if (number >= 0) instance->programs[static_cast<size_t>(number)] = nullptr;
  return info.Env().Undefined();
}

/// runProgram(table, ...storages) → undefined, or the position (in words) of the instruction whose result was
/// not −1. program_call.h describes the arguments.
napi_value run_program(napi_env env, napi_callback_info info) {
  ProgramCall call(env, info, 0);
  if (call.error != nullptr) return refuse(env, call.error);
  const ProgramResult result = call.program->run(call.ranges, call.scalars, call.from, call.to);
  if (result.error != nullptr) return refuse(env, result.error);
  if (result.stopped < 0) return nullptr;
  napi_value word = nullptr;
  napi_create_double(env, static_cast<double>(result.stopped), &word);
  return word;
}

}  // namespace

/// A fused group (native/program/tiles.h). It exists only as an instruction of a program, which interprets
/// its numbers.
GT_VARIADIC_ENTRY(Fused, ()) { call.fail("a group is an instruction of a program"); }

napi_value refuse(napi_env env, const char* why) {
  throw_range_error(env, why);
  return nullptr;
}

int64_t count_of(double v, int64_t limit) {
  return is_count(v, static_cast<double>(limit)) ? static_cast<int64_t>(v) : -1;
}

ProgramCall::ProgramCall(napi_env env, napi_callback_info info, size_t before) {
  args = arg_list_.few;
  size_t argc = kFew;
  void* entry = nullptr;
  napi_get_cb_info(env, info, &argc, args, nullptr, &entry);
  instance = static_cast<Entry*>(entry)->instance;
  if (argc > kFew) {
    args = arg_list_.resize(argc);
    napi_get_cb_info(env, info, &argc, args, nullptr, nullptr);
  }
  const double* numbers = instance->argument_buffer;
  const int64_t number =
      count_of(numbers[ProgramRun::program], static_cast<int64_t>(instance->programs.size()) - 1);
  if (number < 0 || instance->programs[static_cast<size_t>(number)] == nullptr) {
    error = "no such program";
    return;
  }
  program = instance->programs[static_cast<size_t>(number)].get();
  this->number = static_cast<size_t>(number);
  const int64_t n = program->storage_count();
  from = count_of(numbers[ProgramRun::from], program->word_count());
  to = count_of(numbers[ProgramRun::to], program->word_count());
  if (from < 0 || to < 0 || argc != before + 1 + static_cast<size_t>(n)) {
    error = "a program is damaged";
    return;
  }
  void* data = nullptr;
  size_t bytes = 0;
  if (napi_get_arraybuffer_info(env, args[before], &data, &bytes) != napi_ok ||
      static_cast<int64_t>(bytes / 8) < n + program->scalar_count()) {
    error = "the table of a program is too short";
    return;
  }
  const double* table = static_cast<const double*>(data);
  scalars = table + n;
  storages = args + before + 1;
  ranges = range_list_.resize(static_cast<size_t>(n));
  for (int64_t i = 0; i < n && error == nullptr; i++) {
    void* buffer = nullptr;
    size_t length = 0;
    if (napi_get_arraybuffer_info(env, storages[i], &buffer, &length) != napi_ok) {
      error = "a storage of the program is not an ArrayBuffer";
      return;
    }
    if (buffer == instance->argument_buffer || (buffer == data && length > 0)) {
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

void define_program(Napi::Object exports, Instance* instance) {
  define_function<capture>(exports, "capture");
  define_function<load_program>(exports, "loadProgram");
  define_function<free_program>(exports, "freeProgram");
  define_entry(exports, "runProgram", run_program, instance, false);
}

}  // namespace gradtape
