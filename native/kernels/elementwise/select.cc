// y = c ? a : b, by element size.
#include "kernels/elementwise/elementwise.h"

namespace {

template <class T, int kMode>
void select_run(const void* cv, const void* av, const void* bv, void* yv, int64_t n) noexcept {
  const uint8_t* c = static_cast<const uint8_t*>(cv);
  const T* a = static_cast<const T*>(av);
  const T* b = static_cast<const T*>(bv);
  T* y = static_cast<T*>(yv);
  if (n <= 0) return;
  const T a0 = *a, b0 = *b;
  if constexpr ((kMode & gradtape::kScalarCond) != 0) {
    if (*c != 0) {
      GT_IVDEP
      for (int64_t i = 0; i < n; i++) y[i] = (kMode & gradtape::kScalarA) != 0 ? a0 : a[i];
    } else {
      GT_IVDEP
      for (int64_t i = 0; i < n; i++) y[i] = (kMode & gradtape::kScalarB) != 0 ? b0 : b[i];
    }
  } else {
    GT_IVDEP
    for (int64_t i = 0; i < n; i++) {
      const T yes = (kMode & gradtape::kScalarA) != 0 ? a0 : a[i];
      const T no = (kMode & gradtape::kScalarB) != 0 ? b0 : b[i];
      y[i] = c[i] != 0 ? yes : no;
    }
  }
}

template <class T>
void fill_modes(gradtape::SelectFn* fn) {
  fn[0] = &select_run<T, 0>;
  fn[1] = &select_run<T, 1>;
  fn[2] = &select_run<T, 2>;
  fn[3] = &select_run<T, 3>;
  fn[4] = &select_run<T, 4>;
  fn[5] = &select_run<T, 5>;
  fn[6] = &select_run<T, 6>;
  fn[7] = &select_run<T, 7>;
}

}  // namespace

/// Indexed by size_index; null for sizes that no dtype has.
GT_FAMILY(select, SelectFn select[kSizes][kSelectModes]) {
  fill_modes<uint8_t>(table.select[0]);
  fill_modes<uint16_t>(table.select[1]);
  fill_modes<uint32_t>(table.select[2]);
  fill_modes<uint64_t>(table.select[3]);
}
