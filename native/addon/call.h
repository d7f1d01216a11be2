// How an entry of the native binding reads its arguments.
//
// A call carries array buffers as arguments and everything else (offsets, lengths, op numbers, shapes,
// strides) in the environment's argument buffer: 512 doubles that TypeScript writes before the call. Each
// call asks V8 for the address and length of every buffer, so no cached pointer can dangle, and checks every
// range against them. A failed check throws and leaves all buffers as they were.
#pragma once
#include <stdint.h>

#include <memory>
#include <vector>

#include "addon/napi_setup.h"
#include "program/run.h"

namespace gradtape {

struct AsyncJobs;
struct Instance;

/// The code of the RangeError for a reason.
inline const char* error_code(const char* why) {
  return why == kNoMemory ? "GRADTAPE_MEMORY" : "GRADTAPE_BINDING";
}

/// What an environment knows about an entry.
struct Entry {
  Instance* instance;
  int number;  // index in the list of entries, the same in all environments
  const char* name;
  napi_callback callback;
  bool step;  // may be an instruction of a program
  bool rows;  // as an instruction, it supports row-wise runs (ProgramStep::form, row_begin)
};
inline constexpr int kMaxEntries = 96;

/// The instance data of an environment (the main thread and each worker has its own). Entries get it as the
/// data of their function, which is fetched with the arguments; napi_get_instance_data would be another call.
struct Instance {
  double argument_buffer[kArgumentSlots];
  Entry entries[kMaxEntries];
  int entry_count;
  Napi::FunctionReference
      capture;      // while set, this function gets calls that may be instructions of a program
  int group_entry;  // the number of the entry of fused groups
  std::vector<std::shared_ptr<const Program>> programs;  // null where one was freed
  AsyncJobs* async;                                      // runs off the event loop; null before the first one

  /// The entries as programs call them: with a null `env` and a ProgramStep in place of `info`. They do not
  /// access the environment then, so any thread may run them.
  StepTable steps() const;
};

/// How an entry uses a range of bytes: it reads it, or writes (and maybe reads) it. The bits say which of the
/// ranges taken before may be exactly the same bytes.
struct Use {
  static constexpr uint32_t kWrites = uint32_t{1} << 31;
  uint32_t bits;
  constexpr bool writes() const { return (bits & kWrites) != 0; }
};
inline constexpr Use kReads = {0}, kWrites = {Use::kWrites};
/// Written in place: the range may coincide with these ones, given by the order in which the entry took them
/// (0, 1, …). The kernel must not read an element of them after it has written another one.
template <class... Range>
constexpr Use in_place_of(Range... ranges) {
  return {Use::kWrites | ((uint32_t{1} << ranges) | ...)};
}

/// The arguments of a call, and the bytes that it may touch.
///
/// What an entry writes may not overlap anything else that it reads or writes: `write` refuses a range that
/// shares a byte with one taken before, and `read` one that shares a byte with a written one. `in_place_of`
/// permits identical ranges for kernels that work in place. Entries with many ranges check overlaps
/// themselves (ranges.h).
class Call {
 public:
  /// Fetches `count` arguments. While `capture` is set, the call is recorded instead of carried out: ok() is
  /// false.
  Call(napi_env env, napi_callback_info info, int count);

  /// The integer in a slot of the argument buffer; fails outside ±2⁵³.
  int64_t integer(int slot) {
    const double v = number(slot);
    if (__builtin_fabs(v) <= 9007199254740992.0) return static_cast<int64_t>(v);
    fail("a number of the call is not an integer");
    return 0;
  }
  double number(int slot) const { return slot < numbers_ ? slots_[slot] : 0; }
  /// An integer that must lie in [0, limit).
  int64_t index(int slot, int64_t limit, const char* what) {
    const double v = number(slot);
    if (v >= 0 && v < static_cast<double>(limit)) return static_cast<int64_t>(v);
    return index_slowly(slot, limit, what);
  }
  /// The flag in a slot: 0 or 1.
  bool flag(int slot) { return index(slot, 2, "a flag is neither 0 nor 1") != 0; }
  /// Whether an optional buffer was given.
  bool has(int slot) const { return number(slot) >= 0; }
  /// The dtype in a slot.
  int dtype(int slot) { return static_cast<int>(index(slot, kDTypes, "no such dtype")); }
  /// The same; fails if the dtype is of none of these kinds.
  int dtype(int slot, int kinds) {
    const int dtype = static_cast<int>(index(slot, kDTypes, "no such dtype"));
    if (!is_kind(dtype, kinds)) fail("the dtype is not of a kind that the entry accepts");
    return dtype;
  }
  /// Reads `count` integers in [0, limit) from a slot on. Returns false, without an error, if any is out of
  /// range; the caller then reads them one by one for the message.
  bool indexes(int slot, int count, int64_t limit, int64_t* to) const {
    const int have = slot + count <= numbers_ ? count : slot < numbers_ ? numbers_ - slot : 0;
    const double most = static_cast<double>(limit);
    bool bad = false;
    for (int i = 0; i < have; i++) {
      const double v = slots_[slot + i];
      const bool out = !(v >= 0 && v < most);
      bad |= out;
      to[i] = static_cast<int64_t>(out ? 0 : v);
    }
    for (int i = have; i < count; i++) to[i] = 0;
    return !bad;
  }
  /// Raw bytes of a slot: an int64 or float64 fill value.
  const void* raw(int slot) const { return slot < numbers_ ? &slots_[slot] : &kZero; }

