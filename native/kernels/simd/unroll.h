// Compile-time integers and integer sequences (std::integral_constant and std::integer_sequence, without the
// C++ library): for loops that must be unrolled, and for shuffles.
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
/// Calls f(Int<0>{}) … f(Int<N − 1>{}). The index is a compile-time constant, so arrays indexed by it stay in
/// registers.
template <int N, class F>
GT_INLINE void unroll(const F& f) {
  unroll_over(typename MakeInts<N>::type{}, f);
}
/// Attribute of a lambda that is always inlined.
#define GT_LAMBDA __attribute__((always_inline))

}  // namespace
