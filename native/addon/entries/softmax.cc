// Entries of softmax and cross entropy.
#include "runtime/softmax/softmax.h"
#include "addon/entry.h"
#include "runtime/convert/converted.h"
#include "runtime/dispatch/dispatch.h"

namespace gradtape {

namespace {

constexpr int64_t kLimit = int64_t{1} << 53;

GT_GROUP(Matrix, rows, cols)

/// Reads a matrix's dimensions, from the slot `first` on, and their product to `count`.
void read_matrix(Call& call, int first, int64_t* rows, int64_t* cols, int64_t* count) {
  *rows = call.index(first + Matrix::rows, kLimit, "a dimension is negative");
  *cols = call.index(first + Matrix::cols, kLimit, "a dimension is negative");
  if (__builtin_mul_overflow(*rows, *cols, count)) call.fail("the shape is too large");
}

/// The limit for transposed rows, in stored bytes: 16-bit floats take twice as many when computed with.
constexpr int64_t kFewBytes = 8192, kFewComputeBytes = 2 * kFewBytes;

/// Strided rows: elements of a row are `inner` apart, and `inner` rows are interleaved. Small inputs are
/// transposed for the kernels. Sizes are those of the compute type.
struct Transposed {
  int64_t outer, inner, cols, size;

  /// Slot `slot` has the distance between the elements of a row.
  Transposed(Call& call, int slot, int64_t rows, int64_t cols, int dtype)
      : outer(1),
        inner(call.index(slot, kLimit, "a dimension is negative")),
        cols(cols),
        size(dtype_size(compute_dtype(dtype))) {
    if (inner < 1) call.fail("the step between elements of a row is 0");
    if (!call.ok() || inner == 1) return;
    outer = rows / inner;
    if (rows % inner != 0) call.fail("a dimension does not divide the rows");
    if (rows * cols > kFewBytes / dtype_size(dtype))
      call.fail("there are too many rows that are not contiguous");
  }
  bool any() const { return inner > 1; }
  /// Copies strided rows to contiguous ones (`rows`), or contiguous ones back.
  void transpose(const void* from, void* to, bool rows) const {
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

}  // namespace

/// y = the softmax of each row of x, or its logarithm. `step` is the distance between elements of a row: 1,
/// or, for small inputs, the number of interleaved rows.
GT_ENTRY(Softmax, (x, y), GT_PART(matrix, Matrix), dtype, GT_FLAG(logarithm), step) {
  int64_t rows, cols, count;
  read_matrix(call, Softmax::matrix, &rows, &cols, &count);
  const int dtype = call.dtype(Softmax::dtype, kFloating);
  const bool logarithm = call.flag(Softmax::logarithm);
  const int64_t size = dtype_size(dtype);
  const Transposed transposed(call, Softmax::step, rows, cols, dtype);
  const void* x = call.read(Softmax::x, count, size);
  void* y = call.write(Softmax::y, count, size);
  if (!call.ok() || count == 0) return;
  Converted c(dtype, compute_dtype(dtype));
  x = c.in(x, count), y = c.out(y, count);
  if (!c.ok()) return call.fail(kNoMemory);
  const SoftmaxKernels& k = kernels().softmax[c.dtype()];
  const auto fn = logarithm ? k.log_softmax : k.softmax;
  if (!transposed.any()) {
    run_rows(fn, x, y, rows, cols, c.size());
  } else {
    alignas(64) char before[kFewComputeBytes], after[kFewComputeBytes];
    transposed.transpose(x, before, true);
    run_rows(fn, before, after, rows, cols, c.size());
    transposed.transpose(after, y, false);
  }
  c.write_back();
}

/// y = log Σ eˣ of each row of x; `step` as for softmax.
GT_ENTRY(LogSumExp, (x, y), GT_PART(matrix, Matrix), dtype, step) {
  int64_t rows, cols, count;
  read_matrix(call, LogSumExp::matrix, &rows, &cols, &count);
  const int dtype = call.dtype(LogSumExp::dtype, kFloating);
  const int64_t size = dtype_size(dtype);
  const Transposed transposed(call, LogSumExp::step, rows, cols, dtype);
  const void* x = call.read(LogSumExp::x, count, size);
  void* y = call.write(LogSumExp::y, rows, size);
  if (cols == 0 && rows > 0) call.fail("there is nothing to sum");
  if (!call.ok() || count == 0) return;
  Converted c(dtype, compute_dtype(dtype));
  x = c.in(x, count), y = c.out(y, rows);
  if (!c.ok()) return call.fail(kNoMemory);
  alignas(64) char before[kFewComputeBytes];
  if (transposed.any()) transposed.transpose(x, before, true);
  if (!run_log_sum_exp(kernels().softmax[c.dtype()].log_sum_exp, transposed.any() ? before : x, y, rows, cols,
                       c.size())) {
    return call.fail(kNoMemory);
  }
  c.write_back();
}

/// dx from dy and y, the result of the softmax or of its logarithm.
GT_ENTRY(SoftmaxGradient, (dy, y, dx), GT_PART(matrix, Matrix), dtype, GT_FLAG(logarithm)) {
  int64_t rows, cols, count;
  read_matrix(call, SoftmaxGradient::matrix, &rows, &cols, &count);
  const int dtype = call.dtype(SoftmaxGradient::dtype, kFloating);
  const bool logarithm = call.flag(SoftmaxGradient::logarithm);
  const int64_t size = dtype_size(dtype);
  const void* dy = call.read(SoftmaxGradient::dy, count, size);
  const void* y = call.read(SoftmaxGradient::y, count, size);
  void* dx = call.write(SoftmaxGradient::dx, count, size);
  if (!call.ok() || count == 0) return;
  Converted c(dtype, compute_dtype(dtype));
  dy = c.in(dy, count), y = c.in(y, count), dx = c.out(dx, count);
  if (!c.ok()) return call.fail(kNoMemory);
  const SoftmaxKernels& k = kernels().softmax[c.dtype()];
  run_rows(logarithm ? k.log_softmax_gradient : k.softmax_gradient, dy, y, dx, rows, cols, c.size());
  c.write_back();
}

/// The cross entropy of each row and, optionally, its gradient. Labels are a distribution per row, in the
/// dtype of the logits, or a class number per row, int32 or int64. Returns the position of the first class
/// number out of range (nothing is written then), or −1.
GT_VALUE_ENTRY(CrossEntropy, (logits, labels, loss, GT_OPTIONAL(backprop)), GT_PART(matrix, Matrix), dtype,
               labels_dtype) {
  int64_t rows, cols, count;
  read_matrix(call, CrossEntropy::matrix, &rows, &cols, &count);
  const int dtype = call.dtype(CrossEntropy::dtype, kFloating);
  const int labels_dtype = call.dtype(CrossEntropy::labels_dtype);
  const bool wide = labels_dtype == static_cast<int>(DType::kInt64);
  const bool sparse = wide || labels_dtype == static_cast<int>(DType::kInt32);
  if (!sparse && labels_dtype != dtype) call.fail("labels have a different dtype than logits");
  const int64_t size = dtype_size(dtype), label_size = dtype_size(labels_dtype);
  const void* logits = call.read(CrossEntropy::logits, count, size);
  const void* labels = call.read(CrossEntropy::labels, sparse ? rows : count, label_size);
  void* loss = call.write(CrossEntropy::loss, rows, size);
  void* backprop =
      call.has(CrossEntropy::backprop) ? call.write(CrossEntropy::backprop, count, size) : nullptr;
  if (cols == 0 && rows > 0) call.fail("there are no classes");
  if (!call.ok() || count == 0) return -1;
  if (sparse) {
    const int64_t bad = find_bad_label(labels, rows, cols, label_size);
    if (bad >= 0) return static_cast<double>(bad);
  }
  Converted c(dtype, compute_dtype(dtype));
  logits = c.in(logits, count), loss = c.out(loss, rows), backprop = c.out(backprop, count);
  if (!sparse) labels = c.in(labels, count);
  if (!c.ok()) return call.fail(kNoMemory), -1;
  const CrossEntropyKernels& k = kernels().cross_entropy[c.dtype()];
  run_cross_entropy(sparse ? k.sparse[wide] : k.dense, logits, labels, loss, backprop, rows, cols, c.size(),
                    sparse ? label_size : cols * c.size());
  c.write_back();
  return -1;
}

}  // namespace gradtape
