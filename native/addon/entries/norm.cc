// Entries of layer and batch normalisation.
#include "runtime/norm/norm.h"
#include "addon/entries/elementwise_ops.h"
#include "addon/entry.h"
#include "addon/overflow.h"
#include "runtime/convert/converted.h"
#include "runtime/dispatch/dispatch.h"

namespace gradtape {

namespace {

GT_GROUP(MatrixNumbers, rows, columns)

/// The dimensions of a matrix, and their product.
struct Matrix {
  int64_t rows, n, count = 1;
  Matrix(Call& call, int first)
      : rows(call.index(first + MatrixNumbers::rows, kIntegers, "a dimension is negative")),
        n(call.index(first + MatrixNumbers::columns, kIntegers, "a dimension is negative")) {
    // 16 bytes per element, so that scratch sizes do not overflow either.
    int64_t bytes = 16;
    if (!multiply_into(&count, rows) || !multiply_into(&count, n) || !multiply_into(&bytes, count)) {
      call.fail("the shape is too large");
    }
  }
};

/// The maximum number of rows if mean and rstd are not requested: they go to the stack then.
constexpr int64_t kMaxUnusedRows = 1024;

}  // namespace

/// Normalises each row. mean and rstd = 1/√(variance + epsilon) of the rows are optional results: both or
/// neither.
GT_ENTRY(LayerNorm, (x, GT_OPTIONAL(scale), GT_OPTIONAL(shift), y, GT_OPTIONAL(mean), GT_OPTIONAL(rstd)),
         GT_PART(matrix, MatrixNumbers), dtype, epsilon) {
  const Matrix m(call, LayerNorm::matrix);
  const int dtype = call.dtype(LayerNorm::dtype, kFloating);
  const int64_t size = dtype_size(dtype);
  const void* x = call.read(LayerNorm::x, m.count, size);
  const void* scale = call.has(LayerNorm::scale) ? call.read(LayerNorm::scale, m.n, size) : nullptr;
  const void* shift = call.has(LayerNorm::shift) ? call.read(LayerNorm::shift, m.n, size) : nullptr;
  void* y = call.write(LayerNorm::y, m.count, size);
  const bool wanted = call.has(LayerNorm::mean) || call.has(LayerNorm::rstd);
  if (!wanted && m.rows > kMaxUnusedRows) call.fail("there are too many rows");
  alignas(64) char unused[2 * kMaxUnusedRows * 8];
  void* mean = wanted ? call.write(LayerNorm::mean, m.rows, size) : unused;
  void* rstd = wanted ? call.write(LayerNorm::rstd, m.rows, size) : unused + kMaxUnusedRows * 8;
  if (!call.ok() || m.count == 0) return;
  Converted c(dtype, compute_dtype(dtype));
  x = c.in(x, m.count), scale = c.in(scale, m.n), shift = c.in(shift, m.n), y = c.out(y, m.count);
  if (wanted) mean = c.out(mean, m.rows), rstd = c.out(rstd, m.rows);
  if (!c.ok()) return call.fail(kNoMemory);
  run_layer_norm(kernels().norm[c.dtype()], x, scale, shift, y, mean, rstd, m.rows, m.n,
                 call.number(LayerNorm::epsilon), c.size());
  c.write_back();
}

namespace {

/// The arguments of both gradients. mean and `statistic` (rstd or variance) have one element per row or per
/// column.
template <class Entry>
struct Gradient {
  Matrix m;
  int dtype;
  int64_t size;
  const void *dy, *x, *scale, *mean, *statistic;
  void *dx, *dscale, *dshift;
  Converted c;
  Gradient(Call& call, bool per_row, bool scale_given, int statistic_slot)
      : m(call, Entry::matrix), dtype(call.dtype(Entry::dtype, kFloating)), c(dtype, compute_dtype(dtype)) {
    size = dtype_size(dtype);
    const int64_t groups = per_row ? m.rows : m.n;
    dy = call.read(Entry::dy, m.count, size);
    x = call.read(Entry::x, m.count, size);
    scale = scale_given || call.has(Entry::scale) ? call.read(Entry::scale, m.n, size) : nullptr;
    mean = call.read(Entry::mean, groups, size);
    statistic = call.read(statistic_slot, groups, size);
    dx = call.write(Entry::dx, m.count, size);
    dscale = call.write(Entry::dscale, m.n, size);
    dshift = call.write(Entry::dshift, m.n, size);
    if (!call.ok() || m.count == 0) return;
    dy = c.in(dy, m.count), x = c.in(x, m.count), scale = c.in(scale, m.n);
    mean = c.in(mean, groups), statistic = c.in(statistic, groups);
    dx = c.out(dx, m.count), dscale = c.out(dscale, m.n), dshift = c.out(dshift, m.n);
    if (!c.ok()) call.fail(kNoMemory);
  }
};

}  // namespace

/// The gradients of layerNorm; `rstd` is 1/√(variance + epsilon).
GT_ENTRY(LayerNormGradient, (dy, x, GT_OPTIONAL(scale), mean, rstd, dx, dscale, dshift),
         GT_PART(matrix, MatrixNumbers), dtype) {
  Gradient<LayerNormGradient> g(call, true, false, LayerNormGradient::rstd);
  if (!call.ok() || g.m.count == 0) return;
  if (!run_layer_norm_gradient(kernels().norm[g.c.dtype()], g.dy, g.x, g.scale, g.mean, g.statistic, g.dx,
                               g.dscale, g.dshift, g.m.rows, g.m.n, g.c.size())) {
    return call.fail(kNoMemory);
  }
  g.c.write_back();
}

/// Normalises each column, and returns its mean and its variance.
GT_ENTRY(BatchNorm, (x, scale, shift, y, mean, variance), GT_PART(matrix, MatrixNumbers), dtype, epsilon) {
  const Matrix m(call, BatchNorm::matrix);
  const int dtype = call.dtype(BatchNorm::dtype, kFloating);
  const int64_t size = dtype_size(dtype);
  const void* x = call.read(BatchNorm::x, m.count, size);
  const void* scale = call.read(BatchNorm::scale, m.n, size);
  const void* shift = call.read(BatchNorm::shift, m.n, size);
  void* y = call.write(BatchNorm::y, m.count, size);
  void* mean = call.write(BatchNorm::mean, m.n, size);
  void* variance = call.write(BatchNorm::variance, m.n, size);
  if (!call.ok() || m.count == 0) return;
  Converted c(dtype, compute_dtype(dtype));
  x = c.in(x, m.count), scale = c.in(scale, m.n), shift = c.in(shift, m.n), y = c.out(y, m.count);
  mean = c.out(mean, m.n), variance = c.out(variance, m.n);
  if (!c.ok() || !run_batch_norm(kernels().norm[c.dtype()], x, scale, shift, y, mean, variance, m.rows, m.n,
                                 call.number(BatchNorm::epsilon), c.size())) {
    return call.fail(kNoMemory);
  }
  c.write_back();
}

static constexpr int64_t kChannels = 1024;
/// Inference with moving statistics: factor = root(variance plus epsilon), times scale if there is one; y = x
/// times factor plus (offset minus mean times factor), or plus negative(mean times factor) without an offset.
/// root and negative are numbers of unary ops; plus, minus and times of binary ones. At most kChannels
/// columns.
GT_ENTRY(BatchNormGiven, (x, mean, variance, GT_OPTIONAL(offset), GT_OPTIONAL(scale), y),
         GT_PART(matrix, MatrixNumbers), dtype, epsilon, root, negative, plus, minus, times) {
  using A = BatchNormGiven;
  const Matrix m(call, A::matrix);
  const int dtype = call.dtype(A::dtype, kFloating);
  const int64_t size = dtype_size(dtype), n = m.n;
  const bool shifted = call.has(A::offset), scaled = call.has(A::scale);
  const double epsilon = call.number(A::epsilon);
  const UnaryEntry &root = unary_of(call, A::root, dtype), &negative = unary_of(call, A::negative, dtype);
  const BinaryEntry &plus = binary_of(call, A::plus, dtype), &minus = binary_of(call, A::minus, dtype),
                    &times = binary_of(call, A::times, dtype);
  if (n > kChannels) call.fail("there are too many channels");
  const void* x = call.read(A::x, m.count, size);
  const void* mean = call.read(A::mean, n, size);
  const void* variance = call.read(A::variance, n, size);
  const void* offset = shifted ? call.read(A::offset, n, size) : nullptr;
  const void* scale = scaled ? call.read(A::scale, n, size) : nullptr;
  void* y = call.write(A::y, m.count, size);
  if (!call.ok() || m.count == 0) return;
  alignas(64) char factor[kChannels * 8], shift[kChannels * 8];
  const Element more(dtype, epsilon);
  run(plus, dtype, size, variance, more.data(), factor, n, kVecScalar);
  run(root, dtype, size, factor, factor, n);
  if (scaled) run(times, dtype, size, factor, scale, factor, n, kVecVec);
  run(times, dtype, size, mean, factor, shift, n, kVecVec);
  if (shifted) {
    run(minus, dtype, size, offset, shift, shift, n, kVecVec);
  } else {
    run(negative, dtype, size, shift, shift, n);
  }
  BroadcastLayout rows;
  rows.ndim = 2;
  rows.dims[0] = m.rows;
  rows.dims[1] = n;
  rows.a_strides[0] = n;
  rows.a_strides[1] = rows.b_strides[1] = 1;
  rows.b_strides[0] = 0;
  run_binary_broadcast(times.fn[dtype], x, factor, y, rows, size, size, times.cost[dtype]);
  run_binary_broadcast(plus.fn[dtype], y, shift, y, rows, size, size, plus.cost[dtype]);
}

/// The gradients of batchNorm.
GT_ENTRY(BatchNormGradient, (dy, x, scale, mean, variance, dx, dscale, dshift),
         GT_PART(matrix, MatrixNumbers), dtype, epsilon) {
  Gradient<BatchNormGradient> g(call, false, true, BatchNormGradient::variance);
  if (!call.ok() || g.m.count == 0) return;
  if (!run_batch_norm_gradient(kernels().norm[g.c.dtype()], g.dy, g.x, g.scale, g.mean, g.statistic, g.dx,
                               g.dscale, g.dshift, g.m.rows, g.m.n, call.number(BatchNormGradient::epsilon),
                               g.c.size())) {
    return call.fail(kNoMemory);
  }
  g.c.write_back();
}

}  // namespace gradtape
