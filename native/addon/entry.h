// Declares an entry: its name, its buffers and its numbers, once. C++ reads arguments by these names; the
// functions by which TypeScript calls the entry are generated from the same lines (native/describe.js, which
// parses the text of these macros).
//
//   GT_ENTRY(Softmax, (x, y), rows, cols, dtype, GT_FLAG(logarithm)) { … call.read(Softmax::x, …) … }
//
// defines the entry `softmax`. Each buffer is an argument of the call, and its byte offset is in the slot of
// the argument buffer with the same number; the numbers are in the slots after these. So `Softmax::x` is the
// number of an argument and of a slot, `Softmax::rows` that of a slot.
#pragma once
#include "addon/call.h"

namespace gradtape {

#define GT_NAMES(...) __VA_ARGS__ __VA_OPT__(, )

/// A buffer that may be omitted. Its offset is −1 then, and the argument another buffer of the call.
#define GT_OPTIONAL(name) name
/// A number that is 0 or 1.
#define GT_FLAG(name) name
/// Several numbers, which TypeScript writes before the call. The length is a constant; another number says
/// how many are used.
#define GT_LIST(name, length) name, name##_last = name + (length)-1
/// A slot whose first bytes are an element of any dtype. TypeScript writes it before the call.
#define GT_RAW(name) name
/// All numbers of a group.
#define GT_PART(name, Group) name, name##_last = name + Group::kNumbers - 1

/// Numbers that several entries have in common, for a function that reads them from a given slot on:
/// `call.index(first + Group::name, …)`.
#define GT_GROUP(Group, ...)                       \
  struct Group {                                   \
    enum : int { GT_NAMES(__VA_ARGS__) kNumbers }; \
  };
/// Numbers of a function of the addon that is not an entry.
#define GT_NUMBERS(Name, ...) GT_GROUP(Name, __VA_ARGS__)

/// A row of the table of entries.
struct EntryRow {
  napi_callback callback;
  bool rows;
};

#define GT_ANY_ENTRY(Result, count, rows, Name, buffers, ...)                                         \
  namespace {                                                                                         \
  struct Name {                                                                                       \
    enum : int { GT_NAMES buffers kBuffers, kBefore = kBuffers - 1, GT_NAMES(__VA_ARGS__) kNumbers }; \
    static_assert(kNumbers <= kArgumentSlots && kBuffers <= kMaxBuffers);                             \
    static Result body(Call& call);                                                                   \
  };                                                                                                  \
  napi_value enter_##Name(napi_env env, napi_callback_info info) {                                    \
    Call call(env, info, count);                                                                      \
    return answer<Name>(call);                                                                        \
  }                                                                                                   \
  }                                                                                                   \
  extern const EntryRow entry_##Name;                                                                 \
  const EntryRow entry_##Name = {enter_##Name, rows};                                                 \
  inline Result Name::body(Call& call)

/// An entry. The body sees `call`; after a failure its result and effects are ignored.
#define GT_ENTRY(Name, ...) GT_ANY_ENTRY(void, Name::kBuffers, false, Name, __VA_ARGS__)
/// An entry that returns a number.
#define GT_VALUE_ENTRY(Name, ...) GT_ANY_ENTRY(double, Name::kBuffers, false, Name, __VA_ARGS__)
/// An entry that supports row-wise runs: it describes how its rows depend on rows, and computes a range of
/// them.
#define GT_ROW_ENTRY(Name, ...) GT_ANY_ENTRY(void, Name::kBuffers, true, Name, __VA_ARGS__)
/// An entry with any number of buffers after the named ones. Its numbers hold the offsets of these.
#define GT_VARIADIC_ENTRY(Name, ...) GT_ANY_ENTRY(void, kMaxBuffers, false, Name, __VA_ARGS__)

template <class Entry>
inline napi_value answer(Call& call) {
  if constexpr (__is_same(decltype(Entry::body(call)), void)) {
    Entry::body(call);
    return nullptr;
  } else {
    const double v = Entry::body(call);
    return call.ok() ? call.value(v) : nullptr;
  }
}

}  // namespace gradtape
