// The module: one state per environment, one entry per kernel family.
#include <string>

#include "../runtime/dispatch.h"
#include "../runtime/pages.h"
#include "../runtime/pool.h"
#include "call.h"
#include "entries.h"

namespace gradtape {

Call::Call(napi_env env, napi_callback_info info, int count) : env_(env) {
  if (env == nullptr) {
    step_ = reinterpret_cast<ProgramStep*>(info);
    frame_ = step_->frame;
    numbers_ = step_->number_count;
    return;
  }
  // Node fills all places that it is given; most calls of an entry that takes many buffers have few.
  constexpr int kFew = 10;
  arg_count_ = count < kFew ? count : kFew;
  size_t argc = static_cast<size_t>(arg_count_);
  void* data = nullptr;
  napi_get_cb_info(env, info, &argc, args_, nullptr, &data);
  if (count > kFew && argc > static_cast<size_t>(kFew)) {
    arg_count_ = count;
    argc = static_cast<size_t>(count);
    napi_get_cb_info(env, info, &argc, args_, nullptr, nullptr);
  }
  Entry* entry = static_cast<Entry*>(data);
  frame_ = entry->env->frame;
  double& page = entry->env->frame[kFrameSlots];
  if (page != 0) {
    if (page >= kFirstPage && page <= kAllSlots - kPageSlots) frame_ += static_cast<int>(page);
    numbers_ = kPageSlots;
    page = 0;
  }
  if (entry->env->capture != nullptr && entry->step) {
    capture(entry, argc < static_cast<size_t>(count) ? argc : static_cast<size_t>(count));
  }
}

void Call::capture(Entry* entry, size_t argc) {
  napi_value tell = nullptr, self = nullptr, result = nullptr;
  napi_value all[kMaxBuffers + 1];
  napi_create_int32(env_, entry->number, &all[0]);
  for (size_t i = 0; i < argc; i++) all[i + 1] = args_[i];
  napi_get_reference_value(env_, entry->env->capture, &tell);
  napi_get_undefined(env_, &self);
  if (napi_call_function(env_, self, tell, argc + 1, all, &result) != napi_ok) {
    failed_ = true;  // it threw
    return;
  }
  napi_get_value_bool(env_, result, &failed_);
}

void Call::fail(const char* message) {
  if (failed_) return;
  failed_ = true;
  if (step_ != nullptr) {
    step_->error = message;
    return;
  }
  napi_throw_range_error(env_, error_code(message), message);
}

[[gnu::always_inline]] inline bool Call::buffer(int arg, void** data, size_t* length) {
  if (step_ != nullptr) {
    if (arg < step_->buffer_count) {
      *data = step_->buffers[arg].data;
      *length = static_cast<size_t>(step_->buffers[arg].bytes);
      return true;
    }
    fail("a step of the program has too few buffers");
    return false;
  }
  if (arg < arg_count_ && napi_get_arraybuffer_info(env_, args_[arg], data, length) == napi_ok) return true;
  fail("a storage of the call is not an ArrayBuffer");
  return false;
}

[[gnu::always_inline]] inline char* Call::within(void* data, size_t length, int64_t offset, int64_t count,
                                                 int64_t size, int64_t* bytes) {
  const int64_t limit = static_cast<int64_t>(length);
  if (offset < 0 || offset > limit || count < 0 || __builtin_mul_overflow(count, size, bytes) ||
      *bytes > limit - offset) {
    fail("a range of the call lies outside its storage (was it detached or disposed?)");
    return nullptr;
  }
  char* const first = static_cast<char*>(data) + offset;
  // The address, not the offset: an instruction of a program may name any byte as the first of its buffer.
  // (A division took a quarter of the time of a call; element sizes are powers of two.)
  if ((reinterpret_cast<uintptr_t>(first) & static_cast<uintptr_t>(size - 1)) != 0) {
    fail("a range of the call is not aligned to its element size");
    return nullptr;
  }
  return count == 0 ? nullptr : first;
}

void* Call::take(unsigned arg, int64_t offset, int64_t count, int64_t size, Use use) {
  void* data = nullptr;
  size_t length = 0;
  if (failed_ || !buffer(static_cast<int>(arg), &data, &length)) return nullptr;
  int64_t bytes = 0;
  char* const p = within(data, length, offset, count, size, &bytes);
  if (failed_) return nullptr;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(p), end = begin + static_cast<uintptr_t>(bytes);
  Bytes* const last = taken_;
  if (last == bytes_ + kMaxTaken) {
    fail("an entry takes more ranges than a call remembers");
    return nullptr;
  }
  if (use.writes() || written_ != 0) {
#pragma GCC unroll 1
    for (const Bytes* other = bytes_; other != last; other++) {
      if (begin >= other->end || end <= other->begin) continue;
      if (may_overlap(*other, {begin, end}, use)) continue;
      return nullptr;
    }
    if (use.writes()) written_ |= 1u << (last - bytes_);
  }
  *last = {begin, end};
  taken_ = last + 1;
  return p;
}

bool Call::may_overlap(const Bytes& other, Bytes range, Use use) {
  const auto place = static_cast<unsigned>(&other - bytes_);
  if (!use.writes() && (written_ >> place & 1) == 0) return true;
  const bool same = range.begin == other.begin && range.end == other.end;
  if (same && (use.bits >> place & 1) != 0) return true;
  fail(kOverlap);
  return false;
}

void* Call::range(int arg, int64_t offset, int64_t count, int64_t size) {
  if (failed_) return nullptr;
  if (arg != known_arg_) {
    if (!buffer(arg, &known_data_, &known_bytes_)) return nullptr;
    known_arg_ = arg;
  }
  int64_t bytes = 0;
  return within(known_data_, known_bytes_, offset, count, size, &bytes);
}

StepTable Env::steps() const {
  return {entries,
          entry_count,
          group_entry,
          [](const void* list, int number) { return static_cast<const Entry*>(list)[number].step; },
          [](const void* list, int number, ProgramStep* step) {
            static_cast<const Entry*>(list)[number].callback(nullptr,
                                                             reinterpret_cast<napi_callback_info>(step));
          },
          [](const void* list, int number) { return static_cast<const Entry*>(list)[number].rows; }};
}

napi_value Call::value(double v) {
  if (step_ != nullptr) {
    step_->result = v;
    return nullptr;
  }
  napi_value result = nullptr;
  napi_create_double(env_, v, &result);
  return result;
}

void define_entry(napi_env env, napi_value exports, const char* name, napi_callback callback, Env* state,
                  bool step, bool rows) {
  napi_value fn = nullptr;
  if (state->entry_count == kMaxEntries) napi_fatal_error("gradtape", NAPI_AUTO_LENGTH, "kMaxEntries", 11);
  Entry* entry = &state->entries[state->entry_count];
  *entry = {state, state->entry_count++, name, callback, step, rows};
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, entry, &fn);
  napi_set_named_property(env, exports, name, fn);
  if (!step) return;
  napi_value entries = nullptr, number = nullptr;
  napi_get_named_property(env, exports, "entries", &entries);
  napi_create_int32(env, entry->number, &number);
  napi_set_named_property(env, entries, name, number);
}

