#include "elementwise.h"

#include "pool.h"

namespace gradtape {

namespace {
/// Below this many bytes of operands a second thread costs more than it brings.
constexpr int64_t kGrainBytes = 128 * 1024;

const char* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
char* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }
}  // namespace

void run_unary(UnaryFn fn, const void* x, void* y, int64_t n, int64_t in_size, int64_t out_size, int cost) {
  parallel_for(
      n, kGrainBytes / (in_size * cost),
      [&](int64_t begin, int64_t end) { fn(at(x, begin * in_size), at(y, begin * out_size), end - begin); },
      64);
}

void run_binary(BinaryFn fn, const void* a, const void* b, void* y, int64_t n, BinaryMode mode,
                int64_t in_size, int64_t out_size, int cost) {
  const int64_t a_step = mode == kScalarVec ? 0 : in_size;
  const int64_t b_step = mode == kVecScalar ? 0 : in_size;
  parallel_for(
      n, kGrainBytes / (in_size * cost),
      [&](int64_t begin, int64_t end) {
        fn(at(a, begin * a_step), at(b, begin * b_step), at(y, begin * out_size), end - begin);
      },
      64);
}

void run_binary_broadcast(const BinaryFn* fns, const void* a, const void* b, void* y,
                          const BroadcastLayout& layout, int64_t in_size, int64_t out_size, int cost) {
  const int last = layout.ndim - 1;
  const int64_t inner = layout.dims[last];
  int64_t outer = 1;
  for (int d = 0; d < last; d++) outer *= layout.dims[d];
  if (outer == 0 || inner == 0) return;
  const BinaryMode mode = layout.a_strides[last] == 0   ? kScalarVec
                          : layout.b_strides[last] == 0 ? kVecScalar
                                                        : kVecVec;
  const BinaryFn fn = fns[mode];
  const int64_t grain = kGrainBytes / (in_size * cost * inner) + 1;
  parallel_for(outer, grain, [&](int64_t begin, int64_t end) {
    int64_t index[kMaxDims] = {};
    int64_t ao = 0, bo = 0;
    for (int64_t rest = begin, d = last - 1; d >= 0; d--) {
      index[d] = rest % layout.dims[d];
      rest /= layout.dims[d];
      ao += index[d] * layout.a_strides[d];
      bo += index[d] * layout.b_strides[d];
    }
    for (int64_t row = begin; row < end; row++) {
      fn(at(a, ao * in_size), at(b, bo * in_size), at(y, row * inner * out_size), inner);
      for (int d = last - 1; d >= 0; d--) {
        ao += layout.a_strides[d];
        bo += layout.b_strides[d];
        if (++index[d] < layout.dims[d]) break;
        ao -= index[d] * layout.a_strides[d];
        bo -= index[d] * layout.b_strides[d];
        index[d] = 0;
      }
    }
  });
}

}  // namespace gradtape
