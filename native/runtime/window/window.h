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
/// Numbers from `kernel` to `before` are at most 2³¹; tensors fit their storages.
struct WindowCall {
  int64_t batch, channels;
  WindowDim dims[3];       // depth, height, width
  int64_t bytes;           // of one element
  Epilogue epilogue = {};  // of a depthwise convolution
};

/// Kinds of depthwise and pooling calls, as numbered in the native binding.
enum DepthwiseKind { kDepthwise = 0, kDepthwiseInput, kDepthwiseFilter, kDepthwiseKinds };
enum PoolKind { kPoolMax = 0, kPoolMaxAt, kPoolMaxGradient, kPoolMean, kPoolMeanGradient, kPoolKinds };

/// y (of the output's size) from x and w [kernel height, kernel width, channels]; or dx from dy (`y`) and w;
/// or dw from x and dy. Depth is 1. False if out of memory.
bool run_depthwise(const DepthwiseKernels& k, DepthwiseKind kind, const WindowCall& call, void* x, void* w,
                   void* y);

/// By kind: y = max x, y = g at the maximum of x, dx from y at the maximum, y = mean x, dx from y (mean).
/// Buffers that a kind does not use are null. k must have a kernel for `kind`.
void run_pool(const PoolKernels& k, PoolKind kind, const WindowCall& call, const void* x, const void* g,
              void* y, void* dx);

}  // namespace gradtape