namespace {

napi_value isa(napi_env env, napi_callback_info) {
  napi_value name = nullptr;
  napi_create_string_utf8(env, kernels().isa, NAPI_AUTO_LENGTH, &name);
  return name;
}

napi_value get_num_threads(napi_env env, napi_callback_info) {
  napi_value n = nullptr;
  napi_create_int32(env, num_threads(), &n);
  return n;
}

napi_value set_threads(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value arg = nullptr;
  napi_get_cb_info(env, info, &argc, &arg, nullptr, nullptr);
  double n = 0;
  napi_get_value_double(env, arg, &n);
  if (n >= 1 && n <= kMaxThreads) set_num_threads(static_cast<int>(n));
  return nullptr;
}

/// newStorage(buffer): readies a storage, and says how far its first byte is past a 64-byte boundary. Frame:
/// how many bytes there are.
napi_value new_storage(napi_env env, napi_callback_info info) {
  Call call(env, info, 1);
  const int64_t bytes = call.integer(0);
  void* p = call.range(0, 0, bytes, 1);
  if (call.ok() && p != nullptr) ask_for_huge_pages(p, bytes);
  return call.ok() ? call.value(static_cast<double>(reinterpret_cast<uintptr_t>(p) & 63)) : nullptr;
}

/// A function that is no entry: it has no number, and no program may call it.
void define_function(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value fn = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &fn);
  napi_set_named_property(env, exports, name, fn);
}

