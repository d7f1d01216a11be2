// Entries of softmax and cross entropy.
#include "../runtime/converted.h"
#include "../runtime/dispatch.h"
#include "../runtime/softmax.h"
#include "entries.h"

namespace gradtape {

namespace {

constexpr int64_t kLimit = int64_t{1} << 53;

/// rows × cols from two slots, their product in `count`.
void matrix(Call& call, int slot, int64_t* rows, int64_t* cols, int64_t* count) {
  *rows = call.index(slot, kLimit, "a dimension is negative");
  *cols = call.index(slot + 1, kLimit, "a dimension is negative");
  if (__builtin_mul_overflow(*rows, *cols, count)) call.fail("the shape is too large");
}

/// What few elements are, as they are stored: 16-bit floats have twice the bytes when they are computed with.
constexpr int64_t kFewBytes = 8192, kFewComputeBytes = 2 * kFewBytes;

/// Rows whose elements are `inner` apart, as many of them side by side: few elements are turned for them.
/// Their size is that of elements as they are computed with.
struct Turned {
  int64_t outer, inner, cols, size;

  /// Slot `slot` says how far the elements of a row are apart.
  Turned(Call& call, int slot, int64_t rows, int64_t cols, int dtype)
      : outer(1),
        inner(call.index(slot, kLimit, "a dimension is negative")),
        cols(cols),
        size(dtype_size(compute_dtype(dtype))) {
    if (inner < 1) call.fail("elements of a row are 0 apart");
    if (!call.ok() || inner == 1) return;
    outer = rows / inner;
    if (rows % inner != 0) call.fail("a dimension does not divide the rows");
    if (rows * cols > kFewBytes / dtype_size(dtype))
      call.fail("there are too many rows that are not contiguous");
  }
  bool any() const { return inner > 1; }
  /// Rows to contiguous ones (`to`), or contiguous ones to where x has them.
  void turn(const void* from, void* to, bool rows) const {
    const auto plane = kernels().copy[size_index(size)].plane;
    for (int64_t o = 0; o < outer; o++) {
      const int64_t at = o * cols * inner * size;
      const char* source = static_cast<const char*>(from) + at;
      char* target = static_cast<char*>(to) + at;
      if (rows) {
        plane(source, 1, inner, target, cols, 1, inner, cols);
      } else {
        plane(source, 1, cols, target, inner, 1, cols, inner);
      }
    }
  }
};

/// softmax(x, y); frame: x offset, y offset, rows, cols, dtype, kind (0 softmax, 1 its logarithm), how far
/// the elements of a row are apart: 1, or of few elements the number of rows that lie side by side.
napi_value softmax(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  int64_t rows, cols, count;
  matrix(call, 2, &rows, &cols, &count);
  const int dtype = call.dtype(4, kFloating);
  const int64_t kind = call.index(5, 2, "no such kind of softmax");
  const int64_t size = dtype_size(dtype);
  const Turned turned(call, 6, rows, cols, dtype);
  const void* x = call.read(0, 0, count, size);
  void* y = call.write(1, 1, count, size);
  if (!call.ok() || count == 0) return nullptr;
  Converted c(dtype, compute_dtype(dtype));
  x = c.in(x, count), y = c.out(y, count);
  if (!c.ok()) return call.fail(kNoMemory), nullptr;
  const SoftmaxKernels& k = kernels().softmax[c.dtype()];
  const auto fn = kind == 0 ? k.softmax : k.log_softmax;
  if (!turned.any()) {
    run_rows(fn, x, y, rows, cols, c.size());
  } else {
    alignas(64) char before[kFewComputeBytes], after[kFewComputeBytes];
    turned.turn(x, before, true);
    run_rows(fn, before, after, rows, cols, c.size());
    turned.turn(after, y, false);
  }
  c.finish();
  return nullptr;
}

/// logSumExp(x, y); frame: x offset, y offset, rows, cols, dtype, how far the elements of a row are apart, as
/// for softmax.
napi_value log_sum_exp(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  int64_t rows, cols, count;
  matrix(call, 2, &rows, &cols, &count);
  const int dtype = call.dtype(4, kFloating);
  const int64_t size = dtype_size(dtype);
  const Turned turned(call, 5, rows, cols, dtype);
  const void* x = call.read(0, 0, count, size);
  void* y = call.write(1, 1, rows, size);
  if (cols == 0 && rows > 0) call.fail("there is nothing to sum");
  if (!call.ok() || count == 0) return nullptr;
  Converted c(dtype, compute_dtype(dtype));
  x = c.in(x, count), y = c.out(y, rows);
  if (!c.ok()) return call.fail(kNoMemory), nullptr;
  alignas(64) char before[kFewComputeBytes];
  if (turned.any()) turned.turn(x, before, true);
  if (!run_log_sum_exp(kernels().softmax[c.dtype()].log_sum_exp, turned.any() ? before : x, y, rows, cols,
                       c.size())) {
    return call.fail(kNoMemory), nullptr;
  }
  c.finish();
  return nullptr;
}

/// softmaxGradient(dy, y, dx); frame: dy offset, y offset, dx offset, rows, cols, dtype, kind; y is the
/// result of the softmax of that kind.
napi_value softmax_gradient(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  int64_t rows, cols, count;
  matrix(call, 3, &rows, &cols, &count);
  const int dtype = call.dtype(5, kFloating);
  const int64_t kind = call.index(6, 2, "no such kind of softmax");
  const int64_t size = dtype_size(dtype);
  const void* dy = call.read(0, 0, count, size);
  const void* y = call.read(1, 1, count, size);
  void* dx = call.write(2, 2, count, size);
  if (!call.ok() || count == 0) return nullptr;
  Converted c(dtype, compute_dtype(dtype));
  dy = c.in(dy, count), y = c.in(y, count), dx = c.out(dx, count);
  if (!c.ok()) return call.fail(kNoMemory), nullptr;
  const SoftmaxKernels& k = kernels().softmax[c.dtype()];
  run_rows(kind == 0 ? k.softmax_gradient : k.log_softmax_gradient, dy, y, dx, rows, cols, c.size());
  c.finish();
  return nullptr;
}

/// crossEntropy(logits, labels, loss, backprop); frame: the four offsets, rows, cols, dtype, label dtype:
/// that of the logits for a distribution per row, int32 or int64 for the number of the one label, whether
/// backprop is wanted: if not, it may be left out. Returns the position of the
/// first number out of range (nothing is written then), or -1.
napi_value cross_entropy(napi_env env, napi_callback_info info) {
  Call call(env, info, 4);
  int64_t rows, cols, count;
  matrix(call, 4, &rows, &cols, &count);
  const int dtype = call.dtype(6, kFloating);
  const int labels_dtype = static_cast<int>(call.index(7, kDTypes, "no such dtype"));
  const bool wide = labels_dtype == static_cast<int>(DType::kInt64);
  const bool sparse = wide || labels_dtype == static_cast<int>(DType::kInt32);
  if (!sparse && labels_dtype != dtype) call.fail("labels have another dtype than logits");
  const int64_t size = dtype_size(dtype), label_size = dtype_size(labels_dtype);
  const void* logits = call.read(0, 0, count, size);
  const void* labels = call.read(1, 1, sparse ? rows : count, label_size);
  void* loss = call.write(2, 2, rows, size);
  const bool wanted = call.index(8, 2, "a flag is neither 0 nor 1") != 0;
  void* backprop = wanted ? call.write(3, 3, count, size) : nullptr;
  if (cols == 0 && rows > 0) call.fail("there are no classes");
  if (!call.ok()) return nullptr;
  if (count == 0) return call.value(-1);
  if (sparse) {
    const int64_t bad = find_bad_label(labels, rows, cols, label_size);
    if (bad >= 0) return call.value(static_cast<double>(bad));
  }
  Converted c(dtype, compute_dtype(dtype));
  logits = c.in(logits, count), loss = c.out(loss, rows), backprop = c.out(backprop, count);
  if (!sparse) labels = c.in(labels, count);
  if (!c.ok()) return call.fail(kNoMemory), nullptr;
  const SoftmaxKernels& k = kernels().softmax[c.dtype()];
  run_cross_entropy(sparse ? k.sparse_cross_entropy[wide] : k.cross_entropy, logits, labels, loss, backprop,
                    rows, cols, c.size(), sparse ? label_size : cols * c.size());
  c.finish();
  return call.value(-1);
}

}  // namespace

void define_softmax(Napi::Object exports, Instance* instance) {
  define_entry(exports, "softmax", softmax, instance);
  define_entry(exports, "logSumExp", log_sum_exp, instance);
  define_entry(exports, "softmaxGradient", softmax_gradient, instance);
  define_entry(exports, "crossEntropy", cross_entropy, instance);
}

}  // namespace gradtape
