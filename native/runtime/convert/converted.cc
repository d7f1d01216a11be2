#include "runtime/convert/converted.h"

#include <stdlib.h>

#include <new>

#include "runtime/dispatch/dispatch.h"
#include "runtime/elementwise/elementwise.h"
#include "runtime/parallel/pool.h"

namespace gradtape {

namespace {

constexpr int kUInt8 = static_cast<int>(DType::kUInt8), kInt32 = static_cast<int>(DType::kInt32),
              kInt64 = static_cast<int>(DType::kInt64);
constexpr int64_t kGrainBytes = 128 * 1024;

/// Whether one dtype is signed and the other unsigned, of the same width. Flipping the top bit then preserves
/// the order.
bool flips(int from, int to) {
  return dtype_size(from) == dtype_size(to) && from != to && is_kind(from, kInteger) && is_kind(to, kInteger);
}

template <class T>
void flip(const void* xv, void* yv, int64_t n) {
  const T* x = static_cast<const T*>(xv);
  T* y = static_cast<T*>(yv);
  constexpr T kTop = static_cast<T>(T{1} << (8 * sizeof(T) - 1));
  parallel_for(n, kGrainBytes / static_cast<int64_t>(sizeof(T)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) y[i] = x[i] ^ kTop;
  });
}

}  // namespace

int ordered_dtype(int dtype) {
  if (!is_kind(dtype, kInteger)) return compute_dtype(dtype);
  return dtype_size(dtype) == 8 ? kInt64 : dtype_size(dtype) == 1 ? kUInt8 : kInt32;
}

int product_dtype(int dtype) {
  if (is_kind(dtype, kFloating)) return compute_dtype(dtype);
  return is_kind(dtype, kInteger) && dtype_size(dtype) < 4 ? kInt32 : dtype;
}

Converted::~Converted() {
  for (Copy* c = first_; c != nullptr;) {
    Copy* const next = c->next;
    free(c);
    c = next;
  }
}

void Converted::convert(int from, int to, const void* x, void* y, int64_t n) const {
  if (flips(from, to)) {
    return dtype_size(to) == 1   ? flip<uint8_t>(x, y, n)
           : dtype_size(to) == 4 ? flip<uint32_t>(x, y, n)
                                 : flip<uint64_t>(x, y, n);
  }
  run_unary(kernels().cast[from][to], x, y, n, dtype_size(from), dtype_size(to));
}

void* Converted::copy(const void* x, int64_t n, bool reads) {
  static_assert(sizeof(Copy) % 8 == 0);
  int64_t bytes = 0;
  void* memory = nullptr;
  if (!__builtin_mul_overflow(n, size(), &bytes) &&
      !__builtin_add_overflow(bytes, static_cast<int64_t>(sizeof(Copy)), &bytes)) {
    memory = malloc(static_cast<size_t>(bytes));
  }
  if (memory == nullptr) {
    ok_ = false;
    return nullptr;
  }
  first_ = new (memory) Copy{first_, nullptr, n};
  if (reads) convert(from_, to_, x, first_->data(), n);
  return first_->data();
}

void* Converted::result(void* y, int64_t n, bool reads) {
  void* const data = copy(y, n, reads);
  if (data != nullptr) first_->result = y;
  return data;
}

void Converted::write_back() {
  for (Copy* c = first_; c != nullptr; c = c->next) {
    if (c->result != nullptr) convert(to_, from_, c->data(), c->result, c->n);
  }
}

}  // namespace gradtape
