// Strided copies of any rank: dimensions are merged and ordered, then copied by the kernels two at a time.
#pragma once
#include "runtime/layout.h"

namespace gradtape {

/// dst[Σ iₖ·dst_strides[k]] = src[Σ iₖ·src_strides[k]] for all indices within dims. Strides are in elements
/// and may be negative, those of the source also 0. The ranges do not overlap.
struct CopyLayout {
  int ndim;
  int64_t dims[kMaxDims];
  int64_t src_strides[kMaxDims];
  int64_t dst_strides[kMaxDims];
};

/// src and dst point at the elements with all indices 0; an element has 1 << log_size bytes.
void run_copy(const void* src, void* dst, const CopyLayout& layout, int log_size);

/// Copies rows of `width` elements between matrices with row strides of `src_pitch` and `dst_pitch` elements.
void run_copy_rows(const void* src, int64_t src_pitch, void* dst, int64_t dst_pitch, int64_t rows,
                   int64_t width, int log_size);

}  // namespace gradtape
