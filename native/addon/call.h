// What every entry of the border does with its arguments.
//
// A call carries array buffers as arguments and everything else (offsets, lengths, op numbers, shapes,
// strides) in the environment's frame: 512 doubles that TypeScript writes just before. Node asks V8 for each
// buffer's address and length at every call, so nothing is cached that could dangle; every range is checked
// against it. A failed check throws and leaves all buffers as they were.
#pragma once
#include <stdint.h>

#include "napi_setup.h"

namespace gradtape {

inline constexpr int kFrameSlots = 512;

/// Per environment (the main thread and each worker has its own).
struct Env {
  double frame[kFrameSlots];
};

class Call {
 public:
  static constexpr int kMaxBuffers = 9;

  /// Fetches `count` arguments.
  Call(napi_env env, napi_callback_info info, int count);

  /// The integer in a slot of the frame; fails outside ±2⁵³.
  int64_t integer(int slot);
  double number(int slot) const { return state_->frame[slot]; }
  /// An integer that must lie in [0, limit).
  int64_t index(int slot, int64_t limit, const char* what);
  /// Raw bytes of a slot: an int64 or float64 fill value.
  const void* raw(int slot) const { return &state_->frame[slot]; }

  /// The address of `count` elements of `size` bytes at byte offset `frame[offset_slot]` of buffer argument
  /// `arg`. Null after a failure, and for count 0.
  void* span(int arg, int offset_slot, int64_t count, int64_t size);

  /// The same at a given byte offset.
  void* range(int arg, int64_t offset, int64_t count, int64_t size);

  /// Throws a RangeError (once) and makes ok() false.
  void fail(const char* message);
  bool ok() const { return !failed_; }
  napi_env env() const { return env_; }
  /// A JS number, for entries that report where something is wrong.
  napi_value value(double v);

 private:
  napi_env env_;
  Env* state_ = nullptr;
  napi_value args_[kMaxBuffers];
  bool failed_ = false;
};

/// Registers one entry on the exports object.
void define_entry(napi_env env, napi_value exports, const char* name, napi_callback callback, Env* state);

/// The names of a family, in the order of its op numbers.
template <class Entry>
napi_value names(napi_env env, const Entry* entries, int count) {
  Napi::Array list = Napi::Array::New(env, static_cast<size_t>(count));
  for (int i = 0; i < count; i++) list.Set(static_cast<uint32_t>(i), Napi::String::New(env, entries[i].name));
  return list;
}

}  // namespace gradtape
