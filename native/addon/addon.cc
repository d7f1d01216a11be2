// The module: one state per environment, one entry per kernel family.
#include <string>

#include "../runtime/dispatch.h"
#include "../runtime/pages.h"
#include "../runtime/pool.h"
#include "call.h"
#include "entries.h"
#include "names.h"

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
  frame_ = entry->instance->frame;
  if (!entry->instance->capture.IsEmpty() && entry->step) {
    capture(entry, argc < static_cast<size_t>(count) ? argc : static_cast<size_t>(count));
  }
}

void Call::capture(Entry* entry, size_t argc) {
  napi_value all[kMaxBuffers + 1];
  all[0] = Napi::Number::New(env_, entry->number);
  for (size_t i = 0; i < argc; i++) all[i + 1] = args_[i];
  const Napi::Value recorded = entry->instance->capture.Value().Call(argc + 1, all);
  // Empty if it threw.
  failed_ = recorded.IsEmpty() || (recorded.IsBoolean() && recorded.As<Napi::Boolean>().Value());
}

void Call::fail(const char* message) {
  if (failed_) return;
  failed_ = true;
  if (step_ != nullptr) {
    step_->error = message;
  } else {
    throw_range_error(env_, message);
  }
}

[[gnu::cold]] Napi::RangeError range_error(Napi::Env env, const char* why) {
  Napi::RangeError error = Napi::RangeError::New(env, why);
  error.Set("code", Napi::String::New(env, error_code(why)));
  return error;
}

[[gnu::cold]] void define_names(Napi::Object exports, const char* property, const char* const* first,
                                size_t step, int count) {
  const Napi::Env env = exports.Env();
  Napi::Array list = Napi::Array::New(env, static_cast<size_t>(count));
  for (int i = 0; i < count; i++) {
    const char* const name = *reinterpret_cast<const char* const*>(reinterpret_cast<const char*>(first) +
                                                                   static_cast<size_t>(i) * step);
    list.Set(static_cast<uint32_t>(i), Napi::String::New(env, name));
  }
  exports.Set(property, list);
}

void throw_range_error(Napi::Env env, const char* why) { range_error(env, why).ThrowAsJavaScriptException(); }

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

[[gnu::always_inline]] inline bool Call::within(void* data, size_t length, int64_t offset, int64_t count,
                                                int64_t size, Bytes* range) {
  const uint64_t at = static_cast<uint64_t>(offset);  // a negative one is larger than all lengths
  uint64_t bytes = 0;
  if (at > length ||
      __builtin_mul_overflow(static_cast<uint64_t>(count), static_cast<uint64_t>(size), &bytes) ||
      bytes > length - at) {
    fail("a range of the call lies outside its storage (was it detached or disposed?)");
    return false;
  }
  const uintptr_t begin = reinterpret_cast<uintptr_t>(data) + at;
  // The address, not the offset: an instruction of a program may name any byte as the first of its buffer.
  // (A division took a quarter of the time of a call; element sizes are powers of two.)
  if ((begin & static_cast<uintptr_t>(size - 1)) != 0) {
    fail("a range of the call is not aligned to its element size");
    return false;
  }
  *range = {begin, begin + bytes};
  return true;
}

void* Call::take(unsigned arg, int64_t offset, int64_t count, int64_t size, Use use) {
  void* data = nullptr;
  size_t length = 0;
  Bytes range;
  if (failed_ || !buffer(static_cast<int>(arg), &data, &length) ||
      !within(data, length, offset, count, size, &range)) {
    return nullptr;
  }
  Bytes* const last = taken_;
  if (use.writes() || written_ != 0) {
#pragma GCC unroll 1
    for (const Bytes* other = bytes_; other != last; other++) {
      if (range.begin < other->end && range.end > other->begin && !may_overlap(*other, range, use)) {
        return nullptr;
      }
    }
    if (use.writes()) written_ |= 1u << (last - bytes_);
  }
  if (last == bytes_ + kMaxTaken) {
    fail("an entry takes more ranges than a call remembers");
    return nullptr;
  }
  *last = range;
  taken_ = last + 1;
  return range.pointer();
}

bool Call::may_overlap(const Bytes& other, Bytes range, Use use) {
  const auto place = static_cast<unsigned>(&other - bytes_);
  if (!use.writes() && (written_ >> place & 1) == 0) return true;
  if (range.begin == range.end || other.begin == other.end) return true;
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
  Bytes range;
  return within(known_data_, known_bytes_, offset, count, size, &range) ? range.pointer() : nullptr;
}

