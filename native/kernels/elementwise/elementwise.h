// Turns elementwise functors into rows of the kernel table.
//
// A functor is a struct with
//   template <class T> static constexpr bool has = ...;   // the element types it is defined for
// and one of
//   template <class T> static T scalar(T x)               // one element; compilers vectorise the loop
//   template <class T> static Vec<T> vec(Vec<T> x)        // one register, where `vectorised<T>` says so
// and optionally, for functions so slow that fewer elements are worth another thread,
//   template <class T> static constexpr int cost = ...;   // 1: as long as passing through memory
// and optionally, if integers do not need their compute type, one of
//   static constexpr bool by_bits = true;    // the bits of results do not depend on the sign of operands
//   static constexpr bool by_order = true;   // operands are compared; results are one of them, or bools
//   static constexpr bool as_stored = true;  // nothing leaves the range of the storage type
//   static constexpr bool by_float = true;   // 8- and 16-bit integers: float32 has the same results
// (binary functors take two arguments; predicates return bool from `scalar`). A binary functor may also have
//   template <class T> static bool by_scalar(const T* a, T b, T* y, int64_t n)   // true: it did it all
// and a functor that is another one with its operands swapped has, instead of a function,
//   using Swapped = ...;
#pragma once
#include "kernels/convert/tiles.h"
#include "kernels/pipeline/stage.h"
#include "kernels/simd/vec.h"
#include "kernels/table.h"

