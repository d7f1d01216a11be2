// The entry of convolutions and their gradients.
#include "../runtime/conv.h"

#include "call_finish.h"
#include "entries.h"
#include "overflow.h"

namespace gradtape {

namespace {

constexpr int kFinishSlot = 28;
constexpr int64_t kSizes31 = int64_t{1} << 31;  // positions and extents then fit in 64 bits

/// Forward, where there is nothing to sum up: zeros, finished.
void finish_zeros(const ConvCall& c, int64_t count) {
  const int64_t columns = c.shape.out_channels;
  __builtin_memset(c.result, 0, static_cast<size_t>(count * dtype_size(c.shape.dtype)));
  if (c.finish.any())
    kernels().depthwise[c.shape.dtype].finish(c.finish, c.result, columns, count / columns, columns);
}

/// conv(a, b, result); frame: a offset, b offset, result offset, dtype, kind (0 forward: a = x, b = filter; 1
/// input gradient: a = dy, b = filter; 2 filter gradient: a = x, b = dy), precision (0 fast, 1 balanced, 2
/// exact), batch, input channels, output channels, groups; then for three dimensions of space each: sizes of
/// x, sizes of y, sizes of the filter, strides, dilations, paddings before. x is [batch, sizes, input
/// channels], the filter [sizes, input channels / groups, output channels], y [batch, sizes, output
/// channels].
void convolve(Call& call, bool finishes) {
  ConvCall c;  // all of it is set: to clear it first would take as long
  c.finish = {};
  ConvShape& s = c.shape;
  s.dtype = call.dtype(3, kFloating);
  c.kind = static_cast<ConvKind>(call.index(4, static_cast<int>(ConvKind::kCount), "no such kind"));
  c.precision =
      static_cast<ConvPrecision>(call.index(5, static_cast<int>(ConvPrecision::kCount), "no such precision"));
  int64_t numbers[22];
  if (!call.indexes(6, 22, kSizes31, numbers)) {
    return call.fail("a number of a convolution is negative, too large or no integer");
  }
  s.batch = numbers[0];
  s.in_channels = numbers[1];
  s.out_channels = numbers[2];
  s.groups = numbers[3];
  int64_t x_count = s.batch, filter_count = 1, y_count = s.batch;
  bool fits = true;
  for (int d = 0; d < 3; d++) {
    s.in[d] = numbers[4 + d];
    s.out[d] = numbers[7 + d];
    s.kernel[d] = numbers[10 + d];
    s.stride[d] = numbers[13 + d];
    s.dilation[d] = numbers[16 + d];
    s.pad[d] = numbers[19 + d];
    if (s.stride[d] < 1 || s.dilation[d] < 1) call.fail("a stride or dilation is 0");
    fits = fits && multiply_into(&x_count, s.in[d]) && multiply_into(&filter_count, s.kernel[d]) &&
           multiply_into(&y_count, s.out[d]);
  }
  if (s.groups < 1 || (s.groups > 1 && (s.in_channels % s.groups != 0 || s.out_channels % s.groups != 0))) {
    call.fail("channels cannot be divided into the groups");
  }
  if (finishes && c.kind != ConvKind::kForward) call.fail("a gradient is not finished");
  if (!call.ok()) return;
  fits = fits && multiply_into(&x_count, s.in_channels) && multiply_into(&y_count, s.out_channels) &&
         multiply_into(&filter_count, s.group_in()) && multiply_into(&filter_count, s.out_channels);
  if (!fits) {
    call.fail("the shape is too large");
    return;
  }
  const int64_t size = dtype_size(s.dtype);
  const int64_t a_count = c.kind == ConvKind::kInputGradient ? y_count : x_count;
  const int64_t b_count = c.kind == ConvKind::kFilterGradient ? y_count : filter_count;
  const int64_t result_count = c.kind == ConvKind::kForward         ? y_count
                               : c.kind == ConvKind::kInputGradient ? x_count
                                                                    : filter_count;
  c.a = call.read(0, 0, a_count, size);
  c.b = call.read(1, 1, b_count, size);
  c.result = call.write(2, 2, result_count, size);
  if (!call.ok() || result_count == 0) return;
  Converted converted(s.dtype, compute_dtype(s.dtype));
  c.a = converted.in(c.a, a_count);
  c.b = converted.in(c.b, b_count);
  c.result = converted.out(c.result, result_count);
  if (finishes) {
    c.finish = read_finish(call, 3, kFinishSlot, s.dtype, converted, c.result, y_count, s.out_channels);
  }
  if (!converted.ok()) call.fail(kNoMemory);
  if (!call.ok()) return;
  s.dtype = converted.dtype();
  if (a_count == 0 || b_count == 0) {
    finish_zeros(c, result_count);
  } else if (!run_conv(kernels(), c)) {
    return call.fail(kNoMemory);
  }
  converted.finish();
}
napi_value conv(napi_env env, napi_callback_info info) {
  Call call(env, info, 3);
  convolve(call, false);
  return nullptr;
}

/// fusedConv(x, filter, y, bias, residual): y = f(the forward convolution + bias + residual); the frame as
/// for conv, and from slot 28 on: bias offset, residual offset (−1: there is none), the unary op f (−1:
/// none). The bias has an element for each output channel, the residual those of y.
napi_value fused_conv(napi_env env, napi_callback_info info) {
  Call call(env, info, 5);
  convolve(call, true);
  return nullptr;
}

}  // namespace

void define_conv(Napi::Object exports, Instance* instance) {
  define_entry(exports, "conv", conv, instance);
  define_entry(exports, "fusedConv", fused_conv, instance);
}

}  // namespace gradtape
