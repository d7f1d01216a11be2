// Sliding windows over [batch, depth, height, width, channels]: depthwise convolution and pooling.
#pragma once
#include "kernels/table.h"

namespace gradtape {

/// One spatial dimension. Window o covers input elements o·stride − before + k·dilation, k < kernel, that
/// exist.
struct WindowDim {
  int64_t size, out, kernel, stride, dilation, before;

  bool operator==(const WindowDim&) const = default;
};
/// Of numbers up to 2³¹ (kernel to before) and tensors that fit their storages.
struct WindowCall {
  int64_t batch, channels;
  WindowDim dims[3];       // depth, height, width
  int64_t bytes;           // of one element
  Epilogue epilogue = {};  // of a depthwise convolution
};

/// Kinds of depthwise and of pooling calls, as the native binding numbers them.
enum DepthwiseKind { kDepthwise = 0, kDepthwiseInput, kDepthwiseFilter, kDepthwiseKinds };
enum PoolKind { kPoolMax = 0, kPoolMaxAt, kPoolMaxGradient, kPoolMean, kPoolMeanGradient, kPoolKinds };

/// y (of the output's size) from x and w [height kernel, width kernel, channels]; or x's gradient from those
/// of y and w; or w's from x and that of y. Depth is 1. False: out of memory.
bool run_depthwise(const DepthwiseKernels& k, DepthwiseKind kind, const WindowCall& call, void* x, void* w,
                   void* y);

/// By kind: y = the largest x, y = g where x is largest, dx from y there, y = the mean of x, dx from y. What
/// a kind does not use is null. `kind` must be one that k has a kernel for.
void run_pool(const PoolKernels& k, PoolKind kind, const WindowCall& call, const void* x, const void* g,
              void* y, void* dx);

}  // namespace gradtape