namespace {

using gradtape::BinaryEntry;
using gradtape::UnaryEntry;

/// The dtypes a functor is defined for.
#define GT_FOR(condition) \
  template <class T>      \
  static constexpr bool has = condition<T>;

/// The C library's functions by argument type, without its headers' templates.
#define GT_OVERLOAD(name)                                                \
  GT_INLINE float lib_##name(float x) { return __builtin_##name##f(x); } \
  GT_INLINE double lib_##name(double x) { return __builtin_##name(x); }
GT_OVERLOAD(fabs)
GT_OVERLOAD(sqrt)
GT_OVERLOAD(floor)
GT_OVERLOAD(ceil)
GT_OVERLOAD(trunc)
GT_OVERLOAD(rint)
#undef GT_OVERLOAD

template <class F, class T>
concept HasVec = F::template
vectorised<T>;

template <class F, class T>
concept HasShortcut = requires(const T* a, T* y) { F::template by_scalar<T>(a, *a, y, 0); };

// Not inlined into the functions of other dtypes that call it, which would duplicate the code.
template <class F, class T>
GT_OUTLINE void unary_run(const void* xv, void* yv, int64_t n) noexcept {
  const T* x = static_cast<const T*>(xv);
  if constexpr (HasVec<F, T>) {
    T* y = static_cast<T*>(yv);
    constexpr int L = kLanes<T>;
    int64_t i = 0;
    for (; i + L <= n; i += L) store(y + i, F::template vec<T>(load(x + i)));
    if (i < n) store_n(y + i, F::template vec<T>(load_n(x + i, n - i)), n - i);
  } else {
    using R = decltype(F::template scalar<T>(T()));
    R* y = static_cast<R*>(yv);
    GT_IVDEP
    for (int64_t i = 0; i < n; i++) y[i] = F::template scalar<T>(x[i]);
  }
}

template <class F, class T, int kMode>
GT_OUTLINE void binary_run(const void* av, const void* bv, void* yv, int64_t n) noexcept {
  const T* a = static_cast<const T*>(av);
  const T* b = static_cast<const T*>(bv);
  if constexpr (kMode == gradtape::kVecScalar && HasShortcut<F, T>) {
    if (n > 0 && F::template by_scalar<T>(a, *b, static_cast<T*>(yv), n)) return;
  }
  if constexpr (HasVec<F, T>) {
    T* y = static_cast<T*>(yv);
    constexpr int L = kLanes<T>;
    const Vec<T> a0 = kMode == gradtape::kScalarVec && n > 0 ? splat(*a) : Vec<T>{};
    const Vec<T> b0 = kMode == gradtape::kVecScalar && n > 0 ? splat(*b) : Vec<T>{};
    int64_t i = 0;
    for (; i + L <= n; i += L) {
      const Vec<T> va = kMode == gradtape::kScalarVec ? a0 : load(a + i);
      const Vec<T> vb = kMode == gradtape::kVecScalar ? b0 : load(b + i);
      store(y + i, F::template vec<T>(va, vb));
    }
    if (i < n) {
      const Vec<T> va = kMode == gradtape::kScalarVec ? a0 : load_n(a + i, n - i);
      const Vec<T> vb = kMode == gradtape::kVecScalar ? b0 : load_n(b + i, n - i);
      store_n(y + i, F::template vec<T>(va, vb), n - i);
    }
  } else {
    using R = decltype(F::template scalar<T>(T(), T()));
    R* y = static_cast<R*>(yv);
    if (n <= 0) return;
    const T a0 = *a, b0 = *b;
    GT_IVDEP
    for (int64_t i = 0; i < n; i++) {
      y[i] = F::template scalar<T>(kMode == gradtape::kScalarVec ? a0 : a[i],
                                   kMode == gradtape::kVecScalar ? b0 : b[i]);
    }
  }
}

/// The type whose kernel is used for T.
template <class F, class T>
constexpr auto kernel_type() {
  if constexpr (requires { requires F::by_bits && !is_float<T>; }) {
    return gradtape::Type<bits_t<T>>();
  } else if constexpr (requires { requires F::by_order && is_integer<T>; }) {
    return gradtape::Type<order_t<T>>();
  } else if constexpr (requires { requires F::as_stored && is_integer<T>; }) {
    return gradtape::Type<T>();
  } else if constexpr (requires { requires F::by_float && is_integer<T> && sizeof(T) <= 2; }) {
    return gradtape::Type<float>();
  } else {
    return gradtape::Type<compute_t<T>>();
  }
}
template <class F, class T>
using kernel_t = typename decltype(kernel_type<F, T>())::type;

/// Whether T is converted to that type by flipping the top bit.
template <class F, class T>
constexpr bool flips() {
  if constexpr (requires { requires F::by_order && is_integer<T>; }) {
    return !__is_same(T, order_t<T>);
  } else {
    return false;
  }
}
/// Whether T is converted to that type at all.
template <class F, class T>
inline constexpr bool goes_by_tiles = sizeof(kernel_t<F, T>) != sizeof(T) || flips<F, T>();
template <class F, class T>
GT_INLINE const Conversion& conversion() {
  if constexpr (flips<F, T>()) {
    return GT_CONVERSIONS.flip[gradtape::size_index(sizeof(T))];
  } else if constexpr (is_integer<T> && is_float<kernel_t<F, T>>) {
    return GT_CONVERSIONS.floats[static_cast<int>(gradtape::DTypeOf<T>::dtype)];
  } else {
    return compute_conversion<T>();
  }
}

template <class F, class T, bool kToBool>
constexpr gradtape::UnaryFn unary_fn() {
  if constexpr (!F::template has<T>) {
    return nullptr;
  } else if constexpr (goes_by_tiles<F, T>) {
    return [](const void* x, void* y, int64_t n) noexcept {
      unary_tiles<kToBool>(x, y, n, conversion<F, T>(), &unary_run<F, kernel_t<F, T>>);
    };
  } else {
    return &unary_run<F, kernel_t<F, T>>;
  }
}
template <class F, class T, int kMode, bool kToBool>
constexpr gradtape::BinaryFn binary_fn() {
  if constexpr (!F::template has<T>) {
    return nullptr;
  } else if constexpr (requires { typename F::Swapped; }) {
    return [](const void* a, const void* b, void* y, int64_t n) noexcept {
      constexpr int mode = kMode == gradtape::kScalarVec   ? gradtape::kVecScalar
                           : kMode == gradtape::kVecScalar ? gradtape::kScalarVec
                                                           : kMode;
      constexpr gradtape::BinaryFn fn = binary_fn<typename F::Swapped, T, mode, kToBool>();
      fn(b, a, y, n);
    };
  } else if constexpr (goes_by_tiles<F, T>) {
    return [](const void* a, const void* b, void* y, int64_t n) noexcept {
      binary_tiles<kMode, kToBool>(a, b, y, n, conversion<F, T>(), &binary_run<F, kernel_t<F, T>, kMode>);
    };
  } else {
    return &binary_run<F, kernel_t<F, T>, kMode>;
  }
}

/// The approximate cost of a call of the C library.
inline constexpr int kLibraryCost = 32;
template <class F, class T>
constexpr uint8_t cost_of() {
  if constexpr (requires { F::template cost<T>; }) {
    return F::template cost<T>;
  } else {
    return 1;
  }
}
/// The cost for elements of a storage type.
template <class F, class T>
constexpr uint8_t cost_at() {
  if constexpr (requires { typename F::Swapped; }) {
    return cost_at<typename F::Swapped, T>();
  } else {
    return cost_of<F, kernel_t<F, T>>() + (goes_by_tiles<F, T> ? 1 : 0);
  }
}

/// A functor on registers, even if it has no vector form.
template <class F, class T>
GT_INLINE Vec<T> lanewise(Vec<T> a) {
  if constexpr (HasVec<F, T>) {
    return F::template vec<T>(a);
  } else {
    T x[kLanes<T>];
    store(x, a);
    GT_IVDEP
    for (int i = 0; i < kLanes<T>; i++) x[i] = F::template scalar<T>(x[i]);
    return load(x);
  }
}
template <class F, class T>
GT_INLINE Vec<T> lanewise(Vec<T> a, Vec<T> b) {
  if constexpr (HasVec<F, T>) {
    return F::template vec<T>(a, b);
  } else {
    T x[kLanes<T>], y[kLanes<T>];
    store(x, a), store(y, b);
    GT_IVDEP
    for (int i = 0; i < kLanes<T>; i++) x[i] = F::template scalar<T>(x[i], y[i]);
    return load(x);
  }
}

/// Whether an op has a pipeline stage. Expensive ops have none, since memory traffic is negligible beside
/// them, nor have ops with bool results. A functor with has_stage = false has none either: compilers contract
/// its product with an addition unless the operand is a scalar, which a stage cannot distinguish.
inline constexpr int kMaxStageCost = 7;
template <class F, class T>
constexpr bool has_stage_for() {
  if constexpr (requires { F::has_stage; }) {
    return F::has_stage;
  } else if constexpr (F::template has<T>) {
    return cost_of<F, T>() <= kMaxStageCost;
  } else {
    return false;
  }
}
/// Functors so expensive that a partial block computes only the elements that exist. Binary ones loop over
/// the block, since unrolling would make eight copies for each StageForm.
template <class F, class T>
inline constexpr bool is_long = cost_of<F, T>() > 1;
/// Unary functors that loop over whole blocks, too: storing the block in L1 is cheap beside their cost, and
/// eight unrolled copies would be large.
template <class F, class T>
inline constexpr bool is_looped = cost_of<F, T>() > 2;

template <class F, class T>
__attribute__((noinline)) void unary_rest(GT_STAGE_PARAMETERS) noexcept {
  GT_STAGE_LOOP(stage->advance, (lanewise<F, T>(v)));
  GT_STAGE_NEXT;
}
template <class F, class T>
void unary_loop_stage(GT_STAGE_PARAMETERS) noexcept {
  GT_STAGE_LOOP(is_whole(stage) ? kBlockLanes<T> : stage->advance, (lanewise<F, T>(v)));
  GT_STAGE_NEXT;
}
template <class F, class T>
__attribute__((flatten)) void unary_stage(GT_STAGE_PARAMETERS) noexcept {
  if constexpr (is_long<F, T>) {
    // Not inlined: its array on the stack would slow down whole blocks, too.
    if (!is_whole(stage)) return unary_rest<F, T>(stage, at, v0, v1, v2, v3, v4, v5, v6, v7);
  }
  GT_STAGE_EACH((lanewise<F, T>(v)))
  GT_STAGE_NEXT;
}

template <class F, class T, int kForm>
void binary_stage(GT_STAGE_PARAMETERS) noexcept {
  const T* const p = operand_of<T>(stage, at);
  const Vec<T> one = splat(*p);
  const auto both = [=](Vec<T> v, int64_t i) GT_LAMBDA -> Vec<T> {
    Vec<T> other = one;
    if constexpr (kForm == gradtape::kRegisterMemory || kForm == gradtape::kMemoryRegister)
      other = load(p + i);
    if constexpr (kForm == gradtape::kRegisterMemory || kForm == gradtape::kRegisterScalar) {
      return lanewise<F, T>(v, other);
    } else {
      return lanewise<F, T>(other, v);
    }
  };
  if constexpr (is_long<F, T>) {
    GT_STAGE_LOOP(is_whole(stage) ? kBlockLanes<T> : stage->advance, both(v, i));
  } else {
    GT_STAGE_EACH(both(v, i));
  }
  GT_STAGE_NEXT;
}

template <class F, class T>
StageFn unary_stage_of() {
  if constexpr (has_stage_for<F, T>() && is_looped<F, T>) {
    return stage_fn<T>(&unary_loop_stage<F, T>);
  } else if constexpr (has_stage_for<F, T>()) {
    return stage_fn<T>(&unary_stage<F, T>);
  } else {
    return nullptr;
  }
}
template <class F, class T>
StageFn binary_stage_of(int form) {
  if constexpr (has_stage_for<F, T>()) {
    switch (form) {
      case gradtape::kRegisterMemory:
        return stage_fn<T>(&binary_stage<F, T, gradtape::kRegisterMemory>);
      case gradtape::kMemoryRegister:
        return stage_fn<T>(&binary_stage<F, T, gradtape::kMemoryRegister>);
      case gradtape::kRegisterScalar:
        if constexpr (HasShortcut<F, T>) return nullptr;
        return stage_fn<T>(&binary_stage<F, T, gradtape::kRegisterScalar>);
      default:
        return stage_fn<T>(&binary_stage<F, T, gradtape::kScalarRegister>);
    }
  } else {
    return nullptr;
  }
}

/// f<T>() for a dtype that has pipelines, otherwise null.
template <class F>
StageFn stage_of(int dtype, F f) {
  return gradtape::dispatch(dtype, [&]<class T>(gradtape::Type<T>) -> StageFn {
    if constexpr (is_real<T>) {
      return f.template operator()<T>();
    } else {
      return nullptr;
    }
  });
}

template <class F, bool kToBool = false>
constexpr UnaryEntry unary_entry(const char* name) {
  return {name, by_dtype<gradtape::UnaryFn>([]<class T> { return unary_fn<F, T, kToBool>(); }), kToBool,
          by_dtype<uint8_t>([]<class T> { return cost_at<F, T>(); }), [](int dtype) noexcept -> StageFn {
            if constexpr (kToBool) {
              return nullptr;
            } else {
              return stage_of(dtype, []<class T> { return unary_stage_of<F, T>(); });
            }
          }};
}

template <class F, bool kToBool = false>
constexpr BinaryEntry binary_entry(const char* name) {
  return {name, by_dtype<gradtape::BinaryFns>([]<class T> {
            return gradtape::BinaryFns{{binary_fn<F, T, 0, kToBool>(), binary_fn<F, T, 1, kToBool>(),
                                        binary_fn<F, T, 2, kToBool>()}};
          }),
          kToBool, by_dtype<uint8_t>([]<class T> { return cost_at<F, T>(); }),
          [](int dtype, int form) noexcept -> StageFn {
            if constexpr (kToBool) {
              return nullptr;
            } else {
              return stage_of(dtype, [form]<class T> { return binary_stage_of<F, T>(form); });
            }
          }};
}

}  // namespace
