// The module: one state per environment, one entry per kernel family.
#include <string>

#include "addon/call.h"
#include "addon/entry.h"
#include "runtime/dispatch/dispatch.h"
#include "runtime/memory/pages.h"
#include "runtime/parallel/pool.h"
#include "tables.h"

namespace gradtape {

#define GT_ROW(Name, name) extern const EntryRow entry_##Name;
GT_ENTRIES(GT_ROW)
#undef GT_ROW

Call::Call(napi_env env, napi_callback_info info, int count) : env_(env) {
  if (env == nullptr) {
    step_ = reinterpret_cast<ProgramStep*>(info);
    slots_ = step_->numbers;
    numbers_ = step_->number_count;
    return;
  }
  // napi_get_cb_info fills all slots that it is given; most calls of variadic entries pass few buffers.
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
  slots_ = entry->instance->argument_buffer;
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
  // The address, not the offset: an instruction of a program may name any byte as the first of its buffer. (A
  // mask, since element sizes are powers of two: a division took a quarter of the time of a call.)
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
    fail("an entry uses more ranges than a call can record");
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

napi_value Call::value(double v) {
  if (step_ != nullptr) {
    step_->result = v;
    return nullptr;
  }
  napi_value result = nullptr;
  napi_create_double(env_, v, &result);
  return result;
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

void define_entry(Napi::Object exports, const char* name, napi_callback callback, Instance* instance,
                  bool step, bool rows) {
  if (instance->entry_count == kMaxEntries) Napi::Error::Fatal("gradtape", "kMaxEntries");
  Entry* entry = &instance->entries[instance->entry_count];
  *entry = {instance, instance->entry_count++, name, callback, step, rows};
  // Same attributes as a property that is assigned. node-addon-api has no function for a bare Node-API
  // callback.
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

/// newStorage(buffer): prepares a storage; returns the distance of its first byte from a 64-byte boundary.
Napi::Value new_storage(const Napi::CallbackInfo& info) {
  if (!info[0].IsArrayBuffer()) {
    throw_range_error(info.Env(), "a storage is an ArrayBuffer");
    return info.Env().Undefined();
  }
  auto buffer = info[0].As<Napi::ArrayBuffer>();
  void* p = buffer.Data();
  if (p != nullptr) ask_for_huge_pages(p, static_cast<int64_t>(buffer.ByteLength()));
  return Napi::Number::New(info.Env(), static_cast<double>(reinterpret_cast<uintptr_t>(p) & 63));
}

/// shareMemory(array): an ArrayBuffer over the memory of a Uint8Array, which may be backed by a
/// SharedArrayBuffer: the Node-API cannot access those directly. It keeps the array, and with it the memory,
/// alive until it is collected.
Napi::Value share_memory(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsTypedArray() || info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw_range_error(env, "shared memory must be passed as a Uint8Array");
    return env.Undefined();
  }
  auto array = info[0].As<Napi::Uint8Array>();
  auto* held = new Napi::ObjectReference(Napi::Persistent(array.As<Napi::Object>()));
  const auto release = [](Napi::Env, void*, Napi::ObjectReference* reference) { delete reference; };
  const auto buffer = Napi::ArrayBuffer::New(env, array.Data(), array.ByteLength(), release, held);
  if (buffer.IsEmpty()) delete held;
  return buffer;
}

/// Properties that TypeScript needs for calls: the maximum number of buffers, and a map from the names to the
/// numbers of those entries that may be instructions of programs.
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

/// Exports a list of names: the one at `first`, then one every `step` bytes.
[[gnu::cold]] void define_list(Napi::Object exports, const char* property, const char* const* first,
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
/// The names of a family's ops, in the order of their numbers.
template <class Entry>
void define_list(Napi::Object exports, const char* property, OpList<Entry> list) {
  define_list(exports, property, &list.ops->name, sizeof(Entry), list.count);
}
[[gnu::cold]] void define_names(Napi::Object exports) {
  const KernelTable& table = kernels();
#define GT_ROW(list, property) define_list(exports, #property, table.list);
  GT_OP_LISTS(GT_ROW)
#undef GT_ROW
}

/// All entries, and the fingerprint of their arguments at build time.
[[gnu::cold]] void define_entries(Napi::Object exports, Instance* instance) {
#define GT_ROW(Name, name) \
  define_entry(exports, #name, entry_##Name.callback, instance, true, entry_##Name.rows);
  GT_ENTRIES(GT_ROW)
#undef GT_ROW
  while (instance->entries[instance->group_entry].callback != entry_Fused.callback) instance->group_entry++;
  exports.Set("arguments", static_cast<double>(GT_ARGUMENTS_FINGERPRINT));
}

/// Any call here may fail, since a worker thread may be terminated at any time. Failures can be ignored: the
/// exports are discarded then.
[[gnu::cold]] Napi::Object init(Napi::Env env, Napi::Object exports) {
  const auto fail = [&](const std::string& why) {
    Napi::Error::New(env, why).ThrowAsJavaScriptException();
    return exports;
  };
  if (const char* why = forced_isa_error()) return fail(std::string("GRADTAPE_FORCE_ISA ") + why);
  if (const char* why = num_threads_error()) return fail(std::string("GRADTAPE_NUM_THREADS ") + why);
  static const bool once = (keep_heap(), true);
  (void)once;
  // The argument buffer is valid as long as the environment, with which it is freed. Its memory is the
  // instance's own, so it stays valid if script code detaches the array buffer over it.
  Instance* instance = new Instance();
  env.SetInstanceData(instance);
  const auto slots = Napi::ArrayBuffer::New(env, instance->argument_buffer, sizeof instance->argument_buffer);
  if (slots.IsEmpty()) {
    env.GetAndClearPendingException();
    return fail("this runtime does not allow external array buffers");
  }
  exports.Set("argumentBuffer", slots);
  define_layout(exports);
  define_dtypes(exports);
  define_function<isa>(exports, "isa");
  define_function<get_num_threads>(exports, "numThreads");
  define_function<set_threads>(exports, "setNumThreads");
  define_function<trim>(exports, "trimHeap");
  define_function<new_storage>(exports, "newStorage");
  define_function<share_memory>(exports, "shareMemory");
  define_program(exports, instance);
  define_async(exports, instance);
  define_names(exports);
  define_entries(exports, instance);
  return exports;
}

}  // namespace

}  // namespace gradtape

static Napi::Object gradtape_init(Napi::Env env, Napi::Object exports) {
  return gradtape::init(env, exports);
}
NODE_API_MODULE(gradtape, gradtape_init)
