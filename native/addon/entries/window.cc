// Entries of depthwise convolution and pooling.
#include "runtime/window/window.h"

#include "addon/entries/epilogue_args.h"
#include "addon/entry.h"
#include "addon/overflow.h"

namespace gradtape {

namespace {

/// Upper bound of window sizes, strides and paddings, and of the distances between taps.
constexpr int64_t kWindow = int64_t{1} << 31;

/// Each list has one number per spatial dimension.
GT_GROUP(Windows, GT_LIST(size, 3), GT_LIST(out, 3), GT_LIST(kernel, 3), GT_LIST(stride, 3),
         GT_LIST(dilation, 3), GT_LIST(before, 3))

/// The dimensions of a window call, whose numbers begin at `first`.
void read_windows(Call& call, int first, WindowDim* dims) {
  const char* bad = "a window's number is out of range";
  int64_t all[Windows::kNumbers];
  if (call.indexes(first, Windows::kNumbers, kWindow, all)) {
    for (int i = 0; i < 3; i++) {
      dims[i] = {all[Windows::size + i],   all[Windows::out + i],      all[Windows::kernel + i],
                 all[Windows::stride + i], all[Windows::dilation + i], all[Windows::before + i]};
    }
  } else {
    for (int i = 0; i < 3; i++) {
      dims[i].size = call.index(first + Windows::size + i, kIntegers, bad);
      dims[i].out = call.index(first + Windows::out + i, kIntegers, bad);
      dims[i].kernel = call.index(first + Windows::kernel + i, kWindow, bad);
      dims[i].stride = call.index(first + Windows::stride + i, kWindow, bad);
      dims[i].dilation = call.index(first + Windows::dilation + i, kWindow, bad);
      dims[i].before = call.index(first + Windows::before + i, 2 * kWindow, bad);
    }
  }
  for (int i = 0; i < 3; i++) {
    const WindowDim& d = dims[i];
    int64_t reach = 0;
    if (d.kernel < 1 || d.stride < 1 || d.dilation < 1 ||
        (d.out > 0 &&
         (__builtin_mul_overflow(d.out - 1, d.stride, &reach) || reach > d.size + d.before + kWindow))) {
      call.fail(bad);
    }
  }
}

/// Counts the elements of the input and of the output; fails on overflow.
void count_elements(Call& call, const WindowCall& window, int64_t* in, int64_t* out) {
  // 8: the bytes of an element.
  int64_t bytes_in = 8, bytes_out = 8;
  *in = *out = 1;
  bool fits = true;
  const auto both = [&](int64_t a, int64_t b) {
    fits = fits && multiply_into(in, a) && multiply_into(out, b);
  };
  both(window.batch, window.batch);
  both(window.channels, window.channels);
  for (const WindowDim& d : window.dims) both(d.size, d.out);
  if (!fits || !multiply_into(&bytes_in, *in) || !multiply_into(&bytes_out, *out)) {
    call.fail("the shape is too large");
  }
}

}  // namespace

/// A depthwise convolution or one of its gradients. Kind: 0 y from x and w, 1 dx from dy (`y`) and w, 2 dw
/// from x and dy. y = f(convolution + bias + residual): the bias has one element per channel, the residual
/// the shape of y, and `activation` is the number of the unary op f, −1 for none. Windows are
/// two-dimensional: the first of the three dimensions is 1.
GT_ENTRY(Depthwise, (x, w, y, GT_OPTIONAL(bias), GT_OPTIONAL(residual)), dtype, kind, activation, batch,
         channels, GT_PART(windows, Windows)) {
  const int dtype = call.dtype(Depthwise::dtype, kFloating);
  const auto kind = static_cast<DepthwiseKind>(call.index(Depthwise::kind, kDepthwiseKinds, "no such kind"));
  WindowCall window;
  window.batch = call.index(Depthwise::batch, kIntegers, "a dimension is negative");
  window.channels = call.index(Depthwise::channels, kIntegers, "a dimension is negative");
  read_windows(call, Depthwise::windows, window.dims);
  window.dims[0] = {1, 1, 1, 1, 1, 0};
  window.bytes = dtype_size(dtype);
  int64_t in = 0, out = 0, weights = 1, bytes = 8;
  count_elements(call, window, &in, &out);
  if (!multiply_into(&weights, window.dims[1].kernel) || !multiply_into(&weights, window.dims[2].kernel) ||
      !multiply_into(&weights, window.channels) || !multiply_into(&bytes, weights)) {
    call.fail("the shape is too large");
  }
  Converted converted(dtype, compute_dtype(dtype));
  const auto operand = [&](int buffer, int64_t n, DepthwiseKind result_of) {
    if (kind == result_of) return converted.out(call.write(buffer, n, window.bytes), n);
    return const_cast<void*>(converted.in(call.read(buffer, n, window.bytes), n));
  };
  void* x = operand(Depthwise::x, in, kDepthwiseInput);
  void* w = operand(Depthwise::w, weights, kDepthwiseFilter);
  void* y = operand(Depthwise::y, out, kDepthwise);
  window.epilogue = read_epilogue<Depthwise>(call, dtype, converted, y, out, window.channels);
  if (window.epilogue.any() && kind != kDepthwise) call.fail("a gradient has no epilogue");
  const int64_t results = kind == kDepthwise ? out : kind == kDepthwiseInput ? in : weights;
  if (!call.ok() || results == 0) return;
  window.bytes = converted.size();
  if (!converted.ok() || !run_depthwise(kernels().depthwise[converted.dtype()], kind, window, x, w, y)) {
    return call.fail(kNoMemory);
  }
  converted.write_back();
}
/// Pooling or one of its gradients; each kind uses some of the buffers: 0 y = max x; 1 y = g at the maximum
/// of x; 2 dx from y at the maximum of x; 3 y = mean x; 4 dx from y.
GT_ENTRY(Pool, (GT_OPTIONAL(x), GT_OPTIONAL(g), y, GT_OPTIONAL(dx)), dtype, kind, batch, channels,
         GT_PART(windows, Windows)) {
  const int dtype = call.dtype(Pool::dtype, kNumeric);
  const auto kind = static_cast<PoolKind>(call.index(Pool::kind, kPoolKinds, "no such kind"));
  WindowCall window;
  window.batch = call.index(Pool::batch, kIntegers, "a dimension is negative");
  window.channels = call.index(Pool::channels, kIntegers, "a dimension is negative");
  read_windows(call, Pool::windows, window.dims);
  window.bytes = dtype_size(dtype);
  int64_t in = 0, out = 0;
  count_elements(call, window, &in, &out);
  const bool mean = kind == kPoolMean || kind == kPoolMeanGradient;
  const bool backward = kind == kPoolMaxGradient || kind == kPoolMeanGradient;
  Converted c(dtype, ordered_dtype(dtype));
  const PoolKernels& k = kernels().pooling[c.dtype()];
  if (mean || backward ? k.mean == nullptr : k.max == nullptr) call.fail("there is no pooling of this dtype");
  const void* x = kind == kPoolMeanGradient ? nullptr : call.read(Pool::x, in, window.bytes);
  const void* g = kind == kPoolMaxAt ? call.read(Pool::g, in, window.bytes) : nullptr;
  void* y = backward ? const_cast<void*>(call.read(Pool::y, out, window.bytes))
                     : call.write(Pool::y, out, window.bytes);
  void* dx = backward ? call.write(Pool::dx, in, window.bytes) : nullptr;
  if (!call.ok() || (backward ? in : out) == 0) return;
  x = c.in(x, in), g = c.in(g, in), dx = c.out(dx, in);
  y = backward ? const_cast<void*>(c.in(y, out)) : c.out(y, out);
  if (!c.ok()) return call.fail(kNoMemory);
  window.bytes = c.size();
  run_pool(k, kind, window, x, g, y, dx);
  c.write_back();
}

}  // namespace gradtape
