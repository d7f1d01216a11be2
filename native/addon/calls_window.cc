// Entries of depthwise convolution and pooling.
#include "../runtime/window.h"

#include "call_finish.h"
#include "entries.h"
#include "overflow.h"

namespace gradtape {

namespace {

constexpr int kFinishSlot = 19;
/// Windows, strides and paddings are smaller than this; so are the distances that windows reach.
constexpr int64_t kWindow = int64_t{1} << 31;

/// size, out, kernel, stride, dilation, before from six slots.
WindowDim window_dim(Call& call, int slot) {
  const char* bad = "a window's number is out of range";
  WindowDim d;
  int64_t six[6];
  if (call.indexes(slot, 6, kWindow, six)) {
    d = {six[0], six[1], six[2], six[3], six[4], six[5]};
  } else {
    d.size = call.index(slot, kIntegers, bad);
    d.out = call.index(slot + 1, kIntegers, bad);
    d.kernel = call.index(slot + 2, kWindow, bad);
    d.stride = call.index(slot + 3, kWindow, bad);
    d.dilation = call.index(slot + 4, kWindow, bad);
    d.before = call.index(slot + 5, 2 * kWindow, bad);
  }
  int64_t reach = 0;
  if (d.kernel < 1 || d.stride < 1 || d.dilation < 1 ||
      (d.out > 0 &&
       (__builtin_mul_overflow(d.out - 1, d.stride, &reach) || reach > d.size + d.before + kWindow))) {
    call.fail(bad);
  }
  return d;
}

/// Elements of the input and of the output; fails where there are too many.
void count(Call& call, const WindowCall& window, int64_t* in, int64_t* out) {
  // Eight for the bytes of an element.
  int64_t room_in = 8, room_out = 8;
  *in = *out = 1;
  bool fits = true;
  const auto both = [&](int64_t a, int64_t b) {
    fits = fits && multiply_into(in, a) && multiply_into(out, b);
  };
  both(window.batch, window.batch);
  both(window.channels, window.channels);
  for (const WindowDim& d : window.dims) both(d.size, d.out);
  if (!fits || !multiply_into(&room_in, *in) || !multiply_into(&room_out, *out)) {
    call.fail("the shape is too large");
  }
}

/// depthwise(x, w, y): y from x and w, or x from y and w (its gradient), or w from x and y; frame: their
/// offsets, dtype, kind (0, 1, 2 in this order), batch, channels, then height and width, each size, out,
/// kernel, stride, dilation, before.
void convolve_depthwise(Call& call, bool finishes) {
  const int dtype = call.dtype(3, kFloating);
  const auto kind = static_cast<DepthwiseKind>(call.index(4, kDepthwiseKinds, "no such kind"));
  WindowCall window;
  window.batch = call.index(5, kIntegers, "a dimension is negative");
  window.channels = call.index(6, kIntegers, "a dimension is negative");
  window.dims[0] = {1, 1, 1, 1, 1, 0};
  window.dims[1] = window_dim(call, 7);
  window.dims[2] = window_dim(call, 13);
  window.bytes = dtype_size(dtype);
  int64_t in = 0, out = 0, weights = 1, room = 8;
  count(call, window, &in, &out);
  if (!multiply_into(&weights, window.dims[1].kernel) || !multiply_into(&weights, window.dims[2].kernel) ||
      !multiply_into(&weights, window.channels) || !multiply_into(&room, weights)) {
    call.fail("the shape is too large");
  }
  const auto operand = [&](unsigned arg, int64_t n, DepthwiseKind result_of) {
    return call.take(arg, call.integer(static_cast<int>(arg)), n, window.bytes,
                     kind == result_of ? kWrites : kReads);
  };
  Converted converted(dtype, compute_dtype(dtype));
  const auto operand_as = [&](unsigned arg, int64_t n, DepthwiseKind result_of) {
    void* const p = operand(arg, n, result_of);
    return kind == result_of ? converted.out(p, n) : const_cast<void*>(converted.in(p, n));
  };
  void* x = operand_as(0, in, kDepthwiseInput);
  void* w = operand_as(1, weights, kDepthwiseFilter);
  void* y = operand_as(2, out, kDepthwise);
  if (finishes) {
    if (kind != kDepthwise) call.fail("a gradient is not finished");
    window.finish = read_finish(call, 3, kFinishSlot, dtype, converted, y, out, window.channels);
  }
  const int64_t results = kind == kDepthwise ? out : kind == kDepthwiseInput ? in : weights;
  if (!call.ok() || results == 0) return;
  window.bytes = converted.size();
  if (!converted.ok() || !run_depthwise(kernels().depthwise[converted.dtype()], kind, window, x, w, y)) {
    return call.fail(kNoMemory);
  }
  converted.finish();
}
napi_value depthwise(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  convolve_depthwise(call, false);
  return nullptr;
}

/// fusedDepthwise(x, w, y, bias, residual): y = f(the depthwise convolution + bias + residual); the frame as
/// for depthwise, and from slot 19 on: bias offset, residual offset (−1: there is none), the unary op f (−1:
/// none). The bias has an element for each channel, the residual those of y.
napi_value fused_depthwise(napi_env env, napi_callback_info info) {
  Call call(env, info, 5);
  convolve_depthwise(call, true);
  return nullptr;
}

/// pool(x, g, y, dx), of which each kind uses some: 0 y = max x; 1 y = g where x is largest; 2 dx from y
/// where x is largest; 3 y = mean x; 4 dx from y; frame: their offsets, dtype, kind, batch, channels, then
/// depth, height and width as for depthwise.
napi_value pool(napi_env env, napi_callback_info info) {
  Call call(env, info, 4);
  const int dtype = call.dtype(4, kNumeric);
  const auto kind = static_cast<PoolKind>(call.index(5, kPoolKinds, "no such kind"));
  WindowCall window;
  window.batch = call.index(6, kIntegers, "a dimension is negative");
  window.channels = call.index(7, kIntegers, "a dimension is negative");
  for (int d = 0; d < 3; d++) window.dims[d] = window_dim(call, 8 + 6 * d);
  window.bytes = dtype_size(dtype);
  int64_t in = 0, out = 0;
  count(call, window, &in, &out);
  const bool mean = kind == kPoolMean || kind == kPoolMeanGradient;
  const bool backward = kind == kPoolMaxGradient || kind == kPoolMeanGradient;
  Converted c(dtype, ordered_dtype(dtype));
  const PoolKernels& k = kernels().pooling[c.dtype()];
  if (mean || backward ? k.mean == nullptr : k.max == nullptr) call.fail("there is no pooling of this dtype");
  const void* x = kind == kPoolMeanGradient ? nullptr : call.read(0, 0, in, window.bytes);
  const void* g = kind == kPoolMaxAt ? call.read(1, 1, in, window.bytes) : nullptr;
  void* y = call.take(2, call.integer(2), out, window.bytes, backward ? kReads : kWrites);
  void* dx = backward ? call.write(3, 3, in, window.bytes) : nullptr;
  if (!call.ok() || (backward ? in : out) == 0) return nullptr;
  x = c.in(x, in), g = c.in(g, in), dx = c.out(dx, in);
  y = backward ? const_cast<void*>(c.in(y, out)) : c.out(y, out);
  if (!c.ok()) return call.fail(kNoMemory), nullptr;
  window.bytes = c.size();
  run_pool(k, kind, window, x, g, y, dx);
  c.finish();
  return nullptr;
}

}  // namespace

void define_window(Napi::Object exports, Instance* instance) {
  define_entry(exports, "depthwise", depthwise, instance);
  define_entry(exports, "fusedDepthwise", fused_depthwise, instance);
  define_entry(exports, "pool", pool, instance);
}

}  // namespace gradtape
