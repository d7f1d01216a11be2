#include "runtime/elementwise/select.h"

#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {
constexpr int64_t kGrainBytes = 128 * 1024;
const char* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
}  // namespace

void run_select(const SelectFn* fns, const void* c, const void* a, const void* b, void* y,
                const SelectLayout& layout, int64_t size) {
  const int last = layout.ndim - 1;
  const int64_t inner = layout.dims[last];
  int64_t outer = 1;
  for (int d = 0; d < last; d++) outer *= layout.dims[d];
  if (outer == 0 || inner == 0) return;
  const int mode = (layout.strides[0][last] == 0 ? kScalarCond : 0) |
                   (layout.strides[1][last] == 0 ? kScalarA : 0) |
                   (layout.strides[2][last] == 0 ? kScalarB : 0);
  const SelectFn fn = fns[mode];
  char* out = static_cast<char*>(y);
  if (last == 0) {
    const int64_t cs = layout.strides[0][0], as = layout.strides[1][0], bs = layout.strides[2][0];
    parallel_for(
        inner, kGrainBytes / size,
        [&](int64_t begin, int64_t end) {
          fn(at(c, begin * cs), at(a, begin * as * size), at(b, begin * bs * size), out + begin * size,
             end - begin);
        },
        64);
    return;
  }
  parallel_for(outer, kGrainBytes / (size * inner) + 1, [&](int64_t begin, int64_t end) {
    int64_t index[kMaxDims] = {};
    int64_t at_operand[3] = {};
    for (int64_t rest = begin, d = last - 1; d >= 0; d--) {
      index[d] = rest % layout.dims[d];
      rest /= layout.dims[d];
      for (int k = 0; k < 3; k++) at_operand[k] += index[d] * layout.strides[k][d];
    }
    for (int64_t row = begin; row < end; row++) {
      fn(at(c, at_operand[0]), at(a, at_operand[1] * size), at(b, at_operand[2] * size),
         out + row * inner * size, inner);
      for (int d = last - 1; d >= 0; d--) {
        for (int k = 0; k < 3; k++) at_operand[k] += layout.strides[k][d];
        if (++index[d] < layout.dims[d]) break;
        for (int k = 0; k < 3; k++) at_operand[k] -= index[d] * layout.strides[k][d];
        index[d] = 0;
      }
    }
  });
}

}  // namespace gradtape
