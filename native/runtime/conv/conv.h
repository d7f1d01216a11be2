// Convolutions over whole tensors, and their gradients.
#pragma once
#include "kernels/table.h"

namespace gradtape {

enum class ConvKind : int { kForward = 0, kInputGradient, kFilterGradient, kCount };
/// Which algorithms may be used: docs/precision.md.
enum class ConvPrecision : int { kFast = 0, kBalanced, kExact, kCount };

/// Tensors are contiguous with channels last: x [batch, in…, in_channels], filter [kernel…, in_channels /
/// groups, out_channels], y [batch, out…, out_channels]. There are always three spatial dimensions; for 1-D
/// and 2-D convolutions the leading ones are 1.
struct ConvShape {
  int dtype;
  int64_t batch;
  int64_t in[3], out[3], kernel[3];
  int64_t stride[3], dilation[3];  // at least 1
  int64_t pad[3];                  // zeros before the first element
  int64_t in_channels, out_channels, groups;

  bool operator==(const ConvShape&) const = default;
  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t pixels() const { return batch * out[0] * out[1] * out[2]; }
  int64_t group_in() const { return groups == 1 ? in_channels : in_channels / groups; }
  int64_t group_out() const { return groups == 1 ? out_channels : out_channels / groups; }
};

/// y[n, q, o] = Σ over taps t and channels c of x[n, q·stride + t·dilation − pad, c] · filter[t, c, o], where
/// x is 0 outside. The gradients are those of Σ y·dy:
///  - forward: a = x, b = filter, result = y
///  - input gradient: a = dy, b = filter, result = dx
///  - filter gradient: a = x, b = dy, result = dfilter
/// Results do not depend on the number of threads.
struct ConvCall {
  ConvShape shape;
  ConvKind kind;
  ConvPrecision precision;
  const void* a;
  const void* b;
  void* result;
  Epilogue epilogue;  // forward convolutions only
};

/// Chooses the algorithm and runs it. False if workspace memory cannot be allocated.
bool run_conv(const KernelTable& table, const ConvCall& call);

}  // namespace gradtape