  /// The address of `count` elements of `size` bytes that the entry only reads. `buffer` is the number of the
  /// argument and of the slot with its offset. Null after a failure, and for count 0.
  const void* read(int buffer, int64_t count, int64_t size) {
    return take(static_cast<unsigned>(buffer), integer(buffer), count, size, kReads);
  }
  /// The same for elements that the entry writes, or reads and writes.
  void* write(int buffer, int64_t count, int64_t size, Use use = kWrites) {
    return take(static_cast<unsigned>(buffer), integer(buffer), count, size, use);
  }
  /// The same at a given byte offset. A call can take kMaxTaken ranges.
  void* take(unsigned arg, int64_t offset, int64_t count, int64_t size, Use use);

  /// A range whose overlaps the entry checks itself.
  void* range(int arg, int64_t offset, int64_t count, int64_t size);

  /// Throws a RangeError (once) and makes ok() false.
  [[gnu::cold, gnu::noinline]] void fail(const char* message);
  bool ok() const { return !failed_; }
  napi_env env() const { return env_; }
  /// The instruction of a program that is being carried out, or null.
  const ProgramStep* step() const { return step_; }
  /// A JavaScript number, for entries that return a position.
  napi_value value(double v);

 private:
  void capture(Entry* entry, size_t argc);
  struct Bytes {
    uintptr_t begin, end;
    /// Null for an empty range.
    void* pointer() const { return begin == end ? nullptr : reinterpret_cast<void*>(begin); }
  };
  static constexpr int kMaxTaken = 8;
  [[gnu::cold, gnu::noinline]] bool may_overlap(const Bytes& other, Bytes range, Use use);
  bool buffer(int arg, void** data, size_t* length);
  bool within(void* data, size_t length, int64_t offset, int64_t count, int64_t size, Bytes* range);
  /// The slow path: values out of range, and integers beyond 2⁵³, which doubles represent inexactly.
  [[gnu::cold, gnu::noinline]] int64_t index_slowly(int slot, int64_t limit, const char* what) {
    const int64_t v = integer(slot);
    if (v >= 0 && v < limit) return v;
    fail(what);
    return 0;
  }

  napi_env env_;
  static constexpr double kZero = 0;
  const double* slots_ = nullptr;
  int numbers_ = kArgumentSlots;
  ProgramStep* step_ = nullptr;
  int arg_count_ = 0;
  bool failed_ = false;
  // The buffer of the last range(): consecutive ranges often lie in one storage.
  int known_arg_ = -1;
  void* known_data_ = nullptr;
  size_t known_bytes_ = 0;
  // The ranges of take(), up to taken_. Bit i of written_: the entry writes the i-th one.
  Bytes* taken_ = bytes_;
  uint32_t written_ = 0;
  Bytes bytes_[kMaxTaken];
  napi_value args_[kMaxBuffers];
};

void define_program(Napi::Object exports, Instance* instance);
void define_async(Napi::Object exports, Instance* instance);

/// Registers one entry on the exports object.
void define_entry(Napi::Object exports, const char* name, napi_callback callback, Instance* instance,
                  bool step = true, bool rows = false);
/// A function that is not an entry: it has no number, and programs cannot call it.
template <Napi::Value (*kFunction)(const Napi::CallbackInfo&)>
void define_function(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<kFunction>(exports.Env(), name));
}
/// A RangeError with the code of the reason.
Napi::RangeError range_error(Napi::Env env, const char* why);
void throw_range_error(Napi::Env env, const char* why);

}  // namespace gradtape
