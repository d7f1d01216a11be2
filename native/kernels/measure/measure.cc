// Loops that measure the hardware, for the roofline benchmark: the peak arithmetic and memory throughput of
// this instruction set.
#include "kernels/simd/vec.h"
#include "kernels/table.h"

namespace {

/// Enough independent sums to hide the latency of a multiply-add (4 cycles, up to two per cycle), few enough
/// to leave registers for the operands.
constexpr int kSums = 12;
constexpr int64_t kStep = 4 * kLanes<float>;

/// Prevents the compiler from merging the repeats of a loop.
GT_INLINE void opaque() { asm volatile("" ::: "memory"); }

float multiply_add(int64_t repeats) noexcept {
  vf sum[kSums];
  for (int i = 0; i < kSums; i++) sum[i] = splat(static_cast<float>(i));
  vf a = splat(0.5f), b = splat(0.25f);
  asm volatile("" : "+m"(a), "+m"(b));
  const vf x = a, y = b;
  for (int64_t r = 0; r < repeats; r++) {
    GT_UNROLL
    for (int i = 0; i < kSums; i++) sum[i] = fma(sum[i], x, y);
  }
  vf all = sum[0];
  for (int i = 1; i < kSums; i++) all += sum[i];
  return all[0];
}

/// All of these round n down to a multiple of four vectors.
float read_run(const float* x, int64_t n) noexcept {
  vf s0{}, s1{}, s2{}, s3{};
  for (int64_t i = 0; i + kStep <= n; i += kStep) {
    s0 += load(x + i);
    s1 += load(x + i + kLanes<float>);
    s2 += load(x + i + 2 * kLanes<float>);
    s3 += load(x + i + 3 * kLanes<float>);
  }
  return ((s0 + s1) + (s2 + s3))[0];
}

void write_run(float* y, int64_t n) noexcept {
  const vf v = splat(1.0f);
  for (int64_t i = 0; i + kStep <= n; i += kStep) {
    for (int k = 0; k < 4; k++) store(y + i + k * kLanes<float>, v);
    opaque();
  }
}

void copy_run(const float* x, float* y, int64_t n) noexcept {
  for (int64_t i = 0; i + kStep <= n; i += kStep) {
    for (int k = 0; k < 4; k++) store(y + i + k * kLanes<float>, load(x + i + k * kLanes<float>));
    opaque();
  }
}

void add_run(const float* x, const float* a, float* y, int64_t n) noexcept {
  for (int64_t i = 0; i + kStep <= n; i += kStep) {
    for (int k = 0; k < 4; k++) {
      const int64_t at = i + k * kLanes<float>;
      store(y + at, load(x + at) + load(a + at));
    }
    opaque();
  }
}

}  // namespace

GT_FAMILY(measure, MeasureKernels measure) {
  table.measure = {2 * kSums * kLanes<float>, &multiply_add, &read_run, &write_run, &copy_run, &add_run};
}
