// How an entry is declared: its name, its buffers and its numbers, once. C++ reads them by these names, and
// TypeScript calls the entry by functions that are generated from the same lines (native/describe.js, which
// knows these macros by their text).
//
//   GT_ENTRY(Softmax, (x, y), rows, cols, dtype, GT_FLAG(logarithm)) { … call.read(Softmax::x, …) … }
//
// defines the entry `softmax`. Each buffer is an argument of the call, and its byte offset stands in the
// slot of the argument buffer that has the same number; the numbers follow in the slots behind. So
// `Softmax::x` is argument and slot, `Softmax::rows` a slot.
#pragma once
#include "addon/call.h"

namespace gradtape {

#define GT_NAMES(...) __VA_ARGS__ __VA_OPT__(, )

/// Of buffers: it may be left out. Its offset is −1 then, and the argument another buffer of the call.
#define GT_OPTIONAL(name) name
/// Of numbers: 0 or 1.
#define GT_FLAG(name) name
/// Of numbers: several of them, which TypeScript writes before the call. Its length is a constant: how many
/// are used is another number.
#define GT_LIST(name, length) name, name##_last = name + (length)-1
/// Of numbers: a slot whose first bytes are an element of any dtype. TypeScript writes it before the call.
#define GT_RAW(name) name
/// Of numbers: all those of a group.
#define GT_PART(name, Group) name, name##_last = name + Group::kNumbers - 1

/// Numbers that several entries have in common, for a function that reads them from the slot on that it is
/// given: `call.index(first + Group::name, …)`.
#define GT_GROUP(Group, ...)                       \
  struct Group {                                   \
    enum : int { GT_NAMES(__VA_ARGS__) kNumbers }; \
  };
/// Numbers of a function of the addon that is no entry.
#define GT_NUMBERS(Name, ...) GT_GROUP(Name, __VA_ARGS__)

/// What the table of entries has of each.
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

/// An entry. Its body has `call`; after a failure what it does and returns means nothing.
#define GT_ENTRY(Name, ...) GT_ANY_ENTRY(void, Name::kBuffers, false, Name, __VA_ARGS__)
/// One that returns a number.
#define GT_VALUE_ENTRY(Name, ...) GT_ANY_ENTRY(double, Name::kBuffers, false, Name, __VA_ARGS__)
/// One that, as a step of a program, says how it makes rows, and makes some of them.
#define GT_ROW_ENTRY(Name, ...) GT_ANY_ENTRY(void, Name::kBuffers, true, Name, __VA_ARGS__)
/// One with any number of buffers behind those that are named. Where these begin is said by its numbers.
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