/// What TypeScript must know of calls: how many buffers they take at most, where in the array buffer
/// `frame`, in slots, the pages lie and the one of the next call is named, and the numbers of the entries
/// that may be steps of programs, by name.
void define_layout(napi_env env, napi_value exports) {
  const auto set = [env](napi_value object, const char* name, int value) {
    napi_value number = nullptr;
    napi_create_int32(env, value, &number);
    napi_set_named_property(env, object, name, number);
  };
  set(exports, "maxBuffers", kMaxBuffers);
  napi_value pages = nullptr;
  napi_create_object(env, &pages);
  set(pages, "turned", kFrameSlots);
  set(pages, "first", kFirstPage);
  set(pages, "length", kPageSlots);
  napi_set_named_property(env, exports, "pages", pages);
  napi_value entries = nullptr;
  napi_create_object(env, &entries);
  napi_set_named_property(env, exports, "entries", entries);
}

/// Any call here fails where the environment is ended meanwhile, as worker threads may be at any time.
/// Nothing follows from that: nobody will see the exports. (The C++ wrapper of the Node-API would end the
/// process.)
napi_value init(napi_env env, napi_value exports) {
  const auto fail = [&](const std::string& why) {
    napi_throw_error(env, nullptr, why.c_str());
    return exports;
  };
  if (const char* why = forced_isa_error()) return fail(std::string("GRADTAPE_FORCE_ISA ") + why);
  if (const char* why = num_threads_error()) return fail(std::string("GRADTAPE_NUM_THREADS ") + why);
  static const bool once = (keep_heap(), true);
  (void)once;
  // The frame outlives every use: it is freed with the environment,
  // and its memory is ours even if script code detaches the array buffer over it.
  Env* state = new Env();
  napi_add_env_cleanup_hook(
      env, [](void* p) { delete static_cast<Env*>(p); }, state);
  napi_value frame = nullptr;
  if (napi_create_external_arraybuffer(env, state->frame, sizeof state->frame, nullptr, nullptr, &frame) !=
      napi_ok) {
    return fail("this runtime does not allow external array buffers");
  }
  napi_set_named_property(env, exports, "frame", frame);
  define_layout(env, exports);
  define_function(env, exports, "isa", isa);
  define_function(env, exports, "numThreads", get_num_threads);
  define_function(env, exports, "setNumThreads", set_threads);
  define_entry(env, exports, "newStorage", new_storage, state, false);
  define_copy(env, exports, state);
  define_elementwise(env, exports, state);
  define_activation(env, exports, state);
  define_reduce(env, exports, state);
  define_convert(env, exports, state);
  define_indexing(env, exports, state);
  define_matmul(env, exports, state);
  define_conv(env, exports, state);
  define_softmax(env, exports, state);
  define_sort(env, exports, state);
  define_program(env, exports, state);
  define_async(env, exports, state);
  define_optimizer(env, exports, state);
  define_norm(env, exports, state);
  define_window(env, exports, state);
  define_measure(env, exports, state);
  return exports;
}

}  // namespace

}  // namespace gradtape

NAPI_MODULE(gradtape, gradtape::init)
