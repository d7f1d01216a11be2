// Shared by the convolution algorithms: workspace memory, and which input pixels the taps of each output
// pixel read.
#pragma once
#include <stddef.h>

#include "runtime/conv/conv.h"

namespace gradtape {

/// Workspace of one call, 64-byte aligned. Up to kInlineBytes are in the object itself, on the stack: in
/// small calls an allocation would take longer than the computation.
class Workspace {
 public:
  explicit Workspace(int64_t bytes)
      : data_(bytes >= 0 && bytes <= kInlineBytes ? inline_ : allocate(bytes)) {}
  ~Workspace() {
    if (data_ != inline_ && data_ != nullptr) release(data_);
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  bool failed() const { return data_ == nullptr; }

 private:
  static constexpr int64_t kInlineBytes = 4096;
  static void* allocate(int64_t bytes);
  static void release(void* data);

  alignas(64) char inline_[kInlineBytes];  // uninitialized
  void* data_;
};

/// A run of adjacent pixels within one row of the result.
struct PixelRun {
  int64_t batch, z, y, x;  // the first pixel
  int64_t length;
};
/// Splits the pixels [first, first + count) of [batch, size…] into runs, row by row.
class PixelRuns {
 public:
  PixelRuns(const int64_t* size, int64_t first, int64_t count);
  /// False at the end.
  bool next(PixelRun* run);

 private:
  const int64_t* size_;
  int64_t rest_;
  int64_t at_[4];
};

/// Maps output pixels to the input pixels that they read: for tap t, output position q reads input position
/// q·step + offset[t] in each spatial dimension.
struct PixelMap {
  int64_t batch, size[3];
  int64_t out_first = 0, out_batch, out_pitch[3];  // in elements
  int64_t in_batch, in_pitch[3];
  int64_t in_size[3];
  int64_t step[3];
  int64_t taps;
  const int64_t (*offset)[3];
  int64_t element;  // bytes

  int64_t pixels() const { return batch * size[0] * size[1] * size[2]; }
  /// The pixels [*from, *to) of the run for which tap t is inside the input; false if there are none. *at =
  /// the index of the input element that the first of them reads.
  bool inside(const PixelRun& run, int64_t t, int64_t* from, int64_t* to, int64_t* at) const;
  /// Writes the indirection pointers of the pixels first + i, i < count: a[t · count + i], the input pixel
  /// that tap t reads (`zeros` if it is outside the input), and c[i], the output pixel.
  void fill_pointers(int64_t first, int64_t count, const void* in, const void* zeros, void* out,
                     const void** a, void** c) const;
};

class SmallConv;
/// The filter gradient by direct sums (conv_filter.cc). If `small` is set, only the plan is recorded there.
bool run_conv_filter(const ConvKernels& kernels, const ConvCall& call, SmallConv* small);
/// Copies x with zero padding, so that no tap is outside. `out` has the spatial size `extent`, which
/// `padded_extent` computes.
void pad_input(const ConvShape& shape, const int64_t* extent, const void* x, void* out);
/// The columns [left, right) of a padded row that are copied from x.
struct PaddedColumns {
  int64_t left, right;
  PaddedColumns(const ConvShape& shape, const int64_t* extent);
};
/// The spatial size of the region that the taps of all output pixels cover.
void padded_extent(const ConvShape& shape, int64_t* extent);
/// Whether it is faster to treat the taps along the last dimension as one tap with more channels.
bool merges_taps(const ConvShape& shape);
/// Whether no tap is outside x.
bool stays_inside(const ConvShape& shape);

inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }
inline const void* bytes_at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
inline void* bytes_at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

/// Multiply-adds per unit of parallel work.
inline constexpr int64_t kConvGrain = 200'000;

/// Whether dot products along the channels (ConvKernels::dots) are faster than register tiles of columns.
inline bool few_columns(const ConvKernels& kernels, int64_t columns, int64_t depth) {
  return columns <= kernels.few_columns && depth >= kernels.lanes;
}

}  // namespace gradtape
