// Numbers that the compiler knows: for loops that must be unrolled, and for shuffles.
#pragma once
#include "kernels/simd/vec.h"

namespace {

template <int I>
struct Int {
  constexpr operator int() const { return I; }
};
template <int... I>
struct Ints {};
template <int N, int... I>
struct MakeInts : MakeInts<N - 1, N - 1, I...> {};
template <int... I>
struct MakeInts<0, I...> {
  using type = Ints<I...>;
};
template <class F, int... I>
GT_INLINE void unroll_over(Ints<I...>, const F& f) {
  (f(Int<I>{}), ...);
}
/// f(0), f(1) … f(N − 1), each with its number known to the compiler, so that arrays indexed by it stay in
/// registers.
template <int N, class F>
GT_INLINE void unroll(const F& f) {
  unroll_over(typename MakeInts<N>::type{}, f);
}
#define GT_LAMBDA __attribute__((always_inline))

}  // namespace
