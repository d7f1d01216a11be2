// The entry of convolutions and their gradients.
#include "runtime/conv/conv.h"

#include "addon/entries/epilogue_args.h"
#include "addon/entry.h"
#include "addon/overflow.h"

namespace gradtape {

namespace {
void convolve(Call& call);
}

/// A convolution or one of its gradients. Kind: 0 forward, a = x and b = the filter; 1 input gradient, a = dy
/// and b = the filter; 2 filter gradient, a = x and b = dy. Precision: 0 fast, 1 balanced, 2 exact. Lists
/// have one number for each of the three spatial dimensions: sizes of x, of y and of the filter, strides,
/// dilations, paddings before. x is [batch, sizes, input channels], the filter [sizes, input channels /
/// groups, output channels], y [batch, sizes, output channels]. The forward result is f(convolution + bias +
/// residual): the bias has one element per output channel, the residual the shape of y, and `activation` is
/// the number of the unary op f, −1 for none.
GT_ENTRY(Conv, (a, b, result, GT_OPTIONAL(bias), GT_OPTIONAL(residual)), dtype, kind, precision, activation,
         batch, in_channels, out_channels, groups, GT_LIST(in, 3), GT_LIST(out, 3), GT_LIST(kernel, 3),
         GT_LIST(stride, 3), GT_LIST(dilation, 3), GT_LIST(pad, 3)) {
  convolve(call);
}

namespace {

constexpr int64_t kSizes31 = int64_t{1} << 31;  // positions and extents then fit in 64 bits

/// A forward convolution over no input channels or taps: the epilogue applied to zeros.
void epilogue_of_zeros(const ConvCall& c, int64_t count) {
  const int64_t columns = c.shape.out_channels;
  __builtin_memset(c.result, 0, static_cast<size_t>(count * dtype_size(c.shape.dtype)));
  if (c.epilogue.any())
    kernels().depthwise[c.shape.dtype].epilogue(c.epilogue, c.result, columns, count / columns, columns);
}

void convolve(Call& call) {
  ConvCall c;  // every field is set below: clearing it first would take as long
  c.epilogue = {};
  ConvShape& s = c.shape;
  s.dtype = call.dtype(Conv::dtype, kFloating);
  c.kind = static_cast<ConvKind>(call.index(Conv::kind, static_cast<int>(ConvKind::kCount), "no such kind"));
  c.precision = static_cast<ConvPrecision>(
      call.index(Conv::precision, static_cast<int>(ConvPrecision::kCount), "no such precision"));
  constexpr int kFrom = Conv::batch, kSizes = Conv::kNumbers - kFrom;
  int64_t sizes[kSizes];
  if (!call.indexes(kFrom, kSizes, kSizes31, sizes)) {
    return call.fail("a number of a convolution is negative, too large or no integer");
  }
  s.batch = sizes[Conv::batch - kFrom];
  s.in_channels = sizes[Conv::in_channels - kFrom];
  s.out_channels = sizes[Conv::out_channels - kFrom];
  s.groups = sizes[Conv::groups - kFrom];
  int64_t x_count = s.batch, filter_count = 1, y_count = s.batch;
  bool fits = true;
  for (int d = 0; d < 3; d++) {
    s.in[d] = sizes[Conv::in - kFrom + d];
    s.out[d] = sizes[Conv::out - kFrom + d];
    s.kernel[d] = sizes[Conv::kernel - kFrom + d];
    s.stride[d] = sizes[Conv::stride - kFrom + d];
    s.dilation[d] = sizes[Conv::dilation - kFrom + d];
    s.pad[d] = sizes[Conv::pad - kFrom + d];
    if (s.stride[d] < 1 || s.dilation[d] < 1) call.fail("a stride or dilation is 0");
    fits = fits && multiply_into(&x_count, s.in[d]) && multiply_into(&filter_count, s.kernel[d]) &&
           multiply_into(&y_count, s.out[d]);
  }
  if (s.groups < 1 || (s.groups > 1 && (s.in_channels % s.groups != 0 || s.out_channels % s.groups != 0))) {
    call.fail("channels cannot be divided into the groups");
  }
  const bool has_epilogue = call.has(Conv::bias) || call.has(Conv::residual) || call.has(Conv::activation);
  if (has_epilogue && c.kind != ConvKind::kForward) call.fail("a gradient has no epilogue");
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
  c.a = call.read(Conv::a, a_count, size);
  c.b = call.read(Conv::b, b_count, size);
  c.result = call.write(Conv::result, result_count, size);
  if (!call.ok() || result_count == 0) return;
  Converted converted(s.dtype, compute_dtype(s.dtype));
  c.a = converted.in(c.a, a_count);
  c.b = converted.in(c.b, b_count);
  c.result = converted.out(c.result, result_count);
  if (has_epilogue) {
    c.epilogue = read_epilogue<Conv>(call, s.dtype, converted, c.result, y_count, s.out_channels);
  }
  if (!converted.ok()) call.fail(kNoMemory);
  if (!call.ok()) return;
  s.dtype = converted.dtype();
  if (a_count == 0 || b_count == 0) {
    epilogue_of_zeros(c, result_count);
  } else if (!run_conv(kernels(), c)) {
    return call.fail(kNoMemory);
  }
  converted.write_back();
}

}  // namespace

}  // namespace gradtape
