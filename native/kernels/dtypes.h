// The element types: the one list from which every table and every switch over dtypes is generated, here and
// in the engine. `lib/core/dtype.ts` is checked against it when the addon is loaded.
#pragma once
#include <stdint.h>

namespace gradtape {

/// What a dtype is, as a bit, so that an argument can accept several kinds.
enum Kind : int { kBoolean = 1, kFloating = 2, kSigned = 4, kUnsigned = 8 };
inline constexpr int kInteger = kSigned | kUnsigned;
inline constexpr int kNumeric = kFloating | kInteger;

/// A byte of 0 or 1: a type of its own, so that templates can tell it from uint8.
enum class Bool : uint8_t { kFalse = 0, kTrue = 1 };

/// 16-bit floats: float16 (IEEE 754, five exponent bits) and bfloat16 (the upper half of a float32, eight).
struct Float16 {
  uint16_t bits;
};
struct BFloat16 {
  uint16_t bits;
};

/// X(identifier, name, code, storage type, compute type, kind), in the order of the codes. A tensor holds
/// elements of the storage type; arithmetic uses the compute type. If the two differ, the kernels of the
/// compute type are used: tiles of elements are converted and the results are converted back, so that
/// integers wrap and floats are rounded once (to nearest even). A compute type is its own compute type.
#define GT_DTYPES(X)                                             \
  X(Float32, float32, 0, float, float, kFloating)                \
  X(Float64, float64, 1, double, double, kFloating)              \
  X(Int32, int32, 2, int32_t, int32_t, kSigned)                  \
  X(Int64, int64, 3, int64_t, int64_t, kSigned)                  \
  X(UInt8, uint8, 4, uint8_t, int32_t, kUnsigned)                \
  X(Bool, bool, 5, ::gradtape::Bool, ::gradtape::Bool, kBoolean) \
  X(Int8, int8, 6, int8_t, int32_t, kSigned)                     \
  X(Int16, int16, 7, int16_t, int32_t, kSigned)                  \
  X(UInt16, uint16, 8, uint16_t, int32_t, kUnsigned)             \
  X(UInt32, uint32, 9, uint32_t, int64_t, kUnsigned)             \
  X(UInt64, uint64, 10, uint64_t, uint64_t, kUnsigned)           \
  X(Float16, float16, 11, ::gradtape::Float16, float, kFloating) \
  X(BFloat16, bfloat16, 12, ::gradtape::BFloat16, float, kFloating)

enum class DType : int {
#define GT_ROW(identifier, name, code, ...) k##identifier = code,
  GT_DTYPES(GT_ROW)
#undef GT_ROW
};

#define GT_ROW(...) +1
inline constexpr int kDTypes = 0 GT_DTYPES(GT_ROW);
#undef GT_ROW

/// One entry per dtype, indexed by its code.
template <class R>
struct ByDType {
  R of[kDTypes];
  constexpr __attribute__((always_inline)) const R& operator[](int dtype) const { return of[dtype]; }
  constexpr __attribute__((always_inline)) R& operator[](int dtype) { return of[dtype]; }
};

/// A row of the list, for code that has a dtype's code at run time.
struct DTypeRow {
  const char* name;
  int64_t bytes;  // of an element
  Kind kind;
  DType compute;  // the dtype of the compute type
};

template <class T>
struct DTypeOf;
#define GT_ROW(identifier, name, code, storage, compute, kind_) \
  template <>                                                   \
  struct DTypeOf<storage> {                                     \
    using compute_type = compute;                               \
    static constexpr DType dtype = DType::k##identifier;        \
    static constexpr Kind kind = kind_;                         \
  };
GT_DTYPES(GT_ROW)
#undef GT_ROW

inline constexpr ByDType<DTypeRow> kDTypeRows = {{
#define GT_ROW(identifier, name, code, storage, compute, kind) \
  {#name, static_cast<int64_t>(sizeof(storage)), kind, DTypeOf<compute>::dtype},
    GT_DTYPES(GT_ROW)
#undef GT_ROW
}};

/// Bytes of one element.
constexpr __attribute__((always_inline)) inline int64_t dtype_size(int dtype) {
  return kDTypeRows[dtype].bytes;
}
/// Whether a dtype is of one of these kinds.
constexpr __attribute__((always_inline)) inline bool is_kind(int dtype, int kinds) {
  return (kDTypeRows[dtype].kind & kinds) != 0;
}
/// The dtype of a dtype's compute type.
constexpr __attribute__((always_inline)) inline int compute_dtype(int dtype) {
  return static_cast<int>(kDTypeRows[dtype].compute);
}

/// Families without arithmetic distinguish elements by their size alone: 1, 2, 4, 8 or 16 bytes.
inline constexpr int kSizes = 5;
/// log2 of such a size; −1 for any other.
constexpr __attribute__((always_inline)) inline int size_index(int64_t size) {
  return size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : size == 8 ? 3 : size == 16 ? 4 : -1;
}

/// Passes a type as an argument.
template <class T>
struct Type {
  using type = T;
};
/// Calls f(Type<T>()) with the storage type of a dtype.
template <class F>
__attribute__((always_inline)) inline decltype(auto) dispatch(int dtype, F&& f) {
  switch (static_cast<DType>(dtype)) {
#define GT_ROW(identifier, name, code, storage, ...) \
  case DType::k##identifier:                         \
    return f(Type<storage>());
    GT_DTYPES(GT_ROW)
#undef GT_ROW
  }
  __builtin_unreachable();
}

}  // namespace gradtape
