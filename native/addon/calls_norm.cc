// Entries of layer and batch normalisation.
#include "../runtime/converted.h"
#include "../runtime/dispatch.h"
#include "../runtime/matmul.h"
#include "../runtime/norm.h"
#include "entries.h"
#include "overflow.h"
#include "table_call.h"

namespace gradtape {

namespace {

/// rows × n from two slots, and their product.
struct Matrix {
  int64_t rows, n, count = 1;
  Matrix(Call& call, int slot)
      : rows(call.index(slot, kIntegers, "a dimension is negative")),
        n(call.index(slot + 1, kIntegers, "a dimension is negative")) {
    // 16 bytes for each element: so that sizes of scratch memory do not overflow either.
    int64_t room = 16;
    if (!multiply_into(&count, rows) || !multiply_into(&count, n) || !multiply_into(&room, count)) {
      call.fail("the shape is too large");
    }
  }
};

/// Rows whose mean and rstd nobody wants: at most this many.
constexpr int64_t kUnread = 1024;
/// layerNorm(x, scale, shift, y, mean, rstd); frame: their offsets, rows, n, dtype, whether there is a scale,
/// a shift, epsilon, whether mean and rstd are wanted: if not, these two may be left out.
napi_value layer_norm(napi_env env, napi_callback_info info) {
  Call call(env, info, 6);
  const Matrix m(call, 6);
  const int dtype = call.dtype(8, kFloating);
  const int64_t size = dtype_size(dtype);
  const bool scaled = call.index(9, 2, "a flag is neither 0 nor 1") != 0;
  const bool shifted = call.index(10, 2, "a flag is neither 0 nor 1") != 0;
  const void* x = call.read(0, 0, m.count, size);
  const void* scale = scaled ? call.read(1, 1, m.n, size) : nullptr;
  const void* shift = shifted ? call.read(2, 2, m.n, size) : nullptr;
  void* y = call.write(3, 3, m.count, size);
  const bool wanted = call.index(12, 2, "a flag is neither 0 nor 1") != 0;
  if (!wanted && m.rows > kUnread) call.fail("there are too many rows");
  alignas(64) char unread[2 * kUnread * 8];
  void* mean = wanted ? call.write(4, 4, m.rows, size) : unread;
  void* rstd = wanted ? call.write(5, 5, m.rows, size) : unread + kUnread * 8;
  if (!call.ok() || m.count == 0) return nullptr;
  Converted c(dtype, compute_dtype(dtype));
  x = c.in(x, m.count), scale = c.in(scale, m.n), shift = c.in(shift, m.n), y = c.out(y, m.count);
  if (wanted) mean = c.out(mean, m.rows), rstd = c.out(rstd, m.rows);
  if (!c.ok()) return call.fail(kNoMemory), nullptr;
  run_layer_norm(kernels().norm[c.dtype()], x, scale, shift, y, mean, rstd, m.rows, m.n, call.number(11),
                 c.size());
  c.finish();
  return nullptr;
}

/// What both gradients take: (dy, x, scale, mean, spread, dx, dscale, dshift); frame: their offsets, rows, n,
/// dtype. mean and spread have an element for each row, or for each column.
struct Gradient {
  Matrix m;
  int dtype;
  int64_t size;
  const void *dy, *x, *scale, *mean, *spread;
  void *dx, *dscale, *dshift;
  Converted c;
  Gradient(Call& call, bool per_row, bool scaled)
      : m(call, 8), dtype(call.dtype(10, kFloating)), c(dtype, compute_dtype(dtype)) {
    size = dtype_size(dtype);
    const int64_t groups = per_row ? m.rows : m.n;
    dy = call.read(0, 0, m.count, size);
    x = call.read(1, 1, m.count, size);
    scale = scaled ? call.read(2, 2, m.n, size) : nullptr;
    mean = call.read(3, 3, groups, size);
    spread = call.read(4, 4, groups, size);
    dx = call.write(5, 5, m.count, size);
    dscale = call.write(6, 6, m.n, size);
    dshift = call.write(7, 7, m.n, size);
    if (!call.ok() || m.count == 0) return;
    dy = c.in(dy, m.count), x = c.in(x, m.count), scale = c.in(scale, m.n);
    mean = c.in(mean, groups), spread = c.in(spread, groups);
    dx = c.out(dx, m.count), dscale = c.out(dscale, m.n), dshift = c.out(dshift, m.n);
    if (!c.ok()) call.fail(kNoMemory);
  }
};

/// layerNormGradient: see Gradient; spread is 1/√(variance + ε). Frame besides: whether there is a scale.
napi_value layer_norm_gradient(napi_env env, napi_callback_info info) {
  Call call(env, info, 8);
  const bool scaled = call.index(11, 2, "a flag is neither 0 nor 1") != 0;
  Gradient g(call, true, scaled);
  if (!call.ok() || g.m.count == 0) return nullptr;
  if (!run_layer_norm_gradient(kernels().norm[g.c.dtype()], g.dy, g.x, g.scale, g.mean, g.spread, g.dx,
                               g.dscale, g.dshift, g.m.rows, g.m.n, g.c.size())) {
    return call.fail(kNoMemory), nullptr;
  }
  g.c.finish();
  return nullptr;
}

/// batchNorm(x, scale, shift, y, mean, variance); frame: their offsets, rows, channels, dtype, epsilon.
napi_value batch_norm(napi_env env, napi_callback_info info) {
  Call call(env, info, 6);
  const Matrix m(call, 6);
  const int dtype = call.dtype(8, kFloating);
  const int64_t size = dtype_size(dtype);
  const void* x = call.read(0, 0, m.count, size);
  const void* scale = call.read(1, 1, m.n, size);
  const void* shift = call.read(2, 2, m.n, size);
  void* y = call.write(3, 3, m.count, size);
  void* mean = call.write(4, 4, m.n, size);
  void* variance = call.write(5, 5, m.n, size);
  if (!call.ok() || m.count == 0) return nullptr;
  Converted c(dtype, compute_dtype(dtype));
  x = c.in(x, m.count), scale = c.in(scale, m.n), shift = c.in(shift, m.n), y = c.out(y, m.count);
  mean = c.out(mean, m.n), variance = c.out(variance, m.n);
  if (!c.ok() || !run_batch_norm(kernels().norm[c.dtype()], x, scale, shift, y, mean, variance, m.rows, m.n,
                                 call.number(9), c.size())) {
    return call.fail(kNoMemory), nullptr;
  }
  c.finish();
  return nullptr;
}

/// batchNormGiven(x, mean, variance, offset, scale, y): with what training left behind. factor =
/// root(variance plus epsilon), times scale if there is one; y = x times factor plus (offset minus mean times
/// factor), or plus negative(mean times factor) without an offset. Frame: their offsets, rows, channels,
/// dtype, whether there is an offset, a scale, epsilon, the unary ops root and negative, the binary ops plus,
/// minus and times. At most kChannels channels.
constexpr int64_t kChannels = 1024;
napi_value batch_norm_given(napi_env env, napi_callback_info info) {
  Call call(env, info, 6);
  const Matrix m(call, 6);
  const int dtype = call.dtype(8, kFloating);
  const int64_t size = dtype_size(dtype), n = m.n;
  const bool shifted = call.index(9, 2, "a flag is neither 0 nor 1") != 0;
  const bool scaled = call.index(10, 2, "a flag is neither 0 nor 1") != 0;
  const double epsilon = call.number(11);
  const UnaryEntry &root = unary_of(call, 12, dtype), &negative = unary_of(call, 13, dtype);
  const BinaryEntry &plus = binary_of(call, 14, dtype), &minus = binary_of(call, 15, dtype),
                    &times = binary_of(call, 16, dtype);
  if (n > kChannels) call.fail("there are too many channels");
  const void* x = call.read(0, 0, m.count, size);
  const void* mean = call.read(1, 1, n, size);
  const void* variance = call.read(2, 2, n, size);
  const void* offset = shifted ? call.read(3, 3, n, size) : nullptr;
  const void* scale = scaled ? call.read(4, 4, n, size) : nullptr;
  void* y = call.write(5, 5, m.count, size);
  if (!call.ok() || m.count == 0) return nullptr;
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
  return nullptr;
}

/// localResponse(x, band, y): y = over(x, power(plus(times(square(x)·band, alpha), bias), beta)), x of so
/// many rows and columns, at most kLocal elements, the band a square matrix. Frame: their offsets, rows,
/// columns, dtype, alpha, bias, beta, the unary op square, the binary ops times, plus, power and over.
constexpr int64_t kLocal = 1024;
napi_value local_response(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  const Matrix m(call, 3);
  const int stored = call.dtype(5, kFloating), dtype = compute_dtype(stored);
  const int64_t size = dtype_size(dtype), stored_size = dtype_size(stored);
  const UnaryEntry& square = unary_of(call, 9, dtype);
  const BinaryEntry &times = binary_of(call, 10, dtype), &plus = binary_of(call, 11, dtype),
                    &power = binary_of(call, 12, dtype), &over = binary_of(call, 13, dtype);
  if (m.count > kLocal || m.n > kLocal) call.fail("there are too many elements");
  if (!call.ok()) return nullptr;
  const void* x = call.read(0, 0, m.count, stored_size);
  const void* band = call.read(1, 1, m.n * m.n, stored_size);
  void* y = call.write(2, 2, m.count, stored_size);
  if (!call.ok() || m.count == 0) return nullptr;
  Converted c(stored, dtype);
  x = c.in(x, m.count), band = c.in(band, m.n * m.n), y = c.out(y, m.count);
  if (!c.ok()) return call.fail(kNoMemory), nullptr;
  alignas(64) char squares[kLocal * 8], sums[kLocal * 8];
  run(square, dtype, size, x, squares, m.count);
  MatmulCall product;
  product.a = squares;
  product.b = band;
  product.c = sums;
  product.dtype = dtype;
  product.m = m.rows;
  product.n = product.k = m.n;
  if (!run_matmul(kernels().matmul[dtype], product)) {
    call.fail(kNoMemory);
    return nullptr;
  }
  const BinaryEntry* const steps[] = {&times, &plus, &power};
  for (int i = 0; i < 3; i++) {
    const Element operand(dtype, call.number(6 + i));
    run(*steps[i], dtype, size, sums, operand.data(), sums, m.count, kVecScalar);
  }
  run(over, dtype, size, x, sums, y, m.count, kVecVec);
  c.finish();
  return nullptr;
}

/// batchNormGradient: see Gradient; spread is the variance. Frame besides: epsilon.
napi_value batch_norm_gradient(napi_env env, napi_callback_info info) {
  Call call(env, info, 8);
  Gradient g(call, false, true);
  if (!call.ok() || g.m.count == 0) return nullptr;
  if (!run_batch_norm_gradient(kernels().norm[g.c.dtype()], g.dy, g.x, g.scale, g.mean, g.spread, g.dx,
                               g.dscale, g.dshift, g.m.rows, g.m.n, call.number(11), g.c.size())) {
    return call.fail(kNoMemory), nullptr;
  }
  g.c.finish();
  return nullptr;
}

}  // namespace

void define_norm(Napi::Object exports, Instance* instance) {
  define_entry(exports, "layerNorm", layer_norm, instance);
  define_entry(exports, "layerNormGradient", layer_norm_gradient, instance);
  define_entry(exports, "batchNorm", batch_norm, instance);
  define_entry(exports, "batchNormGiven", batch_norm_given, instance);
  define_entry(exports, "batchNormGradient", batch_norm_gradient, instance);
  define_entry(exports, "localResponse", local_response, instance);
}

}  // namespace gradtape
