#include "runtime/random/random.h"

#include "runtime/dispatch/dispatch.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

void run_random(RandomFn fn, const RandomArgs& args, const RandomSteps& steps, int dtype, void* y,
                int64_t n) {
  constexpr int64_t kGrain = 512;                // some 4 µs of normal numbers
  constexpr int64_t kChunk = 64 * kRandomGroup;  // stays in L1
  const int64_t size = dtype_size(dtype);
  double operand[RandomSteps::kCount];  // each converted to one element
  int last = 0;
  for (int i = 0; i < RandomSteps::kCount; i++) {
    if (steps.fn[i] == nullptr) continue;
    kernels().cast[static_cast<int>(DType::kFloat64)][dtype](&steps.operand[i], &operand[i], 1);
    last = i + 1;
  }
  parallel_for(
      n, kGrain,
      [&](int64_t begin, int64_t end) {
        if (last == 0) return fn(args, y, begin, end);
        for (int64_t from = begin; from < end; from += kChunk) {
          const int64_t to = end - from < kChunk ? end : from + kChunk;
          fn(args, y, from, to);
          void* const chunk = static_cast<char*>(y) + from * size;
          for (int i = 0; i < last; i++) {
            if (steps.fn[i] == nullptr) continue;
            steps.fn[i](chunk, &operand[i], chunk, to - from);
          }
        }
      },
      kRandomGroup);
}

void scramble(RandomFn words, RandomArgs* args) {
  uint32_t block[4];
  words(*args, block, 0, 4);
  *args = {{block[0], block[1]}, {0, 0, block[2], block[3]}, args->lo, args->range};
}

}  // namespace gradtape