StepTable Instance::steps() const {
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

void define_entry(Napi::Object exports, const char* name, napi_callback callback, Instance* instance,
                  bool step, bool rows) {
  if (instance->entry_count == kMaxEntries) Napi::Error::Fatal("gradtape", "kMaxEntries");
  Entry* entry = &instance->entries[instance->entry_count];
  *entry = {instance, instance->entry_count++, name, callback, step, rows};
  // As an assignment would leave it. The wrapper has no function for a callback of the Node-API itself.
  const napi_property_descriptor property = {
      name, nullptr, callback, nullptr, nullptr, nullptr, napi_default_jsproperty, entry};
  exports.DefineProperty(Napi::PropertyDescriptor(property));
  const Napi::Value entries = step ? exports.Get("entries") : Napi::Value();
  if (entries.IsObject()) entries.As<Napi::Object>().Set(name, entry->number);
}

namespace {

Napi::Value isa(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), kernels().isa); }

Napi::Value get_num_threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), num_threads());
}

Napi::Value set_threads(const Napi::CallbackInfo& info) {
  const double n = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : 0;
  if (n >= 1 && n <= kMaxThreads) set_num_threads(static_cast<int>(n));
  return info.Env().Undefined();
}

Napi::Value trim(const Napi::CallbackInfo& info) {
  trim_heap();
  return info.Env().Undefined();
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

/// What TypeScript must know of calls: how many buffers they take at most, and the numbers of the entries
/// that may be steps of programs, by name.
void define_layout(Napi::Object exports) {
  exports.Set("maxBuffers", kMaxBuffers);
  exports.Set("entries", Napi::Object::New(exports.Env()));
}

constexpr const char* kind_name(Kind kind) {
  return kind == kBoolean ? "bool" : kind == kFloating ? "floating" : kind == kSigned ? "signed" : "unsigned";
}

/// The list of dtypes, by code, for TypeScript to compare with its own.
[[gnu::cold]] void define_dtypes(Napi::Object exports) {
  const Napi::Env env = exports.Env();
  Napi::Array list = Napi::Array::New(env, kDTypes);
  for (int code = 0; code < kDTypes; code++) {
    const DTypeRow& row = kDTypeRows[code];
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", row.name);
    entry.Set("code", code);
    entry.Set("bytes", static_cast<double>(row.bytes));
    entry.Set("kind", kind_name(row.kind));
    entry.Set("compute", kDTypeRows[static_cast<int>(row.compute)].name);
    list.Set(static_cast<uint32_t>(code), entry);
  }
  exports.Set("dtypes", list);
}

/// Any call here may fail, since a worker thread may be ended meanwhile. Nothing follows from that: nobody
/// will see the exports.
[[gnu::cold]] Napi::Object init(Napi::Env env, Napi::Object exports) {
  const auto fail = [&](const std::string& why) {
    Napi::Error::New(env, why).ThrowAsJavaScriptException();
    return exports;
  };
  if (const char* why = forced_isa_error()) return fail(std::string("GRADTAPE_FORCE_ISA ") + why);
  if (const char* why = num_threads_error()) return fail(std::string("GRADTAPE_NUM_THREADS ") + why);
  static const bool once = (keep_heap(), true);
  (void)once;
  // The frame outlives every use: it is freed with the environment,
  // and its memory is ours even if script code detaches the array buffer over it.
  Instance* instance = new Instance();
  env.SetInstanceData(instance);
  const auto frame = Napi::ArrayBuffer::New(env, instance->frame, sizeof instance->frame);
  if (frame.IsEmpty()) {
    env.GetAndClearPendingException();
    return fail("this runtime does not allow external array buffers");
  }
  exports.Set("frame", frame);
  define_layout(exports);
  define_dtypes(exports);
  define_function<isa>(exports, "isa");
  define_function<get_num_threads>(exports, "numThreads");
  define_function<set_threads>(exports, "setNumThreads");
  define_function<trim>(exports, "trimHeap");
  define_entry(exports, "newStorage", new_storage, instance, false);
  define_copy(exports, instance);
  define_elementwise(exports, instance);
  define_activation(exports, instance);
  define_reduce(exports, instance);
  define_convert(exports, instance);
  define_indexing(exports, instance);
  define_matmul(exports, instance);
  define_conv(exports, instance);
  define_softmax(exports, instance);
  define_sort(exports, instance);
  define_program(exports, instance);
  define_async(exports, instance);
  define_optimizer(exports, instance);
  define_norm(exports, instance);
  define_window(exports, instance);
  define_measure(exports, instance);
  return exports;
}

}  // namespace

}  // namespace gradtape

static Napi::Object gradtape_init(Napi::Env env, Napi::Object exports) {
  return gradtape::init(env, exports);
}
NODE_API_MODULE(gradtape, gradtape_init)
